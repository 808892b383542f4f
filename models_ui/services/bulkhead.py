"""Fewer web requests may wait for others than a process has threads to answer, so that pages always come.

A request takes a place before its first call to somebody else, and keeps it to its end, so that what was begun is
not cut off between a write and the look at it. Commands and the job runner have nobody to keep waiting: they need none.
No Django here, for `gunicorn.conf.py` and `services/` use it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


class Bulkhead:
    """So many places; whoever finds none goes away at once."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._taken = 0
        self._lock = threading.Lock()

    def enter(self) -> bool:
        with self._lock:
            if self._taken >= self.places:
                return False
            self._taken += 1
            return True

    def leave(self) -> None:
        with self._lock:
            self._taken -= 1

    def fit(self, threads: int) -> None:
        """Half of the threads may wait. One that is alone has to."""
        self.places = max(1, threads // 2)


@dataclass
class _Visit:
    has_place: bool = False


# For four threads, as `serve` and the README start them; `gunicorn.conf.py` fits it to those that there are.
bulkhead = Bulkhead(places=2)
_visit: ContextVar[_Visit | None] = ContextVar("visit", default=None)


@contextmanager
def web_request() -> Iterator[None]:
    """Around all that a process does for one web request."""
    visit = _Visit()
    token = _visit.set(visit)
    try:
        yield
    finally:
        _visit.reset(token)
        if visit.has_place:
            bulkhead.leave()


def take_place() -> bool:
    """Whether this thread may wait for somebody else: it does not answer a web request, or has a place to wait in."""
    visit = _visit.get()
    if visit is not None and not visit.has_place:
        visit.has_place = bulkhead.enter()
    return visit is None or visit.has_place
