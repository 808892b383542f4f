"""The letters, the palette and the help: everything without a mouse, and nothing by accident."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from models_ui.bulk.runner import run_one
from models_ui.people.preferences import store_preferences
from sandbox import Sandbox
from tests.browser.conftest import TUNES, ids, message, row_of
from tests.support.browser import violations
from tests.support.processes import until


class Keys:
    """A keyboard that counts what is pressed; the letters of a typed text count as nothing."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1


@pytest.fixture
def keys(bobs: Page) -> Keys:
    return Keys(bobs)


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.textContent.trim()")


# --- Journeys


def test_the_first_fine_tune_is_renamed_in_six_keys_and_taken_back_in_one(bobs: Page, keys: Keys, sandbox: Sandbox):
    first = ids(bobs)[0]
    name = sandbox.catalog.find(first)["name"]
    keys.press("j", "r")
    expect(row_of(bobs, first).get_by_label("Name", exact=True)).to_be_focused()
    bobs.keyboard.type("Clauses")
    keys.press("Enter")
    expect(message(bobs, "The name is now “Clauses”.")).to_be_visible()
    assert keys.pressed <= 6
    assert sandbox.catalog.find(first)["name"] == "Clauses"
    keys.press("z")
    expect(message(bobs, f"The name is now “{name}”.")).to_be_visible()
    assert sandbox.catalog.find(first)["name"] == name


@pytest.mark.django_db(transaction=True)
def test_five_are_archived_together_and_the_job_is_taken_back_without_a_mouse(browser_of, bob, sandbox: Sandbox):
    page = browser_of(bob)
    page.goto(f"{TUNES}&status=live")
    keys = Keys(page)
    chosen = ids(page)[:5]
    for _ in chosen:
        keys.press("j", "x")
    expect(page.locator("#bulk output")).to_have_text("5 chosen")
    keys.press("e")
    expect(page.get_by_role("button", name="Archive 5 models")).to_be_visible()
    press_button(page, "Archive 5 models")
    work_all(5)
    expect(page.get_by_role("heading", level=1)).to_have_text("5 models are archived")
    assert all(sandbox.catalog.find(each)["archived"] for each in chosen)
    keys.press("z")
    press_button(page, "Restore 5 models")
    work_all(5)
    expect(page.get_by_role("heading", level=1)).to_have_text("5 models are restored")
    assert not any(sandbox.catalog.find(each)["archived"] for each in chosen)


def work_all(items: int) -> None:
    """Do the work of a job that is just being started: each of its items."""
    for _ in range(items):
        until(run_one)
    run_one()


def press_button(page: Page, name: str) -> None:
    """Tab to a button and press it."""
    button = page.get_by_role("button", name=name)
    expect(button).to_be_visible()
    for _ in range(40):
        if button.evaluate("each => each === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")


# --- Each key


def test_j_and_k_step_through_the_rows_that_are_in_sight(bobs: Page):
    names = bobs.locator("#results [data-model-id] .name").all_text_contents()
    bobs.keyboard.press("j")
    assert focused(bobs) == names[0].strip()
    for _ in range(3):
        bobs.keyboard.press("j")
    bobs.keyboard.press("k")
    assert focused(bobs) == names[2].strip()
    bobs.locator(".fold").first.click()  # its group has one row
    bobs.locator("#main").focus()
    bobs.keyboard.press("j")
    assert focused(bobs) == names[1].strip()


def test_o_and_enter_open_the_model(bobs: Page):
    for key in ("o", "Enter"):
        bobs.goto(TUNES)
        first = bobs.locator("#results [data-model-id] .name").first.text_content()
        bobs.keyboard.press("j")
        bobs.keyboard.press(key)
        expect(bobs.get_by_role("heading", level=1)).to_have_text(first.strip())


@pytest.mark.parametrize(
    ("letter", "heading"),
    [("o", "Overview"), ("m", "Models"), ("r", "Retirements"), ("c", "Changes"), ("a", "Activity")],
)
def test_g_and_a_letter_go_to_a_page(bobs: Page, letter: str, heading: str):
    bobs.keyboard.press("g")
    bobs.keyboard.press(letter)
    expect(bobs.get_by_role("navigation", name="Main").locator("[aria-current=page]")).to_have_text(heading)
    assert bobs.url.rstrip("/") != TUNES


def test_g_and_another_letter_do_nothing(bobs: Page):
    bobs.keyboard.press("g")
    bobs.keyboard.press("e")
    bobs.keyboard.press("o")
    expect(bobs).to_have_url(TUNES)


def test_w_watches_the_row_and_stops_watching_it(bobs: Page):
    for sentence in ("You are now watching", "You no longer watch"):
        bobs.keyboard.press("j")
        bobs.keyboard.press("w")
        expect(message(bobs, sentence)).to_be_visible()


def test_slash_goes_to_the_search_and_types_nothing(bobs: Page):
    bobs.keyboard.press("/")
    expect(bobs.locator("#q")).to_be_focused()
    bobs.keyboard.type("/j")
    expect(bobs.locator("#q")).to_have_value("/j")


def test_on_a_models_page_the_letters_act_on_it(bobs: Page):
    bobs.locator("#results [data-model-id] .name").first.click()
    expect(bobs).to_have_url(re.compile("/models/ft"))
    bobs.keyboard.press("r")
    expect(bobs.get_by_label("Name", exact=True)).to_be_focused()
    bobs.keyboard.press("Escape")
    expect(bobs.locator("form.edit")).to_have_count(0)
    bobs.keyboard.press("e")
    expect(bobs.get_by_role("alertdialog")).to_contain_text("Archive")
    bobs.keyboard.press("Escape")
    bobs.keyboard.press("w")
    expect(message(bobs, "You are now watching")).to_be_visible()


# --- Nothing by accident


def test_letters_do_nothing_while_one_types_asks_or_has_a_menu_open(bobs: Page, sandbox: Sandbox):
    calls = len(sandbox.calls)
    bobs.keyboard.press("/")
    bobs.keyboard.type("e")
    expect(bobs.get_by_role("alertdialog")).to_have_count(0)
    bobs.goto(TUNES)
    bobs.keyboard.press("j")
    bobs.keyboard.press("e")
    dialog = bobs.get_by_role("alertdialog")
    expect(dialog).to_be_visible()
    for key in ("j", "z", "o", "?", "Control+k"):
        bobs.keyboard.press(key)
    expect(dialog.get_by_role("button", name="Keep the model")).to_be_focused()
    expect(bobs.locator("dialog")).to_have_count(1)
    bobs.keyboard.press("Escape")
    bobs.locator("[data-more]").first.click()
    bobs.keyboard.press("e")
    expect(bobs.get_by_role("alertdialog")).to_have_count(0)
    assert len(sandbox.calls) == calls


def test_with_ctrl_and_alt_the_letters_belong_to_the_browser(bobs: Page):
    bobs.keyboard.press("j")
    for key in ("Control+e", "Alt+e", "Meta+r"):
        bobs.keyboard.press(key)
    expect(bobs.locator("dialog, form.edit")).to_have_count(0)


def test_a_viewer_has_no_letters_for_what_a_viewer_may_not_do(catalog: Page):
    catalog.goto(TUNES)
    catalog.keyboard.press("j")
    for key in ("r", "e", "F2"):
        catalog.keyboard.press(key)
    expect(catalog.locator("dialog, form.edit")).to_have_count(0)


def test_whoever_has_switched_the_letters_off_has_f2_and_the_palette_alone(browser_of, bob):
    store_preferences(bob, keyboard_shortcuts=False)
    page = browser_of(bob)
    page.goto(TUNES)
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement === document.body")
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_have_count(0)
    page.locator("#results [data-model-id] .name").first.focus()
    page.keyboard.press("F2")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="A model, an action")).to_be_focused()


# --- The help


def test_the_question_mark_shows_each_key_and_the_focus_comes_back(bobs: Page):
    bobs.keyboard.press("j")
    before = focused(bobs)
    bobs.keyboard.press("?")
    help_dialog = bobs.get_by_role("dialog", name="Keyboard")
    expect(help_dialog).to_be_visible()
    shown = " ".join(help_dialog.locator("kbd").all_text_contents())
    for key in (
        "Ctrl K",
        "/",
        "j",
        "k",
        "x",
        "o",
        "Enter",
        "r",
        "F2",
        "e",
        "w",
        "z",
        "g o",
        "g m",
        "g r",
        "g c",
        "g a",
    ):
        assert key in shown
    bobs.keyboard.press("Escape")
    expect(help_dialog).to_have_count(0)
    assert focused(bobs) == before


# --- The palette


@pytest.fixture
def palette(bobs: Page) -> Page:
    bobs.keyboard.press("Control+k")
    expect(bobs.get_by_role("combobox", name="A model, an action")).to_be_focused()
    return bobs


def chosen(page: Page) -> str:
    field = page.get_by_role("combobox", name="A model, an action")
    option = page.locator("#palette [role=option][aria-selected=true]")
    expect(option).to_have_count(1)
    assert field.get_attribute("aria-activedescendant") == option.get_attribute("id")
    return option.inner_text()


def answered(page: Page, typed: str) -> None:
    page.keyboard.type(typed)
    expect(page.locator("#palette-choices")).to_have_attribute("data-typed", typed)


@pytest.mark.parametrize(
    ("typed", "found", "address"),
    [
        ("parcel", "Parcel damage", "/models/ft"),
        ("pracel", "Parcel damage", "/models/ft"),  # a typo
        ("codestral-latest", "codestral-2508", "/models/codestral-2508/"),  # an alias
        ("activ", "Activity", "/activity/"),
        ("watch list", "Watch list", "/watching/"),
    ],
)
def test_the_palette_leads_to_models_and_pages(palette: Page, typed: str, found: str, address: str):
    answered(palette, typed)
    assert chosen(palette).startswith(found)
    palette.keyboard.press("Enter")
    expect(palette).to_have_url(re.compile(re.escape(address)))


def test_the_arrow_keys_go_round_and_the_field_keeps_the_focus(palette: Page):
    answered(palette, "vision")
    first = chosen(palette)
    palette.keyboard.press("ArrowUp")
    assert chosen(palette).startswith("Show all 16 models")
    palette.keyboard.press("ArrowDown")
    assert chosen(palette) == first
    expect(palette.get_by_role("combobox", name="A model, an action")).to_be_focused()
    palette.keyboard.press("ArrowUp")
    palette.keyboard.press("Enter")
    expect(palette).to_have_url("/models/?q=vision")
    expect(palette.locator("#count")).to_contain_text("16")


def test_the_palette_offers_what_one_may_do_with_the_model_in_sight(bobs: Page):
    bobs.keyboard.press("j")
    name = focused(bobs)
    bobs.keyboard.press("Control+k")
    actions = bobs.get_by_role("group", name=f"Actions · {name}")
    expect(actions).to_contain_text("Rename")
    expect(actions).not_to_contain_text("Delete")  # a Manager's
    answered(bobs, "edit desc")
    bobs.keyboard.press("Enter")
    expect(bobs.get_by_label("Description", exact=True)).to_be_focused()
    expect(bobs.locator("#palette")).to_have_count(0)
    expect(bobs).to_have_url(TUNES)


def test_words_that_find_nothing_say_so_and_enter_does_nothing(palette: Page):
    answered(palette, "zzzzzz")
    expect(palette.locator("#palette")).to_contain_text("Nothing is found by these words.")
    palette.keyboard.press("Enter")
    expect(palette).to_have_url(TUNES)
    palette.keyboard.press("Escape")
    expect(palette.locator("dialog")).to_have_count(0)


def test_enter_before_the_answer_shows_the_answer_as_a_page(palette: Page):
    palette.route(
        "**/palette/?q=*", lambda route: route.abort() if "hx-request" in route.request.headers else route.continue_()
    )
    palette.keyboard.type("parcel")
    palette.keyboard.press("Enter")
    expect(palette.get_by_role("heading", level=1)).to_have_text("Find anything")
    expect(palette.get_by_role("link", name="Parcel damage")).to_be_visible()


def test_without_a_script_the_palette_is_a_page(browser_of, bob):
    page = browser_of(bob, script=False)
    page.goto(TUNES)
    page.locator(".to-palette").click()
    page.get_by_label("A model, an action").fill("parcel")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Parcel damage").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Parcel damage")


def states(page: Page) -> Iterator[None]:
    page.keyboard.press("Control+k")
    expect(page.locator("#palette[open]").get_by_role("combobox")).to_be_focused()
    yield
    page.keyboard.type("vision")
    expect(page.locator("#palette-choices")).to_have_attribute("data-typed", "vision")
    yield
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.locator("#keyboard[open]")).to_be_visible()
    yield
    for address in ("/palette/?q=vision", "/palette/?q=zzzzz", "/keyboard/"):
        page.goto(address)
        yield


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_in_palette_and_help(browser_of, bob, axe: Axe, language: str):
    page = browser_of(bob, locale=language)
    page.goto(TUNES)
    page.keyboard.press("j")
    for _ in states(page):
        assert violations(page, axe) == []


@pytest.mark.parametrize("width", [1280, 320])
def test_palette_and_help_fit_their_window(browser_of, bob, width: int):
    page = browser_of(bob, width=width)
    page.goto(TUNES)
    for _ in states(page):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for dialog in page.locator("dialog").all():
            assert dialog.evaluate("each => each.scrollWidth <= each.clientWidth")
