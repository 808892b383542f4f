"""Syncing over real HTTP: what upstream lists becomes rows, and nothing that was seen is lost."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models_ui.actions import perform
from models_ui.actions.context import Context
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.row import Row
from models_ui.catalog.store import load_rows
from models_ui.mirror import sync
from models_ui.mirror.grouping import real_models
from models_ui.mirror.state import is_stale, mirror_state
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogModel, Lease, SyncRun
from models_ui.services.cards import ModelCard, ModelList, parse_card
from models_ui.services.dialects import PLATFORM
from models_ui.services.models_api import ModelsAPI
from models_ui.services.stored_errors import stored_error_sentence
from sandbox import Sandbox
from tests.support.clock import CONFIRMED, turned_by_hand, wait
from tests.support.entries import FLAGS, LIMA, NEMO, TUNE, base, listing, tune

pytestmark = pytest.mark.django_db


@pytest.fixture
def upstream(sandbox: Sandbox) -> Sandbox:
    """Two base models and a fine-tune, mirrored."""
    sandbox.catalog.replace([*LIMA, *NEMO, tune()])
    assert run_sync().outcome == "synced"
    return sandbox


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with turned_by_hand():
        yield


def one_run() -> SyncRun:
    """One more run, which has to succeed, long enough after the one before to confirm what that said."""
    wait()
    result = run_sync()
    assert result.outcome == "synced", result.run and result.run.failure
    assert result.run is not None
    return result.run


def run_after(duration: timedelta) -> SyncRun:
    wait(duration - CONFIRMED)
    return one_run()


def index() -> CatalogIndex:
    return CatalogIndex.build(load_rows(), now=timezone.now())


def shown() -> dict[str, Row]:
    """What the catalog shows, by id."""
    return {row.model_id: row for row in index().rows}


def version() -> str:
    return mirror_state().version


def snapshot() -> list[dict[str, Any]]:
    return list(CatalogModel.objects.order_by("pk").values())


def news(run: SyncRun) -> tuple[int, int, int]:
    return run.added, run.changed, run.missing


# --- The first run, and the next


def test_a_first_sync_makes_one_row_of_each_real_model(upstream: Sandbox):
    rows = shown()
    assert set(rows) == {"lima-2508", "nemo", TUNE}
    assert set(rows["lima-2508"].aliases) == {"lima-latest", "lima"}
    assert (rows[TUNE].name, rows[TUNE].root, rows[TUNE].state) == ("Support", "lima-latest", "live")
    run = SyncRun.objects.get()
    assert (run.entries, run.unreadable, *news(run), run.outcome) == (6, 0, 3, 0, 0, "succeeded")
    assert run.correlation_id
    mirror = mirror_state()
    assert mirror.version
    assert mirror.last_synced_at is not None
    assert mirror.upstream == upstream.url


def test_the_default_catalog_has_one_row_for_each_real_model(synced):
    assert len(load_rows()) == 43
    assert len(index().find("voxtral-mini-latest")) == 2  # as it was upstream for half a year


def test_a_second_run_changes_nothing_and_moves_no_version(upstream: Sandbox):
    before, old = snapshot(), version()
    run = one_run()
    assert news(run) == (0, 0, 0)
    assert snapshot() == before
    assert version() == old
    assert upstream.counts == {"list": 2}


@pytest.mark.parametrize("kind", ["base", "reranker"])
def test_only_a_fine_tune_has_a_created_date_for_others_it_is_the_clock(upstream: Sandbox, monkeypatch, kind: str):
    upstream.catalog.add(base("clock", "clock", type=kind))
    one_run()
    one_run()
    old = version()
    clock = iter(range(1_900_000_000, 1_900_000_009))
    monkeypatch.setattr("sandbox.routes.time", SimpleNamespace(time=lambda: next(clock)))
    for _ in range(2):
        assert news(one_run()) == (0, 0, 0)
    assert version() == old
    assert {model_id: row.created_at for model_id, row in shown().items() if row.created_at} == {
        TUNE: datetime(2025, 3, 18, 22, 43, 54, tzinfo=UTC)
    }


def test_the_order_of_upstreams_list_says_nothing(upstream: Sandbox):
    old = version()
    upstream.catalog.replace([tune(), *reversed(NEMO), *reversed(LIMA)])
    assert news(one_run()) == (0, 0, 0)
    assert version() == old


# --- What is shown at once


def test_a_renamed_fine_tune_is_seen_at_once(upstream: Sandbox):
    upstream.catalog.rename(TUNE, "Helpdesk")
    upstream.catalog.describe(TUNE, None)
    old = version()
    assert news(one_run()) == (0, 1, 0)
    assert (shown()[TUNE].label, shown()[TUNE].description) == ("Helpdesk", None)
    assert version() != old


def test_archiving_and_restoring_is_seen_at_once(upstream: Sandbox):
    for archived, state in ((True, "archived"), (False, "live")):
        upstream.catalog.update(TUNE, archived=archived)
        one_run()
        assert shown()[TUNE].state == state


def test_a_new_model_a_new_alias_a_new_ability_and_a_date_are_seen_at_once(upstream: Sandbox):
    upstream.catalog.replace(
        [
            *listing("lima-2508", "lima-2508", "lima-latest", "lima", "lima-3", max_context_length=262_144),
            *listing("nemo", "nemo", "nemo-2407", capabilities={**FLAGS, "telepathy": True}),
            tune(deprecation="2026-12-31T12:00:00Z"),
            base("pixtral", "pixtral"),
        ]
    )
    assert news(one_run()) == (1, 3, 0)
    rows = shown()
    assert "lima-3" in rows["lima-2508"].aliases
    assert rows["lima-2508"].max_context_length == 262_144
    assert "telepathy" in rows["nemo"].capabilities
    assert rows[TUNE].deprecation == datetime(2026, 12, 31, 12, tzinfo=UTC)
    assert rows["pixtral"].state == "live"


# --- Losses and flaps


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"capabilities": {"completion_chat": False, "vision": False, "ocr": False}}, "capabilities"),
        ({"capabilities": {}}, "capabilities"),
        ({"max_context_length": 32_768}, "max_context_length"),
        ({"description": "Official nemo Mistral AI model"}, "description"),
        ({"name": None}, "name"),
    ],
)
def test_a_loss_is_shown_when_it_is_confirmed_and_a_flap_never(upstream: Sandbox, changes: dict[str, Any], field: str):
    before, old = getattr(shown()["nemo"], field), version()

    def say(**fields: Any) -> SyncRun:
        upstream.catalog.replace([*LIMA, *listing("nemo", "nemo", "nemo-2407", **fields), tune()])
        return one_run()

    for fields in (changes, {"name": "nemo"}, changes, {"name": "nemo"}):
        run = say(**fields)
        assert news(run) == (0, 0, 0)
        assert getattr(shown()["nemo"], field) == before
        assert version() == old
    say(**changes)
    assert news(say(**changes)) == (0, 1, 0)
    (row,) = index().find("nemo")
    assert getattr(row, field) != before
    assert version() != old


def test_an_alias_that_is_gone_for_one_answer_still_leads_to_its_model(upstream: Sandbox):
    old = version()
    upstream.catalog.replace([*listing("lima-2508", "lima-2508", "lima"), *NEMO, tune()])
    one_run()
    assert [row.model_id for row in index().find("lima-latest")] == ["lima-2508"]
    assert version() == old
    one_run()
    assert index().find("lima-latest") == ()


def test_an_alias_that_moves_leads_to_exactly_one_model_all_the_time(upstream: Sandbox):
    newer = listing("lima-2512", "lima-2512", "lima-latest")
    upstream.catalog.replace([*listing("lima-2508", "lima-2508", "lima"), *newer, *NEMO, tune()])
    leads_to = []
    for _ in range(3):
        one_run()
        leads_to.append([row.model_id for row in index().find("lima-latest")])
    assert leads_to == [["lima-2508"], ["lima-2512"], ["lima-2512"]]


def test_an_alias_that_moves_between_known_models_and_back_was_never_anywhere_else(upstream: Sandbox):
    old = version()
    moved = [*listing("lima-2508", "lima-2508", "lima"), *listing("nemo", "nemo", "nemo-2407", "lima-latest"), tune()]
    for entries in (moved, [*LIMA, *NEMO, tune()], moved, [*LIMA, *NEMO, tune()]):
        upstream.catalog.replace(entries)
        assert news(one_run()) == (0, 0, 0)
        assert [row.model_id for row in index().find("lima-latest")] == ["lima-2508"]
    assert version() == old


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
    assert perform.unarchive_model(context=context, model_id=TUNE).outcome == "succeeded"
    assert perform.archive_model(context=Context(actor=alice), model_id=TUNE).outcome == "succeeded"
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


# --- Actions from here


def test_a_list_that_was_asked_for_before_an_action_does_not_undo_it(upstream: Sandbox, monkeypatch):
    real = sync.models_api

    def listing_slowly():
        api = real()

        def acted_meanwhile() -> ModelList:
            listed = api.list()
            CatalogModel.objects.filter(model_id=TUNE).update(name="Helpdesk", acted_at=timezone.now())
            return listed

        return SimpleNamespace(list=acted_meanwhile, transport=api.transport, dialect=api.dialect)

    monkeypatch.setattr(sync, "models_api", listing_slowly)
    one_run()
    assert shown()[TUNE].name == "Helpdesk"
    monkeypatch.setattr(sync, "models_api", real)
    upstream.catalog.rename(TUNE, "Renamed upstream")
    one_run()
    assert shown()[TUNE].name == "Renamed upstream"


def test_a_deleted_model_stays_deleted_while_lists_lag_behind(upstream: Sandbox):
    now = timezone.now()
    CatalogModel.objects.filter(model_id=TUNE).update(deleted_at=now, missing_since=now, acted_at=now)
    one_run()
    upstream.catalog.replace([*LIMA, *NEMO])
    one_run()
    upstream.catalog.add(tune())
    one_run()
    assert shown()[TUNE].is_deleted
    one_run()
    assert (shown()[TUNE].is_deleted, shown()[TUNE].state) == (False, "live")


# --- Another upstream


def test_rows_of_two_upstreams_never_mix(upstream: Sandbox, point_at):
    before = snapshot()
    with Sandbox() as other:
        point_at(other)
        result = run_sync()
        assert result.outcome == "failed"
        assert result.run is not None
        assert upstream.url in stored_error_sentence(result.run.failure)
        assert other.calls == []
        assert snapshot() == before
        assert run_sync(adopt=True).outcome == "synced"
        assert mirror_state().upstream == other.url
        assert run_sync().outcome == "synced"


def test_another_spelling_of_the_address_is_no_other_upstream(upstream: Sandbox, point_at):
    point_at(url=f"{upstream.url}/", key=upstream.key)
    assert run_sync().outcome == "synced"


# --- One bad entry among good ones

GOOD = {"lima-2508", "nemo"}
FIELDS = sorted(tune())
MISTYPED = [None, "absent", 7, 7.5, -1, "text", "", True, [], ["x", None, 3], {}, {"x": 1}, {"": True}]


@pytest.mark.parametrize("kind", [base("bad", "bad"), tune("ft:bad")], ids=["base", "fine-tuned"])
@pytest.mark.parametrize("field", FIELDS)
def test_no_odd_field_hides_its_entry_or_any_other(sandbox: Sandbox, kind: dict[str, Any], field: str):
    odd = []
    for value in MISTYPED:
        entry = {**kind, "id": f"{kind['id']}-{len(odd)}", "name": None, field: value}
        if value == "absent":
            del entry[field]
        if (field, value) != ("type", ""):  # the sandbox gives it a clock as `created`, we take it for a fine-tune
            odd.append(entry)
    sandbox.catalog.replace([*odd[:6], *LIMA, *odd[6:], *NEMO])
    run = one_run()
    rows = shown()
    assert set(rows) >= GOOD
    assert set(rows["lima-2508"].aliases) == {"lima-latest", "lima"}
    assert (run.unreadable, run.added) == (0, CatalogModel.objects.count())
    if field != "id":
        assert set(rows) == GOOD | {each["id"] for each in odd}
    assert news(one_run()) == (0, 0, 0)


def test_entries_that_are_no_objects_are_counted_and_hide_nothing(sandbox: Sandbox):
    sandbox.catalog.replace([None, *LIMA, 7, "x", [], *NEMO, True])
    run = one_run()
    assert (run.entries, run.unreadable, run.added) == (10, 5, 2)
    assert set(shown()) == GOOD


HOSTILE = [
    "../files/abc?x=1#y",
    "a/b",
    "a b",
    "a%2fb",
    "\x00",
    "a\x00b",
    "c\ud800d",
    "a\u202eb",
    "a\nb",
    "x" * 10_000,
    "<script>alert(1)</script>",
    "=1+1",
    ".",
    "..",
    "日本",
    "'; DROP TABLE models_ui_catalogmodel; --",
]


@pytest.mark.parametrize("make", [base, tune])
def test_a_hostile_id_is_kept_and_hides_nothing(sandbox: Sandbox, make):
    sandbox.catalog.replace([*(make(each) for each in HOSTILE), *NEMO])
    assert one_run().added == len(HOSTILE) + 1
    rows = shown()
    assert len(rows) == len(HOSTILE) + 1
    assert {row.model_id for row in rows.values() if row.routable} == {"日本", "=1+1", "nemo"}
    assert news(one_run()) == (0, 0, 0)


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "x" * 10_000, "\U0001f600" * 2_000])
def test_hostile_text_in_every_field_is_stored_and_settled(sandbox: Sandbox, text: str):
    entry = {name: text if isinstance(value, str) else value for name, value in tune().items()}
    fields = {"name": text, "description": text, "owned_by": text, "deprecation_replacement_model": text}
    named = base("lima", "lima", text, capabilities={text[:90]: True}, unknown={text: [text]}) | fields
    sandbox.catalog.replace([entry, named, tune(f"{text}2", name=text), *NEMO])
    assert one_run().added == 4
    assert news(one_run()) == (0, 0, 0)
    assert "nemo" in shown()


def test_numbers_beyond_every_column_are_stored_and_settled(sandbox: Sandbox):
    odd = {"a": 10**300, "b": -(2**63), "c": 0.1, "d": [1e-320], "e": 2**53 + 1}
    sandbox.catalog.replace([base("lima", "lima", max_context_length=2**70, default_model_temperature=1e9, odd=odd)])
    one_run()
    row = shown()["lima"]
    assert (row.max_context_length, row.default_temperature) == (None, None)
    assert {"max_context_length", "default_model_temperature"} <= set(row.problems)
    assert news(one_run()) == (0, 0, 0)


# --- Failures

FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("401", {}, "unauthorized"),
    ("403", {}, "tier_not_allowed"),
    ("404", {}, "route_not_found"),
    ("429", {}, "rate_limited"),
    ("429", {"retry_after": "30"}, "rate_limited"),
    ("500", {}, "upstream_failed"),
    ("html", {"status": 500}, "upstream_failed"),
    ("html", {"status": 502}, "upstream_failed"),
    ("503", {}, "upstream_failed"),
    ("html", {"status": 200}, "not_json"),
    ("not-json", {}, "not_json"),
    ("truncated", {}, "not_json"),
    ("huge", {"megabytes": 33}, "too_large"),
    ("hang", {}, "timed_out"),
    ("slow", {"seconds": 5.0}, "timed_out"),
    ("drip", {"seconds": 0.2}, "timed_out"),
    ("cut", {}, "connection_cut"),
    ("cut", {"when": "body"}, "connection_cut"),
    ("empty", {}, "empty_list"),
    ("redirect", {}, "redirected"),
    ("refused", {}, "connection_refused"),
]


@pytest.mark.parametrize(("fault", "options", "code"), FAULTS, ids=[f"{kind} {more}" for kind, more, _ in FAULTS])
def test_a_failure_keeps_every_row_and_says_why(upstream: Sandbox, settings, fault: str, options, code: str):
    if code == "timed_out":
        settings.MODELS_API_TIMEOUT, settings.MODELS_API_TOTAL_TIMEOUT = 0.3, 0.6
    sync.models_api().transport.retries = 0
    before, old = snapshot(), mirror_state()
    if fault == "refused":
        upstream.stop()
    else:
        upstream.faults.add(fault, **options)
    result = run_sync(asked_by="carol")
    assert result.outcome == "failed"
    assert result.run is not None
    assert snapshot() == before
    mirror = mirror_state()
    assert (mirror.version, mirror.last_synced_at) == (old.version, old.last_synced_at)
    assert mirror.failed_at == result.run.finished_at
    assert mirror.failure == result.run.failure
    assert result.run.failure["code"] == code
    sentence = stored_error_sentence(mirror.failure)
    assert len(sentence.split()) > 5
    assert sentence.endswith((".", "”"))
    assert "<" not in sentence
    assert upstream.key not in sentence
    if fault not in {"hang", "slow", "drip", "cut", "refused"}:
        assert len(result.run.correlation_id) > 10
    assert not Lease.objects.exists()

    upstream.faults.clear()
    upstream.start()
    settings.MODELS_API_TIMEOUT, settings.MODELS_API_TOTAL_TIMEOUT = 2, 4
    assert news(one_run()) == (0, 0, 0)
    assert (mirror_state().failed_at, mirror_state().failure) == (None, {})


def test_a_wrong_key_is_told_as_such_and_nothing_is_stored_of_it(upstream: Sandbox, point_at):
    point_at(upstream, key="not-the-key")
    result = run_sync()
    assert result.run is not None
    assert "API key" in stored_error_sentence(result.run.failure)
    assert "not-the-key" not in str(result.run.failure)


def test_a_list_with_every_field_mistyped_hides_no_model_and_takes_nothing_away_at_once(upstream: Sandbox):
    before = shown()
    upstream.faults.add("wrong-types", times=1)
    assert news(one_run())[::2] == (0, 0)
    for model_id, row in shown().items():
        for field in ("aliases", "name", "max_context_length", "owned_by", "root", "state"):
            assert getattr(row, field) == getattr(before[model_id], field) or (model_id, field) == (TUNE, "name")
        assert set(before[model_id].capabilities) <= set(row.capabilities)
    one_run()
    one_run()
    assert shown() == before


def test_a_missing_setting_is_a_failure_like_any_other(upstream: Sandbox, settings):
    settings.MISTRAL_API_KEY = ""
    result = run_sync()
    assert result.outcome == "failed"
    assert "MISTRAL_API_KEY" in stored_error_sentence(mirror_state().failure)
    assert not Lease.objects.exists()


# --- When a page asks


def test_a_page_asks_again_only_after_a_while_also_after_a_failure(sandbox: Sandbox, settings):
    settings.MODELS_STALE_AFTER = 300
    now = timezone.now()
    assert is_stale(mirror_state(), now)
    sandbox.faults.add("401", times=1)
    assert run_sync().outcome == "failed"
    assert not is_stale(mirror_state(), timezone.now() + timedelta(seconds=299))
    assert is_stale(mirror_state(), timezone.now() + timedelta(seconds=301))
    one_run()
    assert not is_stale(mirror_state(), timezone.now() + timedelta(seconds=299))
    assert is_stale(mirror_state(), timezone.now() + timedelta(seconds=301))


def test_a_page_that_asked_before_the_last_run_ended_gets_that_one(upstream: Sandbox):
    asked = timezone.now() - timedelta(seconds=1)
    assert run_sync(asked_at=asked).outcome == "fresh"
    assert upstream.counts == {"list": 1}
    assert run_sync(asked_at=timezone.now()).outcome == "synced"
    assert not Lease.objects.exists()


# --- One run at a time


def test_a_second_process_joins_the_run_under_way(upstream: Sandbox, monkeypatch):
    with another_process_meanwhile(monkeypatch) as outcomes:
        one_run()
    assert outcomes == ["joined"]
    assert upstream.counts == {"list": 2}


def test_a_late_process_writes_nothing_when_another_took_over(upstream: Sandbox, monkeypatch):
    def newer() -> None:
        assert mirror_state().sync_is_running
        Lease.objects.update(expires_at=timezone.now())
        upstream.catalog.rename(TUNE, "Helpdesk")

    with another_process_meanwhile(monkeypatch, before=newer) as outcomes:
        assert run_sync().outcome == "joined"
    assert outcomes == ["synced"]
    assert shown()[TUNE].name == "Helpdesk"
    assert SyncRun.objects.count() == 2
    assert not Lease.objects.exists()


def test_a_late_failure_does_not_end_the_lease_of_the_one_who_took_over(upstream: Sandbox, monkeypatch):
    def taken_over() -> None:
        Lease.objects.update(token="another", expires_at=timezone.now() + timedelta(minutes=1))
        upstream.faults.add("401", times=1)

    with another_process_meanwhile(monkeypatch, before=taken_over, after=True):
        assert run_sync().outcome == "failed"
    assert Lease.objects.get().token == "another"
    assert mirror_state().failure == {}


def test_a_lease_outlives_the_longest_call(upstream: Sandbox, settings, monkeypatch):
    settings.MODELS_API_TOTAL_TIMEOUT = 500
    left = []

    def look() -> None:
        left.append((Lease.objects.get().expires_at - timezone.now()).total_seconds())

    with another_process_meanwhile(monkeypatch, before=look):
        one_run()
    assert left[0] > 500


def test_the_lease_of_a_dead_process_runs_out(upstream: Sandbox):
    Lease.objects.create(name="sync", token="dead", expires_at=timezone.now() + timedelta(seconds=30))
    assert run_sync().outcome == "joined"
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert run_sync().outcome == "synced"


def test_a_crash_of_ours_releases_the_lease(upstream: Sandbox, monkeypatch):
    monkeypatch.setattr(sync, "real_models", lambda cards: 1 / 0)
    before = snapshot()
    with pytest.raises(ZeroDivisionError):
        run_sync()
    assert not Lease.objects.exists()
    assert snapshot() == before


@contextmanager
def another_process_meanwhile(monkeypatch, *, before=lambda: None, after: bool = False) -> Iterator[list[str]]:
    """While our call to upstream is under way: `before`, then a run of somebody else unless `after` our answer."""
    real, outcomes = sync.models_api, []

    def ours():
        api = real()

        def during() -> ModelList:
            monkeypatch.setattr(sync, "models_api", real)
            if after:
                before()
                return api.list()
            listed = api.list()
            before()
            outcomes.append(run_sync().outcome)
            return listed

        return SimpleNamespace(list=during, transport=api.transport, dialect=api.dialect)

    monkeypatch.setattr(sync, "models_api", ours)
    yield outcomes


RACER = """
import sys, django
django.setup()
from models_ui.mirror.sync import run_sync
print("ready", flush=True)
sys.stdin.readline()
print(run_sync().outcome, flush=True)
"""


@pytest.mark.slow
def test_two_processes_that_sync_at_once_make_one_call(tmp_path: Path):
    with Sandbox(latency=1.0) as upstream:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'shared.sqlite3'}",
            "VAR_DIR": str(tmp_path),
            "MISTRAL_API_KEY": upstream.key,
            "MODELS_API_BASE_URL": upstream.url,
        }
        root = django_settings.BASE_DIR

        def started(*arguments: str) -> subprocess.Popen:
            return subprocess.Popen(
                [sys.executable, *arguments],
                cwd=root,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )

        assert started("manage.py", "migrate", "-v0").communicate()[0] == ""
        racers = [started("-c", RACER) for _ in range(2)]
        for racer in racers:
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            racer.stdin.write("\n")
            racer.stdin.flush()
        outcomes = sorted(racer.communicate(timeout=30)[0].strip() for racer in racers)
        assert outcomes == ["joined", "synced"]
        assert upstream.counts == {"list": 1}


# --- For every history there can be

IDS = ("a-2501", "a-2503", "a-latest", "a", "b-2501", "b-latest")
NAMES = (None, "a-2501", "a-2503", "a-latest", "b-2501")
some_entries = st.lists(
    st.builds(
        lambda model_id, name, aliases, kind, chat: base(
            model_id, name, *aliases, type=kind, capabilities={"completion_chat": chat}
        ),
        st.sampled_from([*IDS, ""]),
        st.sampled_from(NAMES),
        st.lists(st.sampled_from(IDS), max_size=2),
        st.sampled_from(["base", "base", "base", "fine-tuned"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


@given(st.lists(some_entries, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_lists_ends_as_what_upstream_lists_last(db, history: list[list[dict[str, Any]]]):
    """Nothing is ever refused, no row is lost, and after three equal answers the catalog says what they say."""
    with transaction.atomic():
        known = 0
        for entries in [*history, history[-1], history[-1]]:
            sync_with(entries)
            findable = index()
            for entry in entries:
                assert not entry["id"] or findable.find(entry["id"])
            assert CatalogModel.objects.count() >= known
            known = CatalogModel.objects.count()
        expected = real_models([card for entry in history[-1] if (card := parse_card(entry))])
        rows = CatalogModel.objects.filter(missing_since=None)
        assert sorted(repr((row.type, row.model_id, sorted(row.aliases), row.name)) for row in rows) == sorted(
            repr((each.card.type, each.card.id, sorted(each.aliases), each.card.name)) for each in expected
        )
        before = snapshot()
        assert news(sync_with(history[-1])) == (0, 0, 0)
        assert snapshot() == before
        transaction.set_rollback(True)


def sync_with(entries: list[dict[str, Any]]) -> SyncRun:
    """A run without HTTP, which would take the time of a hundred examples."""
    cards = tuple(card for entry in entries if (card := parse_card(entry)))
    wait()
    listed = ModelList(cards=cards, unreadable=0, correlation_id="", fetched_at=timezone.now())
    real = sync.models_api
    sync.models_api = lambda: SimpleNamespace(
        list=lambda: listed, transport=SimpleNamespace(base_url="here"), dialect=PLATFORM
    )
    try:
        return one_run()
    finally:
        sync.models_api = real


def test_a_list_full_of_garbled_entries_makes_no_models_of_aliases_and_loses_none(synced, sandbox: Sandbox):
    before = {row.model_id: (row.name, row.aliases, row.capabilities) for row in CatalogModel.objects.all()}
    sandbox.faults.add("wrong-types", verb="list")
    for _ in range(3):
        result = run_sync()
        assert result.outcome == "failed"
        assert "could not be read" in stored_error_sentence(mirror_state().failure)
    sandbox.faults.clear()
    assert run_sync().outcome == "synced"
    assert {row.model_id: (row.name, row.aliases, row.capabilities) for row in CatalogModel.objects.all()} == before
