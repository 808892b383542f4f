"""The activity page: what was done, by whom, what came of it; to be narrowed down, exported and acted upon."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from models_ui.access.verbs import Verb
from models_ui.actions.context import Context
from models_ui.bulk import jobs, runner
from sandbox import Sandbox
from tests.browser.conftest import message, row_of
from tests.support import verbs


@pytest.fixture
def past(alice, bob, sandbox: Sandbox, tune, archived) -> None:
    """Bob renames and archives, one of it in vain; Alice restores another."""
    bobs = Context(actor=bob, reason="Names that people know")
    verbs.rename_model(context=bobs, model_id=tune, name="Contract clauses", seen="Contract clause finder")
    sandbox.faults.add("500", verb="archive", times=1)
    verbs.archive_model(context=Context(actor=bob), model_id=tune)
    verbs.archive_model(context=Context(actor=bob), model_id=tune)
    verbs.unarchive_model(context=Context(actor=alice), model_id=archived)


@pytest.fixture(params=[True, False], ids=["with a script", "without"])
def activity(request, browser_of, alice, past) -> Page:
    page = browser_of(alice, script=request.param)
    page.goto("/activity/")
    return page


def test_the_history_is_complete_with_a_diff_that_can_be_read(activity: Page):
    events = activity.locator(".event")
    expect(events).to_have_count(4)
    renamed = events.last
    expect(renamed.locator(".told")).to_have_text("bob renamed Contract clause finder to “Contract clauses”")
    expect(renamed.locator(".diff")).to_be_hidden()
    renamed.locator(".more > summary").click()
    expect(renamed.locator("code").first).to_contain_text("contract-clauses")
    expect(renamed.locator(".diff")).to_contain_text("Contract clause")
    expect(renamed.locator("del")).to_contain_text("finder")
    expect(renamed).to_contain_text("Reason: Names that people know")
    failed = events.nth(2)
    expect(failed.locator(".outcome")).to_have_text("failed")
    failed.locator(".more > summary").click()
    expect(failed).to_contain_text("The Models API is in trouble (500)")
    failed.get_by_text("Details for support").click()
    expect(failed.get_by_text("Correlation id:")).to_be_visible()


def test_filters_are_in_the_address_and_the_exports_follow_them(
    activity: Page, browser_of, alice, tmp_path: Path, request
):
    activity.get_by_role("checkbox", name="failed").check()
    button = activity.get_by_role("button", name="Apply filters")
    if button.is_visible():
        button.click()
    expect(activity).to_have_url("/activity/?outcome=failed")
    expect(activity.locator(".event")).to_have_count(1)
    expect(activity.locator("#count")).to_have_text("1 action")
    activity.get_by_role("button", name="Export").click()
    with activity.expect_download() as download:
        activity.get_by_role("link", name="CSV").click()
    saved = tmp_path / "activity.csv"
    download.value.save_as(saved)
    rows = list(csv.DictReader(saved.read_text(encoding="utf-8-sig").splitlines()))
    assert [row["outcome"] for row in rows] == ["failed"]
    address = activity.get_by_role("link", name="JSON").get_attribute("href")
    told = json.loads(activity.request.get(activity.url.partition("/activity")[0] + address).text())
    assert (told["total"], told["everyone"]) == (1, True)
    activity.get_by_role("link", name="Clear all").click()
    expect(activity).to_have_url("/activity/")
    activity.locator("#q").fill("people know")
    search = activity.get_by_role("button", name="Search")
    if search.is_visible():
        search.click()
    expect(activity.locator(".event")).to_have_count(1)


def test_undo_from_the_history_and_back_to_it(activity: Page, sandbox: Sandbox, tune):
    activity.locator(".event").nth(1).get_by_role("link", name="Undo").click()
    expect(activity.get_by_role("heading", level=1)).to_contain_text("Undo")
    activity.get_by_role("button", name="Undo").click()
    expect(activity).to_have_url("/activity/")
    expect(message(activity, "Contract clauses is restored.")).to_be_visible()
    expect(activity.locator(".event")).to_have_count(5)
    assert not sandbox.catalog.find(tune)["archived"]


def test_a_model_leads_to_its_own_activity_and_a_viewer_reads_it_all(browser_of: Callable, carol, past, tune):
    page = browser_of(carol)
    page.goto(f"/models/{tune}/")
    expect(page.locator(".event")).to_have_count(3)
    expect(page.locator(".event .act")).to_have_count(0)
    page.get_by_role("link", name="All activity of this model").click()
    expect(page.locator("#count")).to_have_text("3 actions")
    page.get_by_role("link", name="Clear all").click()
    expect(page.locator("#count")).to_have_text("4 actions")
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_text("What you did; a Manager can export everyone’s")).to_be_visible()


def test_a_bulk_job_is_one_line_that_unfolds_and_leads_to_the_job(activity: Page, bob, sandbox: Sandbox):
    live = [each for each in sandbox.catalog.fine_tunes() if not sandbox.catalog.find(each)["archived"]][:3]
    job = jobs.make_job(actor=bob, verb=Verb.ARCHIVE, model_ids=live)
    jobs.start_job(actor=bob, job_id=job.pk)
    while runner.run_one():
        pass
    activity.reload()
    line = activity.locator(".event").first
    expect(line.locator(".told")).to_have_text("bob archived 3 models")
    line.locator(".more > summary").click()
    expect(line.locator(".more li")).to_have_count(3)
    activity.get_by_role("link", name="Bulk jobs").click()
    activity.go_back()
    line.get_by_role("link", name="Show the job").click()
    expect(activity.get_by_role("heading", level=1)).to_have_text("3 models are archived")


def test_older_and_newest(browser_of, bob, alice, tune, sandbox: Sandbox):
    for number in range(26):
        verb = verbs.archive_model if number % 2 == 0 else verbs.unarchive_model
        verb(context=Context(actor=bob), model_id=tune)
        protect = verbs.protect_model if number % 2 == 0 else verbs.unprotect_model
        protect(context=Context(actor=alice), model_id=sandbox.catalog.fine_tunes()[0])
    page = browser_of(bob)
    page.goto("/activity/")
    expect(page.locator("#count")).to_have_text("52 actions")
    expect(page.locator(".event")).to_have_count(50)
    page.get_by_role("link", name="Older").click()
    expect(page.locator(".event")).to_have_count(2)
    expect(page).not_to_have_url("/activity/")
    page.go_back()
    expect(page.locator(".event")).to_have_count(50)
    expect(row_of(page, tune)).to_have_count(0)
