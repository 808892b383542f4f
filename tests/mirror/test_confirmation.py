"""When a change is confirmed: half an hour of agreeing answers, whatever flaps between, at every distance in time."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from models_ui.changes.sentences import change_sentence
from models_ui.mirror import state, sync
from models_ui.mirror.pending import ANY, UNKNOWN, Pending, Wait
from models_ui.mirror.state import mirror_state
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogChange, CatalogModel
from sandbox import Sandbox
from tests.support.clock import wait
from tests.support.entries import FLAGS, FLAP, OTHER, Entries, base, listing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def nemo(**fields: Any) -> Entries:
    return [*OTHER, *listing("nemo", "nemo", "nemo-latest", **fields)]


def told_after(upstream: Sandbox, minutes: float, entries: Entries) -> list[str]:
    """An answer so many minutes after the one before, and the sentences that it made."""
    wait(timedelta(minutes=minutes))
    upstream.catalog.replace(entries)
    last = CatalogChange.objects.count()
    assert run_sync().outcome == "synced"
    return [change_sentence(change) for change in CatalogChange.objects.order_by("pk")[last:]]


def series(upstream: Sandbox, answers: list[tuple[float, Entries]]) -> list[str]:
    return [sentence for minutes, entries in answers for sentence in told_after(upstream, minutes, entries)]


# --- Distances in time

A, B = nemo(max_context_length=262_144), nemo(max_context_length=131_072)
LETTERS = {"A": A, "B": B}
SHORTER = "The context length of nemo is now 131,072 tokens, before 262,144."


@pytest.mark.parametrize("gap", [0.1, 1, 4])
def test_answers_that_alternate_for_minutes_tell_nothing_and_what_stays_is_told_once(sandbox: Sandbox, gap: float):
    assert series(sandbox, [(0, A), (60, A)]) == []
    assert series(sandbox, [(gap, LETTERS[letter]) for letter in "ABBBAAB"]) == []
    assert CatalogModel.objects.get(model_id="nemo").max_context_length == 262_144
    assert series(sandbox, [(3 * 24 * 60, B), (10, B), (10, A), (10, B)]) == [SHORTER]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([(0, B), (29, B)], []),
        ([(0, B), (30, B)], [SHORTER]),
        ([(0, B), (10, B), (10, B), (10, B)], [SHORTER]),
        ([(0, B), (10, A), (20, B), (10, B)], []),  # a flap at any moment starts the wait anew
        ([(0, B), (29, B), (1, A), (1, B), (29, B)], []),  # also at the very moment that would have confirmed it
        ([(0, B), (29, B), (1, A), (1, B), (29, B), (1, B)], [SHORTER]),
        ([(0, B), (24 * 60, B)], [SHORTER]),
        ([(0, B), (30, B), (0.1, A), (0.1, B), (5, A), (10, B), (60, B)], [SHORTER]),  # flaps after it are none
    ],
)
def test_a_loss_is_told_by_the_first_answer_half_an_hour_after_the_first_that_said_so(
    sandbox: Sandbox, answers: list[tuple[float, Entries]], expected: list[str]
):
    assert series(sandbox, [(0, A), (60, A)]) == []
    assert series(sandbox, answers) == expected


def test_a_failed_sync_counts_for_nothing(sandbox: Sandbox):
    series(sandbox, [(0, A), (60, A), (1, B)])
    for minutes in (10, 19):
        wait(timedelta(minutes=minutes))
        sandbox.faults.add("503", times=1)
        sync.models_api().transport.retries = 0
        assert run_sync().outcome == "failed"
    assert series(sandbox, [(1, B)]) == [SHORTER]


def test_a_clock_that_is_set_back_delays_what_waits_by_half_an_hour_and_tells_nothing_twice(sandbox: Sandbox):
    gone = [*OTHER, *listing("lima", "lima")]
    series(sandbox, [(0, [*A, *gone[1:]]), (60, [*A, *gone[1:]]), (1, [*B, *gone[1:]])])
    assert told_after(sandbox, -24 * 60, [*B, *gone[1:]]) == []
    assert series(sandbox, [(29, [*B, *gone[1:]]), (1, [*B, *gone[1:]]), (60, B), (31, B)]) == [
        SHORTER,
        "lima is gone from Mistral’s list.",
    ]
    assert series(sandbox, [(-24 * 60, B), (31, B), (31, B), (31, B)]) == []
    assert state.is_stale(mirror_state(), timezone.now() - timedelta(days=1))


@pytest.mark.parametrize("gap", [0.1, 5, 31, 24 * 60])
@pytest.mark.parametrize("flap", [FLAP, {"capabilities": {}}, {**FLAP, "capabilities": {**FLAGS, "vision": False}}])
def test_a_faulty_first_answer_that_a_good_one_follows_tells_nothing(
    sandbox: Sandbox, gap: float, flap: dict[str, Any]
):
    assert series(sandbox, [(0, nemo(**flap)), (gap, nemo()), (10, nemo()), (31, nemo()), (31, nemo())]) == []
    row = CatalogModel.objects.get(model_id="nemo")
    assert (row.capabilities, row.description, row.pending) == (FLAGS, "About nemo", {})


def test_a_new_model_whose_first_answer_is_faulty_is_told_as_new_and_no_more(sandbox: Sandbox):
    series(sandbox, [(0, OTHER), (60, OTHER)])
    answers = [(0, nemo(**FLAP)), (10, nemo()), (10, nemo()), (10, nemo()), (10, nemo()), (40, nemo())]
    assert series(sandbox, answers) == ["nemo is new."]


def test_a_model_that_only_one_answer_listed_is_told_neither_as_new_nor_as_gone(sandbox: Sandbox):
    series(sandbox, [(0, OTHER), (60, OTHER)])
    assert series(sandbox, [(5, nemo()), (5, OTHER), (40, OTHER), (40, OTHER)]) == []
    assert series(sandbox, [(5, nemo()), (31, nemo())]) == ["nemo is new."]


def test_a_missing_model_that_only_one_answer_lists_is_missing_all_the_time(sandbox: Sandbox):
    series(sandbox, [(0, nemo()), (60, nemo()), (60, OTHER), (31, OTHER)])
    since = CatalogModel.objects.get(model_id="nemo").missing_since
    assert series(sandbox, [(5, nemo()), (5, OTHER), (40, OTHER), (40, OTHER)]) == []
    assert CatalogModel.objects.get(model_id="nemo").missing_since == since
    assert series(sandbox, [(5, nemo()), (31, nemo()), (31, nemo())]) == ["nemo is listed again."]


def test_a_date_that_is_near_is_told_at_once_and_not_again_when_it_is_confirmed(sandbox: Sandbox):
    near, nearer = nemo(deprecation="2026-11-28T12:00:00Z"), nemo(deprecation="2026-11-27T12:00:00Z")
    series(sandbox, [(0, nemo()), (60, nemo())])
    assert series(sandbox, [(1, near), (1, nemo()), (1, near), (31, near), (31, near)]) == [
        "nemo stops working on 28 Nov 2026: this was seen once and is not confirmed yet."
    ]
    assert series(sandbox, [(1, nearer), (1, near), (1, nearer), (31, nearer)]) == [
        "nemo stops working on 27 Nov 2026, no longer on 28 Nov 2026: this was seen once and is not confirmed yet."
    ]
    assert series(sandbox, [(1, nemo()), (31, nemo())]) == [
        "nemo was to stop working on 27 Nov 2026; that date is withdrawn."
    ]


def test_an_addition_that_is_taken_back_before_it_was_confirmed_is_not_shown_any_more(sandbox: Sandbox):
    plain, more = nemo(), nemo(capabilities={**FLAGS, "ocr": True}, deprecation="2030-08-31T12:00:00Z")
    series(sandbox, [(0, plain), (60, plain)])
    for entries, has_more in ((more, True), (plain, False), (more, True)):
        assert told_after(sandbox, 1, entries) == []
        row = CatalogModel.objects.get(model_id="nemo")
        assert (row.capabilities["ocr"], row.deprecation is not None) == (has_more, has_more)


# --- Ids


def test_an_alias_that_goes_by_way_of_a_third_model_has_moved_once(sandbox: Sandbox):
    def held_by(holder: str) -> Entries:
        return [
            *OTHER,
            *(entry for name in "abc" for entry in listing(name, name, *(["x"] if name == holder else []))),
        ]

    series(sandbox, [(0, held_by("a")), (60, held_by("a"))])
    for holders in ("bc", "b-c", "bac", "-c"):
        answers = [(10, held_by(holder)) for holder in holders]
        told = series(sandbox, [*answers, (10, held_by("c")), (10, held_by("c")), (10, held_by("c"))])
        assert told == ["x now means c, before a."]
        back = series(sandbox, [(5, held_by("a")), (31, held_by("a")), (31, held_by("a"))])
        assert back == ["x now means a, before c."]


def test_aliases_that_two_models_swap_have_both_moved(sandbox: Sandbox):
    before = [*OTHER, *listing("a-1", "a-1", "x"), *listing("b-1", "b-1", "y")]
    after = [*OTHER, *listing("a-1", "a-1", "y"), *listing("b-1", "b-1", "x")]
    series(sandbox, [(0, before), (60, before), (5, after), (5, before), (5, after)])
    assert series(sandbox, [(29, after), (1, after), (30, after)]) == [
        "x now means b-1, before a-1.",
        "y now means a-1, before b-1.",
    ]


def test_an_id_that_flaps_between_a_model_of_its_own_and_an_alias_tells_nothing(sandbox: Sandbox):
    own = [*OTHER, base("large-latest", "large-latest")]
    taken = [*OTHER, *listing("large-2512", "large-2512", "large-latest")]
    series(sandbox, [(0, own), (60, own)])
    assert series(sandbox, [(10, taken), (10, own), (10, taken), (10, own), (40, own), (40, own)]) == []
    assert series(sandbox, [(10, taken), (10, taken), (20, taken), (20, taken)]) == [
        "large-2512 is new.",
        "large-latest now means large-2512, before it was a model of its own.",
    ]


def test_an_alias_that_one_answer_lists_as_a_model_of_its_own_while_it_moves_has_moved_once(sandbox: Sandbox):
    before = [*OTHER, *listing("a-1", "a-1", "x"), *listing("b-1", "b-1")]
    after = [*OTHER, *listing("a-1", "a-1"), *listing("b-1", "b-1", "x")]
    own = [*OTHER, *listing("a-1", "a-1"), *listing("b-1", "b-1"), base("x", None)]
    series(sandbox, [(0, before), (60, before)])
    moved = "x now means b-1, before a-1."
    for minutes in (5, 29, 30, 31):
        assert series(sandbox, [(5, after), (minutes, own), (0.1, after), (31, after), (31, after)]) == [moved]
        series(sandbox, [(5, before), (31, before), (31, before)])
    assert series(sandbox, [(5, own), (29, own), (1, own), (31, own)]) == [
        "x is now a model of its own, before it meant a-1."
    ]


# --- Rows of earlier versions

OLDER: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"capabilities": ["vision"]}, {"capabilities": {**FLAGS, "vision": False}}, "nemo lost Vision."),
    (
        {"max_context_length": 32_768},
        {"max_context_length": 32_768},
        "The context length of nemo is now 32,768 tokens, before 131,072.",
    ),
    ({"absent_since": "{before}"}, {}, "nemo is gone from Mistral’s list."),
    ({"dropped": ["nemo-latest"], "untold": {}}, {"aliases": []}, ""),
    ({"description": "New words", "default_temperature": None}, {"description": "New words"}, ""),
    ({"untold": {"capabilities": {"vision": False}, "context": "either"}}, {}, "nemo gained Vision."),
    (
        {"untold": {"capabilities": {"vision": "either"}, "context": 32_768}},
        {},
        "The context length of nemo is now 131,072 tokens, before 32,768.",
    ),
    ({"gained": ["x"], "meant": ["y"], "listed": True, "model_id": "z", "name": None}, {}, ""),
]


@pytest.mark.parametrize(("pending", "fields", "sentence"), OLDER)
def test_a_pending_change_of_an_earlier_version_goes_on_waiting_and_is_told(
    sandbox: Sandbox, pending: dict[str, Any], fields: dict[str, Any], sentence: str
):
    series(sandbox, [(0, nemo()), (60, nemo())])
    before = (timezone.now()).isoformat()
    stored = {name: before if value == "{before}" else value for name, value in pending.items()}
    CatalogModel.objects.filter(model_id="nemo").update(pending=stored)
    if "absent_since" in pending:
        entries = OTHER
    elif fields.get("aliases") == []:
        entries = [*OTHER, *listing("nemo", "nemo")]
    else:
        entries = nemo(**fields)
    answers = [(5, entries), (25, entries), (5, entries), (31, entries), (31, entries)]
    assert series(sandbox, answers) == ([sentence] if sentence else [])
    row = CatalogModel.objects.get(model_id="nemo")
    assert row.pending in ({}, {"previous_ids": ["y"]}, {"previous_ids": ["nemo-latest"]})


moments = st.none() | st.integers(0, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
facts_and_values = st.dictionaries(
    st.sampled_from(["name", "max_context_length", "replacement", "capabilities.vision"]),
    st.builds(Wait, st.none() | st.booleans() | st.integers() | st.text() | st.just(UNKNOWN) | st.just(ANY), moments),
    max_size=3,
)


@given(
    st.builds(
        Pending,
        losses=facts_and_values,
        unannounced=facts_and_values,
        own_id=st.none() | st.builds(Wait, st.text(), moments),
        dropped=st.dictionaries(st.text(), moments, max_size=2),
        gained=st.dictionaries(st.text(), moments, max_size=2),
        split_off=st.dictionaries(st.text(), moments, max_size=2),
        absent_since=moments,
        new_since=moments,
        returned=st.none() | st.builds(Wait, moments, moments),
        relisted=st.none() | st.builds(Wait, st.just(True), moments),
        previous_ids=st.lists(st.text(), max_size=2).map(tuple),
        is_doubtful=st.booleans(),
        asked_at=moments,
    )
)
def test_a_pending_change_is_read_as_it_was_written(pending: Pending):
    assert Pending.from_json(json.loads(json.dumps(pending.to_json()))) == pending
