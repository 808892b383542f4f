"""Personal secret addresses: made, listed and revoked by their owner; the secret gives access without signing in.

The secret has 256 random bits, so a plain hash of it reveals nothing, and looking it up by its hash reveals nothing
to somebody who measures time.
"""

import hashlib
import logging
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from models_ui.alerts.feeds.query import FeedQuery
from models_ui.audit.plain_events import record_plain_event
from models_ui.models import FeedAddress

log = logging.getLogger(__name__)

MOST_ADDRESSES = 50  # addresses of one person
PREFIX = "feed-"  # by it a secret is known wherever it turns up; `logs.py` blots it out
_USES_APART = timedelta(minutes=1)


class TooManyAddresses(Exception):
    """The person has as many addresses as one person may."""


def addresses_of(owner: User) -> QuerySet[FeedAddress]:
    return FeedAddress.objects.filter(owner=owner)


def make_address(
    *, owner: User, name: str, query: FeedQuery, language: str, form_id: str, now: datetime
) -> tuple[FeedAddress, str] | None:
    """Return a new address and its secret, which is stored nowhere.

    None if this form has made an address already. Raise TooManyAddresses.
    """
    if addresses_of(owner).count() >= MOST_ADDRESSES:
        raise TooManyAddresses
    secret = PREFIX + secrets.token_urlsafe(32)
    address = FeedAddress(
        owner=owner,
        digest=_hash_secret(secret),
        form_id=_hash_secret(f"{owner.pk} {form_id}"),
        name=name,
        query=query.serialize(),
        language=language,
        created_at=now,
    )
    try:
        with transaction.atomic():
            address.save(force_insert=True)
            record_plain_event(owner, "link.created", after={"link": address.pk})
    except IntegrityError:
        return None
    log.info("feeds: %s made address %s", owner.get_username(), address.pk)
    return address, secret


def revoke_address(*, owner: User, pk: int) -> FeedAddress | None:
    """Delete one of the person's own addresses and return it, or None if they have no such address."""
    address = addresses_of(owner).filter(pk=pk).first()
    if address is not None:
        with transaction.atomic():
            record_plain_event(owner, "link.revoked", before={"link": address.pk})
            address.delete()
        log.info("feeds: %s revoked address %s", owner.get_username(), pk)
    return address


def address_with(secret: str) -> FeedAddress | None:
    """Return the address of a secret. None if it is unknown or revoked, or its owner may no longer sign in."""
    return FeedAddress.objects.filter(digest=_hash_secret(secret), owner__is_active=True).first()


def query_of(address: FeedAddress) -> FeedQuery:
    return FeedQuery.parse(address.query).query


def addresses_with(owner: User, query: FeedQuery) -> QuerySet[FeedAddress]:
    """Return the person's addresses that tell of the same, the latest first."""
    return addresses_of(owner).filter(query=query.serialize()).order_by("-created_at", "-pk")


def note_use(address: FeedAddress, now: datetime) -> None:
    """Store when a feed was last read, to the minute."""
    if address.last_used_at is None or now - address.last_used_at >= _USES_APART:
        FeedAddress.objects.filter(pk=address.pk).update(last_used_at=now)


def rename_in_addresses(*, before: str, after: str, **_: Any) -> None:
    """Let the private links follow a person who is renamed."""
    for address in FeedAddress.objects.filter(query__contains="keeper="):
        query = query_of(address)
        renamed = replace(query, models=query.models.with_renamed(before, after))
        if renamed != query:
            FeedAddress.objects.filter(pk=address.pk).update(query=renamed.serialize())


def _hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
