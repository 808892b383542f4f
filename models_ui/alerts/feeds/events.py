"""The stored calendar event of each model's end: a moved date is the same event in a later revision.

The rows are updated when a feed is read and the mirror has changed since. Two changes in between are one revision,
since nobody read the first. Processes that update at once agree: a revision is written only over the one it was made
from.
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
    """The end of a model with its event. For a cancelled event, `end` is the end it announced."""

    event: CalendarEvent
    end: End

    @property
    def row(self) -> Row:
        return self.end.row


def occasions_of(index: CatalogIndex, now: datetime) -> tuple[Occasion, ...]:
    """Return all events, also cancelled ones, by date.

    They are cached with the index, unless the index is older than the mirror.
    """
    kept = index.cached("occasions", list[tuple[Occasion, ...]])
    if kept:
        return kept[0]
    events = _stored_events()
    ends = _find_ends(index, events, now)
    version = Mirror.objects.values_list("version", flat=True).filter(pk=1).first()
    if version == index.version and _bring_up_to_date(index, ends, events, now.replace(microsecond=0)):
        events = _stored_events()
    occasions = tuple(
        sorted(_make_occasions(index, ends, events, now), key=lambda occasion: (occasion.event.at, occasion.event.pk))
    )
    if version == index.version:
        kept.append(occasions)
    return occasions


def _stored_events() -> dict[int, CalendarEvent]:
    """Return every event by its model's row."""
    return {event.row_id: event for event in CalendarEvent.objects.all()}


def _find_ends(index: CatalogIndex, events: Iterable[int], now: datetime) -> dict[int, End]:
    """Return the models with a date of their own or an inherited one, by row.

    A model deleted from here has no end ahead. A missing model inherits no date, unless it had inherited one before.
    """
    endings = {ending.row.pk: ending for ending in retirements_at(index, now).endings}
    known = frozenset(events)
    ends = (_find_end(row, index, endings, has_event=row.pk in known) for row in index.rows if not row.is_deleted)
    return {end.row.pk: end for end in ends if end is not None}


def _find_end(row: Row, index: CatalogIndex, endings: Mapping[int, Ending], *, has_event: bool) -> End | None:
    base = inherited_dates(index).base_of(row) if row.is_fine_tuned else None
    own = endings.get(row.pk)
    if own is not None:
        is_base_sooner = base is not None and endings[base.pk].at < own.at
        return End(row, own, base if is_base_sooner else None)
    if base is None or (row.is_missing and not has_event):
        return None
    return End(row, endings[base.pk], base)


def _make_occasions(
    index: CatalogIndex, ends: Mapping[int, End], events: Mapping[int, CalendarEvent], now: datetime
) -> Iterator[Occasion]:
    for pk, event in events.items():
        row = index.get(pk)
        if row is not None:
            yield Occasion(event, ends.get(pk) or End(row, ending_of(row, event.at, index.find, now)))


# --- Revisions


@dataclass(frozen=True, slots=True)
class Revision:
    """What an event tells calendars."""

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


def next_revision(last: Revision, end: End | None, now: datetime) -> Revision:
    """Return the next revision, or the last one if nothing is new. Without an end the event is cancelled.

    A new time, cancellation or certainty raises `sequence`; other changes of the text do not.
    """
    if end is None:
        if last.cancelled:
            return last
        return replace(last, cancelled=True, sequence=last.sequence + 1, facts="", modified_at=now)
    facts = _facts_hash(end)
    if last.cancelled or end.at != last.at or bool(end.inherited_from) != bool(last.inherited_from):
        return Revision(end.at, end.inherited_from, False, last.sequence + 1, facts, now)
    last = replace(last, inherited_from=end.inherited_from)
    return last if facts == last.facts else replace(last, facts=facts, modified_at=now)


def _bring_up_to_date(
    index: CatalogIndex, ends: Mapping[int, End], events: Mapping[int, CalendarEvent], now: datetime
) -> bool:
    """Write the new events and revisions. Return whether there were any."""
    new = [
        CalendarEvent(
            row_id=pk,
            at=end.at,
            inherited_from=end.inherited_from,
            facts=_facts_hash(end),
            created_at=now,
            modified_at=now,
        )
        for pk, end in sorted(ends.items())
        if pk not in events
    ]
    CalendarEvent.objects.bulk_create(new, batch_size=500, ignore_conflicts=True)
    changed = bool(new)
    for pk, event in events.items():
        row, end = index.get(pk), ends.get(pk)
        if row is None or (end is None and _is_unreadable(row)):
            continue  # a date that cannot be read is not withdrawn
        last = Revision.of(event)
        following = next_revision(last, end, now)
        if following != last:
            unchanged = CalendarEvent.objects.filter(pk=event.pk, sequence=last.sequence, facts=last.facts)
            unchanged.update(**following.values())
            changed = True
    return changed


def _is_unreadable(row: Row) -> bool:
    return row.deprecation is None and "deprecation" in row.problems and not row.is_deleted


def _facts_hash(end: End) -> str:
    """Return a hash of what the event tells beside its date. It must not depend on the clock."""
    row, instead = end.row, end.ending.replacement
    facts: tuple[object, ...] = (
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
        facts += (end.base.model_id, end.base.deprecation)
    return hashlib.sha256(repr(facts).encode(errors="replace")).hexdigest()
