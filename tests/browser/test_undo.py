"""Taking things back: from the message, at any later time from the history, and never over a third person's change."""

import pytest
from playwright.sync_api import Page, expect

from models_ui.actions.context import Context
from sandbox import Sandbox
from tests.browser.conftest import archive, choose, message, row_of, written
from tests.support import verbs


def test_undo_from_the_message_puts_the_row_right_and_can_be_undone_itself(bobs: Page, sandbox: Sandbox, tune):
    row = row_of(bobs, tune)
    archive(row)
    said = message(bobs, "Contract clause finder is archived.")
    said.get_by_role("button", name="Undo").click()
    expect(said).to_have_count(0)
    expect(row.locator(".status")).to_have_text("Live")
    expect(bobs.locator("body")).not_to_be_focused()
    restored = message(bobs, "Contract clause finder is restored.")
    restored.get_by_role("button", name="Undo").click()
    expect(row.locator(".status")).to_have_text("Archived")
    assert written(sandbox) == ["archive", "unarchive", "archive"]


def test_undo_later_from_the_models_history(bobs: Page, bob, sandbox: Sandbox, tune):
    verbs.rename_model(
        context=Context(actor=bob, reason="A clearer name"),
        model_id=tune,
        name="Clauses",
        seen="Contract clause finder",
    )
    bobs.goto(f"/models/{tune}/")
    event = bobs.locator(".event").first
    expect(event).to_contain_text("A clearer name")
    expect(event.locator("ins")).to_contain_text("Clauses")
    event.get_by_role("link", name="Undo").click()
    expect(bobs.locator("main")).to_contain_text("Contract clause finder")
    assert written(sandbox) == ["update"]
    bobs.get_by_role("button", name="Undo").click()
    expect(bobs).to_have_url(f"/models/{tune}/")
    expect(bobs.get_by_role("heading", level=1)).to_have_text("Contract clause finder")
    expect(message(bobs, "The name is now “Contract clause finder”.")).to_be_visible()
    undoing, undone = bobs.locator(".event").first, bobs.locator(".event").last
    expect(undoing).to_contain_text("Takes back an earlier action.")
    expect(undone).to_contain_text("Undone by bob, ")
    expect(undone.get_by_role("link", name="Undo")).to_have_count(0)
    undoing.get_by_role("link", name="Undo").click()
    bobs.get_by_role("button", name="Undo").click()
    expect(bobs.get_by_role("heading", level=1)).to_have_text("Clauses")
    expect(undone).not_to_contain_text("Undone by")
    expect(undone.get_by_role("link", name="Undo")).to_be_visible()  # it holds again


@pytest.mark.parametrize("choice", ["Keep theirs", "Undo anyway"])
def test_undo_asks_when_a_third_person_has_changed_it_since(
    bobs: Page, alice, sandbox: Sandbox, tune, troubles, choice
):
    troubles.expect("409")
    row = row_of(bobs, tune)
    choose(row, "rename")
    row.get_by_label("Name", exact=True).fill("Bob’s")
    row.get_by_role("button", name="Save").click()
    said = message(bobs, "The name is now “Bob’s”.")
    expect(said).to_be_visible()
    verbs.rename_model(context=Context(actor=alice), model_id=tune, name="Alice’s", seen="Bob’s")
    said.get_by_role("button", name="Undo").click()
    note = bobs.get_by_role("alert").filter(has_text="This has been changed since")
    expect(note).to_contain_text("“Alice’s”")
    expect(note).to_contain_text("by alice")
    expect(note).to_contain_text("“Contract clause finder”")
    assert written(sandbox) == ["update", "update"]
    bobs.locator("main").get_by_text(choice, exact=True).click()
    wanted = "Alice’s" if choice == "Keep theirs" else "Contract clause finder"
    bobs.goto(f"/models/{tune}/")
    expect(bobs.get_by_role("heading", level=1)).to_have_text(wanted)
    assert sandbox.catalog.find(tune)["name"] == wanted
