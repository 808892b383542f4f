"""A clock that tests turn: changes are confirmed by time, so tests of them own it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import time_machine

from models_ui.mirror.sync import run_sync

SECOND = timedelta(seconds=1)
START = datetime(2026, 11, 23, 12, tzinfo=UTC)
CONFIRMED = timedelta(minutes=31)  # longer than it takes until a change is believed
_clocks: list[time_machine.Traveller] = []


@contextmanager
def turned_by_hand(start: datetime = START) -> Iterator[None]:
    """The clock starts here, and `wait` turns it on."""
    with time_machine.travel(start) as clock:
        _clocks.append(clock)
        try:
            yield
        finally:
            _clocks.pop()


def wait(duration: timedelta = CONFIRMED) -> None:
    _clocks[-1].shift(duration)


def sync_until_confirmed() -> None:
    """Two runs that agree, half an hour apart: the first in the past, so that the clock stays as it is."""
    with time_machine.travel(datetime.now(UTC) - CONFIRMED):
        assert run_sync().outcome == "synced"
    assert run_sync().outcome == "synced"
