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


class Bulkhead:
    """A number of places. A request that finds none is refused at once."""

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
        """Let half of the threads wait, but at least one."""
        self.places = max(1, threads // 2)


@dataclass
class _Visit:
    has_place: bool = False


# For four threads, as `serve` and the README start them; `gunicorn.conf.py` fits it to those that there are.
bulkhead = Bulkhead(places=2)
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
