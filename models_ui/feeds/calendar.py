"""`models.ics`: each model's end as one event, in the language of its address.

DTSTART is the very second at which the model stops working, UTC. An event is no all-day event: that would name the day
in UTC, which is another one for half of its readers. So that every calendar draws it, it ends an hour later; it blocks
nobody's time. A fine-tune whose base model ends has a tentative event. Reminders come 30, 7 and 1 days before.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from models_ui import endings
from models_ui.catalog.index import CatalogIndex, Row
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.radar import Ending
from models_ui.catalog.rows import address_of, catalog_address
from models_ui.feeds import ics
from models_ui.feeds.events import Occasion, occasions_of
from models_ui.labels import value_label
from models_ui.models import CalendarEvent
from models_ui.querystring import MAX_TEXT

LENGTH: Final = timedelta(hours=1)
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
        page = self._page(row)
        summary = _summary(occasion)
        return ics.component(
            "VEVENT",
            f"UID:{event.uid}",
            ics.moment("DTSTAMP", event.modified_at),
            ics.moment("CREATED", event.created_at),
            ics.moment("LAST-MODIFIED", event.modified_at),
            f"SEQUENCE:{event.sequence}",
            ics.moment("DTSTART", event.at),
            ics.moment("DTEND", event.at + LENGTH),
            ics.text("SUMMARY", summary),
            ics.text("DESCRIPTION", "\n".join(self._sentences(occasion))),
            f"URL:{page}",
            ics.text("CATEGORIES", _("Deprecation"), value_label("type", row.type)),
            f"STATUS:{_status(event)}",
            "TRANSP:TRANSPARENT",
            [] if event.cancelled else [line for days in REMINDERS for line in _reminder(days, summary)],
        )

    # --- In words

    def _sentences(self, occasion: Occasion) -> Iterator[str]:
        event, row = occasion.event, occasion.row
        if event.cancelled:
            yield _withdrawn(occasion)
        elif event.inherited_from:
            yield endings.inherits(row.label, event.inherited_from, event.at)
            yield from self._of_base(event.inherited_from)
        else:
            yield _("%(model)s stops working on %(when)s.") % {"model": row.label, "when": endings.moment(event.at)}
            yield from self._instead(occasion.end.ending)
            yield from endings.at_risk(occasion.end.ending)
            if (base := occasion.end.base) and base.deprecation:
                yield endings.inherits_sooner(base.model_id, base.deprecation)
        if row.missing_since:
            yield _("It has not been listed since %(day)s.") % {"day": date_format(row.missing_since, "j M Y")}
        yield self._page(row)

    def _of_base(self, model_id: str) -> Iterator[str]:
        """Yield the address of the base model's page, which says what replaces it, as long as it is known."""
        yield from (self._page(row) for row in self.index.find(model_id) if row.model_id == model_id)

    def _instead(self, ending: Ending) -> Iterator[str]:
        yield from endings.instead_of(ending)
        instead = ending.replacement.row
        if instead and (address := address_of(instead, self.index)):
            yield self.link(address)

    def _page(self, row: Row) -> str:
        """The model's page; where none can carry its id, the catalog's view of that id."""
        if address := address_of(row, self.index):
            return self.link(address)
        return self.link(catalog_address(CatalogQuery(q=row.model_id[:MAX_TEXT])))


def _status(event: CalendarEvent) -> str:
    if event.cancelled:
        return "CANCELLED"
    return "TENTATIVE" if event.inherited_from else "CONFIRMED"


def _summary(occasion: Occasion) -> str:
    event, words = occasion.event, {"model": occasion.row.label}
    if event.cancelled and occasion.row.is_deleted:
        return _("%(model)s has been deleted") % words
    if event.cancelled:
        return _("%(model)s: end date withdrawn") % words
    if event.inherited_from:
        return _("%(model)s may stop working") % words
    return _("%(model)s stops working") % words


def _withdrawn(occasion: Occasion) -> str:
    event, row = occasion.event, occasion.row
    words = {"model": row.label, "when": endings.moment(event.at), "base": event.inherited_from}
    if row.is_deleted:
        return _("%(model)s has been deleted.") % words
    if event.inherited_from:
        return (
            _("%(model)s was perhaps to stop working on %(when)s, with its base model %(base)s; not any more.") % words
        )
    return _("%(model)s was to stop working on %(when)s; that date is withdrawn.") % words


def _reminder(days: int, summary: str) -> list[str]:
    return ics.component("VALARM", "ACTION:DISPLAY", ics.text("DESCRIPTION", summary), f"TRIGGER:-P{days}D")
