"""Syncing over real HTTP: what upstream lists becomes rows, and nothing that was seen is lost."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models_ui.catalog.store import load_rows
from models_ui.mirror import sync
from models_ui.mirror.grouping import real_models
from models_ui.mirror.state import mirror_state
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogModel, SyncRun
from models_ui.services.cards import ModelList, parse_card
from models_ui.services.stored_errors import stored_error_sentence
from sandbox import Sandbox
from tests.mirror.conftest import index, news, one_run, shown, snapshot, version
from tests.support.clock import wait
from tests.support.entries import FLAGS, LIMA, NEMO, TUNE, base, listing, tune
from tests.support.upstream import listing_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


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
    wait()
    with listing_of(entries):
        return one_run()


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
