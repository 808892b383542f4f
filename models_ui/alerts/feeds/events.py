"""What calendars are told of each model's end, remembered: a moved date is the same event, in a later revision.

The rows are brought up to date when a feed is read and the mirror has changed since. What changed twice in between
was read by nobody, so it is one revision. Processes that do so at once agree: a revision is written only over the one
that it was made from.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.row import Row
from models_ui.models import CalendarEvent, Mirror
from models_ui.retirements.endings import Ending, ending_of, retirements_at
from models_ui.retirements.inherited_dates import inherited_dates

_REVISED = ("at", "inherited_from", "cancelled", "sequence", "facts", "modified_at")


@dataclass(frozen=True, slots=True)
class End:
    """When a model stops working: on its own date, or perhaps on that of the base model it was trained from."""

    row: Row
    ending: Ending  # of the model itself; of its base model, if the date is inherited
    base: Row | None = None  # that base model, also where the own date comes later than that of the base model

    @property
    def inherited_from(self) -> str:
        return "" if self.ending.row.pk == self.row.pk else self.ending.row.model_id

    @property
    def at(self) -> datetime:
        return self.ending.at


@dataclass(frozen=True, slots=True)
class Occasion:
    """A model's end with its event. Of a cancelled one, the end is the one that it was to have."""

    event: CalendarEvent
    end: End

    @property
    def row(self) -> Row:
        return self.end.row


def occasions_of(index: CatalogIndex, now: datetime) -> tuple[Occasion, ...]:
    """Every event there is or was, by date. Kept with the index; never with one that is older than the mirror."""
    kept = index.cached("occasions", list[tuple[Occasion, ...]])
    if kept:
        return kept[0]
    told = _told()
    ends = _ends(index, told, now)
    version = Mirror.objects.values_list("version", flat=True).filter(pk=1).first()
    if version == index.version and _bring_up_to_date(index, ends, told, now.replace(microsecond=0)):
        told = _told()
    occasions = tuple(sorted(_occasions(index, ends, told, now), key=lambda each: (each.event.at, each.event.pk)))
    if version == index.version:
        kept.append(occasions)
    return occasions


def _told() -> dict[int, CalendarEvent]:
    """Every event, by its model's row."""
    return {event.row_id: event for event in CalendarEvent.objects.all()}


def _ends(index: CatalogIndex, told: Iterable[int], now: datetime) -> dict[int, End]:
    """Return the models with a date of their own or an inherited one, by row.

    One that was deleted from here has no end ahead any more. One that is missing inherits no date that it had not
    inherited before.
    """
    endings = {ending.row.pk: ending for ending in retirements_at(index, now).endings}
    told = frozenset(told)
    ends: dict[int, End] = {}
    for row in index.rows:
        own = endings.get(row.pk)
        if row.is_deleted or (own is None and (not row.is_fine_tuned or (row.is_missing and row.pk not in told))):
            continue
        base = inherited_dates(index).base_of(row) if row.is_fine_tuned else None
        if own is not None:
            sooner = base is not None and endings[base.pk].at < own.at
            ends[row.pk] = End(row, own, base if sooner else None)
        elif base is not None:
            ends[row.pk] = End(row, endings[base.pk], base)
    return ends


def _occasions(
    index: CatalogIndex, ends: Mapping[int, End], told: Mapping[int, CalendarEvent], now: datetime
) -> Iterator[Occasion]:
    for pk, event in told.items():
        row = index.get(pk)
        if row is not None:
            yield Occasion(event, ends.get(pk) or End(row, ending_of(row, event.at, index.find, now)))


# --- Revisions


@dataclass(frozen=True, slots=True)
class Revision:
    """What an event says."""

    at: datetime
    inherited_from: str
    cancelled: bool
    sequence: int
    facts: str
    modified_at: datetime

    @classmethod
    def of(cls, event: CalendarEvent) -> Self:
        return cls(event.at, event.inherited_from, event.cancelled, event.sequence, event.facts, event.modified_at)

    def values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _REVISED}


def revised(last: Revision, end: End | None, now: datetime) -> Revision:
    """The revision that follows, or the last one where nothing is new. Without an end the event is cancelled.

    What matters to a calendar, its time and whether it takes place, for certain or perhaps, raises `sequence`; other
    words do not.
    """
    if end is None:
        if last.cancelled:
            return last
        return replace(last, cancelled=True, sequence=last.sequence + 1, facts="", modified_at=now)
    facts = _facts(end)
    if last.cancelled or end.at != last.at or bool(end.inherited_from) != bool(last.inherited_from):
        return Revision(end.at, end.inherited_from, False, last.sequence + 1, facts, now)
    last = replace(last, inherited_from=end.inherited_from)
    return last if facts == last.facts else replace(last, facts=facts, modified_at=now)


def _bring_up_to_date(
    index: CatalogIndex, ends: Mapping[int, End], told: Mapping[int, CalendarEvent], now: datetime
) -> bool:
    """Write what calendars have not been told yet; whether there was anything."""
    new = [
        CalendarEvent(
            row_id=pk,
            at=end.at,
            inherited_from=end.inherited_from,
            facts=_facts(end),
            created_at=now,
            modified_at=now,
        )
        for pk, end in sorted(ends.items())
        if pk not in told
    ]
    CalendarEvent.objects.bulk_create(new, batch_size=500, ignore_conflicts=True)
    changed = bool(new)
    for pk, event in told.items():
        row, end = index.get(pk), ends.get(pk)
        if row is None or (end is None and _is_unreadable(row)):
            continue  # a date that cannot be read is not withdrawn
        last = Revision.of(event)
        following = revised(last, end, now)
        if following != last:
            unchanged = CalendarEvent.objects.filter(pk=event.pk, sequence=last.sequence, facts=last.facts)
            unchanged.update(**following.values())
            changed = True
    return changed


def _is_unreadable(row: Row) -> bool:
    return row.deprecation is None and "deprecation" in row.problems and not row.is_deleted


def _facts(end: End) -> str:
    """A digest of what the event tells beside its date. Nothing in it depends on the clock."""
    row, instead = end.row, end.ending.replacement
    told: tuple[object, ...] = (
        row.model_id,
        row.label,
        row.missing_since,
        instead.named,
        instead.outcome,
        instead.row.model_id if instead.row else "",
        instead.at,
        end.ending.fine_tune_count,
    )
    if end.base is not None:
        told += (end.base.model_id, end.base.deprecation)
    return hashlib.sha256(repr(told).encode(errors="replace")).hexdigest()
