"""What upstream changed by itself, through the real sync: each change once, when it is confirmed, and nothing else."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from models_ui.actions import perform
from models_ui.actions.context import Context
from models_ui.changes.kinds import CHANGE_KINDS
from models_ui.changes.sentences import change_sentence
from models_ui.mirror import state
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogChange, CatalogModel
from sandbox import Sandbox
from tests.support import verbs
from tests.support.clock import CONFIRMED, turned_by_hand, wait
from tests.support.entries import FLAGS, FLAPS, LIMA, NEMO, TUNE, base, listing, tune

pytestmark = pytest.mark.django_db

DATE, LATER = "2030-08-31T12:00:00Z", "2030-09-30T12:00:00Z"


@pytest.fixture
def upstream(sandbox: Sandbox) -> Sandbox:
    """Two base models and a fine-tune, mirrored."""
    sandbox.catalog.replace([*LIMA, *NEMO, tune()])
    told()
    return sandbox


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with turned_by_hand():
        yield


def told(after: timedelta = CONFIRMED) -> list[str]:
    """One more run, long enough after the one before to confirm what that said, and the sentences that it made."""
    wait(after)
    last = CatalogChange.objects.count()
    assert run_sync().outcome == "synced"
    return [change_sentence(each) for each in CatalogChange.objects.order_by("pk")[last:]]


def kinds() -> list[str]:
    return [each.kind for each in CatalogChange.objects.order_by("pk")]


def nemo(**fields: Any) -> list[dict[str, Any]]:
    return [*LIMA, *listing("nemo", "nemo", "nemo-2407", **fields), tune()]


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


# --- Fine-tunes, and what we do ourselves


def test_a_name_given_elsewhere_is_told_with_both_names(upstream: Sandbox):
    for name, sentence in (
        ("Helpdesk", "“Support” was renamed outside this dashboard: it is now “Helpdesk”."),
        (None, f"{TUNE} lost its name “Helpdesk” outside this dashboard."),
        ("100 %(x)s", "100 %(x)s got its name outside this dashboard, before it had none."),
    ):
        upstream.catalog.rename(TUNE, name)
        assert [told(), told(), told()] == [[], [sentence], []]


def test_a_base_models_name_and_a_fine_tunes_description_are_no_news(upstream: Sandbox):
    upstream.catalog.describe(TUNE, "Better words")
    upstream.catalog.update_model("nemo", name=None)
    for _ in range(3):
        assert told() == []


def test_a_change_of_our_own_is_no_news(upstream: Sandbox, alice: User):
    context = Context(actor=alice)
    verbs.rename_model(context=context, model_id=TUNE, name="Helpdesk", seen="Support")
    assert told() == []
    verbs.archive_model(context=context, model_id=TUNE)
    assert told() == told() == []
    verbs.unarchive_model(context=context, model_id=TUNE)
    assert told() == []
    assert perform.delete_model(context=context, model_id=TUNE).event is not None
    assert told() == told() == told() == []
    assert kinds() == []


def test_a_list_that_lags_behind_our_rename_is_no_news(upstream: Sandbox, alice: User):
    verbs.rename_model(context=Context(actor=alice), model_id=TUNE, name="Helpdesk", seen="Support")
    for name in ("Support", "Helpdesk"):
        upstream.catalog.rename(TUNE, name)
        assert told() == []
    wait(timedelta(hours=2))
    upstream.catalog.rename(TUNE, "Support")
    assert [told(), told()] == [[], ["“Helpdesk” was renamed outside this dashboard: it is now “Support”."]]


@pytest.mark.parametrize("done", [True, False])
def test_a_write_of_unknown_outcome_that_turns_out_to_have_worked_is_no_news(
    upstream: Sandbox, alice: User, done: bool
):
    upstream.faults.add("504", verb="update", times=1)
    event = verbs.rename_model(context=Context(actor=alice), model_id=TUNE, name="Helpdesk", seen="Support").event
    assert event is not None
    assert event.outcome == "unknown"
    upstream.catalog.rename(TUNE, "Helpdesk" if done else "Another")
    assert bool([*told(), *told()]) is not done


def test_a_deletion_of_unknown_outcome_that_worked_is_not_told_as_missing(upstream: Sandbox, alice: User):
    upstream.faults.add("504", verb="delete", times=1)
    event = perform.delete_model(context=Context(actor=alice), model_id=TUNE).event
    assert event is not None
    assert event.outcome == "unknown"
    upstream.catalog.replace([*LIMA, *NEMO])
    for _ in range(3):
        assert told() == []


def test_a_model_that_an_action_found_gone_is_told_by_the_next_run_once(upstream: Sandbox, alice: User):
    upstream.catalog.remove(TUNE)
    verbs.archive_model(context=Context(actor=alice), model_id=TUNE)
    assert CatalogModel.objects.get(model_id=TUNE).is_missing
    assert [told(), told(), told()] == [["Support is gone from Mistral’s list."], [], []]


def test_a_model_that_an_action_alone_found_gone_and_that_is_listed_all_the_same_is_no_news(
    upstream: Sandbox, alice: User
):
    upstream.faults.add("404", verb="archive", times=1)
    verbs.archive_model(context=Context(actor=alice), model_id=TUNE)
    assert CatalogModel.objects.get(model_id=TUNE).is_missing
    assert told() == told() == []
    assert not CatalogModel.objects.get(model_id=TUNE).is_missing


def test_an_archived_model_that_leaves_the_contracts_list_is_no_news_until_it_cannot_be_read(upstream: Sandbox):
    upstream.catalog.archive(TUNE)
    upstream.strict = True
    assert told() == told() == told() == []
    upstream.catalog.remove(TUNE)
    assert [told(), told()] == [["Support is gone from Mistral’s list."], []]


@pytest.mark.parametrize("archived", [True, False])
def test_a_fine_tune_that_leaves_the_platforms_list_and_comes_back_is_told_once_each(
    upstream: Sandbox, point_at, archived: bool
):
    point_at(upstream, dialect="platform")
    upstream.catalog.update(TUNE, archived=archived)
    told(), told()
    upstream.catalog.remove(TUNE)
    assert [told(), told(), told()] == [[], ["Support is gone from Mistral’s list."], []]
    upstream.catalog.add(tune(archived=archived))
    assert [told(), told(), told()] == [[], ["Support is listed again."], []]


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
