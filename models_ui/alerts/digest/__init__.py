"""Digests: what is new and what lies ahead, said once to each reader, by e-mail or to the team's webhook.

run.py       one run over all readers
readers.py   who wants to be told, and of what; forms.py: what they say of it
content.py   what there is to say to one reader
mail.py      ... as an e-mail; slack.py: ... as a message to a Slack-compatible webhook; words.py: what both say
delivery.py  claim, send, and write down what came of it, so that nothing is said twice
"""
