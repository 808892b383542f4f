"""Pages on paper: what they say, without what one presses or fills in, in dark ink, and nothing cut off."""

import pytest
from playwright.sync_api import Page, expect

from models_ui.access.verbs import Verb
from models_ui.actions.context import Context
from models_ui.actions.deletions import ask_for_deletion
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.saved_lists import save_list
from models_ui.models import CatalogModel
from tests.browser.test_care import kept
from tests.conftest import person

A4 = 718  # CSS pixels between the margins
CONTROLS = ":is(button, .button, input, select, textarea, details:not([open]) > summary)"
CUT = """() => [...document.querySelectorAll("main *")].filter(element =>
    element.checkVisibility() && element.clientWidth > 2 && getComputedStyle(element).overflowX !== "visible"
    && element.scrollWidth > element.clientWidth + 1).map(element => element.innerText)"""
PALE = """() => [...document.querySelectorAll("main *")].filter(element => {
    const [red, green, blue] = getComputedStyle(element).color.match(/[\\d.]+/g).map(Number);
    const hasText = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    return hasText && element.checkVisibility() && 0.3 * red + 0.6 * green + 0.1 * blue > 150;
}).map(element => element.innerText)"""
ADDRESSES = {
    "/": "Needs somebody",
    "/models/": "Contract clause finder",
    "/retirements/": "Stops working",
    "/changes/": "What changed at Mistral",
    "/activity/": "asked for the deletion of",
    "/people/": "Editor",
    "/profile/": "alice@example.org",
    "/feeds/": "Your private links",
    "/watching/": "Digest by e-mail",
    "/views/": "Seers",
    "/models/{tune}/": "It is of no use",
    "/models/{tune}/plan/": "The plan says what becomes of the model",
    "/models/{other}/delete/": "nobody can make this one again",
    "/compare/?model={tune}&model={other}": "Looked after by",
}


@pytest.fixture
def printed(browser_of, alice, bob, tune):
    """Open a page, as it is printed by somebody with the dark theme."""
    other = CatalogModel.objects.filter(type="fine-tuned", archived=False).exclude(model_id=tune)[0].model_id
    kept(bob, tune, Verb.ASSIGN, ["@bob", "Support team"])
    ask_for_deletion(context=Context(actor=bob, reason="It is of no use"), model_id=tune)
    save_list(owner=alice, name="Seers", query=CatalogQuery(capability=("vision",)), shared=True, now=alice.date_joined)
    person("dora", None)
    page = browser_of(alice, width=A4, color_scheme="dark")

    def open_page(address: str) -> Page:
        page.goto(address.format(tune=tune, other=other))
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        page.emulate_media(media="print", color_scheme="dark")
        return page

    return open_page


@pytest.mark.parametrize(("address", "words"), ADDRESSES.items(), ids=ADDRESSES)
def test_on_paper_a_page_says_what_it_says_without_controls(printed, address: str, words: str):
    page = printed(address)
    expect(page.locator("main").get_by_text(words).filter(visible=True).first).to_be_visible()
    expect(page.locator(f"main {CONTROLS}").filter(visible=True)).to_have_count(0)
    assert page.evaluate(CUT) == []
    assert page.evaluate(PALE) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= A4


def test_on_paper_people_have_their_roles(printed):
    page = printed("/people/")
    row = page.get_by_role("row", name="bob")
    expect(row.get_by_text("Editor").filter(visible=True)).to_have_count(1)
    expect(page.get_by_role("heading", name="Invite somebody")).to_be_hidden()


def test_on_paper_a_profile_has_the_name_and_the_language(printed, alice):
    alice.first_name = "Alice Moreau"
    alice.save()
    page = printed("/profile/")
    for words in ("Alice Moreau", "English"):
        expect(page.locator("main").get_by_text(words).filter(visible=True)).to_have_count(1)
