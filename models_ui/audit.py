"""The history of actions: the only writer of `AuditEvent`, and the chain that tells when somebody else wrote.

Each event carries a hash over itself and its predecessor's hash. `verify` walks the chain.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from models_ui.models import AuditEvent, AuditHead

Outcome = AuditEvent.Outcome

# What the hash covers: every field but the hash itself and our own key.
_HASHED = tuple(field.name for field in AuditEvent._meta.concrete_fields if field.name not in ("id", "hash"))


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

    def now(self, **after: Any) -> "Entry":
        """The same with what the model really is afterwards."""
        return replace(self, after={**self.after, **after})


def record(
    entry: Entry, outcome: AuditEvent.Outcome, *, failure: dict[str, Any] | None = None, correlation_id: str = ""
) -> AuditEvent:
    """Append one event. Within the caller's transaction if there is one, so that a row and its event go together."""
    with transaction.atomic():
        AuditHead.objects.get_or_create(pk=1)
        head = AuditHead.objects.select_for_update().get(pk=1)
        event = AuditEvent(
            at=timezone.now(),
            outcome=outcome,
            failure=failure or {},
            correlation_id=correlation_id,
            previous_hash=head.last_hash,
            **{name: getattr(entry, name) for name in entry.__slots__},
        )
        event.hash = hash_of(event)
        event.save()
        head.last_hash, head.events = event.hash, head.events + 1
        head.save()
    return event


def hash_of(event: AuditEvent) -> str:
    """SHA-256 over the event's fields and its predecessor's hash, as canonical JSON."""
    fields = {name: _plain(getattr(event, name)) for name in _HASHED}
    return hashlib.sha256(json.dumps(fields, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


@dataclass(frozen=True, slots=True)
class Tampering:
    """Where the chain first breaks. `event` is None when the events' end is missing."""

    event: AuditEvent | None
    what: str  # changed | predecessor | end


def verify() -> tuple[int, Tampering | None]:
    """How many events were read, and the first that was tampered with, or None."""
    previous, count = "", 0
    for event in AuditEvent.objects.order_by("pk").iterator(chunk_size=1000):
        count += 1
        if event.hash != hash_of(event):
            return count, Tampering(event, "changed")
        if event.previous_hash != previous:
            return count, Tampering(event, "predecessor")
        previous = event.hash
    head = AuditHead.objects.filter(pk=1).first()
    if head is not None and (head.last_hash, head.events) != (previous, count):
        return count, Tampering(None, "end")
    return count, None


def history(model_id: str) -> models.QuerySet[AuditEvent]:
    """What became of each action on a model, the newest first."""
    return latest_of_each().filter(model_id=model_id).order_by("-pk")


def latest_of_each() -> models.QuerySet[AuditEvent]:
    """The last event of each action: what is known of it now."""
    newest = AuditEvent.objects.order_by().values("action_id").annotate(newest=models.Max("pk")).values("newest")
    return AuditEvent.objects.filter(pk__in=newest)


def action(action_id: str) -> AuditEvent | None:
    """The last event of one action."""
    return AuditEvent.objects.filter(action_id=action_id).order_by("-pk").first()
