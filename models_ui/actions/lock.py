"""One action at a time on one model, across threads and processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings

from models_ui.leases import LeaseTaken, lease

# Seconds that an action waits for the one before it. A double click finds the first one finished within it.
PATIENCE = 10.0


class Busy(Exception):
    """Another action on this model is under way and takes its time."""


def lock_time() -> timedelta:
    """After it the holder is believed dead: longer than the three calls of an action can take together."""
    return timedelta(seconds=30 + 3 * settings.MODELS_API_TOTAL_TIMEOUT)


def lease_name(model_id: str) -> str:
    return f"model:{model_id}"


@contextmanager
def model_lock(model_id: str) -> Iterator[None]:
    """Hold the model's lock, or raise Busy."""
    try:
        with lease(lease_name(model_id), lock_time().total_seconds(), patience=PATIENCE):
            yield
    except LeaseTaken:
        raise Busy(model_id) from None
