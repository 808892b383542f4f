"""`SandboxState`: what a sandbox plays and how, shared by the threads that answer requests."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from sandbox.calls import Call, Calls
from sandbox.catalog import Catalog
from sandbox.faults import Faults
from sandbox.routes import DIALECTS
from sandbox.sources import Source


class SandboxState:
    """The key, the dialects, the catalog, the faults and the log of calls.

    `dialects` says whose write routes exist, `strict` makes reads answer the contract's fields alone and leave archived
    models out, `latency` is in seconds and waited before every operation. `stopping` ends every wait when it is set.
    Raises ValueError for an empty key and for an unknown dialect.
    """

    def __init__(
        self,
        *,
        key: str = "sandbox-key",
        dialects: Iterable[str] = DIALECTS,
        catalog: Path | str | None = None,
        models: int = 0,
        seed: int = 0,
        state: Path | str | None = None,
        strict: bool = False,
        latency: float = 0.0,
    ) -> None:
        if not key:
            raise ValueError("The key is empty.")
        self.key = key
        self.dialects = frozenset(dialects)
        if unknown := self.dialects - DIALECTS:
            raise ValueError(
                f"There is no dialect {', '.join(sorted(unknown))}; there are {' and '.join(sorted(DIALECTS))}."
            )
        self.strict = strict
        self.latency = latency
        self.catalog = Catalog(Source(Path(catalog) if catalog else None, models, seed), Path(state) if state else None)
        self.faults = Faults(seed)
        self.log = Calls()
        self.stopping = threading.Event()

    @property
    def calls(self) -> list[Call]:
        """The calls so far, from the oldest to the newest."""
        return self.log.all()

    @property
    def counts(self) -> Counter[str]:
        """How many calls there were of each verb."""
        return self.log.counts()

    def reset(self) -> None:
        """Return to the state at the first start: catalog, faults and log."""
        self.catalog.reset()
        self.faults.clear()
        self.log.clear()
