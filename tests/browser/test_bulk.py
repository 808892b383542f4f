"""Archiving many at once in a real browser: choose, review, watch, undo, with and without JavaScript."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from models_ui import job_runner, jobs
from models_ui.models import BulkItem, BulkJob
from models_ui.sync import SyncResult
from sandbox import Sandbox


@pytest.fixture
def editor(page: Page, bob: User, sign_in, synced: SyncResult) -> Page:
    """Bob's browser on the live fine-tunes, with somebody working on jobs."""
    jobs.beat("test")
    sign_in(page.context, bob)
    page.goto("/models/?type=fine-tuned&state=live")
    return page


def work(turns: int = 1000) -> None:
    for _ in range(turns):
        if not job_runner.run_one():
            return


def chosen(page: Page) -> str:
    return page.locator("#bulk output").inner_text()


def test_boxes_count_and_a_new_filter_forgets_them(editor: Page):
    archive = editor.get_by_role("button", name="Archive selected…")
    expect(archive).to_be_disabled()
    boxes = editor.locator("input[name=model]")
    total = boxes.count()
    boxes.nth(0).check()
    boxes.nth(2).check()
    assert chosen(editor) == "2"
    expect(archive).to_be_enabled()
    editor.get_by_label("All on this page").check()
    assert chosen(editor) == str(total)
    boxes.nth(1).uncheck()
    assert chosen(editor) == str(total - 1)
    editor.get_by_label(re.compile("fine-tunes that match")).check()
    assert chosen(editor) == str(total)
    boxes.nth(1).uncheck()
    assert chosen(editor) == str(total - 1)
    expect(editor.get_by_label(re.compile("fine-tunes that match"))).not_to_be_checked()

    editor.locator("#q").fill("support")
    expect(editor).to_have_url(re.compile("q=support"))
    expect(editor.locator("#bulk output")).to_have_text("0")
    expect(archive).to_be_disabled()


def test_after_a_filter_all_that_match_are_those_of_the_filter(editor: Page):
    """The bar once kept the query of the page before it, in another tool, and changed what nobody had chosen."""
    editor.locator("#q").fill("support")
    expect(editor).to_have_url(re.compile("q=support"))
    ids = editor.locator("[data-model-id]").evaluate_all("rows => rows.map((row) => row.dataset.modelId)")
    editor.get_by_label(re.compile("that match")).check()
    editor.get_by_role("button", name="Archive selected…").click()
    expect(editor.locator("h1")).to_have_text(re.compile(rf"^Archive {len(ids)} models?\?$"))
    found = editor.locator(".items [data-model-id]").evaluate_all("rows => rows.map((row) => row.dataset.modelId)")
    assert found == ids


def test_from_the_list_to_the_review_the_progress_and_back_again(editor: Page, axe, sandbox: Sandbox, troubles):
    def accessible() -> None:
        assert axe.run(editor).violations_count == 0, axe.run(editor).generate_report()

    ids = editor.locator("input[name=model]").evaluate_all("boxes => boxes.map((box) => box.value)")
    sandbox.faults.add("422", verb="archive", model=ids[1])
    editor.get_by_label("All on this page").check()
    accessible()
    editor.get_by_role("button", name="Archive selected…").click()
    accessible()
    editor.get_by_label("Reason").fill("Spring cleaning")
    editor.get_by_role("button", name=f"Archive {len(ids)} models").click()
    expect(editor.locator("#so-far")).to_have_text(f"0 of {len(ids)} archived")
    expect(editor.locator("#live")).to_have_text(f"0 of {len(ids)} archived")
    work(4)
    expect(editor.locator("#so-far")).to_have_text(f"3 of {len(ids)} archived, 1 failed")
    expect(editor.locator("#progress")).to_contain_text("The Models API does not accept this")
    accessible()
    work()
    expect(editor.get_by_role("heading", level=1)).to_have_text(f"{len(ids) - 1} of {len(ids)} archived")
    expect(editor.locator("#live")).to_have_text(f"{len(ids) - 1} of {len(ids)} archived, 1 failed")
    accessible()

    sandbox.faults.clear()
    editor.get_by_role("button", name="Try 1 model again").click()
    work()
    expect(editor.get_by_role("heading", level=1)).to_have_text(f"{len(ids)} models are archived")
    asked: list[str] = []
    editor.on("request", lambda request: asked.append(request.url))
    editor.wait_for_timeout(1500)
    assert asked == []

    editor.get_by_role("button", name=f"Undo: Restore {len(ids)} models…").click()
    editor.get_by_role("button", name=f"Restore {len(ids)} models").click()
    work()
    expect(editor.get_by_role("heading", level=1)).to_have_text(f"{len(ids)} models are restored")
    assert not any(sandbox.catalog.find(each)["archived"] for each in ids)
    editor.goto("/bulk/")
    accessible()


def test_cancel_is_in_reach_of_the_keyboard_while_the_page_renews_itself(editor: Page):
    editor.get_by_label("All on this page").check()
    editor.get_by_role("button", name="Archive selected…").click()
    editor.locator("button.primary").click()
    cancel = editor.get_by_role("button", name="Cancel what is not sent yet")
    cancel.focus()
    work(2)
    expect(editor.locator("#so-far")).to_have_text(re.compile("^2 of "))
    expect(cancel).to_be_focused()
    editor.keyboard.press("Enter")
    expect(editor.get_by_role("heading", level=1)).to_have_text(re.compile("^Cancelled: 2 of "))
    assert BulkItem.objects.filter(state="done").count() == 2


def test_the_job_goes_on_when_the_tab_is_closed_and_the_page_is_found_again(editor: Page, bob: User, sign_in):
    editor.get_by_label("All on this page").check()
    editor.get_by_role("button", name="Archive selected…").click()
    editor.locator("button.primary").click()
    expect(editor.locator("#progress")).to_be_visible()
    address, context = editor.url, editor.context
    editor.close()
    work()
    again = context.new_page()
    again.goto(address)
    expect(again.get_by_role("heading", level=1)).to_have_text(re.compile("models are archived$"))


def test_it_all_works_without_javascript(new_context, bob: User, sign_in, synced: SyncResult, sandbox: Sandbox):
    jobs.beat("test")
    context = new_context(java_script_enabled=False)
    sign_in(context, bob)
    page = context.new_page()
    page.goto("/models/?type=fine-tuned&state=live")
    boxes = page.locator("input[name=model]")
    ids = [boxes.nth(place).get_attribute("value") for place in (0, 2)]
    boxes.nth(0).check()
    boxes.nth(2).check()
    page.get_by_role("button", name="Archive selected…").click()
    page.get_by_role("button", name="Archive 2 models").click()
    work(1)
    page.get_by_role("link", name="Load again").click()
    expect(page.locator("#so-far")).to_have_text("1 of 2 archived")
    work()
    page.get_by_role("link", name="Load again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 models are archived")
    assert all(sandbox.catalog.find(each)["archived"] for each in ids)
    page.get_by_role("button", name="Undo: Restore 2 models…").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page).to_have_url(re.compile("/models/"))
    assert BulkJob.objects.filter(started_at=None, state="cancelled").count() == 1
