"""A row shows additions at once, and losses when they are confirmed: here each answer comes long enough after another."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_ui.mirror import merge
from models_ui.mirror.alias_owners import AliasOwner, AliasOwners
from models_ui.mirror.fact_rules import Answer
from models_ui.mirror.grouping import RealModel
from models_ui.mirror.merge import facts_of_model, new_row
from models_ui.mirror.pending import Confirmation, Pending
from models_ui.models import CatalogModel
from models_ui.services.cards import parse_card
from models_ui.vocabulary import id_is_routable

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ENTRY: dict[str, Any] = {
    "id": "lima-2508",
    "object": "model",
    "created": 1_791_465_826,
    "owned_by": "mistralai",
    "capabilities": {"completion_chat": True, "vision": True, "ocr": False},
    "name": "lima-2508",
    "description": "A model.",
    "max_context_length": 131_072,
    "aliases": ["lima-latest", "lima"],
    "deprecation": "2026-12-31T12:00:00Z",
    "deprecation_replacement_model": "lima-large-latest",
    "default_model_temperature": 0.3,
    "type": "base",
}
TUNE: dict[str, Any] = {
    **ENTRY,
    "id": "ft:lima-latest:0a1b2c3d:20250318:9f8e7d6c",
    "created": 1_742_337_834,
    "name": "Support",
    "aliases": [],
    "type": "fine-tuned",
    "root": "lima-latest",
    "job": "9f8e7d6c-cf75-4922-92c1-7bb975799321",
    "archived": False,
}


def seen(entry: dict[str, Any], **changes: Any) -> RealModel:
    card = parse_card({**entry, **changes})
    assert card is not None
    return RealModel(identity=card.id, card=card, aliases=card.aliases)


MINUTES: Iterator[int] = count(31, 31)


def answer(held: Collection[str] = (), *, is_start: bool = False) -> Answer:
    """A list's answer, half an hour after the one before; `held` are ids of other models."""
    owners = AliasOwners(dict.fromkeys(held, AliasOwner(-1, "another")), frozenset())
    return Answer(Confirmation(NOW + timedelta(minutes=next(MINUTES))), owners, is_start=is_start)


def take_in(row: CatalogModel, model: RealModel, held: Collection[str] = ()) -> set[str]:
    return merge.take_in(row, model, answer(set(held) - set(row.aliases)))


def row_of(entry: dict[str, Any], **changes: Any) -> CatalogModel:
    return new_row(seen(entry, **changes), entry["id"], answer(is_start=True))


# --- Nothing new


@pytest.mark.parametrize("entry", [ENTRY, TUNE])
def test_the_same_answer_again_changes_nothing(entry: dict[str, Any]):
    assert take_in(row_of(entry), seen(entry)) == set()


def test_a_base_models_created_is_the_clock_of_the_request_and_never_stored_as_a_date():
    row = row_of(ENTRY)
    assert row.created_at is None
    assert take_in(row, seen(ENTRY, created=1_800_000_000)) == set()
    assert row.raw["created"] == ENTRY["created"]


@pytest.mark.parametrize("kind", ["reranker", "BASE"])
def test_the_same_goes_for_a_type_nobody_has_heard_of(kind: str):
    row = row_of(ENTRY, type=kind)
    assert row.created_at is None
    assert take_in(row, seen(ENTRY, type=kind, created=1_800_000_000)) == set()


def test_a_fine_tunes_created_is_its_date():
    row = row_of(TUNE)
    assert row.created_at == datetime(2025, 3, 18, 22, 43, 54, tzinfo=UTC)
    assert take_in(row, seen(TUNE, created=1_742_337_835)) == {"created_at", "raw"}


def test_odd_characters_in_a_payload_are_not_a_change_each_time():
    odd = {"note": "a\x00b\ud800", "ratio": float("nan"), "created": 5}
    row = row_of(ENTRY, **odd)
    assert take_in(row, seen(ENTRY, **{**odd, "created": 6})) == set()


def test_the_order_of_aliases_and_flags_says_nothing():
    row = row_of(ENTRY)
    flags = dict(reversed(ENTRY["capabilities"].items()))
    assert take_in(row, seen(ENTRY, aliases=["lima", "lima-latest"], capabilities=flags)) <= {"raw"}
    assert row.aliases == ["lima-latest", "lima"]


# --- Shown at once


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"name": "Helpdesk"}, "name", "Helpdesk"),
        ({"name": None}, "name", None),
        ({"description": "New words"}, "description", "New words"),
        ({"description": None}, "description", None),
        ({"archived": True}, "archived", True),
        ({"max_context_length": 262_144}, "max_context_length", 262_144),
        ({"deprecation": "2027-01-31T12:00:00Z"}, "deprecation", datetime(2027, 1, 31, 12, tzinfo=UTC)),
        ({"aliases": ["support-latest"]}, "aliases", ["support-latest"]),
    ],
)
def test_an_edit_of_a_fine_tune_an_addition_and_a_date_are_shown_at_once(changes, field: str, expected):
    row = row_of(TUNE)
    assert field in take_in(row, seen(TUNE, **changes))
    assert getattr(row, field) == expected
    take_in(row, seen(TUNE, **changes))
    assert row.pending == {}


def test_a_new_ability_is_shown_at_once_known_or_not():
    row = row_of(ENTRY)
    take_in(row, seen(ENTRY, capabilities={**ENTRY["capabilities"], "ocr": True, "telepathy": True}))
    assert row.capabilities == {"completion_chat": True, "vision": True, "ocr": True, "telepathy": True}


# --- Losses

LOSSES = [
    ({"deprecation": None}, "deprecation"),
    ({"deprecation_replacement_model": None}, "replacement"),
    ({"capabilities": {"completion_chat": True, "vision": False, "ocr": False}}, "capabilities"),
    ({"capabilities": {"completion_chat": True}}, "capabilities"),
    ({"max_context_length": 32_768}, "max_context_length"),
    ({"aliases": ["lima"]}, "aliases"),
    ({"description": "Official lima-2508 Mistral AI model"}, "description"),
    ({"description": None}, "description"),
    ({"name": None}, "name"),
    ({"name": "lima-2509"}, "name"),
    ({"default_model_temperature": None}, "default_temperature"),
]


@pytest.mark.parametrize(("changes", "field"), LOSSES)
def test_a_loss_is_shown_when_it_is_confirmed(changes, field: str):
    row, before = row_of(ENTRY), facts_of_model(seen(ENTRY))
    assert take_in(row, seen(ENTRY, **changes)) == {"pending"}
    assert {name: getattr(row, name) for name in before} == before
    assert field in take_in(row, seen(ENTRY, **changes))
    assert getattr(row, field) == facts_of_model(seen(ENTRY, **changes))[field]
    assert row.pending == {}
    assert row.raw == seen(ENTRY, **changes).card.raw
    assert take_in(row, seen(ENTRY, **changes)) == set()


@pytest.mark.parametrize(("changes", "field"), LOSSES)
def test_a_loss_that_is_taken_back_was_never_shown(changes, field: str):
    row = row_of(ENTRY)
    for _ in range(3):
        assert take_in(row, seen(ENTRY, **changes)) == {"pending"}
        assert take_in(row, seen(ENTRY)) == {"pending"}
    assert row.pending == {}


def test_two_different_losses_in_a_row_confirm_neither():
    row = row_of(ENTRY)
    take_in(row, seen(ENTRY, capabilities={"completion_chat": False, "vision": True, "ocr": False}))
    take_in(row, seen(ENTRY, capabilities={"completion_chat": True, "vision": False, "ocr": False}))
    assert row.capabilities == ENTRY["capabilities"]


def test_an_addition_beside_a_loss_is_shown_while_the_loss_waits():
    row = row_of(ENTRY)
    take_in(row, seen(ENTRY, capabilities={"completion_chat": True, "ocr": True}, deprecation="2027-01-31T12:00:00Z"))
    assert row.capabilities == {"completion_chat": True, "vision": True, "ocr": True}
    assert row.deprecation == datetime(2027, 1, 31, 12, tzinfo=UTC)


# --- What an answer does not say


@pytest.mark.parametrize(
    "changes",
    [
        {"capabilities": None},
        {"capabilities": 7},
        {"capabilities": ["completion_chat", "vision", "ocr"]},
        {"max_context_length": None},
        {"max_context_length": "lots"},
        {"aliases": None},
        {"deprecation": "soon"},
        {"description": 5},
    ],
)
def test_an_unreadable_value_neither_takes_away_nor_invents_however_often_it_is_said(changes):
    row, before = row_of(ENTRY), facts_of_model(seen(ENTRY))
    for _ in range(3):
        take_in(row, seen(ENTRY, **changes))
        assert {name: getattr(row, name) for name in before if name not in ("raw", "problems")} == {
            name: value for name, value in before.items() if name not in ("raw", "problems")
        }
    assert row.problems == list(changes)


@pytest.mark.parametrize("name", ["archived", "root", "job", "owned_by", "created"])
@pytest.mark.parametrize("value", ["absent", None, 7.5])
def test_a_value_that_an_answer_does_not_say_is_kept(name: str, value):
    row = row_of(TUNE, archived=True)
    entry = {**TUNE, "archived": True, name: value}
    if value == "absent":
        del entry[name]
    for _ in range(3):
        take_in(row, seen(entry))
    assert row.archived is True
    assert (row.root, row.job, row.owned_by) == ("lima-latest", TUNE["job"], "mistralai")
    assert row.created_at == datetime(2025, 3, 18, 22, 43, 54, tzinfo=UTC)


# --- Ids


def test_a_vanished_main_id_is_kept_until_it_is_confirmed_that_it_is_gone():
    row = row_of(ENTRY)
    left = seen(ENTRY, id="lima-latest", aliases=["lima"])
    assert take_in(row, left) == {"pending"}
    assert (row.model_id, row.aliases) == ("lima-2508", ["lima-latest", "lima"])
    take_in(row, left)
    assert (row.model_id, row.aliases) == ("lima-latest", ["lima"])
    assert take_in(row, left) == set()


def test_a_pinned_id_by_which_the_model_was_named_all_along_takes_the_floating_ones_place():
    row = row_of(ENTRY, id="lima-latest", aliases=[])
    for _ in range(2):
        take_in(row, seen(ENTRY, aliases=["lima-latest"]))
    assert (row.model_id, row.aliases, row.pending) == ("lima-2508", ["lima-latest"], {})


def test_a_main_id_that_is_another_one_for_a_single_answer_never_changes():
    row = row_of(ENTRY, id="nemo", name="nemo", aliases=["nemo-2407"])
    flap = seen(ENTRY, id="nemo-2407", name=None, aliases=["nemo"])
    for _ in range(2):
        assert take_in(row, flap) == {"pending"}
        assert take_in(row, seen(ENTRY, id="nemo", name="nemo", aliases=["nemo-2407"])) == {"pending"}
    assert (row.model_id, row.aliases, row.pending) == ("nemo", ["nemo-2407"], {})


def test_an_entry_that_lost_its_id_for_once_keeps_it():
    row = row_of(ENTRY)
    take_in(row, seen(ENTRY, id=None))
    assert (row.model_id, row.aliases) == ("lima-2508", ["lima-latest", "lima"])


def test_an_alias_that_moves_is_in_one_place_all_the_time():
    old, new = row_of(ENTRY), row_of(ENTRY, id="lima-2512", name="lima-2512", aliases=[])
    held = frozenset(old.aliases)
    moved = seen(ENTRY, aliases=["lima"]), seen(ENTRY, id="lima-2512", name="lima-2512", aliases=["lima-latest"])
    places = []
    for _ in range(3):
        take_in(old, moved[0], held)
        take_in(new, moved[1], held)
        held = frozenset([*old.aliases, *new.aliases])
        places.append(("lima-latest" in old.aliases, "lima-latest" in new.aliases))
    assert places == [(True, False), (False, True), (False, True)]


def test_an_alias_that_moves_to_a_model_nobody_knew_waits_as_well():
    held = frozenset(["lima-latest"])
    model = seen(ENTRY, id="lima-2512", aliases=["lima-latest", "lima-3"])
    row = new_row(model, "lima-2512", answer(held))
    assert row.aliases == ["lima-3"]
    take_in(row, model, held)
    assert row.aliases == ["lima-latest", "lima-3"]
    assert row.pending == {}


# --- Tombstones


def test_a_deleted_model_that_a_late_list_still_names_stays_deleted():
    row = row_of(TUNE)
    row.deleted_at = row.missing_since = NOW
    assert take_in(row, seen(TUNE)) == {"pending"}
    assert (row.deleted_at, row.missing_since) == (NOW, NOW)
    take_in(row, seen(TUNE))
    assert (row.deleted_at, row.missing_since) == (None, None)


# --- Hostile input


def test_a_value_too_long_for_its_column_is_cut_and_that_is_said():
    long = "x" * 10_000
    row = row_of(TUNE, id=long, type=long, owned_by=long, root=long, job=long, deprecation_replacement_model=long)
    for field in CatalogModel._meta.concrete_fields:
        if field.name != "identity" and getattr(field, "max_length", None):
            assert len(getattr(row, field.name)) <= field.max_length
    assert set(row.problems) == {"id", "type", "owned_by", "root", "job", "deprecation_replacement_model"}
    assert not id_is_routable(row.model_id)
    assert row.raw["id"] == long
    again = seen(TUNE, id=long, type=long, owned_by=long, root=long, job=long, deprecation_replacement_model=long)
    assert take_in(row, again) == set()


odd = st.none() | st.booleans() | st.integers(-5, 2**70) | st.floats() | st.text(max_size=5) | st.lists(st.none())
changes = st.dictionaries(
    st.sampled_from([*TUNE, "unknown"]), odd | st.dictionaries(st.text(max_size=3), odd), max_size=4
)


@given(st.sampled_from([ENTRY, TUNE]), st.lists(changes, min_size=1, max_size=4))
def test_any_sequence_of_answers_is_settled_after_two_runs(entry: dict[str, Any], history: list[dict[str, Any]]):
    row = row_of(entry)
    for each in history:
        take_in(row, seen(entry, **each))
    last = seen(entry, **history[-1])
    for _ in range(2):
        take_in(row, last)
    assert take_in(row, last) == set()
    pending = Pending.from_json(row.pending)
    # What the last answer does not say is never confirmed.
    assert not pending.unannounced or last.card.problems
    assert replace(pending, unannounced={}) == Pending()
