"""Many at once: choose, review, run through failures and a killed worker, retry what failed, take it all back."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Page, expect

from models_ui.bulk import pauses, runner
from models_ui.mirror.sync import run_sync
from models_ui.models import BulkJob
from sandbox import Sandbox
from tests.browser.conftest import row_of, written
from tests.support import ROOT
from tests.support.processes import address_of_the_test_database, until

TUNES = "/models/?type=fine-tuned"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pauses, "BACK_OFF", 0.0)


@pytest.fixture
def worker(sandbox: Sandbox, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen]]:
    """A real worker in a process of its own, of the impatient kind."""
    running: list[subprocess.Popen] = []
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"} | {
        "DATABASE_URL": address_of_the_test_database(),
        "VAR_DIR": str(tmp_path / "var"),
        "MISTRAL_API_KEY": sandbox.key,
        "MODELS_API_BASE_URL": sandbox.url,
        "MODELS_API_TIMEOUT": "0.5",
        "MODELS_API_TOTAL_TIMEOUT": "1",
        "LOG_LEVEL": "CRITICAL",
        "SECRET_KEY": django_settings.SECRET_KEY,
    }

    def start(*options: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "tests.bulk.impatient", *options]
        running.append(subprocess.Popen(command, cwd=ROOT, env=environment))
        return running[-1]

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture(params=[True, False], ids=["with a script", "without"])
def bobs(request, browser_of, bob) -> Page:
    page = browser_of(bob, script=request.param)
    page.scripted = request.param
    page.goto(TUNES)
    return page


def work_all() -> None:
    while runner.run_one():
        pass


def test_chosen_rows_are_reviewed_with_what_is_skipped_and_why(bobs: Page, sandbox: Sandbox, tune, archived):
    for each in (tune, archived):
        row_of(bobs, each).get_by_role("checkbox").check()
    if bobs.scripted:
        expect(bobs.locator("#bulk output")).to_have_text("2 chosen")
    bobs.get_by_role("button", name="Archive…").click()
    expect(bobs.get_by_role("heading", level=1)).to_have_text("Archive 1 model?")
    skipped = bobs.get_by_role("region", name="1 model will be skipped")
    expect(row_of(bobs, archived)).to_contain_text("It is archived already")
    expect(skipped).to_contain_text("RFP answers")
    expect(bobs.get_by_role("region", name="1 model, exactly this one")).to_contain_text("Contract clause finder")
    assert written(sandbox) == []
    bobs.get_by_role("button", name="Cancel").click()
    expect(bobs).to_have_url(TUNES)
    work_all()
    assert written(sandbox) == []


def test_the_bar_comes_with_the_first_choice_over_the_tables_head_and_goes_with_the_last(browser_of, bob, tune):
    page = browser_of(bob)
    page.goto(TUNES)
    bar, row = page.get_by_role("form", name="What to do with the chosen models"), row_of(page, tune)
    expect(bar).to_be_hidden()
    was_at = row.bounding_box()["y"]
    box = row.get_by_role("checkbox")
    box.focus()
    page.keyboard.press("Space")
    expect(bar).to_be_visible()
    assert row.bounding_box()["y"] == was_at
    expect(bar.get_by_role("button", name="Archive…")).to_be_visible()
    expect(bar.get_by_role("button", name="Restore…")).to_be_hidden()  # nothing of it is archived
    expect(page.locator("[data-pick-page]")).to_have_js_property("indeterminate", True)
    page.get_by_role("checkbox", name="All on this page").check()
    expect(page.locator("#bulk output")).to_have_text("16 chosen")
    expect(bar.get_by_role("button", name="Restore…")).to_be_visible()
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    expect(box).not_to_be_checked()


def test_the_bar_leaves_at_least_half_of_a_screen_at_400_percent(browser_of, bob, tune):
    page = browser_of(bob, width=320)
    page.set_viewport_size({"width": 320, "height": 225})
    page.goto(TUNES)
    row_of(page, tune).get_by_role("checkbox").check()
    bar = page.get_by_role("form", name="What to do with the chosen models")
    page.mouse.wheel(0, 400)
    expect(bar).to_be_in_viewport()
    assert bar.bounding_box()["height"] <= 225 / 4


def test_chosen_models_are_watched_from_the_bar(browser_of, carol, tune, archived):
    page = browser_of(carol)
    page.goto(TUNES)
    for each in (tune, archived):
        row_of(page, each).get_by_role("checkbox").check()
    page.get_by_role("form", name="What to do with the chosen models").get_by_role("button", name="Watch").click()
    expect(page).to_have_url(TUNES)
    expect(page.get_by_text("You are now watching 2 models.")).to_be_visible()


def choose_all(page: Page) -> None:
    """Choose all that match: a box of the bar, which comes with the first choice."""
    page.locator("[data-model-id] .pick input").first.check()
    page.locator("[data-pick-all]").evaluate("box => box.click()")


def test_all_that_match_never_means_another_query(browser_of, bob, sandbox: Sandbox):
    """What is sent belongs to the rows in sight, though the filter has changed since the box was ticked."""
    page = browser_of(bob)
    page.goto(TUNES)
    choose_all(page)
    expect(page.locator("#bulk output")).to_have_text("16 chosen")
    page.locator("#q").fill("support")
    expect(page.locator("#count")).to_contain_text("3 of 16")
    expect(page.locator("#bulk")).to_be_hidden()
    choose_all(page)
    expect(page.locator("#bulk output")).to_have_text("3 chosen")
    page.get_by_role("button", name="Archive…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Archive 2 models?")
    assert BulkJob.objects.get().items.count() == 3
    assert all("support" in item.model_id for item in BulkJob.objects.get().items.all())


def test_a_big_job_runs_through_failures_and_a_killed_worker_and_can_be_taken_back(
    browser_of, bob, sandbox: Sandbox, worker
):
    """3 % of the writes fail for good, and the worker is killed in the middle."""
    pattern = sandbox.catalog.find(next(each for each in sandbox.catalog.fine_tunes() if "contract" in each))
    many = [f"ft:open-mistral-7b:many:20260101:{place:04d}" for place in range(60)]
    sandbox.catalog.add(*({**pattern, "id": each, "name": f"Trial {each[-4:]}"} for each in many))
    run_sync()
    for broken in (many[20], many[45]):
        sandbox.faults.add("422", verb="archive", model=broken)
    sandbox.faults.add("slow", verb="archive", seconds=0.03)
    page = browser_of(bob)
    page.goto("/models/?q=trial&per_page=25")
    page.locator("[data-model-id] .pick input").first.check()
    page.get_by_role("checkbox", name="All 60 fine-tunes that match").check()
    page.get_by_role("button", name="Archive…").click()
    page.get_by_label("Reason (optional)").fill("Last year’s trials")
    page.get_by_role("button", name="Archive 60 models").click()
    expect(page.get_by_text("Nothing is working on jobs")).to_be_visible()
    page.evaluate(
        """() => {
          window.told = [];
          const live = document.getElementById("live");
          new MutationObserver(() => window.told.push(live.textContent)).observe(live, { childList: true });
        }"""
    )
    first = worker("--threads=2")
    until(lambda: sandbox.counts["archive"] >= 15)
    first.kill()
    first.wait()
    expect(page.get_by_role("progressbar", name=re.compile("of 60 archived"))).to_be_visible()
    assert worker("--once").wait(30) == 0
    expect(page.get_by_role("heading", level=1)).to_have_text("58 of 60 archived")
    assert sorted(each.model for each in sandbox.calls if each.verb == "archive" and each.performed) == sorted(
        set(many) - {many[20], many[45]}
    )
    told = page.evaluate("() => window.told")
    assert 1 <= len(told) <= 5
    assert "58 of 60 archived, 2 failed" in told[-1]

    failed = page.get_by_role("region", name="2 models were not done")
    expect(failed.locator("tbody tr")).to_have_count(2)
    expect(failed.locator("tbody tr").first).to_contain_text("Correlation id:")
    sandbox.faults.clear()
    before = len(written(sandbox))
    page.get_by_role("button", name=re.compile("again")).click()
    assert worker("--once").wait(30) == 0
    expect(page.get_by_role("heading", level=1)).to_have_text("60 models are archived")
    assert len(written(sandbox)) - before == 2

    page.get_by_role("button", name=re.compile("^Undo")).click()
    page.get_by_role("button", name="Restore 60 models").click()
    assert worker("--once").wait(30) == 0
    expect(page.get_by_role("heading", level=1)).to_have_text("60 models are restored")
    assert not any(sandbox.catalog.find(each)["archived"] for each in many)
    page.goto("/activity/?q=0007")
    expect(page.locator("#count")).to_have_text("2 actions")


def test_the_whole_way_without_a_script(browser_of, bob, sandbox: Sandbox, tune):
    page = browser_of(bob, script=False)
    page.goto("/models/?q=contract")
    page.get_by_role("checkbox", name="The 1 fine-tune that matches").check()
    page.get_by_role("button", name="Archive…").click()
    page.get_by_role("button", name="Archive 1 model").click()
    page.goto("/models/?type=base")  # whoever looks at models meanwhile is told what is changing them
    notice = page.locator(".notice").filter(has_text="Archiving 1 model for bob: 0 of 1 archived.")
    notice.get_by_role("link", name="Show the progress").click()
    work_all()
    page.get_by_role("link", name="Load again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 model is archived")
    page.get_by_role("button", name=re.compile("^Undo")).click()
    page.get_by_role("button", name="Restore 1 model").click()
    work_all()
    page.get_by_role("link", name="Load again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 model is restored")
    page.get_by_role("link", name="Back to the list").click()
    expect(page).to_have_url("/models/?q=contract")
    expect(page.locator(".notice")).to_have_count(0)
    expect(row_of(page, tune).locator(".status")).to_have_text("Live")
    assert written(sandbox) == ["archive", "unarchive"]
