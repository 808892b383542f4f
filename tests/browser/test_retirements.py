"""Knowing what stops working before it does: from the overview to the date, its replacement, a calendar and the news."""

import re
from datetime import timedelta

import icalendar
import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from sandbox import Sandbox
from tests.browser.conftest import row_of
from tests.support.clock import sync_until_confirmed

RETIRING, TUNED = "mistral-medium-2508", "pixtral-12b-2409"


@pytest.fixture(params=[True, False], ids=["with a script", "without"])
def page(request, browser_of, carol) -> Page:
    return browser_of(carol, script=request.param)


def test_from_the_overview_to_what_stops_working_next_and_what_to_use_instead(page: Page):
    page.goto("/")
    following = page.get_by_role("region", name="Stops working next")
    expect(following.locator("li").first).to_contain_text("in 9 days")
    expect(following.locator("li").first).to_contain_text(RETIRING)
    following.get_by_role("link", name=re.compile("replacements compared")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Retirements")
    row = row_of(page, RETIRING)
    expect(row).to_contain_text("in 9 days")
    expect(row).to_contain_text("Gains Reasoning")
    expect(row).to_contain_text("Loses Fine-tuning")
    row.get_by_role("link", name="mistral-medium-2604").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("mistral-medium-2604")


def test_the_retirements_are_narrowed_down_by_links_that_the_address_holds(page: Page):
    page.goto("/retirements/")
    everything = page.locator("tr[data-model-id]")
    expect(everything).to_have_count(9)
    page.get_by_role("link", name="30 days", exact=True).click()
    expect(page).to_have_url("/retirements/?within=30")
    expect(everything).to_have_count(3)
    page.get_by_role("link", name="With fine-tunes affected").click()
    expect(page).to_have_url("/retirements/?within=30&affected=1")
    expect(everything).to_have_count(1)
    expect(row_of(page, TUNED).first).to_contain_text("Parcel damage")
    page.reload()
    expect(everything).to_have_count(1)
    page.get_by_role("link", name="Clear all").click()
    expect(everything).to_have_count(9)
    page.get_by_role("link", name="Show in the catalog").click()
    expect(page.locator("#count")).to_have_text("9 of 43 models")


def test_the_picture_is_read_aloud_and_its_facts_stand_in_the_table(page: Page):
    page.goto("/retirements/")
    picture = page.get_by_role("img", name="When models stop working, month by month")
    expect(picture).to_be_visible()
    expect(picture.locator("desc")).to_contain_text("The tables below hold the same facts.")
    expect(picture.locator(".mark")).to_have_count(9)


def test_a_fine_tunes_risk_is_worded_as_a_risk_and_leads_to_its_base_model(page: Page):
    page.goto("/retirements/")
    risk = page.locator("#at-risk").locator("..").locator("li").filter(has_text="Parcel damage")
    expect(risk).to_contain_text("Mistral does not say what happens to fine-tunes of it.")
    risk.get_by_role("link", name=TUNED).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TUNED)


@pytest.fixture
def moved(synced, sandbox: Sandbox) -> None:
    """Upstream has moved an alias and a date, and announced another one, which is confirmed."""
    now = timezone.now()
    sandbox.catalog.update_model(RETIRING, deprecation=f"{now + timedelta(days=40):%Y-%m-%d}T12:00:00Z")
    sandbox.catalog.update_model("codestral-2508", deprecation=f"{now + timedelta(days=80):%Y-%m-%d}T12:00:00Z")
    sync_until_confirmed()


def test_a_change_upstream_is_on_the_overview_on_its_page_and_on_the_models(page: Page, moved):
    page.goto("/")
    lately = page.get_by_role("region", name="What changed lately")
    expect(lately.locator("li")).to_have_count(2)
    lately.get_by_role("link", name="All changes").click()
    changes = page.locator(".change")
    expect(changes).to_have_count(2)
    expect(changes.filter(has_text=RETIRING)).to_contain_text("no longer on")
    page.get_by_role("checkbox", name="Retirement announced").check()
    apply = page.get_by_role("button", name="Apply filters")
    if apply.is_visible():
        apply.click()
    expect(page).to_have_url("/changes/?kind=deprecation.announced")
    expect(page.locator("#count")).to_have_text("1 change")
    page.locator(".change").get_by_role("link", name="codestral-2508").click()
    expect(page.locator("section").filter(has_text="What changed at Mistral")).to_contain_text("stops working on")


def test_the_sentence_that_nothing_has_changed_stands_where_there_is_room_for_it(page: Page):
    page.goto("/")
    expect(page.get_by_role("region", name="What changed lately")).to_contain_text(
        "Nothing has changed at Mistral so far."
    )
    page.goto("/changes/")
    said = page.get_by_text("Nothing has changed at Mistral since the first sync")
    expect(said).to_be_visible()
    assert said.bounding_box()["width"] > 400
    expect(page.get_by_role("link", name="CSV")).to_have_count(0)
    page.goto("/activity/")
    assert page.get_by_text("Nothing has been done yet").bounding_box()["height"] < 60


def test_a_calendar_of_a_filtered_view_is_made_used_and_revoked(page: Page, moved):
    page.goto("/models/?type=base&status=retiring")
    page.get_by_role("button", name="Export").click()
    page.get_by_role("link", name="Calendar and news").click()
    expect(page.get_by_role("group", name="Tells of")).to_contain_text("Type: Base")
    page.get_by_label("Name").fill("Our team")
    page.get_by_role("button", name="Create private link").click()
    expect(page.get_by_role("heading", name="“Our team” is ready")).to_be_visible()
    address = page.locator("#made-ics").inner_text()
    calendar = icalendar.Calendar.from_ical(page.context.browser.new_context().request.get(address).text())
    ends = {str(event["SUMMARY"]): event for event in calendar.walk("VEVENT")}
    assert len(ends) == 9
    assert any("codestral-2508" in summary for summary in ends)
    page.goto("/feeds/")
    expect(page.locator("#made-ics")).to_have_count(0)
    expect(page.locator(".feeds li")).to_contain_text("last used on")
    page.locator("summary").filter(has_text="Revoke").click()
    page.get_by_role("button", name="Revoke Our team").click()
    expect(page.get_by_text("nothing is found at its addresses any more")).to_be_visible()
    assert page.request.get(address).status == 404
