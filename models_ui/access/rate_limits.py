"""The counts of django-allauth's rate limits, such as failed logins, kept in a database table.

By default django-allauth counts in Django's default cache. That may drop a count too early, and its lock is not safe
on every database. There is no setting for another store, so `count_in_the_database` replaces the cache in allauth's
module.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from allauth.core.internal import ratelimit
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils import timezone

from models_ui.models import RateCount

# Seconds by which the clocks of two machines may differ. A use further in the future was counted before the clock was
# set back. It is ignored; otherwise it would count for as long as the clock had been wrong.
CLOCK_SKEW = 30
CLEANED_AT_ONCE = 200


def count_in_the_database() -> None:
    """Make django-allauth use this table in this process. Raise ImproperlyConfigured if its module has changed."""
    if not (hasattr(ratelimit, "cache") and hasattr(ratelimit, "cache_lock")):
        raise ImproperlyConfigured("django-allauth counts in another way now: see models_ui/access/rate_limits.py.")
    ratelimit.cache, ratelimit.cache_lock = Counts(), lock_count


@contextmanager
def lock_count(name: str) -> Iterator[bool]:
    """Lock one count while it is read and changed; others wait. Yield True, as allauth's own lock does."""
    key = _key_of(name)
    remove_expired()
    with transaction.atomic():
        while RateCount.objects.select_for_update().filter(pk=key).first() is None:
            # The count is new, or another process has just removed it. It is not removed again within a minute.
            RateCount.objects.bulk_create(
                [RateCount(key=key, expires_at=timezone.now() + timedelta(minutes=1))], ignore_conflicts=True
            )
        yield True


def remove_expired() -> None:
    """Remove expired counts, at most CLEANED_AT_ONCE of them. Skip those that another process has locked."""
    with transaction.atomic():
        expired = RateCount.objects.filter(expires_at__lte=timezone.now()).select_for_update(skip_locked=True)
        if keys := list(expired.values_list("pk", flat=True)[:CLEANED_AT_ONCE]):
            RateCount.objects.filter(pk__in=keys).delete()


def may_use(name: str, *, most: int, seconds: int) -> bool:
    """Count one use and return True, unless there were `most` uses within so many seconds."""
    counts = Counts()
    with lock_count(name):
        now = time.time()
        uses = [use for use in counts.get(name, []) if use > now - seconds]
        if len(uses) >= most:
            return False
        counts.set(name, [now, *uses], seconds)
        return True


class Counts:
    """The methods of a cache that django-allauth calls, on the table. Called only with the count locked."""

    def get(self, name: str, default: Any) -> Any:
        count = RateCount.objects.filter(pk=_key_of(name)).first()
        latest = time.time() + CLOCK_SKEW
        return default if count is None else [use for use in count.uses if use <= latest]

    def set(self, name: str, uses: list[float], seconds: float) -> None:
        expires_at = timezone.now() + timedelta(seconds=seconds)
        RateCount.objects.filter(pk=_key_of(name)).update(uses=uses, expires_at=expires_at)

    def delete(self, name: str) -> None:
        RateCount.objects.filter(pk=_key_of(name)).delete()


def _key_of(name: str) -> str:
    """Return a key of fixed length that does not reveal a login name or an address."""
    return hashlib.sha256(name.encode()).hexdigest()
