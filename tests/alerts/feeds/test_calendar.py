"""The calendar over real syncs: what it told of an end is the same event afterwards, whatever moves or is withdrawn."""

from datetime import UTC, timedelta

import time_machine
from django.utils import timezone

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
