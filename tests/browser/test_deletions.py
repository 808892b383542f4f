"""Deleting with days in which it can be taken back, in a browser: with and without a script, by keyboard, and by rules."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from models_ui.actions import deletions
from models_ui.actions.context import Context
from models_ui.bulk import jobs
from models_ui.models import PlannedDeletion
from sandbox import Sandbox
from tests.browser.conftest import choose, message, opener_of, row_of, written
from tests.support.browser import LAYOUT, violations

TITLE = "Delete Contract clause finder?"
ON_DAY = re.compile(r"To be deleted on \d+ \w+")


@pytest.fixture(autouse=True)
def _worker(db) -> None:
    jobs.write_heartbeat("worker")


@pytest.fixture(params=["over its row", "over its page", "on a page of its own", "without a script"])
def asked(request, browser_of, alice, tune) -> Locator:
    """What asks Alice, a Manager, before it archives and plans."""
    page = browser_of(alice, script=request.param != "without a script")
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


def keep(asked: Locator) -> Locator:
    """The way out that changes nothing."""
    return asked.get_by_role("button", name="Keep the model").or_(asked.get_by_role("link", name="Keep the model"))


def test_the_way_out_has_the_focus_and_changes_nothing(asked: Locator, sandbox: Sandbox, tune):
    page = asked.page
    expect(asked).to_contain_text("Until then every Editor can take that back.")
    expect(keep(asked)).to_be_focused()
    page.keyboard.press("Enter")
    expect(asked).to_have_count(0)
    assert (written(sandbox), PlannedDeletion.objects.count()) == ([], 0)


def test_a_model_is_archived_planned_and_kept_again(asked: Locator, sandbox: Sandbox, tune):
    page, in_list = asked.page, "?q=" in asked.page.url
    asked.get_by_label("Reason").fill("No longer needed")
    asked.get_by_role("button", name="Archive now, delete on").click()
    expect(message(page, "Contract clause finder is archived, and is deleted on")).to_be_visible()
    expect(asked).to_have_count(0)
    if in_list:
        expect(row_of(page, tune).locator(".status")).to_have_text(ON_DAY)
        expect(opener_of(row_of(page, tune), "delete")).to_be_focused()
        choose(row_of(page, tune), "keep")
        expect(row_of(page, tune).locator(".status")).to_have_text("Live")
    else:
        expect(page.locator("#model .status").first).to_have_text(ON_DAY)
        expect(page.locator("[data-deletion=planned]")).to_contain_text("Reason: No longer needed")
        page.locator("[data-deletion]").get_by_role("button", name="Keep the model").click()
        expect(page.locator("#model .status").first).to_have_text("Live")
    expect(message(page, "Contract clause finder is kept: its deletion is taken back.")).to_be_visible()
    assert written(sandbox) == ["archive", "unarchive"]
    assert sandbox.catalog.find(tune)["archived"] is False


def test_undo_in_the_message_takes_it_back(browser_of, alice, sandbox: Sandbox, tune):
    page = browser_of(alice)
    page.goto("/models/?q=contract")
    choose(row_of(page, tune), "delete")
    page.get_by_role("button", name="Archive now, delete on").click()
    message(page, "is deleted on").get_by_role("button", name="Undo").click()
    expect(message(page, "is taken back.")).to_be_visible()
    expect(row_of(page, tune).locator(".status")).to_have_text("Live")


def test_what_fails_keeps_the_reason_in_the_dialog(browser_of, alice, sandbox: Sandbox, tune, troubles):
    troubles.expect("502")
    sandbox.faults.add("500", verb="archive", times=1)
    page = browser_of(alice)
    page.goto("/models/?q=contract")
    choose(row_of(page, tune), "delete")
    dialog = page.get_by_role("alertdialog", name=TITLE)
    dialog.get_by_label("Reason").fill("No longer needed")
    dialog.get_by_role("button", name="Archive now, delete on").click()
    expect(dialog.get_by_text("So its deletion is not planned.")).to_be_visible()
    expect(dialog.get_by_label("Reason")).to_have_value("No longer needed")
    dialog.get_by_role("button", name="Archive now, delete on").click()
    expect(message(page, "is deleted on")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_an_editor_asks_and_a_manager_declines_then_accepts(browser_of, alice, bob, sandbox, tune, script, troubles):
    troubles.expect("422")
    bobs, alices = browser_of(bob, script=script), browser_of(alice, script=script)
    for decision in ("Decline", "Accept"):
        bobs.goto(f"/models/{tune}/")
        bobs.get_by_role("button", name="More actions").click()
        bobs.get_by_role("link", name="Ask for deletion…").click()
        bobs.get_by_label("Why it may be deleted").fill("Nobody calls it")
        bobs.get_by_role("button", name="Ask for the deletion").click()
        expect(message(bobs, "The Managers are asked to delete Contract clause finder.")).to_be_visible()
        expect(bobs.locator("[data-deletion=asked]")).to_contain_text("bob asks for its deletion")
        alices.goto(f"/models/{tune}/")
        standing = alices.locator("[data-deletion=asked]")
        standing.get_by_label("A word to it").fill("Legal says so")
        standing.get_by_role("button", name=decision).click()
        expect(standing).to_have_count(0)
    expect(alices.locator("#model .status").first).to_have_text(ON_DAY)
    assert written(sandbox) == ["archive"]


def test_deleting_now_is_one_step_further_and_wants_the_id(browser_of, alice, sandbox: Sandbox, archived):
    page = browser_of(alice)
    page.goto(f"/models/{archived}/")
    choose(page.locator("#actions"), "delete")
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_role("link", name="Delete it now, for ever…").click()
    dialog.get_by_label("Type the id to confirm").fill(archived)
    dialog.get_by_role("button", name="Delete for ever").click()
    expect(message(page, "is deleted.")).to_be_visible()
    assert sandbox.catalog.find(archived) is None


@pytest.mark.parametrize("width", [1280, 320])
def test_no_state_of_a_deletion_breaks_a_rule_or_the_width(browser_of, alice, bob, tune, archived, axe: Axe, width):
    page, found = browser_of(alice, width=width), []

    def look(state: str) -> None:
        found.extend(f"{state}: {each}" for each in violations(page, axe))
        layout = page.evaluate(LAYOUT)
        found.extend(f"{state}: {name}: {layout[name]}" for name in ("sideways", "outside") if layout[name])

    page.goto(f"/models/{tune}/delete/")
    look("a page of its own")
    page.goto("/models/?q=contract")
    choose(row_of(page, tune), "delete")
    expect(page.get_by_role("alertdialog")).to_be_visible()
    look("a dialog")
    deletions.plan_deletion(context=Context(actor=alice, reason="Not in use"), model_id=tune)
    jobs.forget_worker("worker")
    page.goto("/models/?q=contract")
    look("a row without a worker")
    page.goto(f"/models/{tune}/")
    look("planned")
    deletions.ask_for_deletion(context=Context(actor=bob, reason="Nobody calls it " * 9), model_id=archived)
    page.goto(f"/models/{archived}/")
    look("asked for")
    page.goto(f"/models/{archived}/delete-now/")
    look("now")
    assert not found, "\n".join(found)
