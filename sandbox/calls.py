"""The log of the calls that reached the sandbox, for tests and people to read. No key is ever written to it."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

KEPT = 10_000
"""Calls that are remembered; the counters go on beyond."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call and its outcome."""

    method: str
    path: str  # as it came, with its query
    verb: str | None = None  # None: no operation takes this path
    dialect: str | None = None  # contract, platform, or both where they are alike
    model: str | None = None
    status: int | None = None  # None: no answer was sent
    body: Any = None  # JSON, or the text if it was none
    fault: str | None = None
    performed: bool = False  # whether the operation took place, whatever the client was told


class Calls:
    """The newest calls and how many there were of each verb, safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def add(self, call: Call) -> None:
        with self._lock:
            self._calls.append(call)
            self._counts[call.verb or "unknown"] += 1

    def all(self) -> list[Call]:
        """Return the calls, the oldest first."""
        with self._lock:
            return list(self._calls)

    def counts(self) -> Counter[str]:
        """Return the number of calls by verb; `unknown` counts those without one."""
        with self._lock:
            return self._counts.copy()

    def clear(self) -> None:
        with self._lock:
            self._calls: deque[Call] = deque(maxlen=KEPT)
            self._counts: Counter[str] = Counter()
