"""The index that is current: as new as the mirror's version, rebuilt at the next retirement, shared by threads."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from models_ui.catalog import store
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.store import load_index, load_rows
from models_ui.mirror.state import mirror_state
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogModel
from models_ui.vocabulary import CAPABILITIES
from sandbox import Sandbox

FLAGS = {"zz_new": True, "vision": True, "ocr": False, "completion_chat": True, "AA_new": True}


def entry(model_id: str, **fields):
    return {"id": model_id, "object": "model", "type": "base", "name": model_id, "capabilities": FLAGS, **fields}


@pytest.fixture
def mirrored(db, sandbox: Sandbox) -> Sandbox:
    sandbox.catalog.replace([entry("lima-2508", aliases=["lima"]), entry("nemo")])
    assert run_sync().outcome == "synced"
    return sandbox


def listed(index: CatalogIndex) -> list[str]:
    return [row.model_id for row in index.search(CatalogQuery()).rows]


def test_pages_share_one_index_until_the_mirror_changes(mirrored: Sandbox):
    now = timezone.now()
    index = load_index(now)
    run_sync()
    assert load_index(now) is index
    mirrored.catalog.add(entry("pixtral"))
    run_sync()
    assert listed(load_index(now)) == ["lima-2508", "nemo", "pixtral"]


def test_an_index_is_built_anew_when_a_model_retires(mirrored: Sandbox):
    now = timezone.now()
    CatalogModel.objects.filter(model_id="nemo").update(deprecation=now + timedelta(hours=1))
    CatalogModel.objects.filter(model_id="lima-2508").update(deprecation=now + timedelta(hours=2))
    store._current = None
    moments = [timedelta(0), timedelta(minutes=59, seconds=59), timedelta(hours=1), timedelta(hours=3)]
    indexes = [load_index(now + moment) for moment in moments]
    retired = CatalogQuery(lifecycle=("retired",))
    assert [index.search(retired).total for index in indexes] == [0, 0, 1, 2]
    assert indexes[0] is indexes[1]


def test_a_request_that_read_an_old_version_does_not_throw_the_newer_index_away(mirrored: Sandbox):
    now, early = timezone.now(), mirror_state()
    mirrored.catalog.add(entry("pixtral"))
    run_sync()
    newest = load_index(now)
    assert load_index(now, early.version) is newest


@pytest.mark.django_db(transaction=True)
def test_many_threads_at_once_build_one_index(sandbox: Sandbox, monkeypatch):
    sandbox.catalog.replace([entry("nemo")])
    run_sync()
    built = []
    monkeypatch.setattr(store, "load_rows", lambda: built.append(1) or [])
    mirror, now = mirror_state(), timezone.now()
    monkeypatch.setattr(store, "_current", None)
    monkeypatch.setattr(store.Mirror, "objects", _Versions(mirror.version))
    threads = [threading.Thread(target=load_index, args=(now, mirror.version)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert built == [1]


class _Versions:
    """The mirror's version without a database connection for each thread."""

    def __init__(self, version: str) -> None:
        self.version = version

    def filter(self, **_):
        return self

    def values_list(self, *_, **__):
        return self

    def first(self) -> str:
        return self.version


def test_a_row_says_what_the_mirror_says(synced):
    rows = {row.pk: row for row in load_rows()}
    assert len(rows) == CatalogModel.objects.count() == 43
    for model in CatalogModel.objects.all():
        row = rows[model.pk]
        for name in ("model_id", "type", "name", "description", "created_at", "deprecation", "replacement", "root"):
            assert getattr(row, name) == getattr(model, name)
        assert row.aliases == tuple(model.aliases)
        assert (row.owned_by, row.max_context_length) == (model.owned_by, model.max_context_length)
        assert set(row.capabilities) == {key for key, has in model.capabilities.items() if has}
        assert set(row.lacks) == {key for key, has in model.capabilities.items() if not has}
        assert row.last_seen_at is None


def test_capabilities_come_in_one_order_on_every_database(mirrored: Sandbox):
    (row,) = [row for row in load_rows() if row.model_id == "nemo"]
    assert row.capabilities == ("completion_chat", "vision", "AA_new", "zz_new")
    assert row.lacks == ("ocr",)
    assert list(CAPABILITIES).index("vision") < list(CAPABILITIES).index("ocr")


def test_loading_rows_is_one_query_without_payloads(mirrored: Sandbox, django_assert_num_queries):
    with django_assert_num_queries(1) as queries:
        load_rows()
    assert '"raw"' not in queries[0]["sql"]
