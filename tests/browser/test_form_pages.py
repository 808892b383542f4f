"""Every address with a form, opened by itself: from a bookmark, in a new tab, with and without JavaScript."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from models_ui.access.verbs import Verb
from models_ui.actions.context import Context
from models_ui.bulk import runner
from models_ui.bulk.jobs import make_job
from models_ui.models import CatalogModel, FeedAddress
from sandbox import Sandbox
from tests.browser.conftest import message, row_of, written
from tests.support import verbs

TUNES = "/models/?type=fine-tuned"


@pytest.fixture(params=[True, False], ids=["with a script", "without"])
def alices(request, browser_of, alice) -> Page:
    """Alice, a Manager; no page has been opened before."""
    return browser_of(alice, script=request.param)


@dataclass(frozen=True)
class Deed:
    """What a form does: what is filled in, what is pressed, and the name or state that comes of it."""

    verb: str
    button: str
    says: str
    label: str = ""
    text: str = ""
    archived: bool = False
    protected: bool = False


DEEDS = [
    Deed("rename", "Save", "The name is now “Clauses”.", "Name", "Clauses"),
    Deed("describe", "Save", "The description of Contract clause finder is changed.", "Description", "Finds clauses."),
    Deed("archive", "Archive", "Contract clause finder is archived.", "Reason (optional)", "No longer used"),
    Deed("unarchive", "Restore", "is restored.", "Reason (optional)", "Used again", archived=True),
    Deed("protect", "Protect", "is protected.", "Reason (optional)", "In production"),
    Deed("unprotect", "Unprotect", "is no longer protected.", "Reason (optional)", "Retired", protected=True),
]


def made_ready(deed: Deed, sandbox: Sandbox, tune: str) -> None:
    if deed.archived:
        sandbox.catalog.archive(tune)
        CatalogModel.objects.filter(model_id=tune).update(archived=True)
    CatalogModel.objects.filter(model_id=tune).update(protected=deed.protected)


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.verb)
def test_a_form_on_a_page_of_its_own_is_filled_in_and_sent(alices: Page, sandbox: Sandbox, tune, deed: Deed):
    made_ready(deed, sandbox, tune)
    alices.goto(f"/models/{tune}/{deed.verb}/")
    alices.get_by_label(deed.label).fill(deed.text)
    alices.locator("main").get_by_role("button", name=deed.button, exact=True).click()
    expect(alices).to_have_url(f"/models/{tune}/")
    expect(alices.locator("#flash .flash:not(.trouble)")).to_contain_text(deed.says)
    if deed.verb in ("rename", "describe"):
        expect(alices.locator("#model > header")).to_contain_text(deed.text)
    else:
        expect(alices.locator(".event").first).to_contain_text(deed.text)


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.verb)
def test_cancel_on_a_page_of_its_own_leads_to_the_model(alices: Page, sandbox: Sandbox, tune, deed: Deed):
    made_ready(deed, sandbox, tune)
    alices.goto(f"/models/{tune}/{deed.verb}/")
    alices.get_by_label(deed.label).fill("Something else")
    alices.get_by_role("link", name=re.compile("^(Cancel|Keep the model)$")).click()
    expect(alices).to_have_url(f"/models/{tune}/")
    assert written(sandbox) == []


@pytest.mark.parametrize("verb", ["rename", "describe"])
def test_a_text_too_long_and_a_conflict_stay_on_the_forms_own_page(
    alices: Page, sandbox: Sandbox, tune, troubles, verb
):
    troubles.expect("422|409")
    label = {"rename": "Name", "describe": "Description"}[verb]
    alices.goto(f"/models/{tune}/{verb}/")
    field = alices.get_by_label(label, exact=True)
    field.evaluate("field => field.removeAttribute('maxlength')")
    field.fill("x" * 1001)
    alices.get_by_role("button", name="Save").click()
    expect(alices.get_by_text("characters (it has 1001)")).to_be_visible()
    expect(field).to_have_value("x" * 1001)
    field.fill("Mine")
    sandbox.catalog.rename(tune, "Theirs")
    sandbox.catalog.describe(tune, "Theirs")
    alices.get_by_role("button", name="Save").click()
    expect(alices.get_by_role("alert")).to_contain_text("“Theirs”")
    alices.get_by_role("button", name="Use mine").click()
    expect(alices).to_have_url(f"/models/{tune}/")
    found = sandbox.catalog.find(tune)
    assert "Mine" in (found["name"], found["description"])


@pytest.mark.usefixtures("at_once")
def test_delete_by_itself(alices: Page, sandbox: Sandbox, tune):
    alices.goto(f"/models/{tune}/delete/")
    alices.get_by_label("Type the id to confirm").fill(tune)
    alices.get_by_role("button", name="Delete for ever").click()
    expect(alices).to_have_url(f"/models/{tune}/")
    expect(message(alices, "is deleted.")).to_be_visible()
    assert sandbox.catalog.find(tune) is None


def test_undo_by_itself(alices: Page, alice, sandbox: Sandbox, tune):
    done = verbs.archive_model(context=Context(actor=alice), model_id=tune)
    alices.goto(f"/activity/{done.event.action_id}/undo/")
    alices.get_by_label("Reason (optional)").fill("A mistake")
    alices.locator("main").get_by_role("button", name="Undo").click()
    expect(message(alices, "is restored.")).to_be_visible()
    assert not sandbox.catalog.find(tune)["archived"]


def test_the_review_of_a_bulk_job_by_itself(alices: Page, alice, sandbox: Sandbox, tune):
    job = make_job(actor=alice, verb=Verb.ARCHIVE, model_ids=[tune])
    alices.goto(f"/bulk/{job.pk}/")
    alices.get_by_label("Reason (optional)").fill("Tidying up")
    alices.get_by_role("button", name="Archive 1 model").click()
    expect(alices.get_by_text("Tidying up")).to_be_visible()
    while runner.run_one():
        pass
    assert sandbox.catalog.find(tune)["archived"]


def test_feeds_and_digest_by_themselves(alices: Page, alice):
    alices.goto("/feeds/?type=base")
    alices.get_by_label("Name").fill("Base models")
    alices.get_by_role("button", name="Create private link").click()
    expect(alices.get_by_role("heading", name="“Base models” is ready")).to_be_visible()
    assert FeedAddress.objects.get(owner=alice).name == "Base models"
    alices.goto("/watching/")
    alices.get_by_label("Tell me of").select_option("watched")
    alices.get_by_role("button", name="Save").click()
    expect(message(alices, "Your digest is set.")).to_be_visible()


@pytest.mark.parametrize("address", ["/models/", "/activity/", "/changes/"])
def test_a_list_by_itself_is_searched(alices: Page, address):
    alices.goto(address)
    box = alices.locator("#q")
    box.fill("voxtral")
    box.press("Enter")
    expect(alices).to_have_url(f"{address}?q=voxtral")


def test_a_row_by_itself_leads_to_the_models_page(alices: Page, tune):
    alices.goto(f"/models/{tune}/row/")
    expect(alices).to_have_url(f"/models/{tune}/")


@pytest.mark.parametrize(
    "address",
    [
        "/bulk/{job}/start/",
        "/bulk/{job}/cancel/",
        "/bulk/{job}/retry/",
        "/watching/add/",
        "/watching/digest/",
        "/watching/1/stop/",
        "/feeds/1/revoke/",
        "/activity/{action}/settle/",
    ],
)
def test_an_address_that_only_takes_forms_says_so_and_leads_on(alices: Page, alice, tune, troubles, address):
    troubles.expect("405")
    job = make_job(actor=alice, verb=Verb.ARCHIVE, model_ids=[tune])
    answer = alices.goto(address.format(job=job.pk, action="a" * 32))
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    expect(alices.get_by_role("heading", level=1)).to_have_text("There is nothing to see here")
    alices.get_by_role("link", name="All models").click()
    expect(alices).to_have_url("/models/")


WAYS = {
    "middle": {"button": "middle"},
    "Ctrl": {"modifiers": ["Control"]},
    "Meta": {"modifiers": ["Meta"]},
    "Shift": {"modifiers": ["Shift"]},
}
NEW_TAB = ("middle", "Ctrl")  # what this browser does on this system; it opens a window for Shift


def opened(page: Page, link, way: str) -> Page:
    """Return a page at the address that the browser asked for in a new tab.

    The new tab itself is closed, because headless Chromium 150 crashes in it.
    """
    with (
        page.context.expect_page() as tab,
        page.context.expect_event("request", lambda request: request.is_navigation_request()) as asked,
    ):
        link.click(**WAYS[way])
    tab.value.close()
    other = page.context.new_page()
    other.goto(asked.value.url)
    return other


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("way", [*NEW_TAB, "Shift"])
@pytest.mark.parametrize("verb", ["rename", "describe", "delete"])
def test_a_form_in_a_new_tab_is_filled_in_there(browser_of, alice, sandbox: Sandbox, tune, way, verb):
    page = browser_of(alice)
    page.goto(TUNES)
    before = page.locator("#results").inner_html()
    row_of(page, tune).locator("[data-more]").click()
    other = opened(page, page.locator(f'#row-menu [data-verb="{verb}"]'), way)
    expect(other).to_have_url(f"/models/{tune}/{verb}/")
    expect(other.get_by_role("heading", level=1)).to_contain_text("Contract clause finder")
    assert page.locator("#results").inner_html() == before
    field = other.locator("main").get_by_role("textbox").first
    field.fill(tune if verb == "delete" else "Written there")
    other.get_by_role("button", name="Delete for ever" if verb == "delete" else "Save").click()
    expect(other.locator("#flash .flash:not(.trouble)")).to_be_visible()
    assert written(sandbox) == ["delete" if verb == "delete" else "update"]


LINKS: dict[str, Callable[[Page], object]] = {
    "a column": lambda page: page.locator("#sort-name"),
    "a chip": lambda page: page.locator(".chips a.chip"),
    "a preset": lambda page: page.locator(".presets a").first,
    "clear all": lambda page: page.get_by_role("link", name="Clear all"),
    "rows per page": lambda page: page.get_by_role("link", name="25", exact=True),
}


@pytest.mark.parametrize(
    ("link", "way"),
    # With Shift a heading sorts by its column as well.
    [(link, way) for link in LINKS for way in (*NEW_TAB, "Shift") if (link, way) != ("a column", "Shift")],
)
def test_a_modified_click_on_a_link_of_the_list_opens_it_elsewhere(browser_of, carol, link, way):
    page = browser_of(carol)
    page.goto("/models/?type=base&status=live&status=retiring")
    target = LINKS[link](page)
    address = target.get_attribute("href")
    other = opened(page, target, way)
    expect(other).to_have_url(address)
    expect(other.get_by_role("heading", level=1)).to_have_text(re.compile("Models|Mistral’s models"))
    expect(page).to_have_url("/models/?type=base&status=live&status=retiring")
    expect(page.locator("#results")).not_to_have_attribute("aria-busy", "true")


@pytest.mark.parametrize("way", ["Ctrl", "Meta", "Shift", "Alt"])
def test_the_page_itself_asks_for_nothing_at_a_modified_click(browser_of, bob, tune, way):
    """Whatever this browser makes of the key (⌘ is a Mac's), htmx leaves the click to it."""
    page = browser_of(bob)
    page.goto(TUNES)
    modifier = {"Ctrl": "ctrlKey", "Meta": "metaKey", "Shift": "shiftKey", "Alt": "altKey"}[way]
    prevented = (
        row_of(page, tune)
        .locator("[data-more]")
        .evaluate(
            """(link, modifier) => {
          let prevented = null;
          addEventListener("click", (event) => { prevented = event.defaultPrevented; event.preventDefault(); }, { capture: true, once: true });
          const click = new MouseEvent("click", { bubbles: true, cancelable: true, detail: 1, [modifier]: true });
          link.addEventListener("click", () => { prevented = "it reached htmx"; }, { once: true });
          link.dispatchEvent(click);
          return prevented;
        }""",
            modifier,
        )
    )
    assert prevented is False
    expect(page.locator("#row-menu")).to_be_hidden()
