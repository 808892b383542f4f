"""Feeds at personal secret addresses: a calendar of what stops working, and a news feed of what upstream changed.

    addresses.py   whose feed it is: secrets, of which only a hash is kept
    events.py      what calendars were told of each model's end, so that a moved date moves the same event
    calendar.py    models.ics: those events in words          ics.py    texts fit for iCalendar
    changes.py     changes.atom: the newest changes in words  atom.py   how Atom is written

A feed tells what its address's filters let through, in its address's language. Its content never names the secret,
so that it can be passed on without giving the address away.
"""
