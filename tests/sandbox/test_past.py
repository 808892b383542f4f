"""The weeks before the first start: a list that goes back, and on again to what it is today."""

from datetime import date
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.past import EARLIER, EARLIER_TUNES, FORMER_TUNE, LEFT, LONGEST, OUTSIDE
from tests.sandbox.conftest import Caller


def turn(call: Caller, days_ago: Any) -> int:
    return call("POST", "/_sandbox/past", {"days_ago": days_ago}).status


def ids_of(call: Caller) -> set[str]:
    return {entry["id"] for entry in call.list()}


def test_the_past_is_told_day_by_day(call: Caller):
    assert turn(call, LONGEST) == 200
    assert "voxtral-mini-2602" not in ids_of(call)
    assert "devstral-small-2507" in ids_of(call)
    assert "magistral-medium-latest" in call.entry("magistral-medium-2509")["aliases"]
    assert call.entry("mistral-small-2506")["deprecation"] is None
    assert turn(call, 16) == 200
    assert "voxtral-mini-2602" in ids_of(call)
    assert turn(call, 9) == 200
    assert "magistral-medium-latest" in call.entry("mistral-medium-3-5")["aliases"]
    assert turn(call, 5) == 200
    assert call.entry("mistral-small-2506")["deprecation"] is not None
    assert call("GET", "/v1/models/devstral-small-2507").json == {"message": "Model devstral-small-2507 is deprecated."}


def test_going_on_keeps_what_clients_did_and_going_back_forgets_it(call: Caller, tune: str):
    turn(call, LONGEST)
    call("PATCH", f"/v1/models/{tune}", {"name": "Ours"})
    turn(call, 12)
    assert call.entry(tune)["name"] == "Ours"
    turn(call, LONGEST)
    assert call.entry(tune)["name"] != "Ours"


def test_the_base_models_end_as_they_are_listed_today(call: Caller):
    today = [entry for entry in call.sandbox.catalog.entries() if entry["type"] == "base"]
    for days_ago in range(LONGEST, -1, -1):
        assert turn(call, days_ago) == 200
    assert [entry for entry in call.sandbox.catalog.entries() if entry["type"] == "base"] == today


def test_a_fine_tune_that_others_changed_is_so_from_that_day_on(call: Caller):
    tune = next(entry["id"] for entry in call.list() if entry.get("job", "").startswith(OUTSIDE[0].job))
    turn(call, LONGEST)
    assert call.entry(tune)["name"] != "Invoice fields"
    turn(call, OUTSIDE[0].days_ago + 1)
    assert call.entry(tune)["name"] != "Invoice fields"
    turn(call, 0)
    assert call.entry(tune)["name"] == "Invoice fields"


def test_every_part_of_the_past_names_something_that_is_there(call: Caller):
    ids, jobs = call.sandbox.catalog.ids(), {entry.get("job", "")[:8] for entry in call.list()}
    assert {entry.model for entry in EARLIER} <= set(ids)
    assert EARLIER_TUNES.keys() | {change.job for change in OUTSIDE} <= jobs
    assert not {base.ids.split()[0] for _, base in LEFT} & set(ids)
    assert FORMER_TUNE.id not in ids
    assert all(0 < entry.days_ago < LONGEST for entry in (*EARLIER, *OUTSIDE))


@pytest.mark.parametrize("wrong", [LONGEST + 1, -1, "9", 1.5, True, None])
def test_a_day_that_the_past_has_not_is_refused(call: Caller, wrong: Any):
    before = call.sandbox.catalog.entries()
    assert turn(call, wrong) == 422
    assert call.sandbox.catalog.entries() == before


@pytest.mark.parametrize("body", [None, [], {}, 9])
def test_a_command_without_a_day_is_refused(call: Caller, body: Any):
    assert call("POST", "/_sandbox/past", body).status == 422


def test_invented_models_have_no_past(start):
    reply = start(models=3)("POST", "/_sandbox/past", {"days_ago": 3})
    assert (reply.status, reply.json) == (
        422,
        {"detail": "Not a day of the past: Only the built-in catalogue has a past."},
    )


def test_the_past_is_counted_from_the_first_start(tmp_path):
    with Sandbox(state=tmp_path / "state.json") as sandbox:
        sandbox.catalog.anchor = date(2026, 11, 26)
        sandbox.catalog.turn_to(LONGEST)
        entry = sandbox.catalog.find("devstral-2512")
        assert entry is not None
        assert entry["deprecation"] == "2026-12-05T12:00:00Z"
