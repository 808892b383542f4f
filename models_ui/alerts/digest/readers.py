"""Who gets a digest: the people who asked for one, and the team. This module alone writes their choices."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from models_ui.audit.plain_events import record_plain_event
from models_ui.models import Delivery, DigestReader

WEBHOOK: Final = "webhook"
_LOSS_SHOWN: Final = timedelta(days=30)

Scope = DigestReader.Scope
_WIDER: Final = (Scope.NOTHING, Scope.LOOKED_AFTER, Scope.WATCHED, Scope.EVERYTHING)


def reader_of(owner: User) -> DigestReader | None:
    """Return what the person has chosen, or None if they never chose."""
    return DigestReader.objects.filter(owner=owner).first()


def scope_of(owner: User) -> DigestReader.Scope:
    """Return what the person is told of by e-mail."""
    reader = reader_of(owner)
    return Scope(reader.scope) if reader else Scope.NOTHING


def last_sent(reader: DigestReader | None) -> datetime | None:
    """Return when the reader was last sent a digest, or None."""
    sent = Delivery.objects.filter(reader=reader, outcome=Delivery.Outcome.SENT) if reader else Delivery.objects.none()
    return sent.order_by("claimed_at").values_list("claimed_at", flat=True).last()


def last_lost(reader: DigestReader | None, now: datetime) -> Delivery | None:
    """Return the reader's last digest of the past weeks that may not have arrived."""
    if reader is None:
        return None
    lost = Delivery.objects.filter(reader=reader, outcome=Delivery.Outcome.UNKNOWN, items__gt=0)
    return lost.filter(claimed_at__gt=now - _LOSS_SHOWN).order_by("claimed_at").last()


def store_digest_choice(*, owner: User, scope: str, language: str, now: datetime) -> DigestReader:
    """Store what a person chooses. Somebody who chooses more is told of changes from now on, not of the past."""
    known = reader_of(owner)
    scope_before = str(known.scope if known else Scope.NOTHING)
    goes_on = known is not None and _WIDER.index(Scope(scope)) <= _WIDER.index(Scope(scope_before))
    values = {"owner": owner, "scope": scope, "language": language}
    with transaction.atomic():
        reader, _ = DigestReader.objects.update_or_create(
            name=f"person-{owner.pk}", defaults=values if goes_on else values | {"since": now}
        )
        if scope != scope_before:
            before, after = {"scope": scope_before}, {"scope": scope}
            record_plain_event(owner, "settings.digest_changed", before=before, after=after)
    return reader


def people_to_tell() -> list[DigestReader]:
    """Return the readers who asked for a digest and may sign in."""
    asked = DigestReader.objects.exclude(scope=Scope.NOTHING).filter(owner__is_active=True)
    return list(asked.select_related("owner").order_by("pk"))


def skip_absent(now: datetime, *, webhook: bool) -> None:
    """Move the start of readers who cannot be told now, so that they are not told later what changes meanwhile: people
    who may not sign in, and an unset webhook.
    """
    absent = Q(owner__is_active=False) if webhook else Q(owner__is_active=False) | Q(name=WEBHOOK)
    DigestReader.objects.filter(pk__in=DigestReader.objects.filter(absent).values("pk")).update(since=now)


def webhook_reader(now: datetime, *, remember: bool) -> DigestReader:
    """Return the team as a reader. With `remember`, store it, so that later runs tell what changed after `now`."""
    values = {"scope": Scope.EVERYTHING, "language": settings.LANGUAGE_CODE, "since": now}
    if remember:
        return DigestReader.objects.get_or_create(name=WEBHOOK, defaults=values)[0]
    return DigestReader.objects.filter(name=WEBHOOK).first() or DigestReader(name=WEBHOOK, **values)
