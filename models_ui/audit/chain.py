"""The history of actions: the only writer of `AuditEvent`, and the chain that tells when somebody else wrote.

Each event carries a hash over itself and its predecessor's hash; the head keeps the last hash and their number.
`verify` walks the chain. Who can write to the database can also compute a whole new chain: keep a copy of the last
hash elsewhere (`manage.py verify_audit` prints it) to notice even that.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.db import models, transaction
from django.utils import timezone

from models_ui.models import AuditEvent, AuditHead
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
    """What an action says of itself; the same for all its events. `before` and `after` map fields to values."""

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

    @classmethod
    def of(cls, event: AuditEvent) -> Self:
        """What an event says, to add another one to its action."""
        return cls(**{name: getattr(event, name) for name in cls.__slots__})


def record(
    entry: Entry, outcome: AuditEvent.Outcome, *, failure: dict[str, Any] | None = None, correlation_id: str = ""
) -> AuditEvent:
    """Append one event. Within the caller's transaction if there is one, so that a row and its event go together."""
    said = {name: getattr(entry, name) for name in entry.__slots__}
    said |= {"outcome": str(outcome), "failure": failure or {}, "correlation_id": correlation_id}
    with transaction.atomic():
        AuditHead.objects.get_or_create(pk=1)
        head = AuditHead.objects.select_for_update().get(pk=1)
        event = AuditEvent(
            at=timezone.now(),
            previous_hash=head.last_hash,
            **{name: _fitting(name, value) for name, value in said.items()},
        )
        event.hash = hash_of(event)
        event.save()
        head.last_hash, head.events = event.hash, head.events + 1
        head.save()
    return event


def _fitting(name: str, value: Any) -> Any:
    """The value as its column can hold it. Refused ids are anybody's text, and are kept as far as they fit."""
    value, column = make_storable(value), AuditEvent._meta.get_field(name)
    return value[: getattr(column, "max_length", None)] if isinstance(value, str) else value


def hash_of(event: AuditEvent) -> str:
    """SHA-256 over the event's fields and its predecessor's hash, as canonical JSON."""
    fields = {name: _plain(getattr(event, name)) for name in _HASHED}
    return hashlib.sha256(json.dumps(fields, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


@dataclass(frozen=True, slots=True)
class Tampering:
    """Where the chain first breaks. `key` is the event's own key, None when events are missing from the end."""

    key: int | None
    what: str  # changed | unreadable | predecessor | end


class _Broken(Exception):
    pass


def verify() -> tuple[int, Tampering | None]:
    """How many events are as they were written, and the first thing that is not, or None."""
    walk = _Walk()
    try:
        walk.on()
        # What was added meanwhile is walked while nobody can add more, so that the end can be compared.
        with transaction.atomic():
            head = AuditHead.objects.select_for_update().filter(pk=1).first()
            walk.on()
    except _Broken as broken:
        key, what = broken.args
        return walk.count, Tampering(key, what)
    end = (head.last_hash, head.events) if head else ("", 0)
    return walk.count, None if end == (walk.previous, walk.count) else Tampering(None, "end")


class _Walk:
    """A walk along the chain that can go on where it stopped."""

    def __init__(self) -> None:
        self.key, self.previous, self.count = -(2**63), "", 0

    def on(self) -> None:
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
        """Of events of which one holds what no column of its kind can hold, those before it."""
        for key in list(following.values_list("pk", flat=True)[:500]):
            try:
                event = AuditEvent.objects.get(pk=key)
            except (ValueError, TypeError):
                raise _Broken(key, "unreadable") from None
            yield event
