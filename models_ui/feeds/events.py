"""What calendars are told of each model's end, remembered: a moved date is the same event, in a later revision.

The rows are brought up to date when a feed is read and the mirror has changed since. What changed twice in between
was read by nobody, so it is one revision. Processes that do so at once agree: a revision is written only over the one
that it was made from.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self, cast

from models_ui.catalog.index import CatalogIndex, Row
from models_ui.catalog.radar import Ending, ending_of, radar_at
from models_ui.models import CalendarEvent, Mirror

_REVISED = ("at", "cancelled", "sequence", "facts", "modified_at")


@dataclass(frozen=True, slots=True)
class Occasion:
    """A model's end with its event. Of a cancelled one, the end is the one that it was to have."""

    event: CalendarEvent
    ending: Ending

    @property
    def row(self) -> Row:
        return self.ending.row


def occasions_of(index: CatalogIndex, now: datetime) -> tuple[Occasion, ...]:
    """Every event there is or was, by date. Kept with the index; never with one that is older than the mirror."""
    key = ("occasions",)
    if key in index.kept:
        return cast(tuple[Occasion, ...], index.kept[key])
    endings = _endings(index, now)
    told = _told()
    version = Mirror.objects.values_list("version", flat=True).filter(pk=1).first()
    if version == index.version and _bring_up_to_date(index, endings, told, now.replace(microsecond=0)):
        told = _told()
    occasions = tuple(sorted(_occasions(index, endings, told, now), key=lambda each: (each.event.at, each.event.pk)))
    if version == index.version:
        index.kept[key] = occasions
    return occasions


def _told() -> dict[int, CalendarEvent]:
    """Every event, by its model's row."""
    return {event.row_id: event for event in CalendarEvent.objects.all()}


def _endings(index: CatalogIndex, now: datetime) -> dict[int, Ending]:
    """Models with a date, by row. One that was deleted from here has no end ahead any more."""
    return {each.row.pk: each for each in radar_at(index, now).endings if not each.row.is_deleted}


def _occasions(
    index: CatalogIndex, endings: Mapping[int, Ending], told: Mapping[int, CalendarEvent], now: datetime
) -> Iterator[Occasion]:
    for pk, event in told.items():
        row = index.get(pk)
        if row is not None:
            yield Occasion(event, endings.get(pk) or ending_of(row, event.at, index.find, now))


# --- Revisions


@dataclass(frozen=True, slots=True)
class Revision:
    """What an event says."""

    at: datetime
    cancelled: bool
    sequence: int
    facts: str
    modified_at: datetime

    @classmethod
    def of(cls, event: CalendarEvent) -> Self:
        return cls(event.at, event.cancelled, event.sequence, event.facts, event.modified_at)

    def values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _REVISED}


def revised(last: Revision, at: datetime | None, facts: str, now: datetime) -> Revision:
    """The revision that follows, or the last one where nothing is new. Without a date the event is cancelled.

    What matters to a calendar, its time and whether it takes place, raises `sequence`; other words do not.
    """
    if at is None:
        if last.cancelled:
            return last
        return replace(last, cancelled=True, sequence=last.sequence + 1, facts=facts, modified_at=now)
    if last.cancelled or at != last.at:
        return Revision(at, False, last.sequence + 1, facts, now)
    return last if facts == last.facts else replace(last, facts=facts, modified_at=now)


def _bring_up_to_date(
    index: CatalogIndex, endings: Mapping[int, Ending], told: Mapping[int, CalendarEvent], now: datetime
) -> bool:
    """Write what calendars have not been told yet; whether there was anything."""
    new = [
        CalendarEvent(row_id=pk, at=ending.at, facts=_facts(ending), created_at=now, modified_at=now)
        for pk, ending in sorted(endings.items())
        if pk not in told
    ]
    CalendarEvent.objects.bulk_create(new, batch_size=500, ignore_conflicts=True)
    changed = bool(new)
    for pk, event in told.items():
        row, ending = index.get(pk), endings.get(pk)
        if row is None or (ending is None and _is_unreadable(row)):
            continue  # a date that cannot be read is not withdrawn
        last = Revision.of(event)
        following = revised(last, ending.at if ending else None, _facts(ending) if ending else "", now)
        if following != last:
            unchanged = CalendarEvent.objects.filter(pk=event.pk, sequence=last.sequence, facts=last.facts)
            unchanged.update(**following.values())
            changed = True
    return changed


def _is_unreadable(row: Row) -> bool:
    return row.deprecation is None and "deprecation" in row.problems and not row.is_deleted


def _facts(ending: Ending) -> str:
    """A digest of what the event tells beside its date. Nothing in it depends on the clock."""
    row, instead = ending.row, ending.replacement
    told = (
        row.model_id,
        row.label,
        row.missing_since,
        instead.named,
        instead.outcome,
        instead.row.model_id if instead.row else "",
        instead.at,
        len(ending.fine_tunes),
    )
    return hashlib.sha256(repr(told).encode(errors="replace")).hexdigest()
