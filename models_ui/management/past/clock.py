"""The demo's clock: while it is turned, the whole process lives at its time.

All of the app asks `django.utils.timezone.now`. Nothing but the demo's past may turn the clock, and only backwards from
the real time: what a history says of when would else be worth nothing. There is no setting for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final
from unittest import mock

from django.conf import settings
from django.utils import timezone

# Between two readings, so that of two events one is the later.
TICK: Final = timedelta(milliseconds=40)


class ClockIsReal(Exception):
    """The clock of a dashboard with real models, or one that nobody may turn so."""


class DemoClock:
    """A clock that goes on by itself by a TICK for each reading, and never back."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self._now, self._end = start, end

    def read(self) -> datetime:
        self._now += TICK
        return self._now

    def turn_to(self, moment: datetime) -> None:
        """Turn the clock on. Raise ClockIsReal for a moment that it has passed, and for one that is yet to come."""
        if not self._now <= moment <= self._end:
            raise ClockIsReal(f"The demo's clock cannot be turned from {self._now} to {moment}.")
        self._now = moment


@contextmanager
def turned_clock(start: datetime) -> Iterator[DemoClock]:
    """Turn this process's clock back to `start`, until the block ends. Raise ClockIsReal unless this is the demo."""
    now = timezone.now()
    if not settings.DEMO:
        raise ClockIsReal("Only the demo's clock can be turned.")
    if start > now:
        raise ClockIsReal("A clock can only be turned back.")
    clock = DemoClock(start, now)
    with mock.patch.object(timezone, "now", clock.read):
        yield clock
