"""Looking after models in a browser: in place, without JavaScript, in every width, in French, and on paper."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from models_ui.access.verbs import CARE_VERBS, Verb
from models_ui.actions.context import Context
from models_ui.actions.perform import keep_value
from models_ui.models import CatalogModel
from tests.browser.conftest import message
from tests.browser.test_actions_accessible import LAYOUT, Axe, violations

LONG = "a-tag-without-any-space-that-is-forty-let"
HOSTILE = ["\u202eעברית", LONG[:40], "<b>bold</b>", "two words"]


def kept(actor, model_id: str, verb: Verb, value: object) -> None:
    field = {Verb.ASSIGN: "keepers", Verb.TAG: "tags", Verb.NOTE: "note", Verb.PLAN: "plan"}[verb]
    seen = getattr(CatalogModel.objects.get(model_id=model_id), field)
    assert keep_value(Context(actor=actor), verb, model_id, value=value, seen=seen).outcome == "succeeded"


@pytest.fixture
def cared(bob, carol, tune) -> str:
    """A fine-tune of which all is kept that can be, as long and as odd as it may be."""
    kept(bob, tune, Verb.ASSIGN, ["@bob", "@carol", "A team with quite a long name that has to wrap somewhere"])
    kept(bob, tune, Verb.TAG, HOSTILE)
    kept(bob, tune, Verb.NOTE, f"See https://example.org/{'long' * 60}/\n\nAsk \u202eבוב first. {'word ' * 80}")
    kept(bob, tune, Verb.PLAN, {"kind": "moves", "to": "mistral-small-latest", "by": "2026-12-01", "words": "w" * 200})
    carol.is_active = False
    carol.save()
    return tune


def states(page: Page, tune: str) -> Iterator[str]:
    page.goto(f"/models/{tune}/")
    yield "model"
    for verb in CARE_VERBS:
        page.locator(f'#model a.change[href$="/{verb}/"]').click()
        expect(page.locator("#model form.edit")).to_be_visible()
        yield f"{verb} in place"
        page.get_by_role("link", name="Cancel").click()
        expect(page.locator("#model form.edit")).to_have_count(0)
        expect(page.locator(f'#model a.change[href$="/{verb}/"]')).to_be_focused()
        page.goto(f"/models/{tune}/{verb}/")
        yield f"{verb} on its page"
        page.goto(f"/models/{tune}/")
    page.goto("/models/?columns=status,keeper,plan&group=keeper")
    page.locator("#facets").evaluate("fold => { fold.open = true; }")
    yield "catalog"
    page.goto("/")
    page.locator("#ends-table").evaluate("fold => { fold.open = true; }")
    yield "overview"
    page.goto(f"/compare/?model={tune}&model=mistral-small-latest&all=1")
    yield "compare"
    page.goto("/people/")
    page.locator("details.confirm").first.evaluate("fold => { fold.open = true; }")
    yield "people"
    page.goto("/models/?type=fine-tuned")
    page.locator("input[name=model]").first.check()
    page.get_by_role("button", name="Tag…").click()
    expect(page.get_by_label("Remove")).to_be_visible()
    yield "bulk review"


@pytest.mark.parametrize("width", [1280, 360])
def test_no_state_breaks_a_rule(width: int, browser_of, alice, cared: str, axe: Axe):
    page = browser_of(alice, width=width)
    found = [f"{state}: {each}" for state in states(page, cared) for each in violations(page, axe)]
    assert not found, "\n".join(found)


def test_nothing_scrolls_sideways_on_a_small_phone(browser_of, alice, cared: str):
    page = browser_of(alice, width=320)
    found = []
    for state in states(page, cared):
        layout = page.evaluate(LAYOUT)
        found += [f"{state}: {name}: {layout[name]}" for name in ("sideways", "outside") if layout[name]]
    assert not found, "\n".join(found)


def test_a_model_is_taken_tagged_and_undone_by_the_keyboard(browser_of, bob, tune):
    page = browser_of(bob)
    page.goto(f"/models/{tune}/")
    page.get_by_role("button", name="Take it").press("Enter")
    expect(page.locator(".keepers strong")).to_have_text("bob")
    page.get_by_role("link", name="Change the tags").press("Enter")
    expect(page.get_by_label("Tags", exact=True)).to_be_focused()
    page.keyboard.type("legal, pilot")
    page.keyboard.press("Enter")
    expect(page.locator("#model a.tag")).to_have_text(["legal", "pilot"])
    expect(page.get_by_role("link", name="Change the tags")).to_be_focused()
    page.get_by_role("button", name="Undo", exact=True).first.click()
    expect(page.locator("#model a.tag")).to_have_count(0)


def test_a_plan_is_written_without_javascript(browser_of, bob, tune):
    page = browser_of(bob, script=False)
    page.goto(f"/models/{tune}/")
    page.get_by_role("link", name="Change the plan").click()
    page.get_by_label("Plan", exact=True).select_option("moves")
    page.get_by_label("Moves to").fill("mistral-small-latest")
    page.get_by_label("By", exact=True).fill("2026-12-01")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(f"/models/{tune}/")
    expect(page.locator("#model")).to_contain_text("Moves to mistral-small-latest by 1 Dec 2026")
    expect(message(page, "The plan for")).to_be_visible()


def test_on_paper_people_tags_note_and_plan_stand_without_controls(browser_of, bob, cared: str):
    page = browser_of(bob)
    page.goto(f"/models/{cared}/")
    page.emulate_media(media="print")
    for words in ("bob", "two words", "Moves to mistral-small-latest"):
        expect(page.locator("#model").get_by_text(words).first).to_be_visible()
    for control in page.locator("a.change, .keepers button").all():
        expect(control).to_be_hidden()


def test_a_tag_leads_to_the_models_that_have_it(browser_of, bob, tune):
    kept(bob, tune, Verb.TAG, ["two words"])
    page = browser_of(bob)
    page.goto(f"/models/{tune}/")
    page.get_by_role("link", name="two words", exact=True).click()
    expect(page.locator("[data-model-id]")).to_have_count(1)


# --- From the palette and the menu of a row, without leaving the page


def choose(page: Page, typed: str) -> None:
    """Open the palette with the keyboard, and choose what the words find first."""
    page.keyboard.press("Control+k")
    expect(page.locator("#palette").get_by_role("combobox")).to_be_focused()
    page.keyboard.type(typed)
    expect(page.locator("#palette-choices")).to_have_attribute("data-typed", typed)
    page.keyboard.press("Enter")
    expect(page.locator("#palette")).to_have_count(0)


def test_a_row_is_looked_after_and_tagged_from_the_palette_by_keys_alone(browser_of, bob, tune):
    page = browser_of(bob)
    page.goto("/models/?type=fine-tuned&columns=status,keeper")
    row = page.locator(f'tr[data-model-id="{tune}"]')
    row.locator(".name").focus()
    choose(page, "look after")
    expect(row.get_by_label("Looked after by")).to_be_focused()
    page.keyboard.type("bob, Support")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("bob, Support")
    expect(row.locator("[data-more]")).to_be_focused()
    choose(page, "tag")
    page.keyboard.type("legal")
    page.keyboard.press("Enter")
    expect(row.locator(".tag")).to_have_text("legal")
    expect(page).to_have_url(re.compile("/models/\\?type=fine-tuned"))
    page.keyboard.press("z")
    expect(row.locator(".tag")).to_have_count(0)


def test_a_plan_and_a_note_are_written_from_the_palette_on_the_models_page(browser_of, bob, tune):
    page = browser_of(bob)
    page.goto(f"/models/{tune}/")
    choose(page, "plan")
    expect(page.get_by_label("Plan", exact=True)).to_be_focused()
    page.get_by_label("Plan", exact=True).select_option("ends")
    page.get_by_label("In a word").press("Enter")
    expect(page.locator("form.edit")).to_have_count(0)
    expect(page.locator("#model")).to_contain_text("May end")
    choose(page, "note")
    expect(page.get_by_label("Note", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("form.edit")).to_have_count(0)
    expect(page.locator("#model")).to_contain_text("May end")


def test_a_click_in_the_palette_opens_the_form_in_place_too(browser_of, bob, tune):
    page = browser_of(bob)
    page.goto(f"/models/{tune}/")
    page.keyboard.press("Control+k")
    page.get_by_role("option", name="Tag", exact=True).click()
    expect(page.get_by_label("Tags", exact=True)).to_be_focused()
    expect(page.locator("#palette")).to_have_count(0)


def test_the_menu_of_a_row_offers_what_is_kept_of_any_model(browser_of, bob, carol, tune):
    page = browser_of(bob)
    page.goto("/models/?q=codestral-2508")
    page.locator("[data-more]").first.click()
    for name in ("Looked after by…", "Tags…", "Plan…", "Note…"):
        expect(page.locator("#row-menu").get_by_text(name)).to_be_visible()
    page.locator("#row-menu").get_by_text("Tags…").click()
    expect(page.locator("tr").get_by_label("Tags", exact=True)).to_be_focused()
    expect(page.locator("tr.open")).to_contain_text("codestral-2508")  # of which model the row is, is still said
    expect(page.locator("tr.open label").get_by_text("Tags")).to_be_in_viewport()
    page.keyboard.type("legal")
    page.keyboard.press("Enter")
    expect(page.locator("tr .tag")).to_have_text("legal")
    viewer = browser_of(carol)
    viewer.goto("/models/?q=codestral-2508")
    viewer.locator("[data-more]").first.click()
    expect(viewer.locator("#row-menu")).to_be_visible()
    expect(viewer.locator("#row-menu").get_by_text("Tags…")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 320])
def test_each_field_of_a_plan_in_a_row_has_its_label_in_sight(browser_of, bob, tune, axe: Axe, width: int):
    page = browser_of(bob, width=width)
    page.goto("/models/?type=fine-tuned")
    row = page.locator(f'tr[data-model-id="{tune}"]')
    row.locator("[data-more]").click()
    page.locator("#row-menu").get_by_text("Plan…").click()
    for name in ("Plan", "Moves to", "By", "In a word"):
        label, field = row.locator("label").get_by_text(name, exact=True), row.get_by_label(name, exact=True)
        assert label.bounding_box()["height"] > 10
        assert label.bounding_box()["y"] < field.bounding_box()["y"]
    assert violations(page, axe) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_tags_in_use_are_named_where_many_models_are_tagged(browser_of, bob, tune):
    kept(bob, tune, Verb.TAG, ["legal"])
    page = browser_of(bob)
    page.goto("/models/?type=fine-tuned")
    page.locator("input[name=model]").first.check()
    page.get_by_role("button", name="Tag…").click()
    expect(page.get_by_label("Add")).to_be_focused()
    expect(page.locator("main")).to_contain_text("In use: legal.")


def test_without_a_script_the_palette_leads_to_the_page_of_the_form(browser_of, bob, tune):
    page = browser_of(bob, script=False)
    page.goto(f"/palette/?q=tag&model={tune}")
    page.get_by_role("link", name="Tag", exact=True).click()
    expect(page).to_have_url(f"/models/{tune}/tag/")
    expect(page.get_by_label("Tags", exact=True)).to_be_visible()
