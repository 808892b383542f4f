"""The journeys of actions by forms and links alone."""

import pytest
from playwright.sync_api import Page, expect

from sandbox import Sandbox
from tests.browser.conftest import choose, message, row_of, written

TUNES = "/models/?type=fine-tuned"


@pytest.fixture
def plain(browser_of, alice, tune) -> Page:
    """Alice's browser on the page of a model, where its row in the list leads."""
    page = browser_of(alice, script=False)
    page.goto(TUNES)
    row_of(page, tune).get_by_role("link", name="Actions for Contract clause finder").click()
    return page


def on_page(page: Page, verb: str) -> None:
    choose(page.locator("#actions"), verb)


def test_rename_cancel_and_what_is_too_long(plain: Page, sandbox: Sandbox, tune, troubles):
    troubles.expect("422")
    on_page(plain, "rename")
    expect(plain.get_by_role("heading", level=1)).to_have_text("Rename: Contract clause finder")
    expect(plain.get_by_label("Name", exact=True)).to_be_focused()
    plain.get_by_role("link", name="Cancel").click()
    expect(plain).to_have_url(f"/models/{tune}/")
    on_page(plain, "rename")
    plain.get_by_label("Name", exact=True).fill("Clauses")
    plain.keyboard.press("Enter")
    expect(plain).to_have_url(f"/models/{tune}/")
    expect(plain.get_by_role("heading", level=1)).to_have_text("Clauses")
    expect(message(plain, "The name is now “Clauses”.")).to_be_visible()
    expect(plain.locator("[data-dismiss]")).to_be_hidden()


def test_a_conflict_and_both_ways_out_of_it(plain: Page, sandbox: Sandbox, tune, troubles):
    troubles.expect("409")
    for choice in ("Keep theirs", "Use mine"):
        plain.goto(f"/models/{tune}/")
        on_page(plain, "rename")
        plain.get_by_label("Name", exact=True).fill("Mine")
        sandbox.catalog.rename(tune, f"Theirs, before {choice}")
        plain.get_by_role("button", name="Save").click()
        expect(plain.get_by_role("alert")).to_contain_text(f"“Theirs, before {choice}”")
        assert written(sandbox) == []
        plain.get_by_text(choice, exact=True).click()
        expect(plain).to_have_url(f"/models/{tune}/")
    assert sandbox.catalog.find(tune)["name"] == "Mine"
    plain.goto(TUNES)
    expect(row_of(plain, tune)).to_contain_text("Mine")


def test_archive_undo_restore_and_a_failure_between(plain: Page, sandbox: Sandbox, tune, troubles):
    troubles.expect("502")
    status = plain.locator("#model .status").first
    on_page(plain, "archive")
    expect(plain.get_by_role("link", name="Keep the model")).to_be_focused()
    plain.get_by_role("button", name="Archive", exact=True).click()
    expect(plain).to_have_url(f"/models/{tune}/")
    expect(status).to_have_text("Archived")
    message(plain, "is archived").get_by_role("button", name="Undo").click()
    expect(status).to_have_text("Live")
    sandbox.faults.add("500", verb="archive", times=1)
    on_page(plain, "archive")
    plain.get_by_role("button", name="Archive", exact=True).click()
    expect(message(plain, "Contract clause finder was not archived.")).to_contain_text("Correlation id: ")
    plain.get_by_role("button", name="Archive", exact=True).click()
    expect(status).to_have_text("Archived")
    on_page(plain, "unarchive")
    expect(status).to_have_text("Live")
    assert written(sandbox) == ["archive", "unarchive", "archive", "archive", "unarchive"]


@pytest.mark.usefixtures("at_once")
def test_delete(plain: Page, sandbox: Sandbox, tune, troubles):
    troubles.expect("422")
    on_page(plain, "delete")
    expect(plain.get_by_role("link", name="Keep the model")).to_be_focused()
    plain.get_by_label("Type the id to confirm").fill("wrong")
    plain.get_by_role("button", name="Delete for ever").click()
    expect(plain.get_by_text("That is not the id of this model")).to_be_visible()
    plain.get_by_label("Type the id to confirm").fill(tune)
    plain.get_by_role("button", name="Delete for ever").click()
    expect(plain).to_have_url(f"/models/{tune}/")
    expect(plain.get_by_text("It cannot be made again")).to_be_visible()
    assert sandbox.catalog.find(tune) is None
