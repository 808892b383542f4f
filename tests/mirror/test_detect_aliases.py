"""Ids that move between models, through the real sync: each move is told once, with both models, and nothing else."""

import random

import pytest

from sandbox import Sandbox
from tests.support.entries import LIMA, NEMO, base, listing, nemo, tune
from tests.support.news import kinds, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


# --- Aliases


def test_an_alias_that_moves_to_a_new_model_is_told_with_both(upstream: Sandbox):
    newer = listing("lima-2512", "lima-2512", "lima-latest", "lima")
    upstream.catalog.replace([*listing("lima-2508", "lima-2508"), *newer, *NEMO, tune()])
    assert told() == []
    assert told() == [
        "lima-2512 is new.",
        "lima now means lima-2512, before lima-2508.",
        "lima-latest now means lima-2512, before lima-2508.",
    ]
    assert told() == []


def test_an_alias_of_a_model_that_vanishes_as_its_successor_comes_is_told_with_both(upstream: Sandbox):
    upstream.catalog.replace([*listing("lima-2512", "lima-2512", "lima-latest"), *NEMO, tune()])
    assert told() == []
    assert told() == [
        "lima-2508 is gone from Mistral’s list.",
        "lima-2512 is new.",
        "lima-latest now means lima-2512, before lima-2508.",
    ]
    assert told() == []


def test_a_model_that_is_named_by_the_alias_it_took_is_told_by_its_pinned_id(upstream: Sandbox):
    newer = listing("lima-latest", "lima-2512", "lima-latest")
    upstream.catalog.replace([*listing("lima-2508", "lima-2508", "lima"), *newer, *NEMO, tune()])
    assert told() == []
    assert told() == ["lima-2512 is new.", "lima-latest now means lima-2512, before lima-2508."]


def test_an_alias_that_comes_back_elsewhere_long_after_its_model_vanished_has_moved(upstream: Sandbox):
    upstream.catalog.replace([*NEMO, tune()])
    told(), told()
    upstream.catalog.replace([*listing("nemo", "nemo", "nemo-2407", "lima-latest"), tune()])
    assert "lima-latest now means nemo, before lima-2508." in [*told(), *told()]
    assert told() == []


def test_an_id_of_its_own_that_becomes_an_alias_has_moved(upstream: Sandbox):
    upstream.catalog.replace([*LIMA, tune(), *listing("pixtral-2409", "pixtral-2409", "nemo")])
    assert [told(), told(), told()] == [
        [],
        ["pixtral-2409 is new.", "nemo now means pixtral-2409, before it was a model of its own."],
        [],
    ]
    upstream.catalog.replace([*nemo(), base("pixtral-2409", "pixtral-2409")])
    assert [told(), told(), told()] == [[], ["nemo is now a model of its own, before it meant pixtral-2409."], []]


def test_an_alias_that_becomes_a_model_of_its_own_is_no_new_model(upstream: Sandbox):
    loose = base("lima-latest", None)
    upstream.catalog.replace([*listing("lima-2508", "lima-2508", "lima"), loose, *NEMO, tune()])
    assert [told(), told(), told()] == [
        [],
        ["lima-latest is now a model of its own, before it meant lima-2508."],
        [],
    ]


@pytest.mark.parametrize("context", [131_072, 262_144])
@pytest.mark.parametrize("name", ["ocr-2512", None, "Human words"])
@pytest.mark.parametrize("model_id", ["ocr-latest", "ocr", "ocr-3"])
def test_a_new_model_that_takes_the_only_id_of_another_is_new_and_the_id_has_moved(
    upstream: Sandbox, model_id: str, name: str | None, context: int
):
    upstream.catalog.add(base(model_id, None if name is None else model_id))
    told(), told()
    upstream.catalog.replace([*nemo(), *listing(name, "ocr-2512", model_id, max_context_length=context)])
    assert [told(), told(), told()] == [
        [],
        [
            f"{'Human words' if name == 'Human words' else 'ocr-2512'} is new.",
            f"{model_id} now means ocr-2512, before it was a model of its own.",
        ],
        [],
    ]


def test_a_pinned_id_by_which_the_model_was_named_all_along_is_no_move(upstream: Sandbox):
    upstream.catalog.add(base("ocr-latest", "ocr-2512"))
    told(), told()
    upstream.catalog.replace([*nemo(), *listing("ocr-2512", "ocr-latest", "ocr-2512")])
    assert told() == told() == told() == []


def test_a_nameless_model_that_lost_its_id_never_comes_back_as_another(sandbox: Sandbox):
    sandbox.catalog.replace([*NEMO, base("medium", None), base("medium-2312", None)])
    told(), told()
    story = []
    for entries in (
        listing(None, "medium-2312", "medium"),
        listing(None, "medium-2505", "medium"),
        [base("medium-2505", None), *listing(None, "medium-2508", "medium")],
    ):
        sandbox.catalog.replace([*NEMO, *entries])
        story += [*told(), *told(), *told()]
    assert story == [
        "medium now means medium-2312, before it was a model of its own.",
        "medium-2312 is gone from Mistral’s list.",
        "medium-2505 is new.",
        "medium now means medium-2505, before medium-2312.",
        "medium-2508 is new.",
        "medium now means medium-2508, before medium-2505.",
    ]


def test_a_group_that_loses_its_main_id_has_not_moved(upstream: Sandbox):
    upstream.catalog.replace([*listing("lima-2508", "lima-latest", "lima"), *NEMO, tune()])
    for _ in range(3):
        assert told() == []


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("medium-latest", ("medium-2604", "medium-3-5", "medium-latest", "medium")),
        ("ocr-latest", ("ocr-4-1", "ocr-4", "ocr-latest")),
        ("large-latest", ("large-2411", "large-latest")),
        (None, ("medium-2604", "medium-3-5", "medium")),
    ],
)
def test_a_model_without_its_main_id_is_the_same_model_though_its_name_floats(sandbox: Sandbox, name, ids):
    whole, torn = listing(name, *ids), listing(name, *ids[1:])
    sandbox.catalog.replace([*NEMO, *whole])
    told()
    for _ in range(3):
        for entries in (torn, whole, whole):
            sandbox.catalog.replace([*NEMO, *entries])
            assert told() == []
    for entries in (torn, torn, torn, whole, whole, whole):
        sandbox.catalog.replace([*NEMO, *entries])
        assert told() == []


def test_a_floating_name_and_the_aliases_that_go_to_a_successor_make_it_no_heir_of_the_row(sandbox: Sandbox):
    sandbox.catalog.replace([*NEMO, *listing("medium-latest", "medium-2604", "medium-latest", "medium")])
    told()
    sandbox.catalog.replace([*NEMO, *listing("medium-latest", "medium-2611", "medium-latest", "medium")])
    assert [told(), told(), told()] == [
        [],
        [
            "medium-2604 is gone from Mistral’s list.",
            "medium-2611 is new.",
            "medium now means medium-2611, before medium-2604.",
            "medium-latest now means medium-2611, before medium-2604.",
        ],
        [],
    ]


# --- Duplicate ids

FIRST = listing("voxtral-2507", "voxtral-2507", "voxtral-latest", description="hears")
SECOND = listing("voxtral-transcribe-2507", "voxtral-2507", "voxtral-latest", description="writes")


def test_two_models_with_one_id_are_two_models_and_neither_took_it_from_the_other(sandbox: Sandbox):
    sandbox.catalog.replace([*NEMO, *FIRST])
    told()
    sandbox.catalog.replace([*NEMO, *FIRST, *SECOND])
    assert [told(), told()] == [[], ["voxtral-transcribe-2507 is new."]]
    entries = [*NEMO, *FIRST, *SECOND]
    for seed in range(5):
        random.Random(seed).shuffle(entries)
        sandbox.catalog.replace(entries)
        assert told() == []
    sandbox.catalog.replace([*NEMO, *SECOND])
    assert [told(), told(), told()] == [[], ["voxtral-2507 is gone from Mistral’s list."], []]
    assert kinds() == ["model.added", "model.missing"]


NEWER = listing("voxtral-2602", "voxtral-2602", "voxtral-latest")


@pytest.mark.parametrize("second", [SECOND, listing("voxtral-transcribe", "voxtral-transcribe", "voxtral-latest")])
def test_an_alias_that_two_models_shared_for_a_while_is_told_when_it_moves_on(sandbox: Sandbox, second):
    shared = [*NEMO, *FIRST, *second]
    sandbox.catalog.replace([*NEMO, *FIRST])
    told()
    for seed in range(4):
        random.Random(seed).shuffle(shared)
        sandbox.catalog.replace(shared)
        told()
    sandbox.catalog.replace([*NEMO, *NEWER])
    assert told() == []
    assert {"voxtral-2602 is new.", "voxtral-latest now means voxtral-2602, before voxtral-2507."} <= {*told()}
    assert told() == told() == []
    assert kinds().count("alias.repointed") == 1


def test_a_shared_alias_has_moved_only_if_the_other_model_keeps_it(upstream: Sandbox):
    both = [*LIMA, *listing("nemo", "nemo", "nemo-2407", "lima"), tune()]
    other = [*listing("lima-2508", "lima-2508", "lima-latest"), *both[len(LIMA) :]]
    for entries in (both, both, nemo(), nemo(), both, both, other, both):
        upstream.catalog.replace(entries)
        assert told() == []
    upstream.catalog.replace(other)
    assert [told(), told(), told()] == [[], ["lima now means nemo, before lima-2508."], []]
    upstream.catalog.replace(both)
    assert told() == told() == []


def test_the_meaning_of_a_shared_alias_is_known_after_all_who_shared_it_are_gone(sandbox: Sandbox):
    sandbox.catalog.replace([*NEMO, *SECOND])
    told()
    for entries in ([*NEMO, *FIRST, *SECOND], NEMO, NEMO, [*NEMO, *NEWER]):
        sandbox.catalog.replace(entries)
        found = [*told(), *told()]
    assert found == ["voxtral-2602 is new.", "voxtral-latest now means voxtral-2602, before voxtral-2507."]


def test_of_an_alias_that_was_shared_from_the_start_nobody_knows_what_it_meant(sandbox: Sandbox):
    sandbox.catalog.replace([*NEMO, *FIRST, *SECOND])
    told()
    sandbox.catalog.replace([*NEMO, *FIRST, *NEWER])
    found = [*told(), *told(), *told()]
    assert not any("voxtral-latest" in each for each in found), found
