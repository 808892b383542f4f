"""Digests: what is new and what lies ahead, told once to each reader by e-mail or by the team's webhook.

run.py        one run over all readers
readers.py    who gets a digest and which one; forms.py: the form for it
content.py    what a digest tells one reader
mail.py       the digest as an e-mail; slack.py: as a message to a Slack-compatible webhook
sentences.py  the sentence that both share
delivery.py   claim, send, and store the outcome, so that nothing is told twice

Paths below begin in models_ui/. The words of a digest stand in several places:

alerts/digest/content.py    the titles of the sections, and "You watch it as …"
alerts/digest/mail.py       the subject and the footer of the e-mail
alerts/digest/slack.py      the texts of the links in the message
alerts/digest/sentences.py  the sentence for items that were left out
changes/kinds.py            a sentence for each kind of change, and its dates and other values
changes/sentences.py        how models and values are put into such a sentence
retirements/sentences.py    the sentences on ends, replacements and fine-tunes at risk
text/humanize.py            distances, such as "in 25 days", and most dates

What goes into one reader's digest is decided in several places, too:

alerts/digest/readers.py  whether the reader gets a digest, of which models, and since when
alerts/watch_list.py      which models the reader watches, and which of their concerns are acknowledged or snoozed
alerts/concerns.py        which concern a model has: its end, its deletion, its base model
alerts/digest/content.py  which changes and reminders this reader was not told yet
changes/kinds.py          `digest_section`: digests leave out the kinds of changes that have none
retirements/reminders.py  how long before an end a reminder is due

The language is the one that the reader chose in the form of the digest (forms.py); run.py switches to it. The webhook
keeps the language of the settings at its first run. Planned deletions have mails of their own, which
alerts/deletion_warnings.py sends.
"""
