"""One stored calendar event per model. If the date moves, the same event gets a new revision.

Events are updated when a feed is read and the mirror has changed since the last update. Several changes in between
make one revision, because nobody has read the earlier states. If two processes update at the same time, the second
writes nothing: an update applies only to the revision it was computed from.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.row import Row
from models_ui.models import CalendarEvent, Mirror
from models_ui.retirements.endings import ending_of
from models_ui.retirements.ends import ModelEnd, ModelEnds, ends_at, missing_fine_tunes

_REVISED = ("at", "inherited_from", "cancelled", "sequence", "facts", "modified_at")


@dataclass(frozen=True, slots=True)
class Occasion:
    """An event and the end that it announces, or announced before it was cancelled."""

    event: CalendarEvent
    end: ModelEnd

    @property
    def row(self) -> Row:
        return self.end.row


def occasions_of(index: CatalogIndex, now: datetime) -> tuple[Occasion, ...]:
    """Return all events, also cancelled ones, by date.

    The result is cached with the index for the UTC day. It is not cached if the mirror has changed since the index was
    built.
    """
    kept = index.cached(("occasions", now.astimezone(UTC).date()), list[tuple[Occasion, ...]])
    if kept:
        return kept[0]
    events = _stored_events()
    ends = ends_at(index, now, missing_fine_tunes(index).intersection(events)).by_row
    version = Mirror.objects.values_list("version", flat=True).filter(pk=1).first()
    if version == index.version and _bring_up_to_date(index, ends, events, now.replace(microsecond=0)):
        events = _stored_events()
    occasions = tuple(
        sorted(_make_occasions(index, ends, events, now), key=lambda occasion: (occasion.event.at, occasion.event.pk))
    )
    if version == index.version:
        kept.append(occasions)
    return occasions


def ends_told(index: CatalogIndex, now: datetime) -> ModelEnds:
    """Return the ends that calendars have: those of missing fine-tunes, too, where calendars were told of them."""
    missing = missing_fine_tunes(index)
    told = CalendarEvent.objects.filter(row__in=missing).values_list("row", flat=True) if missing else ()
    return ends_at(index, now, frozenset(told))


def _stored_events() -> dict[int, CalendarEvent]:
    """Return every event by the key of its model's row."""
    return {event.row_id: event for event in CalendarEvent.objects.all()}


def _make_occasions(
    index: CatalogIndex, ends: Mapping[int, ModelEnd], events: Mapping[int, CalendarEvent], now: datetime
) -> Iterator[Occasion]:
    for pk, event in events.items():
        row = index.get(pk)
        if row is not None:
            yield Occasion(event, ends.get(pk) or ModelEnd(row, ending_of(row, event.at, index.find, now)))


# --- Revisions


@dataclass(frozen=True, slots=True)
class Revision:
    """The content of an event at one time, as calendars get it."""

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


def next_revision(last: Revision, end: ModelEnd | None, now: datetime) -> Revision:
    """Return the next revision, or the last one if nothing is new. Without an end the event is cancelled.

    A new time, a cancellation, its withdrawal and a change between own date and inherited date raise `sequence`. Other
    changes of the text do not.
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
    index: CatalogIndex, ends: Mapping[int, ModelEnd], events: Mapping[int, CalendarEvent], now: datetime
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
            continue  # the row is not in the index, or its date is unreadable, which does not cancel the event
        last = Revision.of(event)
        following = next_revision(last, end, now)
        if following != last:
            unchanged = CalendarEvent.objects.filter(pk=event.pk, sequence=last.sequence, facts=last.facts)
            unchanged.update(**following.values())
            changed = True
    return changed


def _is_unreadable(row: Row) -> bool:
    return row.deprecation is None and "deprecation" in row.problems and not row.is_deleted


def _facts_hash(end: ModelEnd) -> str:
    """Return a hash of the event's text except its date. It must not depend on the current time."""
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
