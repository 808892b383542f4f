"""`python -m bench.beside CHECKOUT`: measures the catalog page of this code beside that of another, in one run."""

import argparse
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

from bench.browser import Browser
from bench.measure import CONNECTIONS
from bench.painting import CATALOG_ROW, PaintedPage, measure_painting
from bench.sites import PASSWORD, Site, start

MODELS = 10_000
SEEN = "/models/?per_page=50"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.beside", description=__doc__.partition(": ")[2])
    parser.add_argument("checkout", type=Path, help="a clone at the commit to compare with")
    parser.add_argument("--rounds", type=int, default=11)
    options = parser.parse_args()
    with ExitStack() as stack:
        sites = {}
        for name, checkout in {"before": options.checkout.resolve(), "now": Path(__file__).parents[1]}.items():
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"bench-{name}-")))
            [sites[name]] = start(stack, directory, {name: MODELS}, checkout)
        report(sites, measure(sites, options.rounds))
    return 0


Numbers = dict[tuple[str, str], list[float]]
"""What was measured, by what and by site."""


def measure(sites: dict[str, Site], rounds: int) -> Numbers:
    cookies = {name: signed_in(site) for name, site in sites.items()}
    numbers: Numbers = {}
    unseen = {name: (f"{SEEN}&context_min={least}" for least in count(1)) for name in sites}
    for _ in range(rounds):
        for name, site in random.sample(sorted(sites.items()), len(sites)):
            browsers = [Browser(site.port, cookies[name]) for _ in range(CONNECTIONS)]
            seen = iter(lambda: SEEN, None)
            numbers.setdefault(("pages/s, seen before", name), []).append(pages_a_second(browsers, seen))
            numbers.setdefault(("pages/s, not seen", name), []).append(pages_a_second(browsers, unseen[name]))
    painted = {name: PaintedPage(site, SEEN, CATALOG_ROW, cookies[name]) for name, site in sites.items()}
    measure_painting(list(painted.values()), rounds)
    numbers |= {("ms to rows, cold", name): page.cold for name, page in painted.items()}
    numbers |= {("ms to rows, warm", name): page.warm for name, page in painted.items()}
    return numbers


def signed_in(site: Site) -> dict[str, str]:
    browser = Browser(site.port)
    browser.sign_in("manager", PASSWORD)
    return browser.cookies


def pages_a_second(browsers: list[Browser], paths: Iterator[str], seconds: float = 1.5) -> float:
    """Return how many pages all connections together were served a second. The first of each does not count."""
    lock, answered = threading.Lock(), 0
    ready = threading.Barrier(len(browsers) + 1)
    deadline = float("inf")

    def keep_asking(browser: Browser) -> None:
        nonlocal answered
        browser.get(SEEN)
        ready.wait()
        while time.perf_counter() < deadline:
            with lock:
                path = next(paths)
            assert browser.get(path).status == 200, path
            with lock:
                answered += 1

    threads = [threading.Thread(target=keep_asking, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    deadline = time.perf_counter() + 60
    ready.wait()
    began = time.perf_counter()
    deadline = began + seconds
    for thread in threads:
        thread.join()
    return answered / (time.perf_counter() - began)


def report(sites: dict[str, Site], numbers: Numbers) -> None:
    print(f"The catalog of {MODELS:,} models, 50 rows, all facets, signed in, one worker. Medians.")
    for what in dict.fromkeys(what for what, _site in numbers):
        before, now = (statistics.median(numbers[what, name]) for name in sites)
        print(f"{what:24}  before {before:8.1f}   now {now:8.1f}   now/before {now / before:5.2f}")


if __name__ == "__main__":
    sys.exit(main())
