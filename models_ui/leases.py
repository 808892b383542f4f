"""Leases: the right of one process at a time to do something, which expires if its holder dies.

    with lease("sync", 80) as token:   # LeaseTaken, if another process has it
        ...
        lock_lease("sync", token)      # in the transaction that writes: LeaseLost, if it was taken over meanwhile

A lease is a row of a table. An INSERT that only one process can make adds it, and one conditional UPDATE takes it,
alike on every database. Its token is the fence: a holder who comes back after the lease has expired writes nothing.

All who take a lease of one name take it for the same time. So a lease that expires later than that from now was taken
before the clock was set back. It is void, or it would last for as long as the clock was wrong.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from models_ui.models import Lease

# How far the clocks of two machines may be apart without one of them taking the other's lease for void.
CLOCK_SKEW = timedelta(seconds=30)
PAUSE = 0.05  # seconds between two attempts to take a lease


class LeaseTaken(Exception):
    """Another process holds the lease."""


class LeaseLost(Exception):
    """The lease expired, and another process took it over."""


@contextmanager
def lease(name: str, seconds: float, *, patience: float = 0.0) -> Iterator[str]:
    """Hold a lease and yield its token. Raise LeaseTaken where it is not free within `patience` seconds."""
    token = _take_within(name, seconds, patience)
    try:
        yield token
    finally:
        release_lease(name, token)


def _take_within(name: str, seconds: float, patience: float) -> str:
    deadline = time.monotonic() + patience
    while (token := take_lease(name, seconds)) is None:
        if time.monotonic() > deadline:
            raise LeaseTaken(name)
        time.sleep(PAUSE)
    return token


def take_lease(name: str, seconds: float) -> str | None:
    """Return the token of the lease, now held for so many seconds, or None while another process holds it."""
    now, token = timezone.now(), secrets.token_hex(16)
    held = {"token": token, "expires_at": now + timedelta(seconds=seconds)}
    Lease.objects.bulk_create([Lease(name=name, **held)], ignore_conflicts=True)  # where there is none
    is_free = Q(token=token) | is_over("expires_at", now, seconds)
    return token if Lease.objects.filter(is_free, name=name).update(**held) else None


def renew_lease(name: str, token: str, seconds: float) -> bool:
    """Hold the lease for so many seconds from now. Return False if it was taken over or is gone."""
    expires_at = timezone.now() + timedelta(seconds=seconds)
    return bool(Lease.objects.filter(name=name, token=token).update(expires_at=expires_at))


def release_lease(name: str, token: str) -> None:
    """Release the lease, unless another process has taken it over."""
    Lease.objects.filter(name=name, token=token).delete()


def lock_lease(name: str, token: str) -> None:
    """Keep the lease from being taken over until the transaction ends. Raise LeaseLost where it has been."""
    if Lease.objects.select_for_update().filter(name=name, token=token).first() is None:
        raise LeaseLost(name)


def is_taken(name: str, seconds: float, now: datetime | None = None) -> bool:
    """Whether the lease is held. It is taken for so many seconds at a time."""
    over = is_over("expires_at", now or timezone.now(), seconds)
    return Lease.objects.filter(name=name).exclude(over).exists()


def is_ahead(moment: datetime, now: datetime, seconds: float = 0.0) -> bool:
    """Whether a moment, at most so many seconds ahead when it was noted, is from before the clock was set back."""
    return moment > now + timedelta(seconds=seconds) + CLOCK_SKEW


def is_held(expires_at: datetime | None, now: datetime, seconds: float) -> bool:
    """Return whether a lease of so many seconds is held that expires then: None where there is none."""
    return expires_at is not None and now < expires_at <= now + timedelta(seconds=seconds) + CLOCK_SKEW


def is_over(column: str, now: datetime, seconds: float) -> Q:
    """Whether a lease of so many seconds has expired or is void, as a condition on the column of its expiry."""
    latest = now + timedelta(seconds=seconds) + CLOCK_SKEW
    return Q(**{f"{column}__lte": now}) | Q(**{f"{column}__gt": latest})
