"""`python -m bench [--quick] [--json FILE]`: measures, prints a table, and judges nothing."""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.browser import Browser, files_of
from bench.measure import ROOTS, Case, measure_first_pages, measure_rate, measure_time
from bench.painting import ADMIN_ROW, CATALOG_ROW, PaintedPage, measure_painting
from bench.queries import count_queries
from bench.sites import PASSWORD, Site, start

SIZES: dict[str, int | None] = {"100": 100, "1,000": 1_000, "10,000": 10_000}
OWN = "own"  # the sandbox's catalog without synthetic models: its names compress differently
PERSON = "manager"  # may open the admin, so one session serves for both

# The same question to the catalog and to the admin.
FILTERED = {
    "search": ("q=atlas+large", "q=atlas+large"),
    "two capabilities, sorted": (
        "capability=function_calling&capability=vision&sort=-context",
        "function_calling=yes&vision=yes&o=-4",
    ),
    "page 100": ("page=100", "p=100"),
}
# Facet values of the catalog's plain page, and those of the admin whose counts must agree before anything is timed.
COMPARED = {
    "owner=mistralai": "owner=mistralai",
    "root=open-mistral-nemo": "root=open-mistral-nemo",
    "capability=vision": "capability=vision",
    "capability=reasoning": "capability=reasoning",
    "status=archived": "state=archived",
    "status=retiring": "lifecycle=retiring",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures the catalog page beside the admin.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a first impression")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every number here as well")
    options = parser.parse_args()
    began = time.perf_counter()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        print("Filling the dashboards by syncing …", file=sys.stderr)
        sites = start(stack, directory, {**SIZES, OWN: None})
        numbers = measure(sites, quick=options.quick)
    numbers["seconds"] = round(time.perf_counter() - began)
    report(numbers)
    if options.json:
        options.json.write_text(json.dumps(numbers, indent=2) + "\n")
    return 0


def measure(sites: list[Site], *, quick: bool) -> dict[str, Any]:
    sessions = {site.label: signed_in(site) for site in sites}
    *sized, own = sites
    largest = sized[-1]
    plain = [Case(site, kind, "plain", "", sessions[site.label]) for site in sized for kind in ROOTS]
    filtered = filtered_cases(largest, sessions[largest.label])
    own_page = Case(own, "catalog", "plain", "", sessions[own.label])
    print("Looking at every page …", file=sys.stderr)
    for case in (*plain, *filtered):
        check(case, catalog_beside(case, [*plain, *filtered]))
    print("Measuring …", file=sys.stderr)
    measure_time([*plain, *filtered, own_page], 3 if quick else 12)
    measure_rate(plain, 1 if quick else 4)
    return {
        "machine": {"python": platform.python_version(), "cpus": os.cpu_count(), "load": round(os.getloadavg()[0], 1)},
        "pages": [numbers_of(case) for case in [*plain, *filtered, own_page]],
        **measure_catalog(largest, sessions[largest.label], 2 if quick else 7),
        "ms_to_rows": measure_rows_painted(largest, sessions[largest.label], 2 if quick else 9),
    }


def filtered_cases(site: Site, cookies: dict[str, str]) -> list[Case]:
    return [
        Case(site, kind, page, query, cookies)
        for page, queries in FILTERED.items()
        for kind, query in zip(("catalog", "admin"), queries, strict=True)
    ]


def measure_catalog(site: Site, cookies: dict[str, str], rounds: int) -> dict[str, Any]:
    """Return what is measured of the catalog alone: after a sync, its queries, its files."""
    first_pages, syncs = measure_first_pages(Case(site, "catalog", "plain", "", cookies), rounds)
    asked = {kind: (PERSON, ROOTS[kind]) for kind in ROOTS} | {"catalog, as a viewer": ("viewer", ROOTS["catalog"])}
    queries = count_queries(site, asked)
    browser = Browser(site.port, cookies)
    html = browser.get(ROOTS["catalog"]).text
    return {
        "first_page_after_sync_ms": [round(milliseconds, 1) for milliseconds in first_pages],
        "sync_s": {"first": round(site.sync_seconds, 1), "one change": round(statistics.median(syncs), 1)},
        "queries": {name: len(statements) for name, statements in queries.items()},
        "sql": {name: statements for name, statements in queries.items() if name.startswith("catalog")},
        "files": files_of(browser, ROOTS["catalog"], html),
    }


def measure_rows_painted(site: Site, cookies: dict[str, str], rounds: int) -> dict[str, dict[str, float]]:
    """Return, for the catalog and the stock admin, the median milliseconds until a slow client has painted rows."""
    pages = {
        "catalog": PaintedPage(site, ROOTS["catalog"], CATALOG_ROW, cookies),
        "stock": PaintedPage(site, ROOTS["stock"], ADMIN_ROW, cookies),
    }
    measure_painting(list(pages.values()), rounds)
    return {
        kind: {"cold": round(statistics.median(page.cold)), "warm": round(statistics.median(page.warm))}
        for kind, page in pages.items()
    }


def signed_in(site: Site) -> dict[str, str]:
    browser = Browser(site.port)
    browser.sign_in(PERSON, PASSWORD)
    return browser.cookies


def catalog_beside(case: Case, cases: list[Case]) -> Case:
    """Return the catalog's case of the same page and site."""
    return next(other for other in cases if (other.site, other.page) == (case.site, case.page))


def check(case: Case, catalog_case: Case) -> None:
    """Raise unless both show 50 rows out of as many, and where nothing is filtered the facets count alike."""
    seen, catalog = case.look(), catalog_case.seen
    assert catalog, "the catalog's case comes first"
    assert seen.rows == 50, f"{case.path} shows {seen.rows} rows"
    assert seen.total == catalog.total, f"{case.path}: {seen.total} models, the catalog has {catalog.total}"
    if case.page == "plain":
        assert seen.total == case.site.models, f"{case.path}: {seen.total} models of {case.site.models}"
        for value, admins in COMPARED.items():
            both = seen.counts.get(value if case is catalog_case else admins), catalog.counts.get(value)
            assert None not in both and both[0] == both[1], f"{case.path}: {value} counts {both}"


def numbers_of(case: Case) -> dict[str, Any]:
    return {
        "models": case.site.label,
        "kind": case.kind,
        "page": case.page,
        "median_ms": round(case.median, 2),
        "p90_ms": round(case.p90, 2),
        "samples": len(case.milliseconds),
        "pages_per_s": round(case.rate, 1),
        "html_bytes": case.bytes,
    }


Pages = dict[tuple[str, str, str], dict[str, Any]]
"""The numbers of each page by size, page and kind."""


def report(numbers: dict[str, Any]) -> None:
    pages = {(page["models"], page["page"], page["kind"]): page for page in numbers["pages"]}
    report_sizes(pages)
    report_filtered(pages)
    report_catalog(pages, numbers)


def report_sizes(pages: Pages) -> None:
    print("\nThe page with every facet count and 50 rows, one worker. Ratio: the catalog's pages/s over the admin's.")
    print("models    page      median ms     p90 ms    pages/s    ratio    html bytes")
    for size in SIZES:
        for kind in ROOTS:
            page, ours = pages[size, "plain", kind], pages[size, "plain", "catalog"]
            ratio = "" if page is ours else f"{ours['pages_per_s'] / page['pages_per_s']:.1f}x"
            print(
                f"{size if page is ours else '':8}  {kind:8}  {page['median_ms']:9.1f}  {page['p90_ms']:9.1f}"
                f"  {page['pages_per_s']:9.1f}  {ratio:>7}  {page['html_bytes']:12,}"
            )


def report_filtered(pages: Pages) -> None:
    print("\nFiltered, of 10,000 models  catalog ms    p90 ms  admin ms    p90 ms  ratio of ms")
    for page in FILTERED:
        ours, admin = (pages["10,000", page, kind] for kind in ("catalog", "admin"))
        print(
            f"{page:26}  {ours['median_ms']:10.1f}  {ours['p90_ms']:8.1f}  {admin['median_ms']:8.1f}"
            f"  {admin['p90_ms']:8.1f}  {admin['median_ms'] / ours['median_ms']:10.1f}x"
        )


def report_catalog(pages: Pages, numbers: dict[str, Any]) -> None:
    small, large, own = (pages[size, "plain", "catalog"] for size in ("100", "10,000", OWN))
    first, sync, files = numbers["first_page_after_sync_ms"], numbers["sync_s"], numbers["files"]
    lines = {
        "Page time, 10,000 models over 100": f"{large['median_ms'] / small['median_ms']:.2f}",
        "First page after a sync of 10,000": f"{statistics.median(first):.0f} ms, at worst {max(first):.0f} ms",
        "The sync, with its process's start": f"{sync['first']} s from nothing, {sync['one change']} s for one change",
        "Compressed HTML of 10,000 models": f"{large['html_bytes']:,} bytes",
        "... of the sandbox's own catalog": f"{own['html_bytes']:,} bytes",
        "Requests on a cold load": f"{1 + len(files)}, {sum(files.values()):,} bytes besides the HTML",
        "Rows painted by a slow client": ", ".join(
            f"{kind} {each['cold']} ms, warm {each['warm']} ms" for kind, each in numbers["ms_to_rows"].items()
        ),
        "SQL queries a page": ", ".join(f"{name} {count}" for name, count in numbers["queries"].items()),
    }
    print()
    for name, value in lines.items():
        print(f"{name:36}{value}")
    machine = numbers["machine"]
    print(
        f"\nPython {machine['python']}, {machine['cpus']} CPUs, load {machine['load']}; {numbers['seconds']} s in all"
    )


if __name__ == "__main__":
    sys.exit(main())
