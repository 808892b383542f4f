"""Digests: what is new and what lies ahead, told once to each reader by e-mail or by the team's webhook.

run.py        one run over all readers
readers.py    who gets a digest and which one; forms.py: the form for it
content.py    what a digest tells one reader
mail.py       the digest as an e-mail; slack.py: as a message to a Slack-compatible webhook
sentences.py  the sentences that both share
delivery.py   claim, send, and store the outcome, so that nothing is told twice
"""
