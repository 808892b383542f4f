"""The calendar as a program meets it, through real syncs: one event for each end, and the same one when it moves."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from django.utils.translation import get_language

from models_ui.alerts.feeds import calendar
from models_ui.alerts.feeds import events as events_module
from models_ui.catalog import store
from models_ui.mirror.sync import run_sync
from models_ui.models import CalendarEvent, CatalogModel, Mirror
from sandbox import Sandbox
from tests.alerts.feeds.conftest import (
    AT_RISK,
    MEDIUM,
    checked_calendar,
    events,
    fetched,
    noon,
    read,
    revision,
    set_date,
)
from tests.support.clock import sync_until_confirmed

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


# --- What moves


def test_a_moved_date_moves_the_same_event_with_a_higher_sequence(carol, make, synced, sandbox: Sandbox):
    feed = make(carol)
    before = events(fetched(feed.ics))
    set_date(sandbox, MEDIUM, noon(40))
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        run_sync()
        after = events(fetched(feed.ics))
    assert revision(after[MEDIUM]) == (str(before[MEDIUM]["UID"]), 1, "CONFIRMED")
    assert after[MEDIUM]["DTSTART"].dt == noon(40)
    assert after[MEDIUM]["LAST-MODIFIED"].dt > before[MEDIUM]["LAST-MODIFIED"].dt
    assert after[MEDIUM]["DTSTAMP"].dt == after[MEDIUM]["LAST-MODIFIED"].dt
    assert after[MEDIUM]["CREATED"].dt == before[MEDIUM]["CREATED"].dt
    # Nothing else moved.
    del before[MEDIUM], after[MEDIUM]
    assert {key: value.to_ical() for key, value in after.items()} == {
        key: value.to_ical() for key, value in before.items()
    }


def test_every_date_that_was_shown_is_a_revision_also_one_that_is_taken_back_at_once(
    carol, make, synced, sandbox: Sandbox
):
    """Whether such a move is ever told as a change or not: calendars have seen it."""
    feed = make(carol)
    start, seen = timezone.now(), [revision(events(fetched(feed.ics))[MEDIUM])]
    for number, at in enumerate((noon(40), noon(9), noon(41), noon(40)), start=1):
        set_date(sandbox, MEDIUM, at)
        with time_machine.travel(start + timedelta(seconds=20 * number)):
            run_sync()
            event = events(fetched(feed.ics))[MEDIUM]
        seen.append(revision(event))
        assert event["DTSTART"].dt == at
    assert [each[1] for each in seen] == [0, 1, 2, 3, 4]
    assert len({each[0] for each in seen}) == 1


def test_an_event_that_calendars_know_is_the_same_after_an_upgrade(carol, make, synced, viewer):
    """Rows that an earlier version wrote: their UIDs and revisions go on, and inherited dates come as new events."""
    feed = make(carol)
    first = {key: revision(each) for key, each in events(fetched(feed.ics)).items()}
    CalendarEvent.objects.exclude(inherited_from="").delete()
    Mirror.objects.update(version="another")
    again = {key: revision(each) for key, each in events(fetched(feed.ics)).items()}
    assert {key: each for key, each in again.items() if key not in AT_RISK} == {
        key: each for key, each in first.items() if key not in AT_RISK
    }
    assert {each[1:] for key, each in again.items() if key in AT_RISK} == {(0, "TENTATIVE")}


def test_a_date_withdrawn_cancels_the_event_and_one_announced_again_revives_it(carol, make, synced, sandbox: Sandbox):
    feed = make(carol, "lifecycle=retiring")
    uid = revision(events(fetched(feed.ics))[MEDIUM])[0]
    seen = []
    for at in (None, noon(20), noon(20), None):
        set_date(sandbox, MEDIUM, at)
        sync_until_confirmed()
        seen.append(events(fetched(feed.ics))[MEDIUM])
    assert [revision(each) for each in seen] == [
        (uid, 1, "CANCELLED"),
        (uid, 2, "CONFIRMED"),
        (uid, 2, "CONFIRMED"),
        (uid, 3, "CANCELLED"),
    ]
    assert seen[0]["SUMMARY"] == f"{MEDIUM}: end date withdrawn"
    assert "that date is withdrawn" in seen[0]["DESCRIPTION"]
    assert seen[0]["DTSTART"].dt == noon(9)
    assert not seen[0].walk("VALARM")


def test_other_words_are_a_modification_and_no_new_sequence(carol, make, synced, sandbox: Sandbox):
    feed = make(carol)
    before = events(fetched(feed.ics))[MEDIUM]
    sandbox.catalog.update_model(MEDIUM, deprecation_replacement_model="mistral-small-2603")
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        run_sync()
        run_sync()
        after = events(fetched(feed.ics))[MEDIUM]
    assert revision(after) == revision(before)
    assert after["LAST-MODIFIED"].dt > before["LAST-MODIFIED"].dt
    assert "Replacement: mistral-small-2603." in after["DESCRIPTION"]


def test_uid_and_sequence_survive_a_restart_and_are_the_same_for_everybody(carol, bob, make, synced, sandbox: Sandbox):
    first = make(carol)
    fetched(first.ics)
    set_date(sandbox, MEDIUM, noon(40))
    run_sync()
    told = {key: revision(each) for key, each in events(fetched(first.ics)).items()}
    store._current = None  # what a process knows is gone with it
    assert {key: revision(each) for key, each in events(fetched(first.ics)).items()} == told
    other = events(fetched(make(bob, "q=medium").ics))
    assert revision(other[MEDIUM]) == told[MEDIUM]


def test_the_uid_names_neither_host_nor_model_nor_person(carol, make, synced):
    feed = make(carol)
    for host in ("testserver", "localhost"):
        answer = read(feed.ics, host=host)
        assert answer.status_code == 200
        uids = {str(each["UID"]) for each in checked_calendar(answer.content).walk("VEVENT")}
        assert uids == {str(each.uid) for each in CalendarEvent.objects.all()}
        assert f"http://{host}/models/" in answer.content.replace(b"\r\n ", b"").decode()


def test_a_date_that_cannot_be_read_is_no_withdrawal(carol, make, synced, sandbox: Sandbox):
    feed = make(carol)
    before = revision(events(fetched(feed.ics))[MEDIUM])
    sandbox.catalog.update_model(MEDIUM, deprecation="soon")
    sync_until_confirmed()
    assert CatalogModel.objects.get(model_id=MEDIUM).deprecation is not None  # what was known stays
    assert revision(events(fetched(feed.ics))[MEDIUM]) == before


def test_a_fine_tune_that_is_deleted_from_here_leaves_a_cancelled_event(carol, make, sandbox: Sandbox):
    tune = sandbox.catalog.fine_tunes()[0]
    set_date(sandbox, tune, noon(5))
    run_sync()
    feed = make(carol)
    assert len(events(fetched(feed.ics))) == 13
    row = CatalogModel.objects.get(model_id=tune)
    row.deleted_at = row.missing_since = timezone.now()
    row.save()
    Mirror.objects.update(version="another")
    cancelled = [each for each in events(fetched(feed.ics)).values() if each["STATUS"] == "CANCELLED"]
    assert [revision(each)[1] for each in cancelled] == [1]
    assert str(cancelled[0]["SUMMARY"]).endswith("has been deleted")


def test_a_date_comes_into_a_calendar_of_the_next_days_when_its_day_has_come(carol, make, sandbox: Sandbox):
    sandbox.catalog.update_model(MEDIUM, deprecation=noon(32).isoformat())
    run_sync()
    feed = make(carol, "within=30")
    assert MEDIUM not in events(fetched(feed.ics))
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert MEDIUM in events(fetched(feed.ics))


def test_the_event_stands_when_its_moment_comes(carol, make, synced):
    feed = make(carol)
    before = fetched(feed.ics)
    for at in (noon(9) - timedelta(seconds=1), noon(9), noon(9) + timedelta(days=1)):
        with time_machine.travel(at, tick=False):
            assert fetched(feed.ics) == before


# --- Several at once


def test_a_process_that_is_behind_takes_nothing_back(carol, make, synced, sandbox: Sandbox):
    feed = make(carol)
    fetched(feed.ics)
    behind = store._current
    assert behind is not None
    behind._kept.clear()
    set_date(sandbox, MEDIUM, noon(40))
    run_sync()
    told = revision(events(fetched(feed.ics))[MEDIUM])
    occasions = events_module.occasions_of(behind, timezone.now())
    assert {each.event.at for each in occasions if each.row.model_id == MEDIUM} == {noon(40)}
    assert behind.cached(("occasions", timezone.now().astimezone(UTC).date()), list) == []
    assert revision(events(fetched(feed.ics))[MEDIUM]) == told


def test_two_processes_that_tell_of_the_same_move_make_one_revision(carol, make, synced, sandbox: Sandbox, monkeypatch):
    feed = make(carol)
    fetched(feed.ics)
    set_date(sandbox, MEDIUM, noon(40))
    run_sync()
    real, second = events_module._stored_events, []

    def told():
        found = real()
        if not second:
            second.append(True)
            store._current = None
            assert revision(events(fetched(feed.ics))[MEDIUM])[1] == 1  # the other one was faster
        return found

    monkeypatch.setattr(events_module, "_stored_events", told)
    store._current = None
    assert revision(events(fetched(feed.ics))[MEDIUM])[1] == 1
    assert CalendarEvent.objects.get(row__model_id=MEDIUM).sequence == 1


def test_a_process_that_falls_behind_while_it_tells_takes_nothing_back(
    carol, make, synced, sandbox: Sandbox, monkeypatch
):
    feed = make(carol)
    fetched(feed.ics)
    set_date(sandbox, MEDIUM, noon(40))
    run_sync()
    real = events_module._bring_up_to_date

    def overtaken(*what):
        monkeypatch.setattr(events_module, "_bring_up_to_date", real)
        set_date(sandbox, MEDIUM, noon(50))
        run_sync()
        assert revision(events(fetched(feed.ics))[MEDIUM])[1] == 1
        return real(*what)

    monkeypatch.setattr(events_module, "_bring_up_to_date", overtaken)
    for _ in range(2):
        event = events(fetched(feed.ics))[MEDIUM]
        assert (event["DTSTART"].dt, event["SEQUENCE"]) == (noon(50), 1)


def test_reading_again_asks_the_database_little(carol, make, synced, django_assert_max_num_queries):
    feed = make(carol)
    fetched(feed.ics)
    with django_assert_max_num_queries(3, connection=connection):
        fetched(feed.ics)


def test_dates_are_utc_for_a_reader_anywhere(carol, make, sandbox: Sandbox):
    sandbox.catalog.update_model(MEDIUM, deprecation="2031-03-30T23:30:00Z")
    run_sync()
    feed = make(carol)
    with timezone.override(ZoneInfo("Pacific/Kiritimati")):
        event = events(fetched(feed.ics))[MEDIUM]
    assert event["DTSTART"].dt == datetime(2031, 3, 30, 23, 30, tzinfo=UTC)
    assert "30 Mar 2031, 23:30 UTC" in event["DESCRIPTION"]
