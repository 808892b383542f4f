"""Feeds at personal secret addresses: a calendar of models that stop working, and a news feed of changes upstream.

    addresses.py    who owns a feed: secrets, of which only a hash is stored
    events.py       the stored calendar event of each model's end, so that a moved date moves the same event
    calendar.py     models.ics: these events in words        ics.py    texts as iCalendar needs them
    change_feed.py  changes.atom: the newest changes in words  atom.py   Atom as our feed needs it

A feed shows what its address's filters let through, in its address's language. Its content never holds the secret,
so that it can be passed on without giving the address away.
"""
