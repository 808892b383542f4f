"""A fine-tune whose base model ends has an event of its own, which says perhaps: it comes, moves and goes with the base."""

import secrets
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogModel, Mirror
from sandbox import Sandbox
from tests.alerts.feeds.conftest import AT_RISK, PARCELS, PIXTRAL, events, fetched, noon, revision, set_date
from tests.support.clock import sync_until_confirmed


def change_row(model_id: str, **values: Any) -> None:
    """What a sync would do to a row."""
    assert CatalogModel.objects.filter(model_id=model_id).update(**values) == 1
    Mirror.objects.update(version=secrets.token_hex(16))


def event_of(feed, model_id: str = PARCELS) -> Any:
    return events(fetched(feed.ics))[model_id]


def written(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}, {at:%H:%M} UTC"


def test_a_calendar_of_fine_tunes_has_those_whose_base_model_ends(carol, make, synced, viewer):
    models = {each["id"]: each for each in viewer.get("/models.json").json()["models"]}
    found = events(fetched(make(carol, "type=fine-tuned").ics))
    assert set(found) == set(AT_RISK)
    for model_id, event in found.items():
        assert event["DTSTART"].dt == datetime.fromisoformat(models[AT_RISK[model_id]]["deprecation"])
        assert revision(event)[1:] == (0, "TENTATIVE")
        assert [each["TRIGGER"].dt.days for each in event.walk("VALARM")] == [-90, -60, -30, -14, -7, -1]


def test_an_inherited_date_says_perhaps_why_and_where_to_look(carol, make, synced):
    event = event_of(make(carol, "type=fine-tuned"))
    name = CatalogModel.objects.get(model_id=PARCELS).name
    assert event["SUMMARY"] == f"{name} may stop working"
    assert event["DESCRIPTION"].split("\n") == [
        f"{name} may stop working on {written(event['DTSTART'].dt)}: its base model {PIXTRAL} does, and Mistral does "
        "not say what happens to fine-tunes of it.",
        f"http://testserver/models/{PIXTRAL}/",
        event["URL"],
    ]
    assert [str(each) for each in event["CATEGORIES"].cats] == ["Deprecation", "Fine-tuned"]


def test_an_inherited_date_has_a_uid_of_its_own_that_stays(carol, bob, make, synced):
    found = events(fetched(make(carol).ics))
    assert len({str(event["UID"]) for event in found.values()}) == len(found)
    other = events(fetched(make(bob, "type=fine-tuned").ics))
    assert {each: revision(event) for each, event in other.items()} == {each: revision(found[each]) for each in AT_RISK}


def test_an_inherited_date_moves_goes_and_comes_back_with_its_base_model(carol, make, synced, sandbox: Sandbox):
    feed = make(carol, "type=fine-tuned")
    uid = revision(event_of(feed))[0]
    seen = []
    for at in (noon(50), None, noon(60)):
        set_date(sandbox, PIXTRAL, at)
        sync_until_confirmed()
        seen.append(event_of(feed))
    assert [revision(each) for each in seen] == [(uid, 1, "TENTATIVE"), (uid, 2, "CANCELLED"), (uid, 3, "TENTATIVE")]
    assert [each["DTSTART"].dt for each in seen] == [noon(50), noon(50), noon(60)]
    assert str(seen[1]["SUMMARY"]).endswith(": end date withdrawn")
    assert f"with its base model {PIXTRAL}; not any more." in seen[1]["DESCRIPTION"]
    assert not seen[1].walk("VALARM")


def test_a_date_of_its_own_makes_it_certain_and_is_the_same_event(carol, make, synced, sandbox: Sandbox):
    feed = make(carol, "type=fine-tuned")
    before = event_of(feed)
    set_date(sandbox, PARCELS, before["DTSTART"].dt)
    run_sync()
    certain = event_of(feed)
    assert revision(certain) == (str(before["UID"]), 1, "CONFIRMED")
    assert str(certain["SUMMARY"]).endswith(" stops working")
    assert "Its base model" not in certain["DESCRIPTION"]
    set_date(sandbox, PARCELS, noon(300))
    run_sync()
    later = event_of(feed)
    assert (later["DTSTART"].dt, revision(later)[1]) == (noon(300), 2)
    sooner = written(before["DTSTART"].dt)
    assert f"Its base model {PIXTRAL} stops working before, on {sooner}." in later["DESCRIPTION"]
    set_date(sandbox, PARCELS, None)
    sync_until_confirmed()
    again = event_of(feed)
    assert (again["DTSTART"].dt, *revision(again)[1:]) == (before["DTSTART"].dt, 3, "TENTATIVE")


def test_a_root_that_means_another_model_moves_it_whatever_that_one_was_told_before(carol, make, synced):
    """No count of changes would rise: the other base model may have changed less often than the first."""
    feed = make(carol, "type=fine-tuned")
    first = event_of(feed)
    for aliases, at, sequence in (
        (["pixtral-12b", "pixtral-12b-latest"], noon(70), 1),
        (["pixtral-12b"], first["DTSTART"].dt, 2),
    ):
        given = "pixtral-12b-latest" in aliases
        change_row("mistral-small-2603", aliases=["pixtral-12b-latest"] if given else [], deprecation=noon(70))
        change_row(PIXTRAL, aliases=["pixtral-12b"] if given else ["pixtral-12b", "pixtral-12b-latest"])
        event = event_of(feed)
        assert revision(event) == (revision(first)[0], sequence, "TENTATIVE")
        assert event["DTSTART"].dt == at


def test_a_root_that_means_a_model_that_goes_on_cancels_it(carol, make, synced):
    feed = make(carol, "type=fine-tuned")
    at = event_of(feed)["DTSTART"].dt
    change_row(PIXTRAL, aliases=["pixtral-12b"])
    change_row("mistral-small-2603", aliases=["pixtral-12b-latest"])
    event = event_of(feed)
    assert (revision(event)[1:], event["DTSTART"].dt) == ((1, "CANCELLED"), at)
    assert f"with its base model {PIXTRAL}; not any more." in event["DESCRIPTION"]


def test_an_inherited_date_stands_when_the_base_model_or_the_fine_tune_itself_is_no_longer_listed(carol, make, synced):
    feed = make(carol)
    before = event_of(feed)
    missing = timezone.now()
    change_row(PIXTRAL, missing_since=missing)
    assert event_of(feed).to_ical() == before.to_ical()
    change_row(PARCELS, missing_since=missing)
    after = event_of(feed)
    assert revision(after) == revision(before)
    assert f"It has not been listed since {missing.day} {missing:%b %Y}." in after["DESCRIPTION"]


def test_a_fine_tune_that_went_missing_before_inherits_nothing(carol, make, synced):
    feed = make(carol)
    change_row(PARCELS, missing_since=timezone.now())
    assert PARCELS not in events(fetched(feed.ics))


def test_one_that_is_deleted_from_here_is_cancelled_in_these_words(carol, make, synced):
    feed = make(carol, "type=fine-tuned")
    event_of(feed)
    now = timezone.now()
    change_row(PARCELS, deleted_at=now, missing_since=now)
    found = events(fetched(make(carol).ics))
    (event,) = [each for each in found.values() if each["STATUS"] == "CANCELLED"]
    assert str(event["SUMMARY"]).endswith("has been deleted")
    assert revision(event)[1] == 1


def test_a_fine_tune_of_a_fine_tune_inherits_too(carol, make, synced):
    other = next(each for each in AT_RISK if each != PARCELS)
    change_row(other, root=PARCELS)
    feed = make(carol, "type=fine-tuned")
    assert event_of(feed, other)["DTSTART"].dt == event_of(feed)["DTSTART"].dt


@pytest.mark.parametrize("seconds", [-1, 0, 86_400])
def test_an_inherited_date_stands_as_it_is_when_its_moment_comes(carol, make, synced, seconds: int):
    feed = make(carol, "type=fine-tuned")
    before = fetched(feed.ics)
    moment = event_of(feed)["DTSTART"].dt
    with time_machine.travel(moment + timedelta(seconds=seconds), tick=False):
        assert fetched(feed.ics) == before


def test_fine_tunes_that_lead_in_a_circle_inherit_nothing(carol, make, synced):
    first, second = list(AT_RISK)[:2]
    change_row(first, root=second)
    change_row(second, root=first)
    assert not {first, second} & events(fetched(make(carol).ics)).keys()
