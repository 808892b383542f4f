"""Actions that fail, wait or meet an ended session: the row stays what it is, and a sentence says what happened."""

import re

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Locator, Page, expect

from sandbox import Sandbox
from tests.browser.conftest import (
    TUNES,
    HeldUp,
    archive,
    choose,
    confirm,
    expect_offer,
    message,
    opener_of,
    row_of,
    says_beside,
    written,
)

# --- When it goes wrong


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "html", "status": 500}, "The Models API is in trouble (500)"),
        ({"kind": "401"}, "API key"),
        ({"kind": "429"}, "too many"),
    ],
)
def test_a_failure_is_told_with_its_correlation_id_and_the_row_stays_as_it_was(
    bobs: Page, sandbox: Sandbox, tune, troubles, fault, words
):
    troubles.expect("50[0-9]|429|401")
    sandbox.faults.add(verb="archive", **fault)
    row = row_of(bobs, tune)
    archive(row)
    said = message(bobs, "Contract clause finder was not archived.")
    expect(said).to_contain_text(re.compile(re.escape(words), re.IGNORECASE))
    expect(said).to_contain_text("Correlation id: ")
    expect(row.locator(".status")).to_have_text("Live")
    expect(opener_of(row, "archive")).to_be_focused()
    sandbox.faults.clear()
    archive(row)
    expect(row.locator(".status")).to_have_text("Archived")


def test_a_timeout_after_the_change_was_made_is_settled_by_looking(bobs: Page, sandbox: Sandbox, tune, settings):
    settings.MODELS_API_TIMEOUT = 0.5
    sandbox.faults.add("hang", verb="archive", after=True, seconds=3, times=1)
    row = row_of(bobs, tune)
    archive(row)
    expect(message(bobs, "Contract clause finder is archived.")).to_be_visible()
    expect(row.locator(".status")).to_have_text("Archived")
    assert written(sandbox) == ["archive"]


def test_an_outcome_that_nobody_knows_is_said_and_checking_again_finds_out(
    place: Locator, sandbox: Sandbox, tune, troubles
):
    troubles.expect("504|502")
    sandbox.faults.add("504", verb="archive", times=1)
    page = place.page
    archive(place)
    said = message(page, "It is not known whether this worked")
    expect(said).to_contain_text("Correlation id: ")
    expect(opener_of(place, "archive")).to_be_focused()
    with page.expect_response(lambda response: response.request.method == "GET"):  # what is shown is loaded again
        said.get_by_role("button", name="Check again").click()
    expect(said).to_have_count(0)
    said = message(page, "is as it was before. The change may still be on its way: check again in a minute.")
    sandbox.catalog.archive(tune)  # it was still on its way
    said.get_by_role("button", name="Check again").click()
    expect(message(page, "Contract clause finder is archived.")).to_be_visible()
    expect(said).to_have_count(0)
    expect_offer(place, "unarchive")
    assert written(sandbox) == ["archive"]


def test_a_model_that_is_gone_upstream_says_so_in_its_row(bobs: Page, sandbox: Sandbox, tune, troubles):
    troubles.expect("404")
    sandbox.catalog.remove(tune)
    row = row_of(bobs, tune)
    archive(row)
    expect(row.locator(".status")).to_have_text("Gone")
    expect(row).not_to_have_attribute("data-can", re.compile("archive|rename|delete"))
    expect(message(bobs, "Contract clause finder was not archived.")).to_be_visible()


# --- Sessions


def test_a_session_that_ended_leads_to_the_login_and_back_never_into_a_cell(bobs: Page, sandbox: Sandbox, tune):
    bobs.context.clear_cookies(name=django_settings.SESSION_COOKIE_NAME)
    choose(row_of(bobs, tune), "archive")
    expect(bobs.get_by_role("heading", level=1)).to_have_text("Sign in")
    bobs.get_by_label("Login").fill("bob")
    bobs.get_by_label("Password").fill("correct horse battery staple")
    bobs.get_by_role("button", name="Sign in").click()
    expect(bobs).to_have_url(TUNES)
    expect(row_of(bobs, tune).locator(".status")).to_have_text("Live")
    assert written(sandbox) == []


def test_a_stale_token_is_told_in_words_and_the_row_stays(bobs: Page, sandbox: Sandbox, tune, troubles):
    troubles.expect("403")
    row = row_of(bobs, tune)
    choose(row, "archive")
    expect(bobs.get_by_role("alertdialog")).to_be_visible()
    bobs.context.clear_cookies(name=django_settings.CSRF_COOKIE_NAME)
    confirm(bobs)
    expect(bobs.get_by_role("alert")).to_contain_text("This page was open for too long")
    expect_offer(row, "archive")
    assert written(sandbox) == []


def test_while_it_is_under_way_the_row_says_so_and_takes_nothing_else(bobs: Page, tune):
    row = row_of(bobs, tune)
    choose(row, "archive")
    expect(bobs.get_by_role("alertdialog")).to_be_visible()
    waiting = HeldUp(bobs, "/archive/$")
    confirm(bobs)
    expect(bobs.get_by_role("alertdialog")).to_have_count(0)
    expect(row).to_have_attribute("aria-busy", "true")
    expect(bobs.locator("#live")).to_have_text("Archiving…")
    assert says_beside(bobs, f'[data-model-id="{tune}"] .title') == "Archiving…"
    expect(row.locator("td").nth(1)).to_have_css("opacity", "0.55")
    row.locator("[data-more]").click()
    expect(bobs.locator("#row-menu")).to_be_hidden()
    waiting.let_go()
    expect(opener_of(row_of(bobs, tune), "unarchive")).to_be_focused()


def test_a_menu_asked_for_while_the_list_is_loaded_opens_on_the_new_row(bobs: Page, tune):
    waiting = HeldUp(bobs, "type=fine-tuned")
    bobs.get_by_role("link", name=re.compile("Our fine-tunes")).click()
    row_of(bobs, tune).locator("[data-more]").click()
    expect(bobs.locator("#row-menu")).to_be_hidden()
    waiting.let_go()
    expect(bobs.locator("#row-menu [data-verb=rename]")).to_be_focused()
    bobs.keyboard.press("Enter")
    expect(row_of(bobs, tune).get_by_label("Name", exact=True)).to_be_focused()


def test_a_menu_asked_for_while_the_list_is_loaded_opens_no_more_once_something_else_is_done(bobs: Page, tune):
    waiting = HeldUp(bobs, "type=fine-tuned")
    bobs.get_by_role("link", name=re.compile("Our fine-tunes")).click()
    row_of(bobs, tune).locator("[data-more]").click()
    bobs.locator("#q").press("Home")
    waiting.let_go()
    expect(bobs.locator("#results[aria-busy]")).to_have_count(0)
    expect(bobs.locator("#row-menu")).to_be_hidden()
    expect(bobs.locator("#q")).to_be_focused()


def test_a_quick_answer_says_nothing_of_waiting(bobs: Page, tune):
    bobs.evaluate(
        """() => {
          window.heard = [];
          const live = document.getElementById("live");
          new MutationObserver(() => window.heard.push(live.textContent)).observe(live, { childList: true });
        }"""
    )
    choose(row_of(bobs, tune), "archive")
    expect(bobs.get_by_role("alertdialog")).to_be_visible()
    waiting = HeldUp(bobs, "/archive/$")
    # The page's clock stands still, so that an answer is quick whatever this machine is busy with.
    bobs.clock.install()
    bobs.clock.pause_at(bobs.evaluate("Date.now()") / 1000 + 1)
    confirm(bobs)
    waiting.await_one()
    bobs.clock.run_for(150)
    waiting.let_go()
    expect(message(bobs, "is archived")).to_be_visible()
    bobs.clock.run_for(1_000)
    assert bobs.evaluate("window.heard") == []
