"""The clock: cases measured in turn, round after round, so that whatever else the machine does meets all of them."""

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from bench.browser import Browser, Seen, admin_page, catalog_page
from bench.sites import Site

CONNECTIONS = 4
READERS: dict[str, Callable[[str], Seen]] = {
    "catalog": catalog_page,
    "admin": admin_page,
    "lean": admin_page,
    "stock": admin_page,
}
ROOTS = {
    "catalog": "/models/",
    "admin": "/bench/admin/models_ui/catalogmodel/",
    "lean": "/bench/lean/models_ui/catalogmodel/",
    "stock": "/bench/stock/bench/columnmodel/",
}


@dataclass
class Case:
    """One address that is asked for again and again. `kind` is catalog, admin, lean or stock."""

    site: Site
    kind: str
    page: str  # what is asked of it
    query: str
    cookies: dict[str, str]
    browsers: list[Browser] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)  # pages a second over all connections, one number a round
    sizes: list[int] = field(default_factory=list)  # compressed bytes; the padding against BREACH makes them differ
    seen: Seen | None = None

    def __post_init__(self) -> None:
        self.browsers = [Browser(self.site.port, self.cookies) for _ in range(CONNECTIONS)]

    @property
    def path(self) -> str:
        return ROOTS[self.kind] + (f"?{self.query}" if self.query else "")

    @property
    def median(self) -> float:
        return statistics.median(self.milliseconds)

    @property
    def p90(self) -> float:
        return statistics.quantiles(self.milliseconds, n=10)[-1] if len(self.milliseconds) > 1 else self.median

    @property
    def rate(self) -> float:
        return statistics.median(self.rates) if self.rates else 0.0

    @property
    def bytes(self) -> int:
        return int(statistics.median(self.sizes))

    def look(self) -> Seen:
        """Ask once and read what came: what is measured later is this page."""
        answer = self.browsers[0].get(self.path)
        assert answer.status == 200, f"{self.path} answered {answer.status}"
        assert answer.encoding == "gzip", f"{self.path} was not compressed"
        self.seen = READERS[self.kind](answer.text)
        return self.seen

    def ask(self, browser: Browser) -> float:
        """The milliseconds from the request to the last byte of the answer."""
        began = time.perf_counter()
        answer = browser.get(self.path)
        ended = time.perf_counter()
        assert answer.status == 200, f"{self.path} answered {answer.status}"
        self.sizes.append(len(answer.body))
        return (ended - began) * 1000


def in_turn(cases: list[Case], rounds: int) -> Iterator[Case]:
    """Every case once a round, each round in another order."""
    random = Random(0)
    for _ in range(rounds):
        yield from random.sample(cases, len(cases))


def measure_time(cases: list[Case], rounds: int, *, most: int = 8, seconds: float = 0.3) -> None:
    """One request at a time: in each turn one that does not count, then up to `most`, or as many as `seconds` allow."""
    for case in in_turn(cases, rounds):
        case.ask(case.browsers[0])
        deadline = time.perf_counter() + seconds
        for _ in range(most):
            case.milliseconds.append(case.ask(case.browsers[0]))
            if time.perf_counter() > deadline:
                break


def measure_rate(cases: list[Case], rounds: int, *, seconds: float = 1.0) -> None:
    """All connections at once for `seconds`, at least two requests each; the rate is the sum of the connections'."""
    for case in in_turn(cases, rounds):
        rates: list[float] = []
        ready = threading.Barrier(CONNECTIONS)
        shared = (ready, seconds, rates)
        threads = [threading.Thread(target=_keep_asking, args=(case, each, *shared)) for each in case.browsers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(rates) == CONNECTIONS, f"a connection to {case.path} failed"
        case.rates.append(sum(rates))


def _keep_asking(case: Case, browser: Browser, ready: threading.Barrier, seconds: float, rates: list[float]) -> None:
    case.ask(browser)
    ready.wait()
    began, asked = time.perf_counter(), 0
    while asked < 2 or time.perf_counter() - began < seconds:
        case.ask(browser)
        asked += 1
    rates.append(asked / (time.perf_counter() - began))


def measure_first_pages(case: Case, repeats: int) -> tuple[list[float], list[float]]:
    """Milliseconds of the first page after a sync that brought one change, and the seconds each such sync took."""
    pages, syncs = [], []
    browser = case.browsers[0]
    for _ in range(repeats):
        name = case.site.change_upstream()
        began = time.perf_counter()
        told = case.site.manage("sync_models")
        syncs.append(time.perf_counter() - began)
        assert " 1 changed" in told, f"the sync said: {told}"
        pages.append(case.ask(browser))
        found = catalog_page(browser.get(f"/models/?q={name.replace(' ', '+')}").text)
        assert found.total == 1, f"{name} is not in the catalog after the sync"
    return pages, syncs
