"""How long a slow client waits until rows are painted, in a real browser: 4 × slower CPU, fast 4G."""

import random
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from bench.sites import Site
from tests.support.programs import find_chromium

CATALOG_ROW = "main [data-model-id]"
ADMIN_ROW = "#result_list tbody tr"
SLOWER = 4
# "Fast 4G" of the browsers' own tools: bytes a second, and milliseconds for an answer to begin.
FAST_4G = {"offline": False, "downloadThroughput": 1_012_500, "uploadThroughput": 168_750, "latency": 165}
SETTLED = 2_000  # milliseconds after which rows are painted on a machine that is not overloaded
# The moment after the frame in which the first row of the list stands laid out.
ROWS_PAINTED = """
  const look = () => document.querySelector("ROW")?.offsetHeight
    ? requestAnimationFrame(() => setTimeout(() => { window.rowsPainted = performance.now() }))
    : requestAnimationFrame(look)
  requestAnimationFrame(look)
"""


@dataclass(frozen=True)
class PaintedPage:
    """A page with rows that match the selector `row`, and the milliseconds until they were painted in each round.

    `cold` is with an empty cache, `warm` the next visit. They begin with the navigation.
    """

    site: Site
    path: str
    row: str
    cookies: dict[str, str]
    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)


def measure_painting(pages: list[PaintedPage], rounds: int) -> None:
    """Measure every page once a round, each round in another order."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        for _ in range(rounds):
            for page in random.sample(pages, len(pages)):
                _visit_twice(chromium, page)
        chromium.close()


def _visit_twice(chromium: Browser, page: PaintedPage) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    home = f"http://127.0.0.1:{page.site.port}"
    context.add_cookies([{"name": name, "value": value, "url": home} for name, value in page.cookies.items()])
    context.add_init_script(ROWS_PAINTED.replace("ROW", page.row))
    page.cold.append(_load(context, home + page.path))
    page.warm.append(_load(context, home + page.path))
    context.close()


def _load(context: BrowserContext, address: str) -> float:
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", FAST_4G)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(address, wait_until="load")
    page.wait_for_timeout(SETTLED)  # to ask earlier would put the asker's script before the rows
    page.wait_for_function("window.rowsPainted", timeout=60_000)
    painted = page.evaluate("window.rowsPainted")
    page.close()
    return float(painted)
