"""The calendar as a program meets it, through real syncs: one event for each end, and all that it says."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone
from django.utils.translation import get_language

from models_ui.alerts.feeds import calendar
from models_ui.mirror.sync import run_sync
from sandbox import Sandbox
from tests.alerts.feeds.conftest import AT_RISK, MEDIUM, checked_calendar, events, fetched, noon, read

HOSTILE = "x\r\nEND:VEVENT\u2028BEGIN:VEVENT\x00;,\\ \u202e<b>"


# --- What is in it


def test_each_model_with_a_date_is_one_event_at_the_very_second(carol, make, synced, viewer):
    found = events(fetched(make(carol).ics))
    ends = viewer.get("/models.json?lifecycle=retiring&lifecycle=retired").json()["models"]
    assert len(ends) == 9
    certain = {each: event for each, event in found.items() if event["STATUS"] != "TENTATIVE"}
    assert {each: event["DTSTART"].dt for each, event in certain.items()} == {
        each["id"]: datetime.fromisoformat(each["deprecation"]) for each in ends
    }
    assert found[MEDIUM]["DTSTART"].dt == noon(9)


def test_an_event_says_what_happens_what_to_use_instead_and_where_to_look(carol, make, synced):
    event = events(fetched(make(carol).ics))[MEDIUM]
    day = noon(9)
    assert event["SUMMARY"] == f"{MEDIUM} stops working"
    lines = event["DESCRIPTION"].split("\n")
    assert lines[:3] == [
        f"{MEDIUM} stops working on {day.day} {day:%b %Y}, 12:00 UTC.",
        "Replacement: mistral-medium-2604 (Mistral calls it mistral-medium-3-5).",
        "http://testserver/models/mistral-medium-2604/",
    ]
    assert lines[-1] == event["URL"] == f"http://testserver/models/{MEDIUM}/"
    assert [str(each) for each in event["CATEGORIES"].cats] == ["Deprecation", "Base"]
    assert (event["STATUS"], event["TRANSP"], event["SEQUENCE"]) == ("CONFIRMED", "TRANSPARENT", 0)
    assert event["LAST-MODIFIED"].dt == event["DTSTAMP"].dt == event["CREATED"].dt


def test_every_event_ends_an_hour_after_its_moment_and_blocks_nobody(carol, make, synced):
    for event in events(fetched(make(carol).ics)).values():
        assert event["DTEND"].dt == event["DTSTART"].dt + timedelta(hours=1)
        assert event["TRANSP"] == "TRANSPARENT"
        assert "DURATION" not in event


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("1970-01-01T00:00:00Z", "1970-01-01T01:00:00Z"),
        ("2028-02-29T23:30:00+02:00", "2028-02-29T22:30:00Z"),
        ("9000-12-31T23:59:59Z", "9001-01-01T00:59:59Z"),
    ],
)
def test_an_event_ends_later_wherever_in_the_calendar_it_stands(carol, make, sandbox: Sandbox, start: str, end: str):
    sandbox.catalog.update_model(MEDIUM, deprecation=start)
    run_sync()
    event = events(fetched(make(carol).ics))[MEDIUM]
    assert [event[name].dt for name in ("DTSTART", "DTEND")] == [
        datetime.fromisoformat(start),
        datetime.fromisoformat(end),
    ]


def test_fine_tunes_at_risk_are_told_with_their_base_as_well(carol, make, synced):
    found = events(fetched(make(carol).ics))
    risk = "1 fine-tune was trained from it; Mistral does not say what happens to it."
    assert risk in found["pixtral-12b-2409"]["DESCRIPTION"]


def test_a_calendar_reminds_on_the_days_on_which_a_digest_tells_of_an_end(carol, make, synced):
    for event in events(fetched(make(carol).ics)).values():
        alarms = event.walk("VALARM")
        assert [each["TRIGGER"].dt for each in alarms] == [timedelta(days=-days) for days in (90, 60, 30, 14, 7, 1)]
        assert {str(each["ACTION"]) for each in alarms} == {"DISPLAY"}
        assert {str(each["DESCRIPTION"]) for each in alarms} == {str(event["SUMMARY"])}


def test_the_calendar_has_its_persons_name_for_it_and_says_how_often_to_look(carol, make, synced):
    body = fetched(make(carol, name="Équipe, n° 1; test").ics)
    calendar = checked_calendar(body)
    for name in ("NAME", "X-WR-CALNAME"):
        assert f"\r\n{name}:Équipe\\, n° 1\\; test\r\n" in body.decode()
    assert calendar["VERSION"] == "2.0"
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=6)
    assert calendar["X-PUBLISHED-TTL"] == "PT6H"
    assert "METHOD" not in calendar


def test_the_calendar_speaks_the_language_of_its_address_whoever_asks(carol, make, synced, monkeypatch):
    french = {"%(model)s stops working": "%(model)s cesse de fonctionner"}
    spoken: list[str] = []

    def translated(text: str) -> str:
        spoken.append(get_language())
        return french.get(text, text)

    monkeypatch.setattr(calendar, "_", translated)
    feed = make(carol, language="fr")
    answer = read(feed.ics, **{"Accept-Language": "en"})
    assert f"{MEDIUM} cesse de fonctionner" in str(events(answer.content)[MEDIUM]["SUMMARY"])
    assert set(spoken) == {"fr"}
    assert answer["Content-Language"] == "fr"


def test_before_there_is_any_date_it_is_a_valid_calendar_without_events(carol, make, sandbox):
    feed = make(carol)
    assert events(fetched(feed.ics)) == {}
    run_sync()
    assert len(events(fetched(feed.ics))) == 12


def test_hostile_names_ids_and_replacements_stay_text(carol, make, sandbox: Sandbox):
    tune = sandbox.catalog.fine_tunes()[0]
    at = noon(3).strftime("%Y-%m-%dT%H:%M:%SZ")
    sandbox.catalog.update(tune, name=HOSTILE, deprecation=at, deprecation_replacement_model=HOSTILE)
    entry = sandbox.catalog.entries()[0]
    sandbox.catalog.add(entry | {"id": "../x?y#z\r\nX:1", "name": None, "aliases": [], "deprecation": at})
    run_sync()
    body = fetched(make(carol).ics)
    calendar = checked_calendar(body)
    assert len(calendar.walk("VEVENT")) == 14
    summaries = [str(each["SUMMARY"]) for each in calendar.walk("VEVENT")]
    assert "x\nEND:VEVENT\n\u2068BEGIN:VEVENT\ufffd;,\\ <b>\u2069 stops working" in summaries
    links = [str(each["URL"]) for each in calendar.walk("VEVENT")]
    assert all(re.fullmatch(r"http://testserver/[\w/?&=.:%+-]+", link) for link in links)


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        (None, "Mistral names no replacement."),
        ("never-heard-of", "Mistral names never-heard-of as its replacement, which is not in the list."),
        ("pixtral-12b", "which leads back to this model."),
        ("voxtral-mini-latest", "which leads to several models."),
        ("mistral-small-2603", "Replacement: mistral-small-2603."),
    ],
)
def test_a_replacement_is_told_as_far_as_it_leads(carol, make, sandbox: Sandbox, named, sentence):
    sandbox.catalog.update_model("pixtral-12b-2409", deprecation_replacement_model=named)
    run_sync()
    assert sentence in events(fetched(make(carol).ics))["pixtral-12b-2409"]["DESCRIPTION"]


def test_dates_are_utc_for_a_reader_anywhere(carol, make, sandbox: Sandbox):
    sandbox.catalog.update_model(MEDIUM, deprecation="2031-03-30T23:30:00Z")
    run_sync()
    feed = make(carol)
    with timezone.override(ZoneInfo("Pacific/Kiritimati")):
        event = events(fetched(feed.ics))[MEDIUM]
    assert event["DTSTART"].dt == datetime(2031, 3, 30, 23, 30, tzinfo=UTC)
    assert "30 Mar 2031, 23:30 UTC" in event["DESCRIPTION"]


def test_reading_again_asks_the_database_little(carol, make, synced, django_assert_max_num_queries):
    feed = make(carol)
    fetched(feed.ics)
    with django_assert_max_num_queries(3, connection=connection):
        fetched(feed.ics)


# --- Narrowed


@pytest.mark.parametrize(
    "filters",
    ["capability=vision", "lifecycle=retired", "lifecycle=retiring", "q=voxtral", "type=fine-tuned", "state=missing"],
)
def test_the_calendar_has_the_models_that_the_catalog_shows_with_the_same_filters(carol, make, synced, viewer, filters):
    shown = viewer.get(f"/models.json?{filters}").json()["models"]
    found = events(fetched(make(carol, filters).ics))
    certain = {each for each, event in found.items() if event["STATUS"] == "CONFIRMED"}
    assert certain == {each["id"] for each in shown if each["deprecation"]}
    assert {each for each in found if each not in certain} == {each["id"] for each in shown if each["id"] in AT_RISK}


def test_pages_and_order_of_the_catalog_narrow_nothing(carol, make, synced):
    feed = make(carol, "sort=-context&per_page=25&page=2&q=voxtral")
    assert feed.row.query == "q=voxtral"
