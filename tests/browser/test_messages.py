"""The one bar of messages: what it shows, what it leaves in sight, and how the keyboard gets to its Undo."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from sandbox import Sandbox
from tests.browser.conftest import archive, choose, confirm, ids, message, row_of, written
from tests.support.browser import violations

TUNES = "/models/?type=fine-tuned&group=none"


@pytest.fixture
def bobs(browser_of, bob) -> Page:
    page = browser_of(bob)
    page.goto(TUNES)
    return page


@pytest.fixture
def live(synced, sandbox: Sandbox) -> list[str]:
    return [each for each in sandbox.catalog.fine_tunes() if not sandbox.catalog.find(each)["archived"]]


def rename(page: Page, model_id: str, name: str) -> None:
    row = row_of(page, model_id)
    choose(row, "rename")
    row.get_by_label("Name", exact=True).fill(name)
    row.get_by_role("button", name="Save").click()
    expect(message(page, f"The name is now “{name}”.")).to_be_visible()


def test_the_bar_shows_the_newest_message_and_counts_the_others(bobs: Page, live):
    bar, earlier = bobs.locator(".flash"), bobs.locator(".flash .earlier")
    rename(bobs, live[0], "One")
    expect(earlier).to_be_hidden()
    rename(bobs, live[1], "Two")
    expect(bar).to_have_count(1)
    expect(earlier).to_have_text("1 more in Activity")
    rename(bobs, live[2], "Three")
    expect(earlier).to_have_text("2 more in Activity")
    rename(bobs, live[2], "Three again")  # replaces the one before
    expect(earlier).to_have_text("2 more in Activity")
    rename(bobs, live[0], "One again")
    expect(earlier).to_have_text("2 more in Activity")
    expect(bar).to_have_count(1)
    earlier.click()
    expect(bobs).to_have_url("/activity/")
    expect(bobs.locator(".event")).to_have_count(5)


def test_the_next_stop_of_the_keyboard_is_undo_and_then_it_goes_on(bobs: Page, live, sandbox: Sandbox):
    rename(bobs, live[0], "One")
    place = bobs.locator(":focus")
    assert bobs.evaluate("document.activeElement.closest('tr').dataset.modelId") == live[0]
    name = place.inner_text()
    bobs.keyboard.press("Tab")
    undo = bobs.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    bobs.keyboard.press("Shift+Tab")
    expect(bobs.locator(":focus")).to_have_text(name)
    bobs.keyboard.press("Tab")
    bobs.keyboard.press("Tab")
    assert bobs.evaluate("document.activeElement.closest('tr')?.dataset.modelId") == live[0]  # on along the row
    bobs.keyboard.press("Shift+Tab")
    expect(bobs.locator(":focus")).to_have_text(name)
    bobs.keyboard.press("Tab")
    expect(undo).not_to_be_focused()  # only right after the action
    undo.press("Enter")
    expect(message(bobs, "The name is now")).not_to_contain_text("One")
    expect(undo).to_be_focused()
    assert written(sandbox) == ["update", "update"]


def test_the_bar_leaves_in_sight_what_one_works_on(bobs: Page):
    bobs.set_viewport_size({"width": 1280, "height": 500})
    for model_id in (ids(bobs)[-1], ids(bobs)[-2]):
        rename(bobs, model_id, f"Last {model_id[-3:]}")
        place, bar = bobs.locator(":focus").bounding_box(), bobs.locator(".flash").bounding_box()
        assert place["y"] + place["height"] <= bar["y"]
    bobs.keyboard.press("End")
    end, bar = bobs.locator("main").bounding_box(), bobs.locator(".flash").bounding_box()
    bobs.mouse.wheel(0, 10_000)
    expect(row_of(bobs, ids(bobs)[-1])).to_be_in_viewport(ratio=1)
    last = row_of(bobs, ids(bobs)[-1]).bounding_box()
    assert last["y"] + last["height"] <= bar["y"]
    assert end["width"] >= bar["width"]


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_after_a_page_of_its_own_the_next_stop_is_undo(browser_of, bob, tune, sandbox: Sandbox, script: bool):
    page = browser_of(bob, script=script)
    page.goto(f"/models/{tune}/rename/")
    page.get_by_label("Name", exact=True).fill("Clauses")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(message(page, "The name is now “Clauses”.")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".flash p")).to_contain_text("The name is now “Contract clause finder”.")
    assert sandbox.catalog.find(tune)["name"] == "Contract clause finder"


@pytest.mark.usefixtures("at_once")
def test_a_deletion_is_told_as_calmly_as_a_new_name(browser_of, alice, live, sandbox: Sandbox):
    page = browser_of(alice)
    page.goto(TUNES)
    look = "getComputedStyle(document.querySelector('.flash'))"
    looks = f"[{look}.backgroundColor, {look}.borderColor]"
    rename(page, live[0], "One")
    calm = page.evaluate(looks)
    row = row_of(page, live[1])
    archive(row)
    expect(message(page, "is archived")).to_be_visible()
    choose(row, "delete")
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_label("Type the id to confirm").fill(live[1])
    dialog.get_by_role("button", name="Delete for ever").click()
    expect(message(page, "is deleted")).to_be_visible()
    assert page.evaluate(looks) == calm
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_what_support_asks_for_is_folded_and_copied_with_a_click(
    bobs: Page, live, sandbox: Sandbox, troubles, axe: Axe
):
    troubles.expect("50[0-9]")
    bobs.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sandbox.faults.add("500", verb="archive")
    archive(row_of(bobs, live[0]))
    bar = message(bobs, "was not archived")
    expect(bar).to_be_visible()
    code = bar.locator("code")
    expect(code).to_be_hidden()
    bar.get_by_text("Details for support").click()
    bar.get_by_role("button", name="Copy").click()
    expect(bar.get_by_role("button", name="Copied")).to_be_visible()
    assert bobs.evaluate("navigator.clipboard.readText()") == code.inner_text()
    assert violations(bobs, axe) == []


def test_an_action_from_a_dialog_ends_with_the_bar_as_well(bobs: Page, live):
    choose(row_of(bobs, live[0]), "archive")
    confirm(bobs)
    expect(message(bobs, "is archived")).to_be_visible()
    bobs.keyboard.press("Tab")
    expect(bobs.get_by_role("button", name="Undo")).to_be_focused()
