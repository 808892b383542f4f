"""Twice the same key or click in a row: a thing is done once, and nothing that nobody asked for."""

import pytest
from playwright.sync_api import Page, expect

from models_ui.models import BulkJob
from sandbox import Sandbox
from tests.browser.conftest import OF_MENU, archive, button_of, choose, message, opener_of, row_of, written

TUNES = "/models/?type=fine-tuned"
KEYS = ("Enter", "Space")


@pytest.fixture
def alices(browser_of, alice) -> Page:
    """Alice, a Manager, who may do everything, at the list of fine-tunes."""
    page = browser_of(alice)
    page.goto(TUNES)
    return page


def quiet(page: Page, tune: str) -> None:
    """Wait for whatever the last press may have set going."""
    page.wait_for_load_state("networkidle")
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def focus_on(page: Page, tune: str, surface: str, verb: str) -> None:
    """Put the focus on what begins the verb: in the menu of the row, or on the model's page."""
    if surface == "page":
        page.goto(f"/models/{tune}/")
        if verb in OF_MENU:
            page.get_by_role("button", name="More actions").click()
        button_of(page.locator("#actions"), verb).focus()
    else:
        row_of(page, tune).locator("[data-more]").click()
        page.locator(f'#row-menu [data-verb="{verb}"]').focus()


@pytest.mark.parametrize("surface", ["row", "page"])
@pytest.mark.parametrize("verb", ["archive", "delete"])
def test_enter_twice_on_what_asks_leaves_the_model_as_it_is(alices: Page, sandbox: Sandbox, tune, surface, verb):
    focus_on(alices, tune, surface, verb)
    alices.keyboard.press("Enter")
    expect(alices.get_by_role("button", name="Keep the model")).to_be_focused()
    alices.keyboard.press("Enter")
    expect(alices.get_by_role("alertdialog")).to_have_count(0)
    expect(opener_of(row_of(alices, tune) if surface == "row" else alices.locator("#actions"), verb)).to_be_focused()
    quiet(alices, tune)
    assert written(sandbox) == []
    assert sandbox.catalog.find(tune)["archived"] is False


def test_enter_twice_on_a_page_of_its_own_leaves_the_model_as_it_is(browser_of, alice, sandbox: Sandbox, tune):
    for script in (True, False):
        page = browser_of(alice, script=script)
        page.goto(f"/models/{tune}/")
        address = button_of(page.locator("#actions"), "delete").get_attribute("href")
        page.goto(address, referer=page.url)
        expect(page.get_by_role("link", name="Keep the model")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"/models/{tune}/")
    assert written(sandbox) == []


@pytest.mark.parametrize("key", KEYS)
def test_a_key_pressed_twice_on_the_answer_archives_once_and_opens_nothing(alices: Page, sandbox, tune, key):
    row = row_of(alices, tune)
    choose(row, "archive")
    alices.get_by_role("alertdialog").get_by_role("button", name="Archive", exact=True).focus()
    alices.keyboard.press(key)
    expect(opener_of(row, "archive")).to_be_focused()
    alices.keyboard.press(key)
    quiet(alices, tune)
    expect(row.locator(".status")).to_have_text("Archived")
    expect(alices.locator("#row-menu")).to_be_hidden()
    assert written(sandbox) == ["archive"]


def test_a_key_that_is_held_down_archives_once(alices: Page, sandbox: Sandbox, tune):
    row = row_of(alices, tune)
    choose(row, "archive")
    alices.get_by_role("alertdialog").get_by_role("button", name="Archive", exact=True).focus()
    alices.keyboard.down("Enter")
    expect(opener_of(row, "archive")).to_be_focused()
    for _ in range(5):
        alices.keyboard.down("Enter")  # Playwright sends these as repetitions
    alices.keyboard.up("Enter")
    quiet(alices, tune)
    assert written(sandbox) == ["archive"]


def test_enter_twice_on_rename_opens_the_form_and_sends_nothing(alices: Page, sandbox: Sandbox, tune):
    row = row_of(alices, tune)
    focus_on(alices, tune, "row", "rename")
    alices.keyboard.press("Enter")
    field = row.get_by_label("Name", exact=True)
    expect(field).to_be_focused()
    alices.keyboard.press("Enter")
    quiet(alices, tune)
    expect(field).to_be_visible()
    expect(alices.locator(".flash")).to_have_count(0)
    field.fill("Clauses")
    alices.keyboard.press("Enter")  # at once: what was typed between shows that it is meant
    expect(message(alices, "The name is now “Clauses”.")).to_be_visible()


def test_enter_twice_on_describe_puts_no_line_into_the_text(alices: Page, tune):
    row = row_of(alices, tune)
    focus_on(alices, tune, "row", "describe")
    alices.keyboard.press("Enter")
    field = row.get_by_label("Description", exact=True)
    expect(field).to_be_focused()
    before = field.input_value()
    alices.keyboard.press("Enter")
    expect(field).to_have_value(before)


@pytest.mark.usefixtures("at_once")
def test_the_second_click_on_delete_hits_nothing_of_the_dialog(alices: Page, sandbox: Sandbox, tune):
    choose(row_of(alices, tune), "delete")
    instead = alices.get_by_role("button", name="Archive instead")
    expect(instead).to_be_visible()
    box = instead.bounding_box()
    alices.mouse.move(box["x"] + 5, box["y"] + 5)
    alices.mouse.down(click_count=2)
    alices.mouse.up(click_count=2)
    quiet(alices, tune)
    expect(alices.get_by_role("alertdialog")).to_be_visible()
    assert written(sandbox) == []


@pytest.mark.parametrize("way", ["double click", "Enter twice"])
def test_a_selection_makes_one_job_and_a_review_starts_nothing_by_itself(alices: Page, sandbox: Sandbox, tune, way):
    row_of(alices, tune).get_by_role("checkbox").check()
    button = alices.get_by_role("button", name="Archive…")
    if way == "double click":
        button.dblclick(no_wait_after=True)
    else:
        button.focus()
        alices.keyboard.press("Enter")
        alices.keyboard.press("Enter")
    expect(alices.get_by_role("heading", level=1)).to_have_text("Archive 1 model?")
    expect(alices.get_by_role("heading", level=1)).to_be_focused()
    alices.keyboard.press("Enter")
    quiet(alices, tune)
    job = BulkJob.objects.get()
    assert job.is_draft
    alices.get_by_role("button", name="Archive 1 model").dblclick(no_wait_after=True)
    expect(alices.get_by_role("progressbar")).to_be_visible()
    assert BulkJob.objects.count() == 1


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
@pytest.mark.parametrize("verb", ["archive", "unarchive", "protect", "unprotect"])
def test_a_question_on_its_own_page_has_the_focus_on_cancel(browser_of, alice, sandbox: Sandbox, tune, verb, script):
    page = browser_of(alice, script=script)
    page.goto(f"/models/{tune}/{verb}/")
    expect(page.get_by_role("link", name="Keep the model" if verb == "archive" else "Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"/models/{tune}/")
    assert written(sandbox) == []


def test_an_undo_that_asks_first_has_the_focus_on_cancel(alices: Page, sandbox: Sandbox, tune):
    archive(row_of(alices, tune))
    expect(message(alices, "is archived")).to_be_visible()
    alices.goto("/activity/")
    alices.locator(".event").first.get_by_role("link", name="Undo").press("Enter")
    expect(alices.get_by_role("link", name="Cancel")).to_be_focused()
    alices.keyboard.press("Enter")
    expect(alices).to_have_url("/activity/")
    assert written(sandbox) == ["archive"]


def test_a_double_click_on_save_saves_once(alices: Page, sandbox: Sandbox, tune):
    alices.goto(f"/models/{tune}/rename/")
    alices.get_by_label("Name", exact=True).fill("Clauses")
    alices.get_by_role("button", name="Save").dblclick(no_wait_after=True)
    expect(message(alices, "The name is now “Clauses”.")).to_be_visible()
    expect(alices.locator(".flash")).to_have_count(1)
    assert written(sandbox) == ["update"]
