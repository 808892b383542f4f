"""When people are reminded of an end: the one set of days for calendars, digests and the words about them."""

from typing import Final

from django.utils.translation import gettext as _

from models_ui.text.isolation import fill

REMINDERS: Final = (90, 60, 30, 14, 7, 1)  # days before


def reminder_reached(days: int | None) -> int | None:
    """Return the last reminder that an end in so many days has reached: 30 for 25 days.

    None when it is far ahead or past.
    """
    if days is None or days < 0:
        return None
    return min((reminder for reminder in REMINDERS if days <= reminder), default=None)


def reminder_words() -> str:
    """Return the days before an end on which people are reminded: 90, 60, 30, 14, 7 days and 1 day."""
    *several, one = REMINDERS
    assert one == 1
    return fill(_("%(days)s days and 1 day"), {"days": ", ".join(map(str, several))})
