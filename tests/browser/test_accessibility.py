"""axe's whole rule set, best practices included, on every page in every state: English and French, light and dark."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from models_ui.mirror.state import mirror_state
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogModel, Mirror
from sandbox import Sandbox
from tests.browser.conftest import HeldUp
from tests.support.browser import violations
from tests.support.clock import sync_until_confirmed

# Each state of a page that axe is to look at, as the selectors of the parts that no state before had.
States = Iterator[Sequence[str]]
WHOLE_PAGE = ("html",)


def forget_everything() -> None:
    CatalogModel.objects.all().delete()
    Mirror.objects.all().delete()
    mirror_state()


def entrance(page: Page) -> States:
    page.goto("/accounts/login/")
    yield WHOLE_PAGE
    page.locator("[name=login]").fill("nobody")
    page.locator("[name=password]").fill("nothing")
    page.locator("main form button").first.click()
    expect(page.locator(".errorlist")).to_be_visible()
    yield WHOLE_PAGE


def catalog_states(page: Page, sandbox: Sandbox) -> States:
    page.goto("/models/?per_page=25")
    page.locator("#facets").evaluate("fold => { fold.open = true; }")
    page.locator(".menu > button").click()
    yield WHOLE_PAGE
    page.keyboard.press("Escape")
    for menu in ("group-menu", "columns-menu", "export-menu"):
        page.locator(f"[popovertarget={menu}]").click()
        yield [f"#{menu}", f"[popovertarget={menu}]"]
        page.keyboard.press("Escape")
    page.locator("[data-more]").first.click()
    yield ["#row-menu", "tbody tr:has([data-more])"]
    page.keyboard.press("Escape")
    page.locator(".pick input").first.check()
    yield WHOLE_PAGE
    addresses = (
        "/models/?type=base&group=status&sort=status,-context&columns=replacement,root,owner,created,type",
        "/models/?q=mistral&type=base&capability=vision&capability_not=ocr&context_min=32k&sort=-context&colour=red",
        "/models/?q=zzz",
        "/models/?q=visoin+mistral+-archived",  # a typo, marks, and filters that the words name
        "/models/mistral-medium-2508/",  # retiring
        "/models/mistral-ocr-2505/",  # retired, still listed
        "/models/mistral-large-latest/",  # by an alias
        "/models/devstral-2512/",  # missing
        f"/models/{sandbox.catalog.fine_tunes()[0]}/",
        "/models/voxtral-mini-latest/",  # two models
        "/models/no-such-model/",
        "/no-such-page/",
        "/views/",
        "/views/new/?capability=vision",
        "/watching/",
        "/accounts/password/change/",
    )
    for address in addresses:
        page.goto(address)
        for fold in page.locator("#facets, #raw").all():
            fold.evaluate("fold => { fold.open = true; }")
        yield WHOLE_PAGE
    sandbox.faults.add("500")
    run_sync()
    page.goto("/models/?q=codestral")
    expect(page.get_by_role("alert")).to_be_visible()
    yield WHOLE_PAGE


def empty_states(page: Page, sandbox: Sandbox) -> States:
    sandbox.faults.clear()
    forget_everything()
    HeldUp(page, "/sync/$")
    page.goto("/models/")
    yield WHOLE_PAGE
    for status in ("500", "401"):
        sandbox.faults.clear()
        sandbox.faults.add(status)
        run_sync()
        page.goto("/models/")
        yield WHOLE_PAGE


@pytest.mark.parametrize(
    ("language", "width"), [("en-GB", 1280), ("fr-FR", 360)], ids=["English and wide", "French and narrow"]
)
def test_no_page_breaks_a_rule(
    language: str,
    width: int,
    new_context: Callable[..., BrowserContext],
    carol,
    sandbox,
    sign_in,
    axe,
    settings,
    troubles,
):
    troubles.expect("404")
    settings.MODELS_STALE_AFTER = float("inf")
    run_sync()
    sandbox.catalog.retire("devstral-2512")
    sync_until_confirmed()
    context = new_context(locale=language, viewport={"width": width, "height": 800})
    page = context.new_page()
    found = []
    for within in entrance(page):
        found += violations(page, axe, within=within)
    sign_in(context, carol)
    for states in (catalog_states, empty_states):
        for within in states(page, sandbox):
            found += violations(page, axe, within=within)
    assert not found, "\n".join(found)


def test_axe_reads_the_filters_though_their_fold_is_closed(catalog: Page, axe):
    """A wide page shows them all the same, and axe by itself passes over what is in a closed fold."""
    expect(catalog.locator("#facets")).not_to_have_attribute("open", "")
    catalog.locator(".facets label").nth(1).evaluate("label => label.style.color = '#eee'")
    assert any("color-contrast" in each for each in violations(catalog, axe))
    expect(catalog.locator("#facets")).not_to_have_attribute("open", "")


def test_the_page_is_readable_with_a_forced_palette(catalog: Page):
    """Windows' contrast themes repaint backgrounds: what is chosen or archived must show without them."""
    catalog.emulate_media(forced_colors="active")
    catalog.goto("/models/?status=archived&status=live&context_min=32k&per_page=25&sort=-status")
    assert {"Live", "Archived"} >= set(catalog.locator("[data-model-id] .status").all_inner_texts())
    marks = catalog.locator("main [aria-current]")
    assert marks.count() >= 2
    for mark in marks.all():
        looks = mark.evaluate("each => [getComputedStyle(each).outlineStyle, getComputedStyle(each).outlineWidth]")
        assert looks == ["solid", "2px"]


def test_pages_do_not_move_for_those_who_asked_for_that(catalog: Page):
    catalog.emulate_media(reduced_motion="reduce")
    moving = catalog.evaluate(
        """() => [...document.querySelectorAll("*")].filter((each) => {
             const style = getComputedStyle(each);
             return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none";
           }).map((each) => each.outerHTML.slice(0, 80))"""
    )
    assert moving == []
