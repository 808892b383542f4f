"""Archiving, restoring and taking that back where one is: in the row and on the model's page."""

import re

from playwright.sync_api import Page, expect

from sandbox import Sandbox
from tests.browser.conftest import archive, choose, confirm, expect_offer, ids, message, opener_of, row_of, written


def test_archive_asks_in_one_sentence_and_the_row_stays_where_it_was_under_the_pointer(
    bobs: Page, sandbox: Sandbox, tune
):
    before = ids(bobs)
    row = row_of(bobs, tune)
    was_at = row.bounding_box()["y"]
    choose(row, "archive")
    question = bobs.get_by_role("alertdialog", name="Archive Contract clause finder?")
    expect(question).to_contain_text("It stops answering at once")
    expect(question.get_by_role("button", name="Keep the model")).to_be_focused()
    assert written(sandbox) == []
    confirm(bobs)
    expect(row.locator(".status")).to_have_text("Archived")
    expect(opener_of(row, "unarchive")).to_be_focused()
    assert ids(bobs) == before
    assert abs(row.bounding_box()["y"] - was_at) < 2
    said = message(bobs, "Contract clause finder is archived.")
    expect(said.get_by_role("button", name="Undo")).to_be_visible()
    assert sandbox.catalog.find(tune)["archived"]


def test_a_message_stays_until_it_is_dismissed(bobs: Page, tune):
    archive(row_of(bobs, tune))
    said = message(bobs, "is archived")
    expect(said).to_be_visible()
    bobs.clock.install()
    bobs.clock.run_for(600_000)
    bobs.locator("#q").fill("contract")
    expect(bobs.locator("#count")).to_contain_text("of 16")
    expect(said).to_be_visible()
    said.get_by_role("button", name="Dismiss").click()
    expect(said).to_have_count(0)
    expect(bobs.locator("body")).not_to_be_focused()


def test_a_double_click_archives_once_and_never_restores(bobs: Page, sandbox: Sandbox, tune):
    row = row_of(bobs, tune)
    choose(row, "archive")
    bobs.get_by_role("alertdialog").get_by_role("button", name="Archive", exact=True).dblclick()
    expect(row.locator(".status")).to_have_text("Archived")
    assert written(sandbox) == ["archive"]


def test_the_second_click_of_a_slow_double_click_does_not_hit_what_has_taken_its_place(
    bobs: Page, sandbox: Sandbox, tune
):
    row = row_of(bobs, tune)
    choose(row, "archive")
    button = bobs.get_by_role("alertdialog").get_by_role("button", name="Archive", exact=True)
    box = button.bounding_box()
    bobs.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(row.locator(".status")).to_have_text("Archived")
    # The same double click goes on: a browser counts by time and place, whatever is there by now.
    bobs.mouse.down(click_count=2)
    bobs.mouse.up(click_count=2)
    bobs.locator("#q").fill("contract")
    expect(bobs.locator("#count")).to_contain_text("of 16")
    assert written(sandbox) == ["archive"]
    expect(row.locator(".status")).to_have_text("Archived")


def test_archived_models_are_found_by_filter_and_by_search_with_restore_beside_them(bobs: Page, sandbox, archived):
    for address in ("/models/?status=archived", "/models/?q=rfp"):
        bobs.goto(address)
        expect_offer(row_of(bobs, archived), "unarchive")
    choose(row_of(bobs, archived), "unarchive")
    expect(row_of(bobs, archived).locator(".status")).to_have_text("Live")
    expect(message(bobs, "RFP answers is restored.")).to_be_visible()
    assert not sandbox.catalog.find(archived)["archived"]


def test_a_person_who_reads_only_the_page_renames_archives_finds_and_restores(browser_of, bob, sandbox: Sandbox, tune):
    page = browser_of(bob)
    page.goto("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Models").click()
    page.get_by_role("link", name=re.compile("Our fine-tunes")).click()
    row = page.get_by_role("row").filter(has_text="Contract clause finder")
    choose(row, "rename")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("Contracts 2026")
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row").filter(has_text="Contracts 2026")
    archive(row)
    expect(row).to_contain_text("Archived")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Models").click()
    page.locator("#q").fill("contracts")
    expect(page.locator("#count")).to_have_text("1 of 43 models")
    page.get_by_role("link", name="Clear all").click()
    page.get_by_role("group", name="Status").get_by_role("checkbox", name="Archived").check()
    expect(page).to_have_url(re.compile("status=archived"))
    row = page.get_by_role("row").filter(has_text="Contracts 2026")
    choose(row, "unarchive")
    expect(row).to_contain_text("Live")
    found = sandbox.catalog.find(tune)
    assert (found["name"], found["archived"]) == ("Contracts 2026", False)


def test_undo_on_the_models_page_shows_the_model_as_it_is_again(bobs: Page, sandbox: Sandbox, tune):
    bobs.goto(f"/models/{tune}/")
    archive(bobs.locator("#actions"))
    message(bobs, "is archived").get_by_role("button", name="Undo").click()
    expect_offer(bobs.locator("#actions"), "archive")
    expect(bobs.locator(".event")).to_have_count(2)
    assert written(sandbox) == ["archive", "unarchive"]
