"""Renaming and describing where one is, in the row and on the model's page; and who may do what there."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from sandbox import Sandbox
from tests.browser.conftest import (
    TUNES,
    HeldUp,
    archive,
    button_of,
    choose,
    expect_offer,
    message,
    opener_of,
    row_of,
    says_beside,
    written,
)


def edit(place: Locator, verb: str = "rename", label: str = "Name") -> Locator:
    choose(place, verb)
    field = place.get_by_label(label, exact=True)
    expect(field).to_be_focused()
    return field


# --- Rename and describe


def test_rename_with_enter_answers_in_place_with_the_focus_back_and_says_so(place: Locator, sandbox: Sandbox, tune):
    field = edit(place)
    expect(field).to_have_value("Contract clause finder")
    expect(place).to_contain_text(
        "Up to 100 characters. This API cannot take a name away again. The id stays as it is."
    )
    expect(place.get_by_text(tune).first).to_be_visible()
    field.fill("Clause finder")
    field.press("Enter")
    expect(place).to_contain_text("Clause finder")
    expect(opener_of(place, "rename")).to_be_focused()
    expect(message(place.page, "The name is now “Clause finder”.")).to_be_visible()
    assert sandbox.catalog.find(tune)["name"] == "Clause finder"
    assert sandbox.catalog.find(tune)["id"] == tune


@pytest.mark.parametrize(("verb", "label"), [("rename", "Name"), ("describe", "Description")])
@pytest.mark.parametrize("way", ["Escape", "Cancel"])
def test_giving_up_puts_everything_back_with_the_focus_on_what_opened_it(
    place: Locator, sandbox: Sandbox, way, verb, label
):
    field = edit(place, verb, label)
    field.fill("Something else")
    if way == "Escape":
        field.press("Escape")
    else:
        place.get_by_role("link", name="Cancel").click()
    expect(field).to_have_count(0)
    expect(place).to_contain_text("Contract clause finder")
    expect(opener_of(place, verb)).to_be_focused()
    assert written(sandbox) == []


def test_leaving_the_field_saves_nothing_and_loses_nothing(bobs: Page, sandbox: Sandbox, tune):
    field = edit(row_of(bobs, tune))
    field.fill("Half a thought")
    bobs.locator("#count").click()
    expect(field).not_to_be_focused()
    expect(field).to_have_value("Half a thought")
    assert written(sandbox) == []


def test_a_name_can_be_taken_away_and_the_id_stands_in_for_it(bobs: Page, sandbox: Sandbox, tune, point_at):
    point_at(sandbox, dialect="platform")
    row = row_of(bobs, tune)
    edit(row).fill("")
    row.get_by_role("button", name="Save").click()
    expect(row.locator(".name")).to_have_text("No name yet")
    expect(row.locator("code")).to_have_text(tune)
    expect(message(bobs, "The name was taken away.")).to_be_visible()
    assert sandbox.catalog.find(tune)["name"] is None


def test_where_a_name_cannot_be_taken_away_that_is_said(bobs: Page, sandbox: Sandbox, tune, troubles):
    troubles.expect("422")
    row = row_of(bobs, tune)
    edit(row).fill("")
    row.get_by_role("button", name="Save").click()
    expect(message(bobs, "Contract clause finder was not renamed.")).to_be_visible()
    expect(row.get_by_label("Name", exact=True)).to_be_focused()
    assert sandbox.catalog.find(tune)["name"] == "Contract clause finder"


def test_a_text_too_long_is_told_at_the_field_and_kept(place: Locator, sandbox: Sandbox, troubles):
    troubles.expect("422")
    field = edit(place)
    field.evaluate("field => field.removeAttribute('maxlength')")
    field.fill("x" * 101)
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(field).to_have_value("x" * 101)
    described = field.evaluate(
        """field => field.getAttribute("aria-describedby").split(" ")
             .map((id) => document.getElementById(id).textContent)"""
    )
    assert any("at most 100 characters" in each for each in described)
    assert any("Up to 100 characters" in each for each in described)
    assert written(sandbox) == []


def test_a_description_keeps_its_lines(place: Locator, sandbox: Sandbox, tune):
    field = edit(place, "describe", "Description")
    field.fill("First line")
    field.press("Enter")  # in a text of several lines it makes a line
    field.press_sequentially("and a second.")
    expect(field).to_have_value("First line\nand a second.")
    place.get_by_role("button", name="Save").click()
    expect(opener_of(place, "describe")).to_be_focused()
    assert sandbox.catalog.find(tune)["description"] == "First line\nand a second."
    place.page.goto(f"/models/{tune}/")
    assert place.page.locator(".lead").inner_text() == "First line\nand a second."


def test_a_conflict_shows_both_and_writes_nothing_before_the_choice(place: Locator, sandbox: Sandbox, tune, troubles):
    troubles.expect("409")
    for choice in ("Keep theirs", "Use mine"):
        field = edit(place)
        sandbox.catalog.rename(tune, f"Theirs, before {choice}")
        field.fill("Mine")
        field.press("Enter")
        note = place.get_by_role("alert")
        expect(note).to_contain_text("Somebody changed this in the meantime, so nothing was written.")
        expect(note.locator("dd")).to_have_text([f"“Theirs, before {choice}”", "“Mine”"])
        assert note.evaluate("note => [...note.querySelectorAll('p')].every((p) => p.scrollHeight <= p.clientHeight)")
        assert written(sandbox) == []
        place.get_by_text(choice, exact=True).click()
        expect(field).to_have_count(0)
        expect(opener_of(place, "rename")).to_be_focused()
        if choice == "Keep theirs":
            expect(place).to_contain_text("Theirs, before Keep theirs")
    expect(message(place.page, "The name is now “Mine”.")).to_be_visible()
    assert (written(sandbox), sandbox.catalog.find(tune)["name"]) == (["update"], "Mine")


def test_a_failed_rename_keeps_what_was_typed_and_can_be_sent_again(place: Locator, sandbox: Sandbox, tune, troubles):
    troubles.expect("502")
    sandbox.faults.add("500", verb="update", times=1)
    field = edit(place)
    field.fill("Second try")
    field.press("Enter")
    expect(message(place.page, "was not renamed")).to_be_visible()
    expect(field).to_have_value("Second try")
    expect(field).to_be_focused()
    field.press("Enter")
    expect(message(place.page, "The name is now “Second try”.")).to_be_visible()
    assert sandbox.catalog.find(tune)["name"] == "Second try"


def test_while_a_text_is_saved_its_form_says_so(place: Locator, tune):
    page = place.page
    waiting = HeldUp(page, "/rename/$")
    choose(place, "rename")
    waiting.let_go()
    place.get_by_label("Name", exact=True).fill("Clauses")
    place.get_by_role("button", name="Save").click()
    expect(page.locator("#live")).to_have_text("Renaming…")
    assert says_beside(page, "form.edit") == "Renaming…"
    waiting.let_go()
    expect(message(page, "The name is now “Clauses”.")).to_be_visible()


def test_two_rows_are_edited_side_by_side_and_each_keeps_its_focus(bobs: Page, tune, archived):
    """The first one's focus mark must not call the focus back when something else happens."""
    first, second = row_of(bobs, tune), row_of(bobs, archived)
    edit(first).fill("First")
    edit(second).fill("Second")
    expect(first.get_by_label("Name", exact=True)).to_have_value("First")
    second.get_by_role("button", name="Save").click()
    expect(opener_of(second, "rename")).to_be_focused()
    first.get_by_role("button", name="Save").click()
    expect(opener_of(first, "rename")).to_be_focused()
    choose(second, "unarchive")
    expect(opener_of(second, "archive")).to_be_focused()
    box = bobs.locator("#q")
    box.press_sequentially("fir")
    expect(bobs.locator("#count")).to_contain_text("of 16")
    expect(box).to_be_focused()


def test_undo_from_the_message_touches_that_row_alone_and_not_what_is_being_typed(bobs: Page, sandbox, tune, archived):
    archive(row_of(bobs, tune))
    said = message(bobs, "Contract clause finder is archived.")
    field = edit(row_of(bobs, archived))
    field.fill("Half a thought")
    said.get_by_role("button", name="Undo").click()
    expect(row_of(bobs, tune).locator(".status")).to_have_text("Live")
    expect_offer(row_of(bobs, tune), "archive")
    expect(message(bobs, "Contract clause finder is restored.")).to_be_visible()
    expect(field).to_have_value("Half a thought")
    assert written(sandbox) == ["archive", "unarchive"]


# --- Who may not


def test_a_viewer_sees_what_there_is_and_why_it_is_not_for_them(browser_of, carol, tune):
    page = browser_of(carol)
    page.goto("/models/")
    row = row_of(page, tune)
    row.locator("[data-more]").click()
    expect(page.locator("#row-menu li:visible")).to_have_text(["Watch", "Copy the id"])
    expect(page.get_by_text("Editors can rename and archive; Managers can delete.")).to_have_count(1)
    page.keyboard.press("Escape")
    page.goto(f"/models/{tune}/")
    expect(page.locator("#actions").get_by_role("button")).to_have_text(re.compile("Watch"))
    expect(page.locator("#actions").locator(".act")).to_have_count(0)
    expect(page.locator("#actions").get_by_text("Editors can rename and archive; Managers can delete.")).to_be_visible()
    page.goto("/models/mistral-large-2512/")
    expect(page.locator("#actions").locator(".act")).to_have_count(0)
    expect(page.get_by_text("it cannot be renamed, archived or deleted")).to_be_visible()


def test_a_manager_protects_a_model_and_lifts_that(browser_of, alice, bob, tune, sandbox: Sandbox):
    alices, bobs = browser_of(alice), browser_of(bob)
    alices.goto(f"/models/{tune}/")
    actions = alices.locator("#actions")
    choose(actions, "protect")
    expect(alices.get_by_role("button", name="More actions")).to_be_focused()
    expect(button_of(actions, "unprotect")).to_have_count(1)
    for verb in ("rename", "archive", "delete"):
        expect(button_of(actions, verb)).to_have_count(0)
    bobs.goto(TUNES)
    row = row_of(bobs, tune)
    expect(row.get_by_text("Protected")).to_be_visible()
    expect(row).to_have_attribute("data-can", "describe assign tag note plan")
    choose(actions, "unprotect")
    expect(alices.get_by_role("button", name="More actions")).to_be_focused()
    expect(button_of(actions, "delete")).to_have_count(1)
    bobs.reload()
    archive(row)
    expect(row.locator(".status")).to_have_text("Archived")
    assert written(sandbox) == ["archive"]
