"""The history of actions: the only writer of `AuditEvent`, and the chain that shows when somebody else wrote.

A `Journal` writes the events of one action.

Each event carries a hash over itself and its predecessor's hash; the head keeps the last hash and their number.
`verify_chain` walks it. Whoever can write to the database can also compute a whole new chain: keep a copy of the last
hash elsewhere (`manage.py verify_audit` prints it) to notice even that.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Self

from django.db import models, transaction
from django.utils import timezone

from models_ui.audit.outcome_detail import NO_DETAIL, ErrorDetail, OutcomeDetail, SettledDetail, detail_from_json
from models_ui.models import AuditEvent, AuditHead
from models_ui.services.errors import ModelsAPIError
from models_ui.vocabulary import make_storable

Outcome = AuditEvent.Outcome

# What the hash covers. Fixed: a field that is added later must not change the hashes of earlier events.
_HASHED = (
    "at",
    "action_id",
    "kind",
    "outcome",
    "actor",
    "model_id",
    "label",
    "before",
    "after",
    "reason",
    "undoes",
    "job",
    "failure",
    "correlation_id",
    "request_id",
    "previous_hash",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What all events of an action have in common.

    `before` and `after` map fields to values. `before` may be filled in until the first event is written.
    """

    action_id: str
    kind: str
    actor: str
    model_id: str
    label: str = ""
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str = ""
    undoes: str = ""
    job: str = ""
    request_id: str = ""


_CERTAIN: Final = (Outcome.SUCCEEDED, Outcome.FAILED)


class Journal:
    """The history of one action, from the request to its outcome. Each method that is a past participle adds an event.

    `earlier` is the last event of the same action, None for a new one or after a refusal, which changed nothing.
    """

    def __init__(self, entry: Entry) -> None:
        """Open the journal. Without an action id, or with one that is another action's, the entry gets a new one.

        A browser's Back button sends a form's id again: with another value in it, it is another action.
        """
        self.entry = entry
        latest = latest_event(entry.action_id) if entry.action_id else None
        if not entry.action_id or (latest is not None and not _is_same_action(latest, entry)):
            self.entry, latest = replace(entry, action_id=secrets.token_hex(16)), None
        self.earlier = _unless_refused(latest)

    @classmethod
    def of(cls, event: AuditEvent) -> Self:
        """Return the journal of an event, to add what became of its action."""
        journal = cls.__new__(cls)
        journal.entry = Entry(**{name: getattr(event, name) for name in Entry.__slots__})
        journal.earlier = event
        return journal

    def look_again(self) -> AuditEvent | None:
        """Read `earlier` again, which another thread may have written, and return it."""
        self.earlier = _unless_refused(latest_event(self.entry.action_id))
        return self.earlier

    def attempted(self) -> AuditEvent:
        """Note that the write is about to be sent."""
        return append_event(self.entry, Outcome.ATTEMPTED)

    def refused(self, detail: OutcomeDetail) -> AuditEvent:
        return append_event(self.entry, Outcome.REFUSED, detail=detail)

    def failed(self, error: ModelsAPIError) -> AuditEvent:
        return self._ended(Outcome.FAILED, ErrorDetail.of(error), error.correlation_id)

    def failed_aside(self, error: ModelsAPIError) -> AuditEvent:
        """Note the failure as an action of its own, so that the form's id works when it is sent again."""
        entry = replace(self.entry, action_id=secrets.token_hex(16))
        return append_event(entry, Outcome.FAILED, detail=ErrorDetail.of(error), correlation_id=error.correlation_id)

    def unknown(self, error: ModelsAPIError) -> AuditEvent:
        return self._ended(Outcome.UNKNOWN, ErrorDetail.of(error), error.correlation_id)

    def succeeded(self, detail: OutcomeDetail = NO_DETAIL, correlation_id: str = "") -> AuditEvent:
        return self._ended(Outcome.SUCCEEDED, detail, correlation_id)

    def settled(self, outcome: AuditEvent.Outcome, settled_by: str = "") -> AuditEvent:
        """Note the outcome of an action that `earlier` had left open."""
        assert self.earlier is not None
        facts = detail_from_json(self.earlier.failure).error_facts
        return self._ended(outcome, SettledDetail(facts, settled_by), self.earlier.correlation_id)

    def _ended(self, outcome: AuditEvent.Outcome, detail: OutcomeDetail, correlation_id: str) -> AuditEvent:
        """Add the outcome, and return its event: the one of another process, if that has settled the action meanwhile.

        That happens to a process that comes back after its lock was over. The caller has locked the model's row.
        """
        known = _unless_refused(latest_event(self.entry.action_id))
        if known is not None and (
            known.outcome == outcome or (outcome == Outcome.UNKNOWN and known.outcome in _CERTAIN)
        ):
            return known
        return append_event(self.entry, outcome, detail=detail, correlation_id=correlation_id)


def latest_event(action_id: str) -> AuditEvent | None:
    """Return the last event of an action; None where there is no such action."""
    return AuditEvent.objects.filter(action_id=action_id).order_by("-pk").first()


def _is_same_action(event: AuditEvent, entry: Entry) -> bool:
    if (event.kind, event.actor, event.model_id) != (entry.kind, entry.actor, entry.model_id):
        return False
    return not event.after or event.after == entry.after


def _unless_refused(event: AuditEvent | None) -> AuditEvent | None:
    return None if event is not None and event.outcome == Outcome.REFUSED else event


def append_event(
    entry: Entry, outcome: AuditEvent.Outcome, *, detail: OutcomeDetail = NO_DETAIL, correlation_id: str = ""
) -> AuditEvent:
    """Append one event. Within the caller's transaction if there is one, so that a row and its event go together."""
    fields = {name: getattr(entry, name) for name in entry.__slots__}
    fields |= {"outcome": str(outcome), "failure": detail.to_json(), "correlation_id": correlation_id}
    with transaction.atomic():
        head, _is_new = AuditHead.objects.select_for_update().get_or_create(pk=1)
        event = AuditEvent(
            at=timezone.now(), previous_hash=head.last_hash, **_fit_columns(make_storable(fields, depth=65))
        )
        event.hash = hash_of(event)
        event.save()
        head.last_hash, head.events = event.hash, head.events + 1
        head.save()
    return event


def _fit_columns(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the values as their columns can hold them. Refused ids are anybody's text: what is too long is cut."""
    return {
        name: value[: getattr(AuditEvent._meta.get_field(name), "max_length", None)]
        if isinstance(value, str)
        else value
        for name, value in fields.items()
    }


def hash_of(event: AuditEvent) -> str:
    """Return the SHA-256 of the event's fields and its predecessor's hash, as canonical JSON."""
    fields = {name: getattr(event, name) for name in _HASHED}
    if isinstance(event.at, datetime):  # else it cannot be read, which the walk will tell
        fields["at"] = event.at.isoformat()
    return hashlib.sha256(json.dumps(fields, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Tampering:
    """Where the chain first breaks. `key` is the event's own key, None when events are missing from the end."""

    key: int | None
    fault: str  # changed | unreadable | predecessor | end


class _Broken(Exception):
    pass


def verify_chain() -> tuple[int, Tampering | None]:
    """Return how many events are as they were written, and where the chain first breaks, or None."""
    walk = _ChainWalk()
    try:
        walk.go_on()
        # Events that were added meanwhile are walked while nobody can add more, so that the end can be compared.
        with transaction.atomic():
            head = AuditHead.objects.select_for_update().filter(pk=1).first()
            walk.go_on()
    except _Broken as broken:
        key, fault = broken.args
        return walk.count, Tampering(key, fault)
    end = (head.last_hash, head.events) if head else ("", 0)
    return walk.count, None if end == (walk.previous, walk.count) else Tampering(None, "end")


class _ChainWalk:
    """A walk along the chain that can go on where it stopped."""

    def __init__(self) -> None:
        self.key, self.previous, self.count = -(2**63), "", 0

    def go_on(self) -> None:
        for event in self._events():
            if event.hash != hash_of(event):
                raise _Broken(event.pk, "changed")
            if event.previous_hash != self.previous:
                raise _Broken(event.pk, "predecessor")
            self.key, self.previous, self.count = event.pk, event.hash, self.count + 1

    def _events(self) -> Iterator[AuditEvent]:
        while True:
            following = AuditEvent.objects.filter(pk__gt=self.key).order_by("pk")
            try:
                chunk = list(following[:500])
            except (ValueError, TypeError):
                yield from self._one_by_one(following)
                continue
            if not chunk:
                return
            yield from chunk

    def _one_by_one(self, following: models.QuerySet[AuditEvent]) -> Iterator[AuditEvent]:
        """Yield events up to the one that holds a value which its column cannot be read as."""
        for key in list(following.values_list("pk", flat=True)[:500]):
            try:
                event = AuditEvent.objects.get(pk=key)
            except (ValueError, TypeError):
                raise _Broken(key, "unreadable") from None
            yield event
