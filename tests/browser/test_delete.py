"""The one thing that cannot be put right: slow on purpose, safe by default, and never without a trace."""

import pytest
from playwright.sync_api import Page, expect

from models_ui.models import CatalogModel
from sandbox import Sandbox
from tests.browser.conftest import message, row_of, written


@pytest.fixture
def page(browser_of, alice, tune) -> Page:
    """Alice, a Manager, on the page that deletes, coming from the list."""
    page = browser_of(alice)
    page.goto("/models/?q=contract")
    row_of(page, tune).get_by_role("link", name="Delete…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete Contract clause finder for ever?")
    return page


def test_the_safe_way_out_has_the_focus_and_archives(page: Page, sandbox: Sandbox, tune):
    expect(page.get_by_text("Mistral no longer trains fine-tunes")).to_be_visible()
    expect(page.get_by_role("button", name="Archive instead")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url("/models/?q=contract")
    expect(row_of(page, tune).locator(".state")).to_have_text("Archived")
    assert written(sandbox) == ["archive"]
    page.goto(f"/models/{tune}/delete/")
    expect(page.get_by_role("link", name="Keep the model archived")).to_be_focused()


def test_a_wrong_id_is_refused_at_its_field(page: Page, sandbox: Sandbox, tune, troubles):
    troubles.expect("422")
    field = page.get_by_label("Type the id to confirm")
    field.fill("Contract clause finder")
    page.get_by_label("Reason").fill("No longer needed")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("That is not the id of this model, so nothing was deleted.")).to_be_visible()
    expect(page.get_by_label("Reason")).to_have_value("No longer needed")
    expect(field).to_be_focused()
    assert written(sandbox) == []


def test_the_right_id_deletes_and_the_card_and_its_history_stay(page: Page, sandbox: Sandbox, tune):
    page.get_by_label("Type the id to confirm").fill(tune)
    page.get_by_label("Reason").fill("No longer needed")
    page.get_by_role("button", name="Delete for ever").click()
    expect(message(page, "Contract clause finder is deleted.")).to_be_visible()
    expect(page).to_have_url(f"/models/{tune}/")
    expect(page.get_by_text("It cannot be made again. What was last known of it stays here.")).to_be_visible()
    expect(page.locator("dl")).to_contain_text("131,072 tokens")
    expect(page.locator(".event").first).to_contain_text("No longer needed")
    expect(page.locator("#actions, .event .act")).to_have_count(0)
    expect(message(page, "is deleted").get_by_role("button", name="Undo")).to_have_count(0)
    assert (written(sandbox), sandbox.catalog.find(tune)) == (["delete"], None)
    page.goto("/models/?q=contract")
    row = row_of(page, tune)
    expect(row.locator(".state")).to_have_text("Deleted")
    expect(row.locator(".actions, .pick")).to_have_count(0)


def test_a_protected_model_cannot_be_deleted_until_that_is_lifted(browser_of, alice, sandbox: Sandbox, tune, troubles):
    troubles.expect("403")
    CatalogModel.objects.filter(model_id=tune).update(protected=True)
    page = browser_of(alice)
    page.goto(f"/models/{tune}/delete/")
    expect(page.get_by_text("It is protected; a Manager can lift that")).to_be_visible()
    expect(page.get_by_label("Type the id to confirm")).to_have_count(0)
    page.goto(f"/models/{tune}/")
    expect(page.locator("#actions").get_by_text("It is protected; a Manager can lift that")).to_be_visible()
    page.locator("#actions").get_by_role("button", name="Lift protection").click()
    page.locator("#actions").get_by_role("link", name="Delete…").click()
    expect(page.get_by_label("Type the id to confirm")).to_be_visible()


@pytest.mark.parametrize("who", ["carol", "bob"])
def test_whoever_may_not_delete_reads_why(browser_of, request, who, sandbox: Sandbox, tune, troubles):
    troubles.expect("403")
    page = browser_of(request.getfixturevalue(who))
    page.goto(f"/models/{tune}/")
    expect(page.locator("#actions").get_by_role("button", name="Delete…")).to_be_disabled()
    expect(page.locator("#actions").get_by_text("Needs the Manager role")).to_be_visible()
    page.goto(f"/models/{tune}/delete/")
    expect(page.get_by_role("alert")).to_contain_text("Needs the Manager role")
    expect(page.get_by_role("button", name="Delete for ever")).to_have_count(0)
    page.get_by_role("link", name="Back").click()
    expect(page).to_have_url(f"/models/{tune}/")
