"""Where django-allauth counts what it limits, such as failed logins: in a table, until the limit is over.

django-allauth counts in Django's default cache, which may forget a count before its time, and whose lock is no lock on
every database. It has no setting for another place, so `count_in_the_database` puts this one into its module.
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

# Seconds that clocks of two machines may differ. A use later than that from now was counted before the clock was set
# back, and would otherwise count for as long as the clock was wrong.
CLOCK_SKEW = 30
CLEANED_AT_ONCE = 200


def count_in_the_database() -> None:
    """Make django-allauth count here, for as long as this process runs."""
    if not (hasattr(ratelimit, "cache") and hasattr(ratelimit, "cache_lock")):
        raise ImproperlyConfigured("django-allauth counts in another way now: see models_ui/rate_limits.py.")
    ratelimit.cache, ratelimit.cache_lock = Counts(), lock_count


@contextmanager
def lock_count(name: str) -> Iterator[bool]:
    """Let one process at a time look at a count and change it. Yield True; whoever comes later waits."""
    key = _key_of(name)
    remove_expired()
    with transaction.atomic():
        while RateCount.objects.select_for_update().filter(pk=key).first() is None:
            # It is new, or another process has just removed it. Nobody removes it again within the minute.
            RateCount.objects.bulk_create(
                [RateCount(key=key, expires_at=timezone.now() + timedelta(minutes=1))], ignore_conflicts=True
            )
        yield True


def remove_expired() -> None:
    """Remove counts that no longer count, except those that somebody is just looking at."""
    with transaction.atomic():
        expired = RateCount.objects.filter(expires_at__lte=timezone.now()).select_for_update(skip_locked=True)
        if keys := list(expired.values_list("pk", flat=True)[:CLEANED_AT_ONCE]):
            RateCount.objects.filter(pk__in=keys).delete()


class Counts:
    """What django-allauth needs of a cache, over the table. `cache_lock` is held whenever it is called."""

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
    """Return a key of one length that holds nobody's name or address."""
    return hashlib.sha256(name.encode()).hexdigest()
