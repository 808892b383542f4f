"""What stands side by side: long names within their page, times with their zone, messages that agree, and the focus
near what had it."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from models_ui.access.verbs import Verb
from models_ui.actions import undo
from models_ui.actions.context import Context
from models_ui.alerts.feeds.addresses import make_address
from models_ui.bulk.jobs import make_job, start_job
from models_ui.catalog.query import CatalogQuery
from models_ui.mirror.sync import run_sync
from models_ui.models import Mirror
from sandbox import Sandbox
from tests.browser.conftest import archive, choose, row_of
from tests.support import verbs
from tests.support.browser import LAYOUT

LONG = "W" * 100
LONG_ID = f"ft:ministral-8b-latest:7c1e52d8:20260302:{'w' * 200}:d23f0824"


@pytest.fixture
def long_names(synced, sandbox: Sandbox, alice, tune) -> dict[str, str]:
    """Addresses of pages that name a model with a long name without a blank, and one with a long id."""
    sandbox.catalog.add({**sandbox.catalog.find(tune), "id": LONG_ID, "name": LONG})
    sandbox.catalog.describe(LONG_ID, LONG * 5)
    run_sync()
    context = Context(actor=alice, reason=LONG * 4)
    done = verbs.rename_model(context=context, model_id=tune, name=LONG, seen="Contract clause finder")
    draft = make_job(actor=alice, verb=Verb.ARCHIVE, model_ids=[tune, LONG_ID])
    job = make_job(actor=alice, verb=Verb.ARCHIVE, model_ids=[tune, LONG_ID])
    start_job(actor=alice, job_id=job.pk, reason=LONG * 4, request_id="")
    make_address(
        owner=alice,
        query=CatalogQuery(q=LONG),
        now=timezone.now(),
        name="W" * 60,
        language="en",
        form_id="f",
    )
    words = ("rename", "describe", "archive", "unarchive", "protect", "unprotect", "delete")
    pages = {f"{verb} {each[:9]}": f"/models/{each}/{verb}/" for verb in words for each in (tune, LONG_ID)}
    return pages | {
        "undo": f"/activity/{done.event.action_id}/undo/",
        "model": f"/models/{tune}/",
        "long id": f"/models/{LONG_ID}/",
        "unknown": f"/models/{LONG}/",
        "catalog": f"/models/?q={LONG}",
        "activity": f"/activity/?q={LONG}",
        "changes": f"/changes/?model={LONG_ID}",
        "review": f"/bulk/{draft.pk}/",
        "job": f"/bulk/{job.pk}/",
        "jobs": "/bulk/",
        "feeds": f"/feeds/?q={LONG}",
        "watching": "/watching/",
        "retirements": "/retirements/?type=fine-tuned",
        "overview": "/",
    }


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_a_long_name_without_a_blank_stays_within_every_page(browser_of, alice, long_names, width, troubles):
    troubles.expect("404")
    page = browser_of(alice, width=width)
    outside = {}
    for name, address in long_names.items():
        page.goto(address)
        layout = page.evaluate(LAYOUT)
        if layout["sideways"] or layout["outside"]:
            outside[name] = layout
    assert outside == {}


def test_a_long_name_begins_beside_its_arrow(browser_of, alice, long_names):
    page = browser_of(alice, width=320)
    page.goto(long_names["undo"])
    link = page.locator(".back a")
    expect(link).to_contain_text(LONG)
    lines = link.evaluate(
        """link => {
          const name = document.createRange();
          name.selectNodeContents(link);
          return [link, name].map((place) => place.getClientRects()[0].top);
        }"""
    )
    assert lines[0] == lines[1]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("width", [320, 1280])
def test_a_long_name_stays_within_forms_messages_and_dialogs(browser_of, alice, long_names, tune, width):
    page = browser_of(alice, width=width)
    page.goto(f"/models/?q={LONG}")
    row = row_of(page, LONG_ID)
    archive(row)
    expect(page.locator(".flash")).to_be_visible()
    choose(row, "rename")
    row.locator("[name=value]").fill(LONG[:-1])
    page.locator("#q").fill("zzz")
    expect(page.get_by_role("region", name="Not saved yet")).to_be_visible()
    assert (page.evaluate(LAYOUT)["sideways"], page.evaluate(LAYOUT)["outside"]) == (0, [])
    page.goto(f"/models/{tune}/")
    choose(page.locator("#actions"), "delete")
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")


# --- Times


def test_the_history_names_its_zone_once_for_the_lines_and_beside_each_moment_in_them(browser_of, alice, tune):
    done = verbs.archive_model(context=Context(actor=alice), model_id=tune)
    undo.undo_action(context=Context(actor=alice), action_id=done.event.action_id, insist=False, seen=None)
    page = browser_of(alice)
    page.goto("/activity/")
    expect(page.get_by_text("times are in UTC")).to_have_count(1)
    events = page.locator(".event")
    expect(events).to_have_count(2)
    lines = events.locator("> time").all_inner_texts()
    assert [text for text in lines if not re.fullmatch(r"\s*\d\d:\d\d\s*", text)] == []
    for fold in events.locator("details").all():
        fold.evaluate("fold => { fold.open = true; }")
    moments = events.locator(".more time").all_inner_texts()
    assert len(moments) >= 4
    assert [text for text in moments if not re.search(r"\d\d:\d\d:\d\d UTC$", text)] == []
    expect(events.last.get_by_text(re.compile(r"^\s*Undone by alice, .* \d\d:\d\d UTC\.\s*$"))).to_be_visible()


# --- Chips


def chip(page: Page, text: str):
    return page.get_by_role("link", name=f"Remove filter: {text}")


def test_removing_one_chip_after_the_other_keeps_the_focus_at_the_count_beside_them(browser_of, carol):
    page = browser_of(carol)
    page.goto("/models/?q=mistral&capability=vision&status=live")
    page.evaluate("() => { window.scrollTo(0, 60); }")
    chip(page, "“mistral”").press("Enter")
    expect(page).not_to_have_url(re.compile("q=mistral"))
    expect(page.locator("#count")).to_be_focused()
    expect(page.locator("#count")).to_be_in_viewport()
    expect(page.locator("#live")).to_contain_text("models")
    page.locator(".chips a.chip").last.press("Enter")
    expect(page.locator(".chips a.chip")).to_have_count(1)
    expect(page.locator("#count")).to_be_in_viewport()
    page.keyboard.press("Tab")  # over the exports, to the chip that is left
    for _ in range(4):
        if page.evaluate("() => document.activeElement.matches('.chip')"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".chips")).to_have_count(0)
    expect(page.locator("#count")).to_be_focused()
    expect(page.locator("#count")).to_be_in_viewport()
    expect(page.locator("#live")).to_have_text("43 models")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(
    "address", ["/models/?q=mistral&per_page=100", "/activity/?outcome=succeeded", "/changes/?q=zzz"]
)
def test_the_focus_after_a_chip_is_in_sight_however_far_one_had_scrolled(
    browser_of, alice, sandbox: Sandbox, tune, width, address
):
    for name in ("One", "Two", "Three"):
        seen = sandbox.catalog.find(tune)["name"]
        verbs.rename_model(context=Context(actor=alice), model_id=tune, name=name, seen=seen)
    page = browser_of(alice, width=width)
    page.goto(address)
    page.locator(".chips a.chip").first.focus()
    page.evaluate("() => { window.scrollTo(0, document.body.scrollHeight); }")
    page.keyboard.press("Enter")
    expect(page.locator(".chips")).to_have_count(0)
    expect(page.locator("#count")).to_be_focused()
    expect(page.locator("#count")).to_be_in_viewport()
    expect(page.locator("#live")).to_have_text(page.locator("#count").inner_text())


def test_a_preset_keeps_the_focus(browser_of, carol):
    page = browser_of(carol)
    page.goto("/models/")
    preset = page.get_by_role("link", name="≥ 128k")
    preset.press("Enter")
    expect(page).to_have_url("/models/?context_min=128000")
    expect(preset).to_be_focused()


# --- Messages that agree


@pytest.mark.parametrize("address", ["/", "/models/", "/retirements/"])
def test_a_failed_sync_and_the_last_good_one_are_one_statement(browser_of, carol, sandbox: Sandbox, address):
    sandbox.faults.add("status", status=500)
    page = browser_of(carol)
    page.goto(address)
    page.get_by_role("button", name="Refresh").click()
    said = page.locator("#freshness").get_by_role("alert")
    expect(said).to_contain_text("The last sync failed, so you see what was known before. Last good sync: just now.")
    expect(page.locator("#freshness").get_by_text(re.compile("^Synced"))).to_have_count(0)
    expect(page.locator("#live")).to_have_text("The last sync failed, so you see what was known before.")
    sandbox.faults.clear()
    page.get_by_role("button", name="Refresh").click()
    expect(said).to_have_count(0)
    expect(page.locator("#freshness")).to_contain_text("Synced just now")
    assert Mirror.objects.get().failure == {}
