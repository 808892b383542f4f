"""What somebody has typed into a row is kept, whatever becomes of the list around it."""

import re

import pytest
from playwright.sync_api import Page, expect

from sandbox import Sandbox
from tests.browser.conftest import TUNES, HeldUp, at_fine_tunes, choose, confirm, expect_offer, message, row_of, written
from tests.support.typed_text import TEXT, edit

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def alices(browser_of, alice) -> Page:
    return at_fine_tunes(browser_of(alice))


@pytest.mark.parametrize("verb", ["rename", "describe"])
def test_a_filter_that_still_shows_the_row_keeps_its_text_and_its_caret(alices: Page, sandbox: Sandbox, tune, verb):
    row = row_of(alices, tune)
    field = edit(row, verb)
    field.evaluate("field => { field.setSelectionRange(4, 4); }")
    alices.locator('[data-facet="status"][data-value="live"] input').evaluate("box => box.click()")
    expect(alices).to_have_url(re.compile("status=live"))
    expect(field).to_have_value(TEXT)
    expect(field).to_be_focused()
    alices.keyboard.type("!")
    expect(field).to_have_value("Half! a thought")
    expect(row_of(alices, tune)).to_have_count(1)
    row.get_by_role("button", name="Save").click()
    expect(message(alices, "changed" if verb == "describe" else "The name is now “Half! a thought”.")).to_be_visible()
    assert written(sandbox) == ["update"]


def test_a_filter_that_hides_the_row_puts_it_aside_until_it_is_saved(alices: Page, sandbox: Sandbox, tune):
    edit(row_of(alices, tune))
    box = alices.locator("#q")
    for word in ("contr", "zzz", "voxtral", "support"):
        box.fill(word)
        expect(alices).to_have_url(re.compile(f"q={word}"))
        expect(box).to_be_focused()
        aside = alices.get_by_role("region", name="Not saved yet")
        expect((alices.locator("#results") if word == "contr" else aside).locator("[name=value]")).to_have_value(TEXT)
        expect(row_of(alices, tune)).to_have_count(1)
    box.fill("contract")
    expect(aside).to_be_hidden()
    expect(row_of(alices, tune)).to_have_count(1)
    expect(alices.locator("#results").locator("[name=value]")).to_have_value(TEXT)
    box.fill("zzz")
    aside.get_by_role("button", name="Save").click()
    expect(message(alices, f"The name is now “{TEXT}”.")).to_be_visible()
    expect(aside.locator(".name")).to_have_text(TEXT)
    box.fill("half")
    expect(aside).to_be_hidden()
    expect(row_of(alices, tune)).to_have_count(1)
    assert sandbox.catalog.find(tune)["name"] == TEXT


@pytest.mark.parametrize(
    "link", ["#sort-deprecation", ".chips a.chip >> nth=0", ".chips li:last-child a", ".presets a >> nth=0"]
)
def test_links_within_the_list_keep_it_too(alices: Page, tune, link):
    alices.goto("/models/?type=fine-tuned&status=live&capability=completion_chat")
    field = edit(row_of(alices, tune))
    before = alices.url
    alices.locator(link).evaluate("link => link.click()")
    expect(alices).not_to_have_url(before)
    expect(field.or_(alices.locator("#unsaved [name=value]")).first).to_have_value(TEXT)


def test_refresh_keeps_it(alices: Page, sandbox: Sandbox, tune):
    field = edit(row_of(alices, tune))
    sandbox.catalog.add({"id": "aaa-new", "object": "model", "type": "base", "owned_by": "mistralai"})
    with alices.expect_response("**/models/?*"):  # the list is loaded again
        alices.get_by_role("button", name="Refresh").click()
    expect(alices.locator("#freshness")).to_contain_text("Synced just now")
    expect(field).to_have_value(TEXT)
    field.press("Enter")
    expect(message(alices, f"The name is now “{TEXT}”.")).to_be_visible()


def test_a_sync_behind_the_page_neither_takes_nor_selects_what_is_typed(browser_of, alice, settings, tune):
    settings.MODELS_STALE_AFTER = -1
    page = browser_of(alice)
    waiting = HeldUp(page, "/sync/$")
    page.goto(TUNES)
    field = edit(row_of(page, tune))
    with page.expect_response("**/sync/"):
        waiting.let_go()
    expect(page.locator("#freshness")).to_contain_text("Synced just now")
    page.keyboard.type(" and more")
    expect(field).to_have_value(f"{TEXT} and more")


def test_back_within_the_list_keeps_it(alices: Page, tune):
    alices.locator('[data-facet="status"][data-value="live"] input').check()
    expect(alices).to_have_url(re.compile("status=live"))
    field = edit(row_of(alices, tune))
    alices.go_back()
    expect(alices).to_have_url(TUNES)
    expect(alices.locator("#results")).to_be_visible()
    expect(field).to_have_value(TEXT)
    expect(row_of(alices, tune)).to_have_count(1)
    row_of(alices, tune).get_by_role("button", name="Save").click()
    expect(message(alices, f"The name is now “{TEXT}”.")).to_be_visible()


def test_another_rows_rename_and_an_undo_elsewhere_keep_it(alices: Page, tune, archived):
    field = edit(row_of(alices, tune))
    other = row_of(alices, archived)
    choose(other, "unarchive")
    message(alices, "is restored").get_by_role("button", name="Undo").click()
    expect_offer(other, "unarchive")
    choose(other, "rename")
    other.locator("[name=value]").fill("Other")
    other.get_by_role("button", name="Save").click()
    expect(message(alices, "The name is now “Other”.")).to_be_visible()
    expect(field).to_have_value(TEXT)


def test_a_refused_text_counts_as_typed(alices: Page, tune, troubles):
    troubles.expect("422")
    row = row_of(alices, tune)
    field = edit(row)
    field.evaluate("field => field.removeAttribute('maxlength')")
    field.fill("x" * 101)
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    alices.locator("#q").fill("voxtral")
    expect(alices.get_by_role("region", name="Not saved yet").locator("[name=value]")).to_have_value("x" * 101)


def test_a_delete_dialog_stays_open_with_its_text_while_the_list_is_loaded_again(alices: Page, sandbox: Sandbox, tune):
    waiting = HeldUp(alices, "/sync/$")
    sandbox.catalog.add({"id": "aaa-new", "object": "model", "type": "base", "owned_by": "mistralai"})
    alices.get_by_role("button", name="Refresh").click()
    choose(row_of(alices, tune), "delete")
    dialog = alices.get_by_role("alertdialog")
    reason = dialog.get_by_label("Reason")
    reason.fill("Not needed")
    with alices.expect_response("**/models/?*"):
        waiting.let_go()
    alices.wait_for_load_state("networkidle")
    expect(reason).to_have_value("Not needed")
    expect(reason).to_be_focused()
    assert dialog.evaluate("dialog => dialog.matches(':modal')")


def test_a_text_typed_into_a_filter_goes_along_with_the_next_link(alices: Page):
    waiting = HeldUp(alices, "^(?!.*sort=context).*context_min=64k")
    alices.get_by_text("from – to").click()
    alices.locator("#context-min").fill("64k")
    alices.get_by_role("columnheader", name="Context").get_by_role("link").click()
    expect(alices).to_have_url(re.compile(r"context_min=64000.*sort=context"))
    expect(alices.locator("#context-min")).not_to_have_value("")
    waiting.await_one()


def test_letters_typed_while_an_answer_is_under_way_stay(alices: Page):
    alices.get_by_text("from – to").click()
    waiting = HeldUp(alices, "status=live")
    alices.locator('[data-facet="status"][data-value="live"] input').check()
    field = alices.locator("#context-min")
    field.press_sequentially("64k")
    waiting.let_go()
    expect(alices).to_have_url(re.compile("status=live"))
    expect(field).to_have_value("64k")
    expect(field).to_be_focused()


def test_an_answer_that_comes_while_somebody_writes_elsewhere_does_not_take_the_focus(
    alices: Page, sandbox, tune, archived
):
    waiting = HeldUp(alices, "/archive/$")
    choose(row_of(alices, tune), "archive")
    waiting.let_go()
    confirm(alices)
    field = edit(row_of(alices, archived))
    waiting.let_go()
    expect(row_of(alices, tune).locator(".status")).to_have_text("Archived")
    expect(field).to_be_focused()
    alices.keyboard.type(" or two")
    expect(field).to_have_value(f"{TEXT} or two")
    assert written(sandbox) == ["archive"]
