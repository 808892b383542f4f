"""Freshness, trouble upstream, trouble on the way to us, and the states without any row."""

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Page, expect

from models_ui.leases import release_lease, take_lease
from models_ui.mirror.state import LEASE, mirror_state
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogModel, Mirror
from sandbox import Sandbox
from tests.browser.conftest import HeldUp, ids, message, says_beside
from tests.conftest import PASSWORD

NEW = {"id": "aaa-brand-new", "object": "model", "owned_by": "mistralai", "name": "aaa-brand-new", "type": "base"}


@pytest.fixture
def stale(synced, settings):
    """Every page finds the mirror old."""
    settings.MODELS_STALE_AFTER = -1


def test_refresh_shows_what_is_new_and_keeps_filters_focus_and_history(catalog: Page, sandbox: Sandbox):
    catalog.goto("/models/devstral-2512/")
    catalog.goto("/models/?type=base")
    sandbox.catalog.add(NEW)
    button = catalog.get_by_role("button", name="Refresh")
    button.click()
    expect(catalog.locator('[data-model-id="aaa-brand-new"]')).to_be_visible()
    expect(catalog.locator("#count")).to_have_text("28 models")
    expect(catalog.locator("#live")).to_have_text("Synced just now: 1 new model. 28 models")
    expect(catalog.locator("#freshness")).to_contain_text("Synced just now: 1 new model")
    expect(button).to_be_focused()
    expect(catalog).to_have_url("/models/?type=base")
    catalog.go_back()
    expect(catalog).to_have_url("/models/devstral-2512/")


def test_a_refresh_says_that_it_is_under_way_and_then_that_nothing_is_new(catalog: Page):
    waiting = HeldUp(catalog, "/sync/$")
    catalog.get_by_role("button", name="Refresh").click()
    expect(catalog.locator("#live")).to_have_text("Refreshing…")
    assert says_beside(catalog, "#refresh") == "Refreshing…"
    waiting.let_go()
    expect(catalog.locator("#live")).to_have_text("Synced just now: nothing new")
    expect(catalog.locator("#freshness")).to_contain_text("Synced just now: nothing new")


def test_who_joins_the_refresh_of_another_is_told_as_well(catalog: Page, sandbox: Sandbox):
    token = take_lease(LEASE, 60)
    catalog.get_by_role("button", name="Refresh").click()
    expect(catalog.locator("#freshness")).to_contain_text("Syncing…")
    release_lease(LEASE, token)
    expect(catalog.locator("#live")).to_have_text("Synced just now: nothing new")


def test_without_a_script_a_refresh_ends_with_what_is_new(browser_of, carol, sandbox: Sandbox):
    page = browser_of(carol, script=False)
    page.goto("/models/?type=base")
    page.get_by_role("button", name="Refresh").click()
    expect(message(page, "Refreshed: nothing new.")).to_be_visible()
    sandbox.catalog.add(NEW)
    page.get_by_role("button", name="Refresh").click()
    expect(message(page, "Refreshed: 1 new model.")).to_be_visible()
    expect(page).to_have_url("/models/?type=base")


def test_a_stale_page_renders_at_once_and_offers_what_came_without_moving_a_row(
    signed_in: Page, sandbox: Sandbox, stale
):
    sandbox.catalog.add(NEW)
    page = signed_in
    waiting = HeldUp(page, "/sync/$")
    page.goto("/models/")
    rows = ids(page)
    assert len(rows) == 43
    waiting.await_one()
    assert len(waiting.routes) == 1
    waiting.let_go()
    page.unroute_all()
    offer = page.get_by_role("link", name="Models changed. Show them")
    expect(offer).to_be_visible()
    assert ids(page) == rows
    # Nothing was focused, so the first Tab still finds the first thing on the page.
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    offer.click()
    expect(page.locator('[data-model-id="aaa-brand-new"]')).to_be_visible()


def test_a_stale_page_without_news_offers_nothing(signed_in: Page, stale, settings):
    with signed_in.expect_response("**/sync/"):
        signed_in.goto("/models/")
    settings.MODELS_STALE_AFTER = 300
    expect(signed_in.locator("#freshness")).to_contain_text("Synced just now")
    expect(signed_in.get_by_text("Models changed")).to_have_count(0)


def test_upstream_down_shows_a_banner_and_keeps_every_row_until_it_is_back(catalog: Page, sandbox: Sandbox):
    rows = ids(catalog)
    sandbox.faults.add("status", status=500, shape="html")
    catalog.get_by_role("button", name="Refresh").click()
    banner = catalog.locator("#freshness [role=alert]")
    expect(banner).to_contain_text("The last sync failed, so you see what was known before.")
    assert ids(catalog) == rows
    catalog.reload()
    expect(banner).to_be_visible()
    assert ids(catalog) == rows
    sandbox.faults.clear()
    catalog.get_by_role("button", name="Refresh").click()
    expect(banner).to_have_count(0)


def test_a_dashboard_that_does_not_answer_says_so_and_recovers(catalog: Page, troubles):
    troubles.expect("ERR_FAILED|htmx:sendError")
    catalog.route("**/models/?*", lambda route: route.abort())
    box = catalog.locator("#q")
    box.fill("voxtral")
    notice = catalog.get_by_role("alert").filter(has_text="did not answer")
    expect(notice).to_be_visible()
    assert len(ids(catalog)) == 43
    expect(catalog.locator("#results")).not_to_have_attribute("aria-busy", "true")
    catalog.unroute_all()
    box.fill("voxtral-")
    expect(catalog.locator("#count")).to_have_text("6 of 43 models")
    expect(notice).to_be_hidden()


def test_an_error_page_is_told_in_its_own_words_and_never_put_into_the_middle_of_this_one(catalog: Page, troubles):
    troubles.expect("403")
    catalog.context.clear_cookies(name=django_settings.CSRF_COOKIE_NAME)
    catalog.get_by_role("button", name="Refresh").click()
    expect(catalog.get_by_role("alert")).to_contain_text("This page was open for too long")
    expect(catalog.locator("header.top")).to_have_count(1)
    expect(catalog.get_by_role("button", name="Refresh")).to_be_enabled()
    assert len(ids(catalog)) == 43


def test_a_session_that_ended_leads_to_the_login_and_back_to_the_same_view(catalog: Page):
    catalog.goto("/models/?type=base&capability=vision")
    catalog.context.clear_cookies(name=django_settings.SESSION_COOKIE_NAME)
    catalog.locator('[data-facet="status"][data-value="live"] input').click()
    expect(catalog.get_by_role("heading", level=1)).to_have_text("Sign in")
    catalog.get_by_label("Login").fill("carol")
    catalog.get_by_label("Password").fill(PASSWORD)
    catalog.get_by_role("button", name="Sign in").click()
    expect(catalog).to_have_url("/models/?type=base&capability=vision")


def test_signing_out_ends_at_the_login_and_back_shows_nothing(catalog: Page):
    catalog.locator(".menu > button").click()
    catalog.get_by_role("button", name="Sign out").click()
    expect(catalog.locator("[data-model-id]")).to_have_count(0)
    catalog.go_back()
    expect(catalog.get_by_role("heading", level=1)).to_have_text("Sign in")


# --- No rows


def nothing_synced(settings) -> None:
    settings.MODELS_STALE_AFTER = float("inf")
    CatalogModel.objects.all().delete()
    Mirror.objects.all().delete()
    mirror_state()


def test_an_empty_catalog_fills_itself_after_the_first_sync(signed_in: Page, sandbox: Sandbox):
    waiting = HeldUp(signed_in, "/sync/$")
    signed_in.goto("/models/")
    expect(signed_in.get_by_role("heading", name="No models yet")).to_be_visible()
    expect(signed_in.get_by_role("button", name="Sync now")).to_be_visible()
    waiting.let_go()
    expect(signed_in.locator("#count")).to_have_text("43 models")


def test_no_match_says_so_and_leads_out(catalog: Page):
    catalog.locator("#q").fill("zzz")
    expect(catalog.get_by_role("heading", name="No model matches")).to_be_visible()
    expect(catalog.locator("#live")).to_have_text("0 of 43 models")
    catalog.get_by_role("link", name="Show all models").click()
    expect(catalog.locator("#count")).to_have_text("43 models")
    expect(catalog.locator("#q")).to_have_value("")


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (500, "The models could not be loaded"),
        (401, "The dashboard may not list your models"),
    ],
)
def test_could_not_load_and_may_not_load_each_say_what_to_do(signed_in: Page, sandbox: Sandbox, status, title):
    sandbox.faults.add("status", status=status)
    run_sync()
    signed_in.goto("/models/")
    expect(signed_in.get_by_role("heading", name=title)).to_be_visible()
    sandbox.faults.clear()
    signed_in.get_by_role("button", name="Try again").click()
    expect(signed_in.locator("#count")).to_have_text("43 models")
