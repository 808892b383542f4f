"""Who gets a digest: the people who asked for one, and the team. Here alone is written what they asked for."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q

from models_ui.models import Delivery, DigestReader

WEBHOOK: Final = "webhook"
_LOSS_SHOWN: Final = timedelta(days=30)

Scope = DigestReader.Scope
_WIDER: Final = (Scope.NOTHING, Scope.WATCHED, Scope.EVERYTHING)


def reader_of(owner: User) -> DigestReader | None:
    """What the person has asked for; None as long as they never asked."""
    return DigestReader.objects.filter(owner=owner).first()


def last_sent(reader: DigestReader | None) -> datetime | None:
    """When the reader was last sent a digest, so that whoever waits for one knows whether any comes."""
    sent = Delivery.objects.filter(reader=reader, outcome=Delivery.Outcome.SENT) if reader else Delivery.objects.none()
    return sent.order_by("claimed_at").values_list("claimed_at", flat=True).last()


def last_lost(reader: DigestReader | None, now: datetime) -> Delivery | None:
    """Return the reader's last digest of the past weeks that may not have arrived."""
    if reader is None:
        return None
    lost = Delivery.objects.filter(reader=reader, outcome=Delivery.Outcome.UNKNOWN, items__gt=0)
    return lost.filter(claimed_at__gt=now - _LOSS_SHOWN).order_by("claimed_at").last()


def choose_digest(*, owner: User, scope: str, language: str, now: datetime) -> DigestReader:
    """Remember what a person asks for. Whoever asks for more gets what changes from now on, not the past."""
    known = reader_of(owner)
    goes_on = known is not None and _WIDER.index(Scope(scope)) <= _WIDER.index(Scope(known.scope))
    values = {"owner": owner, "scope": scope, "language": language}
    return DigestReader.objects.update_or_create(
        name=f"person-{owner.pk}", defaults=values if goes_on else values | {"since": now}
    )[0]


def people() -> list[DigestReader]:
    """Everybody who asked for a digest and may sign in."""
    asked = DigestReader.objects.exclude(scope=Scope.NOTHING).filter(owner__is_active=True)
    return list(asked.select_related("owner").order_by("pk"))


def skip_absent(now: datetime, *, webhook: bool) -> None:
    """Who cannot be told now is not told later of what has changed: people who may not sign in, an unset webhook."""
    absent = Q(owner__is_active=False) if webhook else Q(owner__is_active=False) | Q(name=WEBHOOK)
    DigestReader.objects.filter(pk__in=DigestReader.objects.filter(absent).values("pk")).update(since=now)


def webhook_reader(now: datetime, *, remember: bool) -> DigestReader:
    """The team. It is told of what changes after the first run ever, which is the one that remembers it."""
    values = {"scope": Scope.EVERYTHING, "language": settings.LANGUAGE_CODE, "since": now}
    if remember:
        return DigestReader.objects.get_or_create(name=WEBHOOK, defaults=values)[0]
    return DigestReader.objects.filter(name=WEBHOOK).first() or DigestReader(name=WEBHOOK, **values)
