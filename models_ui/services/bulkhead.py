"""A limit of web requests that wait for other services, below a process's number of threads, so pages always come.

A request takes a place before its first call to another service and keeps it to its end, so that no action is cut off
between its write and the reading after it. Commands and the job runner keep no page waiting, so they need no place.
No Django here, for `gunicorn.conf.py` and `services/` use it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

# Seconds in which most actions end: several people who act at once need not try again.
PATIENCE: Final = 2.0


class Bulkhead:
    """A number of places and of seats. Who finds no place waits PATIENCE seconds in a seat; without one, not at all."""

    def __init__(self, places: int, seats: int) -> None:
        self.places, self.seats = places, seats
        self._taken = self._seated = 0
        self._changed = threading.Condition()

    def enter(self) -> bool:
        with self._changed:
            if self._taken >= self.places and self._seated < self.seats:
                self._seated += 1
                self._changed.wait_for(lambda: self._taken < self.places, PATIENCE)
                self._seated -= 1
            if self._taken >= self.places:
                return False
            self._taken += 1
            return True

    def leave(self) -> None:
        with self._changed:
            self._taken -= 1
            self._changed.notify()

    def fit(self, threads: int) -> None:
        """Let half of the threads wait for other services, but at least one, and a quarter for a place."""
        self.places, self.seats = max(1, threads // 2), threads // 4


@dataclass
class _Visit:
    has_place: bool = False


# For eight threads, as `serve` and the README start them; `gunicorn.conf.py` fits it to those that there are.
bulkhead = Bulkhead(places=4, seats=2)
_visit: ContextVar[_Visit | None] = ContextVar("visit", default=None)


@contextmanager
def web_request() -> Iterator[None]:
    """Surround the handling of one web request, and free its place at the end."""
    visit = _Visit()
    token = _visit.set(visit)
    try:
        yield
    finally:
        _visit.reset(token)
        if visit.has_place:
            bulkhead.leave()


def take_place() -> bool:
    """Whether this thread may wait for another service: it answers no web request, or its request has a place."""
    visit = _visit.get()
    if visit is not None and not visit.has_place:
        visit.has_place = bulkhead.enter()
    return visit is None or visit.has_place
