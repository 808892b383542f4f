"""The ways of a private link into somebody's calendar: what a press on each of them opens."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WAYS: Final[dict[str, Promise]] = {
    "app": _("Calendar app"),
    "google": _("Google Calendar"),
    "outlook": _("Outlook"),
    "copy": _("Copy the address"),
}


@dataclass(frozen=True, slots=True)
class CalendarWay:
    name: str  # of WAYS
    address: str  # that it opens; the calendar's own for "copy"
    is_chosen: bool

    @property
    def label(self) -> Promise:
        return WAYS[self.name]

    @property
    def is_elsewhere(self) -> bool:
        """Whether it opens another site, which reads the calendar from its own servers."""
        return self.name in ("google", "outlook")


def calendar_ways(address: str, name: str, chosen: str) -> list[CalendarWay]:
    """Return the ways for a calendar of this name at a full address.

    Google takes an address to subscribe to as a webcal one alone; Outlook wants the one that it is going to read.
    """
    webcal = f"webcal://{address.partition('://')[2]}"
    addresses = {
        "app": webcal,
        "google": f"https://calendar.google.com/calendar/render?{urlencode({'cid': webcal})}",
        "outlook": f"https://outlook.office.com/calendar/0/addfromweb?{urlencode({'url': address, 'name': name})}",
        "copy": address,
    }
    return [CalendarWay(way, addresses[way], way == chosen) for way in WAYS]
