"""The one thing that cannot be put right: slow on purpose, safe by default, and never without a trace."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from models_ui.models import CatalogModel
from sandbox import Sandbox
from tests.browser.conftest import archive, button_of, choose, message, opener_of, row_of, written

pytestmark = pytest.mark.usefixtures("at_once")

TITLE = "Delete Contract clause finder for ever?"


@pytest.fixture(params=["over its row", "over its page", "on a page of its own"])
def asked(request, browser_of, alice, tune) -> Locator:
    """What asks Alice, a Manager, before it deletes."""
    page = browser_of(alice)
    if request.param == "over its row":
        page.goto("/models/?q=contract")
        choose(row_of(page, tune), "delete")
    elif request.param == "over its page":
        page.goto(f"/models/{tune}/")
        choose(page.locator("#actions"), "delete")
    else:
        page.goto(f"/models/{tune}/")
        page.goto(f"/models/{tune}/delete/", referer=page.url)
        expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
        return page.locator(".action")
    return page.get_by_role("alertdialog", name=TITLE)


def place_of(page: Page, tune: str) -> Locator:
    """The model where it was acted upon: its row, or its page."""
    return row_of(page, tune) if "?q=" in page.url else page.locator("#model")


def keep(asked: Locator, name: str = "Keep the model") -> Locator:
    """The way out that changes nothing: a button of the dialog, a link of the page."""
    return asked.get_by_role("button", name=name, exact=True).or_(asked.get_by_role("link", name=name, exact=True))


def test_the_button_that_changes_nothing_has_the_focus(asked: Locator, sandbox: Sandbox, tune):
    page = asked.page
    expect(asked.get_by_text("Mistral no longer trains fine-tunes")).to_be_visible()
    expect(keep(asked)).to_be_focused()
    page.keyboard.press("Enter")
    expect(asked).to_have_count(0)
    assert (written(sandbox), sandbox.catalog.find(tune)["archived"]) == ([], False)


def test_archiving_instead_is_one_click_away(asked: Locator, sandbox: Sandbox, tune):
    page = asked.page
    asked.get_by_role("button", name="Archive instead").click()
    expect(asked).to_have_count(0)
    expect(message(page, "Contract clause finder is archived.")).to_be_visible()
    assert written(sandbox) == ["archive"]
    choose(place_of(page, tune), "delete")
    expect(page.get_by_role("button", name="Keep the model archived")).to_be_focused()
    expect(page.get_by_role("button", name="Archive instead")).to_have_count(0)


@pytest.mark.parametrize("asked", ["over its row", "over its page"], indirect=True)
@pytest.mark.parametrize("way", ["Escape", "Keep the model"])
def test_a_dialog_that_is_closed_leaves_everything_and_the_focus_where_they_were(asked: Locator, sandbox, tune, way):
    page, address = asked.page, asked.page.url
    expect(asked).to_be_visible()
    asked.get_by_label("Type the id to confirm").fill(tune)
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        asked.get_by_role("button", name=way).click()
    expect(asked).to_have_count(0)
    expect(opener_of(place_of(page, tune), "delete")).to_be_focused()
    expect(page).to_have_url(address)
    archive(place_of(page, tune))
    expect(message(page, "is archived")).to_be_visible()
    expect(page.locator("dialog")).to_have_count(0)
    assert written(sandbox) == ["archive"]


def test_a_wrong_id_is_refused_at_its_field(asked: Locator, sandbox: Sandbox, tune, troubles):
    troubles.expect("422")
    field = asked.get_by_label("Type the id to confirm")
    field.fill("Contract clause finder")
    asked.get_by_label("Reason").fill("No longer needed")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(asked.get_by_text("That is not the id of this model, so nothing was deleted.")).to_be_visible()
    expect(asked.get_by_label("Reason")).to_have_value("No longer needed")
    expect(field).to_be_focused()
    assert written(sandbox) == []


def test_the_right_id_deletes_and_the_card_and_its_history_stay(asked: Locator, sandbox: Sandbox, tune):
    page, in_list = asked.page, "?q=" in asked.page.url
    asked.get_by_label("Type the id to confirm").fill(tune)
    asked.get_by_label("Reason").fill("No longer needed")
    asked.get_by_role("button", name="Delete for ever").click()
    expect(message(page, "Contract clause finder is deleted.")).to_be_visible()
    expect(asked).to_have_count(0)
    if in_list:
        expect(page).to_have_url("/models/?q=contract")
        expect(row_of(page, tune).locator(".status")).to_have_text("Deleted")
        expect(opener_of(row_of(page, tune), "delete")).to_be_focused()
        row_of(page, tune).locator("a.name").press("Enter")
    expect(page).to_have_url(f"/models/{tune}/")
    expect(page.get_by_text("It cannot be made again. What was last known of it stays here.")).to_be_visible()
    expect(page.get_by_role("region", name="Facts")).to_contain_text("131,072 tokens")
    expect(page.locator(".event").first).to_contain_text("No longer needed")
    expect(page.locator("#actions :is(a, button), .event .act")).to_have_count(0)
    expect(page.get_by_text("Call it from code")).to_have_count(0)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert (written(sandbox), sandbox.catalog.find(tune)) == (["delete"], None)
    page.goto("/models/?q=contract")
    page.get_by_role("link", name="and 1 gone or deleted").click()
    row = row_of(page, tune)
    expect(row.locator(".status")).to_have_text("Deleted")
    expect(row).not_to_have_attribute("data-can", re.compile("."))


def test_no_id_at_all_is_refused_at_its_field(asked: Locator, sandbox: Sandbox, troubles):
    troubles.expect("422")
    field = asked.get_by_label("Type the id to confirm")
    field.fill("  ")
    asked.get_by_role("button", name="Delete for ever").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    asked.page.keyboard.press("Enter")
    asked.page.wait_for_load_state("networkidle")
    assert (written(sandbox), sandbox.counts["archive"]) == ([], 0)


def test_a_reason_that_is_too_long_leaves_the_focus_on_what_changes_nothing(
    asked: Locator, sandbox: Sandbox, tune, troubles
):
    troubles.expect("422")
    asked.get_by_label("Type the id to confirm").fill(tune)
    reason = asked.get_by_label("Reason")
    reason.evaluate("field => field.removeAttribute('maxlength')")
    reason.fill("x" * 501)
    asked.get_by_role("button", name="Delete for ever").click()
    expect(reason).to_have_attribute("aria-invalid", "true")
    expect(reason).to_have_value("x" * 501)
    expect(keep(asked)).to_be_focused()
    assert written(sandbox) == []


@pytest.mark.parametrize("asked", ["over its row", "over its page"], indirect=True)
def test_a_deletion_that_fails_says_why_and_keeps_what_was_typed(asked: Locator, sandbox: Sandbox, tune, troubles):
    troubles.expect("502")
    sandbox.faults.add("500", verb="delete", times=1)
    page = asked.page
    asked.get_by_label("Type the id to confirm").fill(tune)
    asked.get_by_label("Reason").fill("No longer needed")
    asked.get_by_role("button", name="Delete for ever").click()
    expect(asked.get_by_text("Contract clause finder was not deleted.")).to_be_visible()
    expect(asked.get_by_label("Type the id to confirm")).to_have_value(tune)
    expect(asked.get_by_label("Reason")).to_have_value("No longer needed")
    expect(keep(asked)).to_be_focused()
    asked.get_by_text("Details for support").click()
    expect(asked.get_by_text("Correlation id: ")).to_be_visible()
    page.keyboard.press("Escape")
    expect(message(page, "Contract clause finder was not deleted.")).to_be_visible()
    expect(opener_of(place_of(page, tune), "delete")).to_be_focused()
    assert sandbox.catalog.find(tune)


def test_a_protected_model_cannot_be_deleted_until_that_is_lifted(browser_of, alice, sandbox: Sandbox, tune, troubles):
    troubles.expect("403")
    CatalogModel.objects.filter(model_id=tune).update(protected=True)
    page = browser_of(alice)
    page.goto(f"/models/{tune}/delete/")
    expect(page.get_by_text("It is protected; a Manager can unprotect it")).to_be_visible()
    expect(page.get_by_label("Type the id to confirm")).to_have_count(0)
    page.goto(f"/models/{tune}/")
    expect(page.locator("#actions").get_by_text("It is protected; a Manager can unprotect it")).to_be_visible()
    choose(page.locator("#actions"), "unprotect")
    expect(page.locator("#actions").get_by_text("It is protected")).to_have_count(0)
    choose(page.locator("#actions"), "delete")
    expect(page.get_by_label("Type the id to confirm")).to_be_visible()


@pytest.mark.parametrize("who", ["carol", "bob"])
def test_a_person_who_may_not_delete_reads_why(browser_of, request, who, sandbox: Sandbox, tune, troubles):
    troubles.expect("403")
    page = browser_of(request.getfixturevalue(who))
    page.goto(f"/models/{tune}/")
    expect(button_of(page.locator("#actions"), "delete")).to_have_count(0)
    expect(page.locator("#actions").get_by_text(re.compile("Managers can (protect and )?delete"))).to_be_visible()
    page.goto(f"/models/{tune}/delete/")
    expect(page.get_by_role("alert")).to_contain_text("Needs the Manager role")
    expect(page.get_by_role("button", name="Delete for ever")).to_have_count(0)
    page.get_by_role("link", name="Back").click()
    expect(page).to_have_url(f"/models/{tune}/")
