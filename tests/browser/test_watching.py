"""Watching a model from its page, and dealing with what the list says; with JavaScript and without, at any size."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from models_ui.alerts.watch_list import acknowledge_concern, put_on_list, snooze_concerns, watch_list, watches_of
from models_ui.catalog.store import load_index
from models_ui.models import CatalogModel, Mirror
from sandbox import Sandbox
from tests.browser.conftest import message
from tests.conftest import PASSWORD
from tests.support.browser import FITS, LAYOUT, violations
from tests.support.clock import sync_until_confirmed

MEDIUM = "mistral-medium-2508"


def entry(page: Page, model_id: str) -> Locator:
    return page.locator(f'[data-watch="{model_id}"]')


def section(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def open_watch_list(page: Page) -> None:
    page.get_by_role("button", name="carol").click()
    page.get_by_role("link", name="Watch list").click()


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_from_the_models_page_to_a_list_without_worries(script: bool, carol, browser_of: Callable[..., Page]):
    page = browser_of(carol, script=script)
    page.goto("/watching/")
    page.get_by_role("link", name="Choose a model").click()
    page.get_by_role("link", name=MEDIUM, exact=True).first.click()
    page.get_by_role("button", name="Watch", exact=True).click()
    expect(message(page, f"You are now watching {MEDIUM}.")).to_be_visible()
    expect(page).to_have_url(f"/models/{MEDIUM}/")
    open_watch_list(page)

    page.get_by_role("button", name=f"Acknowledge {MEDIUM}").click()
    expect(message(page, "quiet until something changes")).to_be_visible()
    expect(section(page, "Acknowledged").get_by_role("listitem")).to_have_count(1)
    page.get_by_role("button", name=f"Resume {MEDIUM}").click()
    page.get_by_role("button", name=f"Snooze 30 days {MEDIUM}").click()
    expect(section(page, "Snoozed")).to_contain_text("Quiet until")
    page.goto("/")
    expect(page.get_by_role("region", name="Needs somebody")).not_to_contain_text(MEDIUM)
    open_watch_list(page)
    page.get_by_role("button", name=f"Stop watching {MEDIUM}").click()
    expect(entry(page, MEDIUM)).to_have_count(0)
    expect(page.get_by_role("main")).to_contain_text("You are not watching any model yet.")


def test_an_alias_is_watched_beside_its_model(carol, browser_of: Callable[..., Page]):
    page = browser_of(carol)
    page.goto("/models/mistral-medium-latest/")
    page.get_by_role("button", name="Watch the alias").click()
    expect(page.get_by_role("button", name="Stop watching the alias")).to_be_visible()
    expect(page.get_by_role("button", name="Watch", exact=True)).to_be_visible()
    page.goto("/watching/")
    expect(entry(page, "mistral-medium-latest")).to_contain_text("An alias. Today it means mistral-medium-2604.")


def test_all_of_it_works_with_the_keyboard(carol, browser_of: Callable[..., Page]):
    page = browser_of(carol)
    page.goto(f"/models/{MEDIUM}/")
    page.get_by_role("button", name="Watch", exact=True).press("Enter")
    page.goto("/watching/")
    page.get_by_role("button", name=f"Snooze 7 days {MEDIUM}").press("Enter")
    expect(section(page, "Snoozed")).to_be_visible()


def test_a_digest_is_asked_for(carol, browser_of: Callable[..., Page]):
    page = browser_of(carol, script=False)
    page.goto("/watching/")
    page.get_by_label("Tell me of").select_option("what I watch")
    page.get_by_role("button", name="Save").click()
    expect(message(page, "Your digest is set.")).to_be_visible()
    expect(page.get_by_label("Tell me of")).to_have_value("watched")


@pytest.fixture
def everything(synced, sandbox: Sandbox, carol) -> None:
    """Carol's list holds one entry of every kind, in every standing."""
    tune = next(each for each in sandbox.catalog.fine_tunes() if "contract-clauses" in each)
    sandbox.catalog.update_model(sandbox.catalog.find(tune)["root"], deprecation="2031-04-22T12:00:00Z")
    sandbox.catalog.retire("devstral-2512")
    sync_until_confirmed()
    now = timezone.now()
    index = load_index(now)
    aliases = ("mistral-medium-latest", "voxtral-mini-latest")
    for model_id in (MEDIUM, "mistral-ocr-2505", "devstral-2512", "mistral-large-2512", tune, *aliases):
        put_on_list(owner=carol, model_id=model_id, index=index, now=now)
    entries = {each.watch.model_id: each for each in watch_list(watches_of(carol), index, now)}
    acknowledge_concern(entries[MEDIUM], seen=entries[MEDIUM].concern.key)
    snooze_concerns(entries["mistral-ocr-2505"], days=7)


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_a_full_list_breaks_no_rule_and_fits(locale: str, everything, carol, browser_of: Callable[..., Page], axe: Axe):
    for width in (320, 640, 1280):
        page = browser_of(carol, width=width, locale=locale)
        page.goto("/watching/")
        expect(page.locator("[data-watch]")).to_have_count(7)
        assert page.evaluate(LAYOUT) == FITS, width
        if width != 640:
            assert not violations(page, axe)


def test_a_person_signed_out_meanwhile_is_told_and_led_back_to_where_they_were(browser_of, carol):
    page = browser_of(carol)
    page.goto(f"/models/{MEDIUM}/")
    page.context.clear_cookies(name=django_settings.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="Watch", exact=True).click()
    expect(page.get_by_text("You were signed out, so nothing was done. Sign in, then do it again.")).to_be_visible()
    page.get_by_label("Login").fill("carol")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"/models/{MEDIUM}/")
    page.get_by_role("button", name="Watch", exact=True).click()
    expect(message(page, f"You are now watching {MEDIUM}.")).to_be_visible()


def test_a_stale_token_leads_back_to_the_page_that_gets_a_new_one(browser_of, carol, troubles):
    troubles.expect("403")
    page = browser_of(carol)
    page.goto(f"/models/{MEDIUM}/")
    page.context.clear_cookies(name=django_settings.CSRF_COOKIE_NAME)
    page.get_by_role("button", name="Watch", exact=True).click()
    page.get_by_role("link", name="Load the page again").click()
    page.get_by_role("button", name="Watch", exact=True).click()
    expect(message(page, f"You are now watching {MEDIUM}.")).to_be_visible()


@pytest.mark.parametrize("model_id", [MEDIUM, "constructor"])
def test_the_menu_of_a_row_says_whether_one_watches_the_model(model_id: str, catalog: Page, sandbox: Sandbox):
    if model_id == "constructor":
        CatalogModel.objects.filter(model_id=MEDIUM).update(model_id=model_id, aliases=[], name="")
        Mirror.objects.update(version="another")
    catalog.goto("/models/?type=base&per_page=100")
    catalog.locator('[data-facet="status"][data-value="retiring"] input').check()
    expect(catalog).to_have_url("/models/?type=base&status=retiring&per_page=100")
    menu, more = catalog.locator("#row-menu"), catalog.locator(f'[data-model-id="{model_id}"] [data-more]')
    more.click()
    menu.get_by_role("button", name="Watch", exact=True).click()
    expect(message(catalog, f"You are now watching {model_id}.")).to_be_visible()
    expect(catalog).to_have_url("/models/?type=base&status=retiring&per_page=100")
    more.click()
    expect(menu.get_by_role("button", name="Watch", exact=True)).to_be_hidden()
    menu.get_by_role("button", name="Stop watching").press("Enter")
    expect(message(catalog, f"You no longer watch {model_id}.")).to_be_visible()
    more.click()
    expect(menu.get_by_role("button", name="Watch", exact=True)).to_be_visible()
