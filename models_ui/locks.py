"""One action at a time on one model, across threads and processes. The same on every database."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from models_ui.models import ActionLock

# Seconds that an action waits for the one before it. A double click finds the first one finished within it.
PATIENCE = 10.0


class Busy(Exception):
    """Another action on this model is under way and takes its time."""


def lock_time() -> timedelta:
    """After it the holder is believed dead: longer than the three calls of an action can take together."""
    return timedelta(seconds=30 + 3 * settings.MODELS_API_TOTAL_TIMEOUT)


@contextmanager
def model_lock(model_id: str) -> Iterator[None]:
    """Hold the model's lock, or raise Busy."""
    token = secrets.token_hex(16)
    deadline = time.monotonic() + PATIENCE
    while not _take(model_id, token):
        if time.monotonic() > deadline:
            raise Busy(model_id)
        time.sleep(0.05)
    try:
        yield
    finally:
        ActionLock.objects.filter(model_id=model_id, token=token).delete()


def _take(model_id: str, token: str) -> bool:
    now = timezone.now()
    ours = {"token": token, "expires_at": now + lock_time()}
    if ActionLock.objects.filter(model_id=model_id, expires_at__lte=now).update(**ours):
        return True
    try:
        with transaction.atomic():
            ActionLock.objects.create(model_id=model_id, **ours)
    except IntegrityError:
        return False
    return True
