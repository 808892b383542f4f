"""A real browser in front of the real server: people who are signed in, and a watch on everything that goes wrong.

Any console error, page error or violation of the Content-Security-Policy fails the test, unless the test said that
it would come: `troubles.expect("404")`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from models_ui.mirror.sync import SyncResult
from sandbox import Sandbox
from tests.support.kept_mirror import fill_mirror
from tests.support.programs import find_chromium
from tests.support.sign_in import sign_in as sign_client_in

# Chromium would otherwise look for updates and the like, at addresses that tests may not reach.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
TUNES = "/models/?type=fine-tuned"
expect.set_options(timeout=5_000)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    executable = find_chromium()
    if executable is None:
        pytest.fail("no Chromium here: apt-get install chromium-headless-shell")
    return {**browser_type_launch_args, "executable_path": executable, "args": list(FLAGS)}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings_parallel_suffix: None
) -> Iterator[None]:
    """A database in a file, as in production: one in memory would share its connection with the server's threads."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"] = {**database.get("TEST", {}), "NAME": str(tmp_path_factory.mktemp("db") / "test.sqlite3")}
    with pytest.MonkeyPatch.context() as patch:
        # Playwright keeps an event loop in this thread, beside which Django's ORM would refuse to work.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        # WhiteNoise warns of a folder that is not there, and a fresh clone has collected no files.
        patch.setattr(settings, "STATIC_ROOT", str(tmp_path_factory.mktemp("static")))
        yield


@pytest.fixture(autouse=True)
def _quick_and_clean(settings, transactional_db: None) -> None:
    """Cheap passwords."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@dataclass
class Troubles:
    """What the browser complained about, and what the test foretold."""

    seen: list[str] = field(default_factory=list)
    # htmx writes a line for each request that it gives up because the next letter was typed.
    foretold: list[str] = field(default_factory=lambda: ["^htmx:(afterRequest|sendAbort), "])

    def expect(self, pattern: str) -> None:
        self.foretold.append(pattern)

    def watch(self, context: BrowserContext) -> None:
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", lambda message: message.type in ("error", "warning") and self.seen.append(message.text))
        context.on("weberror", lambda error: self.seen.append(f"page error: {error.error}"))

    @property
    def unforeseen(self) -> list[str]:
        return [each for each in self.seen if not any(re.search(pattern, each) for pattern in self.foretold)]


@pytest.fixture
def troubles() -> Iterator[Troubles]:
    troubles = Troubles()
    yield troubles
    assert not troubles.unforeseen


@pytest.fixture
def new_context(new_context: Callable[..., BrowserContext], troubles: Troubles) -> Callable[..., BrowserContext]:
    """Every context of a test is watched, the default one included."""

    def make(**options) -> BrowserContext:
        context = new_context(**options)
        context.set_default_timeout(5_000)
        troubles.watch(context)
        return context

    return make


@pytest.fixture
def sign_in(live_server) -> Callable[[BrowserContext, User], None]:
    """A session, as the login form makes one; the form has tests of its own."""

    def sign_in(context: BrowserContext, user: User) -> None:
        client = Client()
        sign_client_in(client, user)
        session = client.cookies[django_settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": django_settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url, "httpOnly": True}]
        )

    return sign_in


@pytest.fixture
def browser_context_args(browser_context_args: dict, live_server) -> dict:
    return {**browser_context_args, "base_url": live_server.url}


@pytest.fixture
def signed_in(page: Page, carol: User, sign_in) -> Page:
    """Carol's browser, before its first page."""
    sign_in(page.context, carol)
    return page


@pytest.fixture
def synced(transactional_db: None, sandbox: Sandbox) -> SyncResult:
    return fill_mirror(sandbox)


@pytest.fixture
def catalog(signed_in: Page, synced: SyncResult) -> Page:
    """Carol's browser on the catalog, synced a moment ago."""
    signed_in.goto("/models/")
    return signed_in


@pytest.fixture(scope="session")
def axe() -> Axe:
    return Axe()


class HeldUp:
    """Requests to `pattern` that wait until the test lets them go: a slow server, without a clock."""

    def __init__(self, page: Page, pattern: str) -> None:
        self._page = page
        self.routes: list[Route] = []
        page.route(re.compile(pattern), lambda route: self.routes.append(route))

    def await_one(self) -> Route:
        """Return the request that came last, as soon as one has come."""
        for _ in range(500):
            if self.routes:
                return self.routes[-1]
            self._page.wait_for_timeout(10)
        raise AssertionError("No request has come within five seconds.")

    def let_go(self) -> None:
        """Let the request that came last go on to the server."""
        self.routes.remove(route := self.await_one())
        route.continue_()


def query_string(page: Page) -> str:
    return page.url.partition("?")[2]


def ids(page: Page) -> list[str]:
    """The model ids of the rows, in order."""
    return page.locator("[data-model-id]").evaluate_all("rows => rows.map((row) => row.dataset.modelId)")


@pytest.fixture
def browser_of(new_context, synced: SyncResult, sign_in) -> Callable[..., Page]:
    """A browser of somebody's own, before its first page: `browser_of(bob)`, `browser_of(bob, width=360)`."""

    def open_browser(user: User, *, width: int = 1280, script: bool = True, **options) -> Page:
        viewport = {"width": width, "height": 800}
        context = new_context(viewport=viewport, java_script_enabled=script, **options)
        sign_in(context, user)
        return context.new_page()

    return open_browser


@pytest.fixture
def tune(synced: SyncResult, sandbox: Sandbox) -> str:
    """A live fine-tune with a name and a description: “Contract clause finder”."""
    return next(each for each in sandbox.catalog.fine_tunes() if "contract-clauses" in each)


@pytest.fixture
def archived(synced: SyncResult, sandbox: Sandbox) -> str:
    """An archived fine-tune with a name: “RFP answers”."""
    return next(each for each in sandbox.catalog.fine_tunes() if "rfp-answers" in each)


def at_fine_tunes(page: Page) -> Page:
    page.goto(TUNES)
    return page


@pytest.fixture
def bobs(browser_of, bob: User) -> Page:
    """Bob, an Editor, at the list of fine-tunes."""
    return at_fine_tunes(browser_of(bob))


@pytest.fixture(params=["row", "page"])
def place(request, bobs: Page, tune: str) -> Locator:
    """The model where it can be acted upon: its row, and its own page."""
    if request.param == "row":
        return row_of(bobs, tune)
    bobs.goto(f"/models/{tune}/")
    return bobs.locator("#model")


def row_of(page: Page, model_id: str) -> Locator:
    return page.locator(f'[data-model-id="{model_id}"]')


def message(page: Page, text: str) -> Locator:
    """The message that says this, in the region that screen readers listen to."""
    return page.locator("#flash[role=status] .flash").filter(has_text=text)


def says_beside(page: Page, selector: str) -> str:
    """What the style sheet writes behind an element while a person waits."""
    content = page.locator(selector).evaluate("element => getComputedStyle(element, '::after').content")
    return "".join(re.findall(r'"([^"]*)"', content))


def written(sandbox: Sandbox) -> list[str]:
    """The writes that reached upstream, performed or not."""
    return [call.verb for call in sandbox.calls if call.verb in ("update", "archive", "unarchive", "delete")]


OF_MENU = ("protect", "unprotect", "delete")
"""The verbs in the menu of a model's page; the others have buttons there."""


def choose(place: Locator, verb: str) -> None:
    """Ask for something to be done to a model: from the menu of its row, or by the button on its page."""
    if is_row(place):
        place.locator("[data-more]").click()  # without a script this leads to the model's page
        of_menu = place.page.locator(f'#row-menu [data-verb="{verb}"]')
        of_page = place.page.locator("#model")
        expect(of_menu.or_(of_page)).to_be_visible()
        if not of_page.count():
            of_menu.click()
            return
        place = of_page
    if verb in OF_MENU:
        place.page.get_by_role("button", name="More actions").click()
    button_of(place, verb).click()


def archive(place: Locator) -> None:
    """Archive a model, and say yes to the question."""
    choose(place, "archive")
    confirm(place.page)


def confirm(page: Page, label: str = "Archive") -> None:
    page.get_by_role("alertdialog").get_by_role("button", name=label, exact=True).click()


def is_row(place: Locator) -> bool:
    return bool(place.evaluate("each => each.matches('tr')"))


def button_of(place: Locator, verb: str) -> Locator:
    """The button or link of a verb on the model's page."""
    return place.locator(f'.act[href$="/{verb}/"], .act[formaction$="/{verb}/"]')


def opener_of(place: Locator, verb: str) -> Locator:
    """What has the focus once something is done or given up: a name, a button, or what opens the menu."""
    if not is_row(place):
        more = place.page.get_by_role("button", name="More actions")
        return more if verb in OF_MENU else button_of(place, verb)
    return place.locator("a.name" if verb == "rename" else "[data-more]")


def expect_offer(place: Locator, verb: str) -> None:
    """The person may do this to the model now."""
    if is_row(place):
        expect(place).to_have_attribute("data-can", re.compile(rf"\b{verb}\b"))
    else:
        expect(button_of(place, verb)).to_be_enabled()
