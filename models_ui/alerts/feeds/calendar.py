"""`models.ics`: the end of each model as one event, in the language of its address.

DTSTART is the second at which the model stops working, UTC. The event is not an all-day event, since that would name
the day in UTC, which is another day for half of its readers. It lasts an hour so that every calendar draws it, and
blocks nobody's time. A fine-tune whose base model ends has a tentative event. Reminders come as often as
digests tell of an end.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import icalendar
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from models_ui.alerts.feeds.events import Occasion, ends_told, occasions_of
from models_ui.alerts.feeds.ics import Text
from models_ui.alerts.feeds.query import FeedQuery
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.labels import value_label
from models_ui.catalog.links import address_of
from models_ui.catalog.row import Row
from models_ui.models import CalendarEvent
from models_ui.retirements import sentences
from models_ui.retirements.endings import Ending
from models_ui.retirements.reminders import REMINDERS
from models_ui.text import humanize
from models_ui.text.isolation import fill, isolate

LENGTH: Final = timedelta(hours=1)
REFRESH: Final = timedelta(hours=6)  # how often a calendar may look

Link = Callable[[str], str]
"""The full address of one of our pages."""


@dataclass(frozen=True, slots=True)
class Calendar:
    name: str
    query: FeedQuery
    index: CatalogIndex
    link: Link

    def written(self, now: datetime) -> bytes:
        calendar = icalendar.Calendar()
        calendar.add("VERSION", "2.0")
        calendar.add("PRODID", "-//models-dashboard//feeds//EN")
        calendar.add("CALSCALE", "GREGORIAN")
        calendar.add("NAME", Text(isolate(self.name)))
        calendar.add("X-WR-CALNAME", Text(isolate(self.name)))
        calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
        calendar.add("X-PUBLISHED-TTL", icalendar.vDuration(REFRESH))
        for occasion in self._chosen(now):
            calendar.add_component(self._event(occasion))
        if not calendar.subcomponents:
            calendar.add_component(_utc_definition())
        return bytes(calendar.to_ical(sorted=False))

    def _chosen(self, now: datetime) -> Iterator[Occasion]:
        """Yield the occasions that the filters let through.

        A cancelled event ignores the filters by lifecycle and status and those that choose what fine-tunes hang on,
        since its model is no longer retiring and its readers must learn that.
        """
        models, dates = self.query.models, self.query.dates
        ends = ends_told(self.index, now)
        matching = {row.pk for row in self.index.matches(models)}
        whatever = self.index.without_words_about(models.changed(lifecycle=(), status=()), ("status",))
        whatever_stage = {row.pk for row in self.index.matches(whatever)}
        whatever_hangs = dates.changed(affected=False)
        for occasion in occasions_of(self.index, now):
            if occasion.event.cancelled:
                is_chosen = occasion.row.pk in whatever_stage and ends.is_wanted(occasion.end, whatever_hangs)
            else:
                is_chosen = occasion.row.pk in matching and ends.is_wanted(occasion.end, dates)
            if is_chosen:
                yield occasion

    def _event(self, occasion: Occasion) -> icalendar.Event:
        event, row = occasion.event, occasion.row
        summary = Text(_event_summary(occasion))
        component = icalendar.Event()
        component.add("UID", str(event.uid))
        component.add("DTSTAMP", event.modified_at)
        component.add("CREATED", event.created_at)
        component.add("LAST-MODIFIED", event.modified_at)
        component.add("SEQUENCE", event.sequence)
        component.add("DTSTART", event.at)
        component.add("DTEND", event.at + LENGTH)
        component.add("SUMMARY", summary)
        component.add("DESCRIPTION", Text("\n".join(self._sentences(occasion))))
        component.add("URL", self._page(row))
        component.add("CATEGORIES", [Text(_("Deprecation")), Text(isolate(value_label("type", row.type)))])
        component.add("STATUS", _event_status(event))
        component.add("TRANSP", "TRANSPARENT")
        for days in () if event.cancelled else REMINDERS:
            component.add_component(_make_reminder(days, summary))
        return component

    # --- In words

    def _sentences(self, occasion: Occasion) -> Iterator[str]:
        event, row = occasion.event, occasion.row
        if event.cancelled:
            yield _withdrawn_sentence(occasion)
        elif event.inherited_from:
            yield sentences.inherited_date_sentence(row.label, event.inherited_from, event.at)
            yield from self._of_base(event.inherited_from)
        else:
            yield fill(
                _("%(model)s stops working on %(when)s."), {"model": row.label, "when": humanize.utc_moment(event.at)}
            )
            yield from self._instead(occasion.end.ending)
            yield from sentences.fine_tune_sentences(occasion.end.ending)
            if (base := occasion.end.base) and base.deprecation:
                yield sentences.sooner_base_sentence(base.model_id, base.deprecation)
        if row.missing_since:
            yield fill(_("It has not been listed since %(day)s."), {"day": date_format(row.missing_since, "j M Y")})
        yield self._page(row)

    def _of_base(self, model_id: str) -> Iterator[str]:
        """Yield the address of the base model's page, which names its replacement, if the base model is known."""
        yield from (self._page(row) for row in self.index.find(model_id) if row.model_id == model_id)

    def _instead(self, ending: Ending) -> Iterator[str]:
        yield from sentences.replacement_sentences(ending)
        instead = ending.replacement.row
        if instead:
            yield self._page(instead)

    def _page(self, row: Row) -> str:
        return self.link(address_of(row, self.index))


def count_dates(query: FeedQuery, index: CatalogIndex, now: datetime) -> int:
    """Return how many dates a calendar of these filters has today."""
    ends = ends_told(index, now)
    matching = {row.pk for row in index.matches(query.models)}
    return sum(end.row.pk in matching and ends.is_wanted(end, query.dates) for end in ends.all)


def _event_status(event: CalendarEvent) -> str:
    if event.cancelled:
        return "CANCELLED"
    return "TENTATIVE" if event.inherited_from else "CONFIRMED"


def _event_summary(occasion: Occasion) -> str:
    event, words = occasion.event, {"model": occasion.row.label}
    if event.cancelled and occasion.row.is_deleted:
        return fill(_("%(model)s has been deleted"), words)
    if event.cancelled:
        return fill(_("%(model)s: end date withdrawn"), words)
    if event.inherited_from:
        return fill(_("%(model)s may stop working"), words)
    return fill(_("%(model)s stops working"), words)


def _withdrawn_sentence(occasion: Occasion) -> str:
    event, row = occasion.event, occasion.row
    words = {"model": row.label, "when": humanize.utc_moment(event.at), "base": event.inherited_from}
    if row.is_deleted:
        return fill(_("%(model)s has been deleted."), words)
    if event.inherited_from:
        return fill(
            _("%(model)s was perhaps to stop working on %(when)s, with its base model %(base)s; not any more."), words
        )
    return fill(_("%(model)s was to stop working on %(when)s; that date is withdrawn."), words)


def _make_reminder(days: int, summary: Text) -> icalendar.Alarm:
    alarm = icalendar.Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("DESCRIPTION", summary)
    alarm.add("TRIGGER", timedelta(days=-days))
    return alarm


def _utc_definition() -> icalendar.Timezone:
    """Return the definition of UTC: the standard forbids a calendar without components."""
    timezone, standard = icalendar.Timezone(), icalendar.TimezoneStandard()
    timezone.add("TZID", "Etc/UTC")
    standard.add("DTSTART", datetime(1970, 1, 1))  # noqa: DTZ001 - the standard wants it local
    standard.add("TZOFFSETFROM", timedelta(0))
    standard.add("TZOFFSETTO", timedelta(0))
    standard.add("TZNAME", "UTC")
    timezone.add_component(standard)
    return timezone
