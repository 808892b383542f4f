"""How long a slow client waits until rows are painted, in a real browser: 4 × slower CPU, fast 4G."""

from playwright.sync_api import Browser, BrowserContext

from bench.sites import Site

CATALOG_ROW = "main [data-model-id]"
ADMIN_ROW = "#result_list tbody tr"
SLOWER = 4
# "Fast 4G" of the browsers' own tools: bytes a second, and milliseconds for an answer to begin.
FAST_4G = {"offline": False, "downloadThroughput": 1_012_500, "uploadThroughput": 168_750, "latency": 165}
SETTLED = 2_000
# The moment after the frame in which the first row of the list stands laid out.
ROWS_PAINTED = """
  const look = () => document.querySelector("ROW")?.offsetHeight
    ? requestAnimationFrame(() => setTimeout(() => { window.rowsPainted = performance.now() }))
    : requestAnimationFrame(look)
  requestAnimationFrame(look)
"""


def milliseconds_to_rows(
    chromium: Browser, site: Site, path: str, row: str, cookies: dict[str, str]
) -> tuple[float, float]:
    """Return the milliseconds from the click until rows are painted: with an empty cache, and then with a full one."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    home = f"http://127.0.0.1:{site.port}"
    context.add_cookies([{"name": name, "value": value, "url": home} for name, value in cookies.items()])
    context.add_init_script(ROWS_PAINTED.replace("ROW", row))
    found = _load(context, home + path), _load(context, home + path)
    context.close()
    return found


def _load(context: BrowserContext, address: str) -> float:
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", FAST_4G)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(address, wait_until="load")
    page.wait_for_timeout(SETTLED)  # to ask earlier would put the asker's script before the rows
    painted = page.evaluate("window.rowsPainted")
    page.close()
    return float(painted)
