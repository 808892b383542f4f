"""`models.ics`: each model's end as one event, in the language of its address.

DTSTART is the very second at which the model stops working, UTC. Reminders come 30, 7 and 1 days before.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from models_ui import endings
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.radar import Ending
from models_ui.catalog.rows import address_of, catalog_address
from models_ui.feeds import ics
from models_ui.feeds.events import Occasion, occasions_of
from models_ui.labels import value_label
from models_ui.querystring import MAX_TEXT

REMINDERS: Final = (30, 7, 1)  # days before
REFRESH: Final = "PT6H"  # how often a calendar may look

Link = Callable[[str], str]
"""The full address of one of our pages."""

# A calendar without any component is none to the standard, so an empty one holds the definition of its own clock.
_NO_EVENTS: Final = ics.component(
    "VTIMEZONE",
    "TZID:Etc/UTC",
    ics.component("STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0000", "TZOFFSETTO:+0000", "TZNAME:UTC"),
)


@dataclass(frozen=True, slots=True)
class Calendar:
    name: str
    query: CatalogQuery
    index: CatalogIndex
    link: Link

    def written(self, now: datetime) -> bytes:
        events = [line for each in self._chosen(now) for line in self._event(each)]
        properties = (
            "VERSION:2.0",
            "PRODID:-//models-dashboard//feeds//EN",
            "CALSCALE:GREGORIAN",
            ics.text("NAME", self.name),
            ics.text("X-WR-CALNAME", self.name),
            f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}",
            f"X-PUBLISHED-TTL:{REFRESH}",
        )
        return ics.written(ics.component("VCALENDAR", *properties, events or _NO_EVENTS))

    def _chosen(self, now: datetime) -> Iterator[Occasion]:
        """A cancelled event is told to whoever was told of it: its model is no longer one that retires."""
        matching = {row.pk for row in self.index.matches(self.query)}
        whatever_stage = {row.pk for row in self.index.matches(self.query.with_filter(lifecycle=()))}
        for each in occasions_of(self.index, now):
            if each.row.pk in (whatever_stage if each.event.cancelled else matching):
                yield each

    def _event(self, occasion: Occasion) -> list[str]:
        event, row = occasion.event, occasion.row
        page = self._page(occasion.ending)
        summary = _summary(occasion)
        return ics.component(
            "VEVENT",
            f"UID:{event.uid}",
            ics.moment("DTSTAMP", event.modified_at),
            ics.moment("CREATED", event.created_at),
            ics.moment("LAST-MODIFIED", event.modified_at),
            f"SEQUENCE:{event.sequence}",
            ics.moment("DTSTART", event.at),
            ics.text("SUMMARY", summary),
            ics.text("DESCRIPTION", "\n".join(self._sentences(occasion))),
            f"URL:{page}",
            ics.text("CATEGORIES", _("Deprecation"), value_label("type", row.type)),
            f"STATUS:{'CANCELLED' if event.cancelled else 'CONFIRMED'}",
            "TRANSP:TRANSPARENT",
            [] if event.cancelled else [line for days in REMINDERS for line in _reminder(days, summary)],
        )

    # --- In words

    def _sentences(self, occasion: Occasion) -> Iterator[str]:
        event, ending = occasion.event, occasion.ending
        words = {"model": ending.row.label, "when": endings.moment(event.at)}
        if event.cancelled and ending.row.is_deleted:
            yield _("%(model)s has been deleted.") % words
        elif event.cancelled:
            yield _("%(model)s was to stop working on %(when)s; that date is withdrawn.") % words
        else:
            yield _("%(model)s stops working on %(when)s.") % words
            yield from self._instead(ending)
            yield from endings.at_risk(ending)
        if ending.row.missing_since:
            yield _("It has not been listed since %(day)s.") % {"day": date_format(ending.row.missing_since, "j M Y")}
        yield self._page(ending)

    def _instead(self, ending: Ending) -> Iterator[str]:
        yield from endings.instead_of(ending)
        instead = ending.replacement.row
        if instead and (address := address_of(instead, self.index)):
            yield self.link(address)

    def _page(self, ending: Ending) -> str:
        """The model's page; where none can carry its id, the catalog's view of that id."""
        if address := address_of(ending.row, self.index):
            return self.link(address)
        return self.link(catalog_address(CatalogQuery(q=ending.row.model_id[:MAX_TEXT])))


def _summary(occasion: Occasion) -> str:
    words = {"model": occasion.row.label}
    if not occasion.event.cancelled:
        return _("%(model)s stops working") % words
    if occasion.row.is_deleted:
        return _("%(model)s has been deleted") % words
    return _("%(model)s: end date withdrawn") % words


def _reminder(days: int, summary: str) -> list[str]:
    return ics.component("VALARM", "ACTION:DISPLAY", ics.text("DESCRIPTION", summary), f"TRIGGER:-P{days}D")
