"""Which row an entry belongs to, and when a model is missing or back."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from models_ui.actions.context import Context
from models_ui.catalog.store import load_rows
from models_ui.mirror import sync
from models_ui.mirror.state import mirror_state
from models_ui.mirror.sync import run_sync
from models_ui.services.cards import ModelCard
from models_ui.services.models_api import ModelsAPI
from sandbox import Sandbox
from tests.mirror.conftest import index, news, one_run, run_after, shown, snapshot, version
from tests.support import verbs
from tests.support.entries import LIMA, NEMO, TUNE, base, listing, tune

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


# --- Identity


def test_a_group_that_loses_its_main_id_stays_one_row(upstream: Sandbox):
    pk = shown()["lima-2508"].pk
    upstream.catalog.replace([*listing("lima-2508", "lima-latest", "lima"), *NEMO, tune()])
    assert news(one_run()) == (0, 0, 0)
    assert shown()["lima-2508"].pk == pk
    assert news(one_run()) == (0, 1, 0)
    assert len(shown()) == 3
    assert shown()["lima"].pk == pk
    assert index().find("lima-2508")[0].pk == pk  # its name still leads to it
    assert news(one_run()) == (0, 0, 0)


def test_a_group_with_a_floating_name_that_loses_its_main_id_stays_one_row(sandbox: Sandbox):
    sandbox.catalog.replace([*NEMO, *listing("ocr-latest", "ocr-4-1", "ocr-4", "ocr-latest")])
    one_run()
    pk, old = shown()["ocr-4-1"].pk, version()
    sandbox.catalog.replace([*NEMO, *listing("ocr-latest", "ocr-4", "ocr-latest")])
    assert news(one_run()) == (0, 0, 0)
    assert (shown()["ocr-4-1"].pk, version()) == (pk, old)
    assert news(one_run()) == (0, 1, 0)
    assert shown()["ocr-4"].pk == pk
    sandbox.catalog.replace([*NEMO, *listing("ocr-latest", "ocr-4-1", "ocr-4", "ocr-latest")])
    one_run()
    one_run()
    assert (shown()["ocr-4-1"].pk, len(shown())) == (pk, 2)


@pytest.mark.parametrize("name", ["ocr-latest", "ocr-2512", None])
@pytest.mark.parametrize("floating", ["ocr-latest", "ocr"])
def test_a_row_does_not_follow_its_floating_id_to_the_model_that_took_it(upstream: Sandbox, floating: str, name):
    upstream.catalog.add(base(floating, name and name.replace("ocr-2512", floating)))
    one_run()
    one_run()
    pk = shown()[floating].pk
    upstream.catalog.replace([*LIMA, *NEMO, tune(), *listing(name, floating, "ocr-2512")])
    assert news(one_run()) == (1, 0, 0)
    assert pk in [row.pk for row in index().find(floating)]
    assert news(one_run()) == (0, 1, 1)
    assert shown()["ocr-2512"].pk != pk
    assert shown()[floating].state == "missing"
    assert "ocr-2512" in [row.model_id for row in index().find(floating)]


def test_a_model_does_not_become_another_one_that_took_its_id_as_an_alias(upstream: Sandbox):
    old = shown()["nemo"].pk
    upstream.catalog.replace([*LIMA, tune(), *listing("pixtral-2409", "pixtral-2409", "nemo")])
    one_run()
    one_run()
    assert shown()["nemo"].pk == old
    assert shown()["nemo"].state == "missing"
    assert shown()["pixtral-2409"].pk != old


FIRST = listing("voxtral-2507", "voxtral-2507", "voxtral-latest", description="hears")
SECOND = listing("voxtral-transcribe-2507", "voxtral-2507", "voxtral-latest", description="writes")


@pytest.mark.parametrize(("left", "gone"), [(FIRST, "writes"), (SECOND, "hears")])
def test_of_two_models_with_one_id_the_one_that_stays_keeps_its_row(sandbox: Sandbox, left, gone: str):
    sandbox.catalog.replace([*FIRST, *SECOND])
    one_run()
    before = {row.description: row.pk for row in load_rows()}
    assert len(before) == 2
    for _ in range(2):
        sandbox.catalog.replace(left)
        run = one_run()
        assert run.added == 0
    rows = {row.description: row for row in load_rows()}
    assert {text: row.pk for text, row in rows.items()} == before
    assert rows[gone].state == "missing"
    sandbox.catalog.replace([*SECOND, *FIRST])
    assert news(one_run()) == (0, 1, 0)
    assert {row.description: row.pk for row in load_rows()} == before
    assert {row.state for row in load_rows()} == {"live"}


@pytest.mark.parametrize(("first", "second"), [(FIRST, SECOND), (SECOND, FIRST)])
def test_a_second_model_with_an_id_that_is_taken_does_not_take_over_the_row(sandbox: Sandbox, first, second):
    sandbox.catalog.replace(first)
    one_run()
    (only,) = load_rows()
    sandbox.catalog.replace([*first, *second])
    assert one_run().added == 1
    assert {row.description for row in load_rows()} == {"hears", "writes"}
    assert next(row for row in load_rows() if row.pk == only.pk).description == only.description
    assert news(one_run()) == (0, 1, 0)  # the shared alias, which waited
    assert news(one_run()) == (0, 0, 0)


# --- Missing and back


def test_a_model_is_missing_when_that_is_confirmed_and_comes_back_at_once(upstream: Sandbox):
    old, seen = version(), mirror_state().last_synced_at
    upstream.catalog.replace([*LIMA, *NEMO])
    assert news(one_run()) == (0, 0, 0)
    assert shown()[TUNE].state == "live"
    assert version() == old
    assert news(one_run()) == (0, 0, 1)
    row = shown()[TUNE]
    assert (row.state, row.last_seen_at) == ("missing", seen)
    assert row.missing_since is not None
    assert row.missing_since > seen
    assert version() != old
    assert news(one_run()) == (0, 0, 0)
    upstream.catalog.add(tune())
    assert news(one_run()) == (0, 1, 0)
    assert shown()[TUNE].state == "live"


def test_a_model_that_is_gone_for_one_answer_is_no_news(upstream: Sandbox):
    old, before = version(), {model_id: row.state for model_id, row in shown().items()}
    for entries in ([*LIMA, *NEMO], [*LIMA, *NEMO, tune()]) * 2:
        upstream.catalog.replace(entries)
        assert news(one_run()) == (0, 0, 0)
    assert {model_id: row.state for model_id, row in shown().items()} == before
    assert version() == old


@pytest.mark.parametrize("archived", [True, False])
def test_a_fine_tune_that_the_platforms_list_leaves_out_is_missing_when_that_is_confirmed(
    upstream: Sandbox, point_at, archived: bool
):
    point_at(upstream, dialect="platform")
    upstream.catalog.update(TUNE, archived=archived)
    one_run()
    seen = mirror_state().last_synced_at
    upstream.catalog.replace([*LIMA, *NEMO])
    assert news(one_run()) == (0, 0, 0)
    assert shown()[TUNE].state == ("archived" if archived else "live")
    assert news(one_run()) == (0, 0, 1)
    assert (shown()[TUNE].state, shown()[TUNE].last_seen_at) == ("missing", seen)
    assert set(upstream.counts) == {"list"}
    upstream.catalog.add(tune(archived=archived))
    one_run()
    assert shown()[TUNE].state == ("archived" if archived else "live")


def many(number: int, **fields: Any) -> list[dict[str, Any]]:
    return [tune(f"ft:lima:{place:04}", **fields) for place in range(number)]


def test_an_archived_fine_tune_that_the_contracts_list_leaves_out_stays_archived_while_it_can_be_read(
    upstream: Sandbox,
):
    upstream.catalog.update(TUNE, archived=True)
    one_run()
    upstream.strict = True
    for _ in range(3):
        one_run()
        assert shown()[TUNE].state == "archived"
    assert upstream.counts["retrieve"] == 3
    upstream.catalog.remove(TUNE)
    assert news(one_run()) == (0, 0, 1)
    assert shown()[TUNE].state == "missing"
    one_run()
    assert upstream.counts["retrieve"] == 4


@pytest.mark.parametrize(
    ("fault", "options", "state"),
    [
        ("404", {"shape": "not-found"}, "missing"),
        ("404", {"shape": "deprecated"}, "missing"),
        ("404", {"shape": "no-route"}, "archived"),
        *((fault, {}, "archived") for fault in ("405", "401", "403", "500", "429", "not-json", "cut", "empty")),
    ],
)
def test_only_the_answer_that_there_is_no_such_model_makes_an_archived_one_missing(
    upstream: Sandbox, fault: str, options: dict[str, Any], state: str
):
    sync.models_api().transport.retries = 0
    upstream.catalog.update(TUNE, archived=True)
    one_run()
    upstream.strict = True
    upstream.faults.add(fault, verb="retrieve", **options)
    for _ in range(3):
        one_run()
        assert shown()[TUNE].state == state


def test_archived_fine_tunes_are_asked_for_twenty_a_run_and_each_every_half_hour(sandbox: Sandbox):
    sandbox.catalog.replace([*NEMO, *many(50, archived=True)])
    one_run()
    sandbox.strict = True
    asked = []
    for minutes in (31, 5, 5, 5, 14, 2, 2):
        before = sandbox.counts.get("retrieve", 0)
        run_after(timedelta(minutes=minutes))
        asked.append(sandbox.counts.get("retrieve", 0) - before)
    assert asked == [20, 20, 10, 0, 0, 20, 0]
    assert {row.state for row in load_rows() if row.type == "fine-tuned"} == {"archived"}


def test_a_live_fine_tune_that_the_contracts_list_leaves_out_though_it_exists_has_been_archived_elsewhere(
    upstream: Sandbox,
):
    upstream.strict = True
    one_run()
    upstream.catalog.archive(TUNE)
    states = []
    for _ in range(4):
        one_run()
        states.append(shown()[TUNE].state)
    assert states == ["live", "archived", "archived", "archived"]


def test_a_fine_tune_that_the_contracts_list_names_again_has_been_restored_elsewhere(upstream: Sandbox):
    upstream.strict = True
    one_run()
    for _ in range(2):
        upstream.catalog.archive(TUNE)
        for _ in range(3):
            one_run()
        assert shown()[TUNE].state == "archived"
        upstream.catalog.unarchive(TUNE)
        one_run()
        assert shown()[TUNE].state == "live"


def test_an_archived_fine_tune_that_was_missing_is_live_once_the_contracts_list_names_it(upstream: Sandbox):
    upstream.strict = True
    upstream.catalog.archive(TUNE)
    for _ in range(2):
        one_run()
    assert shown()[TUNE].state == "archived"
    entry = upstream.catalog.find(TUNE)
    upstream.catalog.remove(TUNE)
    one_run()
    assert shown()[TUNE].state == "missing"
    upstream.catalog.add({**entry, "archived": False})
    one_run()
    assert shown()[TUNE].state == "live"


def test_a_list_that_lags_behind_archiving_from_here_does_not_undo_it(upstream: Sandbox, alice: User):
    upstream.strict = True
    upstream.catalog.archive(TUNE)
    for _ in range(2):
        one_run()
    context = Context(actor=alice)
    assert verbs.unarchive_model(context=context, model_id=TUNE).outcome == "succeeded"
    assert verbs.archive_model(context=Context(actor=alice), model_id=TUNE).outcome == "succeeded"
    upstream.catalog.unarchive(TUNE)  # as a list says that is behind
    one_run()
    assert shown()[TUNE].state == "archived"


def test_models_are_asked_for_by_id_outside_any_transaction(upstream: Sandbox, monkeypatch):
    upstream.catalog.update(TUNE, archived=True)
    one_run()
    upstream.strict = True
    inside = []
    real = ModelsAPI.retrieve
    depth = len(connection.savepoint_ids)

    def retrieve(api: ModelsAPI, model_id: str) -> ModelCard:
        inside.append(len(connection.savepoint_ids) - depth)
        return real(api, model_id)

    monkeypatch.setattr(ModelsAPI, "retrieve", retrieve)
    one_run()
    assert inside == [0]


def test_an_archived_entry_that_lost_its_id_for_one_answer_does_not_stay_for_ever(upstream: Sandbox):
    upstream.catalog.replace([*LIMA, *NEMO, tune(id=None, archived=True)])
    one_run()
    upstream.catalog.replace([*LIMA, *NEMO, tune()])
    one_run()
    one_run()
    assert {model_id: row.state for model_id, row in shown().items()} == {
        "lima-2508": "live",
        "nemo": "live",
        TUNE: "live",
        "": "missing",
    }


def test_the_contract_dialect_leaves_archived_models_out_and_says_nothing_of_their_kin(upstream: Sandbox):
    upstream.catalog.update(TUNE, archived=True)
    one_run()
    upstream.strict = True
    for _ in range(3):
        one_run()
    row = shown()[TUNE]
    assert (row.state, row.root) == ("archived", "lima-latest")
    upstream.catalog.unarchive(TUNE)
    for _ in range(3):
        one_run()
    assert shown()[TUNE].root == "lima-latest"


def test_an_empty_list_after_a_full_one_is_a_failure_and_keeps_every_row(upstream: Sandbox):
    before = snapshot()
    for entries in ([], [None, 7, "x"]):
        upstream.catalog.replace(entries)
        for _ in range(3):
            result = run_sync()
            assert result.outcome == "failed"
            assert result.run is not None
            assert result.run.failure["code"] == "empty_list"
            assert result.run.correlation_id
    assert snapshot() == before


def test_an_empty_list_at_the_very_start_is_an_answer(sandbox: Sandbox):
    sandbox.catalog.replace([])
    assert news(one_run()) == (0, 0, 0)
    assert mirror_state().version
