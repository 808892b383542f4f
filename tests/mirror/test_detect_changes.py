"""What upstream changed by itself, through the real sync: each change once, when it is confirmed, and nothing else."""

from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from models_ui.changes.kinds import CHANGE_KINDS
from models_ui.changes.sentences import change_sentence
from models_ui.mirror import state
from models_ui.models import CatalogChange, CatalogModel
from sandbox import Sandbox
from tests.support.entries import FLAGS, FLAPS, LIMA, NEMO, base, listing, nemo, tune
from tests.support.news import kinds, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

DATE, LATER = "2030-08-31T12:00:00Z", "2030-09-30T12:00:00Z"


# --- Nothing to tell


def test_the_first_run_of_an_empty_mirror_is_no_news_and_an_equal_one_neither(upstream: Sandbox):
    assert kinds() == []
    assert told() == told() == []


def test_another_order_another_clock_and_another_description_are_no_news(upstream: Sandbox):
    entries = [entry | {"description": "New words"} for entry in reversed([*LIMA, *NEMO, tune()])]
    upstream.catalog.replace(entries)
    for _ in range(3):
        assert told() == []


@pytest.mark.parametrize("flap", FLAPS)
def test_a_flap_is_no_news_however_often_it_comes(upstream: Sandbox, flap: dict[str, Any]):
    for _ in range(3):
        upstream.catalog.replace(nemo(**flap))
        assert told() == []
        upstream.catalog.replace(nemo())
        assert told() == told() == []
    assert not CatalogModel.objects.exclude(pending={}).exists()


def test_a_model_and_an_alias_that_are_gone_for_one_answer_are_no_news(upstream: Sandbox):
    moved = [*listing("lima-2508", "lima-2508", "lima"), *listing("nemo", "nemo", "nemo-2407", "lima-latest"), tune()]
    for entries in (NEMO, nemo(), moved, nemo(), [*LIMA, tune()], nemo()):
        upstream.catalog.replace(entries)
        assert told() == []


def test_an_entry_that_lost_its_id_for_one_answer_is_no_news(upstream: Sandbox):
    upstream.catalog.replace([*nemo(), base("", "nemo"), tune(id=None)])
    assert told() == []
    upstream.catalog.replace(nemo())
    assert told() == told() == told() == []


# --- Each kind, once


@pytest.mark.parametrize(
    ("fields", "runs", "sentence"),
    [
        ({"deprecation": DATE}, 2, "nemo stops working on 31 Aug 2030."),
        ({"deprecation": DATE, "deprecation_replacement_model": "lima"}, 2, "nemo stops working on 31 Aug 2030."),
        (
            {"deprecation": "2020-08-31", "deprecation_replacement_model": "lima"},
            1,
            "nemo stopped working on 31 Aug 2020, by a date that was seen once and is not confirmed yet.",
        ),
        (
            {"deprecation": "2026-11-30T12:00:00Z"},
            1,
            "nemo stops working on 30 Nov 2026: this was seen once and is not confirmed yet.",
        ),
        ({"deprecation": "2026-11-30T14:00:00Z"}, 2, "nemo stops working on 30 Nov 2026."),
        ({"deprecation_replacement_model": "lima"}, 2, "The replacement of nemo is now lima, before none was named."),
        ({"capabilities": {**FLAGS, "ocr": True}}, 2, "nemo gained OCR."),
        (
            {"capabilities": {**FLAGS, "telepathy_deep": True}},
            2,
            "nemo is now listed with Telepathy deep, which was not told before.",
        ),
        ({"capabilities": {**FLAGS, "vision": False}}, 2, "nemo lost Vision."),
        ({"capabilities": {"completion_chat": True}}, 2, "nemo is no longer listed with Vision."),
        (
            {"max_context_length": 128_000},
            2,
            "The context length of nemo is now 128,000 tokens, before 131,072.",
        ),
        (
            {"max_context_length": 262_144},
            2,
            "The context length of nemo is now 262,144 tokens, before 131,072.",
        ),
    ],
)
def test_a_change_is_told_once_when_it_is_confirmed(upstream: Sandbox, fields: dict, runs: int, sentence: str):
    upstream.catalog.replace(nemo(**fields))
    assert [told() for _ in range(4)] == [[sentence] if run == runs else [] for run in range(1, 5)]


@pytest.mark.parametrize(
    ("before", "after", "runs", "sentence"),
    [
        (
            {"deprecation": DATE},
            {"deprecation": LATER},
            2,
            "nemo stops working on 30 Sep 2030, no longer on 31 Aug 2030.",
        ),
        (
            {"deprecation": DATE},
            {"deprecation": "2030-08-31T18:00:00Z"},
            2,
            "nemo stops working on 31 Aug 2030 18:00, no longer on 31 Aug 2030 12:00.",
        ),
        (
            {"deprecation": DATE, "deprecation_replacement_model": "lima"},
            {},
            2,
            "nemo was to stop working on 31 Aug 2030; that date is withdrawn.",
        ),
        (
            {"deprecation_replacement_model": "lima"},
            {"deprecation_replacement_model": "lima-2508"},
            2,
            "The replacement of nemo is now lima-2508, before lima.",
        ),
        (
            {"deprecation_replacement_model": "lima"},
            {},
            2,
            "No replacement of nemo is named any more, before it was lima.",
        ),
        ({"max_context_length": None}, {}, 2, "The context length of nemo is now known: 131,072 tokens."),
    ],
)
def test_a_change_of_a_value_is_told_with_what_it_was(sandbox: Sandbox, before, after, runs: int, sentence: str):
    for fields in (before, after):
        sandbox.catalog.replace(nemo(**fields))
        found = [told() for _ in range(4)]
    assert found == [[sentence] if run == runs else [] for run in range(1, 5)]


def test_a_model_that_comes_vanishes_and_returns_is_told_once_each_when_that_is_confirmed(upstream: Sandbox):
    upstream.catalog.add(*listing("kilo-2601", "kilo-2601", "kilo-latest"))
    assert [told(), told(), told()] == [[], ["kilo-2601 is new."], []]
    upstream.catalog.replace(nemo())
    assert [told(), told(), told()] == [[], ["kilo-2601 is gone from Mistral’s list."], []]
    upstream.catalog.add(*listing("kilo-2601", "kilo-2601", "kilo-latest"))
    assert [told(), told(), told()] == [[], ["kilo-2601 is listed again."], []]


def test_a_model_that_was_to_retire_and_vanishes_is_told_as_gone_once(upstream: Sandbox):
    upstream.catalog.replace(nemo(deprecation=DATE, deprecation_replacement_model="lima-latest"))
    told(), told()
    upstream.catalog.replace([*LIMA, tune()])
    assert [told() for _ in range(4)] == [[], ["nemo is gone from Mistral’s list."], [], []]
    assert kinds() == ["deprecation.announced", "model.missing"]


def test_an_answer_without_the_model_starts_the_wait_anew(upstream: Sandbox):
    upstream.catalog.replace(nemo(capabilities={**FLAGS, "ocr": True}))
    assert told() == []
    upstream.catalog.replace([*LIMA, tune()])
    assert told() == []
    upstream.catalog.replace(nemo(capabilities={**FLAGS, "ocr": True}))
    assert [told(), told(), told()] == [[], ["nemo gained OCR."], []]


def test_a_change_carries_the_time_of_its_answer_and_moves_the_mirrors_version(upstream: Sandbox):
    old = state.mirror_state().version
    upstream.catalog.replace(nemo(deprecation=DATE))
    told()
    started = timezone.now()
    told()
    change = CatalogChange.objects.get()
    assert started < change.at < timezone.now()
    assert (change.model_id, change.before) == ("nemo", None)
    assert datetime.fromisoformat(change.after) == datetime.fromisoformat(DATE)
    assert state.mirror_state().version != old


# --- Words


@pytest.mark.parametrize("kind", [*CHANGE_KINDS, "model.invented %s later"])
@pytest.mark.parametrize("value", [None, "", "2030-08-31T12:00:00+00:00", "not-a-date", 7, True, "%(model)s"])
def test_every_kind_has_a_sentence_whatever_is_stored(kind: str, value: Any):
    change = CatalogChange(at=timezone.now(), kind=kind, model_id="m", subject="s", before=value, after=value)
    assert change_sentence(change)


def test_hostile_ids_and_aliases_are_told_and_break_no_run(sandbox: Sandbox):
    sandbox.catalog.replace([*listing("a" * 5000, "a" * 5000, "x" * 5000), *NEMO])
    told()
    sandbox.catalog.replace([*listing("b\x00\ud800%(model)s", "b\x00\ud800%(model)s", "x" * 5000), *NEMO])
    found = [*told(), *told()]
    assert len(found) == 3
    assert all(len(each.subject) <= 300 for each in CatalogChange.objects.all())
