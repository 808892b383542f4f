"""Knowing what stops working before it does: from the overview to the date, its replacement, a calendar and the news."""

import re
from datetime import timedelta
from urllib.parse import urlencode

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
    ends = page.get_by_role("region", name="What ends with what")
    expect(ends).to_contain_text("Parcel damage")
    page.get_by_role("navigation").get_by_role("link", name="Retirements").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Retirements")
    row = row_of(page, RETIRING)
    expect(row).to_contain_text("9 d")
    expect(row).to_contain_text("gains Reasoning")
    expect(row).to_contain_text("loses Fine-tuning")
    row.get_by_role("link", name="mistral-medium-2604").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("mistral-medium-2604")


def test_the_retirements_are_narrowed_down_by_links_that_the_address_holds(page: Page):
    page.goto("/retirements/")
    everything = page.locator("tr[data-model-id]")
    expect(everything).to_have_count(9)
    page.get_by_role("link", name="Within 30 days", exact=True).click()
    expect(page).to_have_url("/retirements/?within=30")
    expect(everything).to_have_count(3)
    page.get_by_role("link", name="Only what our fine-tunes hang on").click()
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
    picture = page.get_by_role("img", name="When models stop working")
    expect(picture).to_be_visible()
    expect(picture).to_have_accessible_description(re.compile("The tables below hold the same facts."))
    expect(picture.locator(".lane")).to_have_count(12)


@pytest.mark.parametrize("width", [1280, 800, 360, 320])
def test_the_picture_has_room_for_every_word_at_every_width(browser_of, carol, width: int):
    page = browser_of(carol, width=width)
    page.goto("/retirements/")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = [each.bounding_box() for each in page.locator(".lane-name, .lane-end").all()]
    for number, box in enumerate(boxes):
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        for other in boxes[number + 1 :]:
            apart_across = box["x"] + box["width"] <= other["x"] + 1 or other["x"] + other["width"] <= box["x"] + 1
            apart_down = box["y"] + box["height"] <= other["y"] + 1 or other["y"] + other["height"] <= box["y"] + 1
            assert apart_across or apart_down


def test_a_fine_tunes_risk_is_worded_as_a_risk_and_leads_to_its_base_model(page: Page):
    page.goto("/retirements/")
    page.get_by_role("link", name=re.compile("Our fine-tunes")).first.click()
    risk = page.locator("tr").filter(has_text="Parcel damage")
    expect(risk).to_contain_text("perhaps")
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
    lately = page.get_by_role("region", name=re.compile("Changed at Mistral"))
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
    expect(page.get_by_role("region", name="History")).to_contain_text("stops working on")


def test_the_sentence_that_nothing_has_changed_stands_where_there_is_room_for_it(page: Page):
    page.goto("/")
    lately = page.get_by_role("region", name=re.compile("Changed at Mistral"))
    expect(lately).to_contain_text("Nothing has changed.")
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
    expect(page.locator(".links li")).to_contain_text("last used on")
    page.locator("summary").filter(has_text="Revoke").click()
    page.get_by_role("button", name="Revoke Our team").click()
    expect(page.get_by_text("nothing is found at its addresses any more")).to_be_visible()
    assert page.request.get(address).status == 404


@pytest.mark.parametrize("way", ["Calendar app", "Google Calendar", "Outlook", "Copy the address"])
def test_dates_are_added_to_a_calendar_with_the_filters_of_the_page(page: Page, synced, way: str):
    page.goto("/retirements/?within=90&type=base")
    page.get_by_role("button", name="Add to calendar").click()
    page.get_by_role("button", name=way).click()
    expect(page.get_by_role("heading", name=re.compile("is ready"))).to_be_visible()
    address = page.locator("#made-ics").inner_text()
    calendar = icalendar.Calendar.from_ical(page.context.browser.new_context().request.get(address).text())
    assert len(calendar.walk("VEVENT")) == 6
    webcal = address.replace("http://", "webcal://")
    led = {
        "Calendar app": webcal,
        "Google Calendar": f"https://calendar.google.com/calendar/render?{urlencode({'cid': webcal})}",
        "Outlook": "https://outlook.office.com/calendar/0/addfromweb?",
    }
    if way in led:
        assert page.get_by_role("link", name=way).get_attribute("href").startswith(led[way])
    page.goto("/retirements/?within=90&type=base")
    page.get_by_role("button", name="Add to calendar").click()
    expect(page.locator("#calendar-menu")).to_contain_text("You have a private link to these dates")
