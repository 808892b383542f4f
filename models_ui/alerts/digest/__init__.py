"""Digests: what is new and what lies ahead, told once to each reader by e-mail or by the team's webhook.

run.py        one run over all readers
readers.py    who gets a digest and which one; forms.py: the form for it
content.py    what a digest tells one reader
mail.py       the digest as an e-mail; slack.py: as a message to a Slack-compatible webhook
sentences.py  the sentence that both share
delivery.py   claim, send, and store the outcome, so that nothing is told twice

The words of a digest stand in several places:

content.py                                       the titles of the sections, and "You watch it as …"
models_ui/changes/kinds.py, sentences.py         a sentence for each kind of change, and its dates
models_ui/retirements/sentences.py               the sentences on ends, replacements and fine-tunes at risk
mail.py                                          the subject and the footer of the e-mail
slack.py                                         the texts of the links in the message
sentences.py                                     the sentence for items that were left out
models_ui/text/humanize.py                       distances, such as "in 25 days", and all other dates

The language is the one that the reader chose in the form of the digest (forms.py); run.py switches to it. The webhook
keeps the language of the settings at its first run.

What goes into one reader's digest is decided in readers.py (who, what about, since when), by `digest_section` in
changes/kinds.py (kinds without one are told to nobody), in content.py (what this reader watches and was not told), and
by retirements/reminders.py (how long before an end). Planned deletions have mails of their own, which
alerts/deletion_warnings.py sends.
"""
