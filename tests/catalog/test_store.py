"""The index that is current: whatever changed, it equals one that is built from nothing."""

import threading
from dataclasses import fields, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, models, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models_ui.access.roles import Role
from models_ui.catalog import rows
from models_ui.catalog.columns import COLUMNS
from models_ui.catalog.facets import FACETS
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.row import Row
from models_ui.catalog.rows import RowStyle, row_fragments
from models_ui.catalog.store import _ROWS, RowReader, load_rows
from models_ui.mirror.sync import SyncResult, run_sync
from models_ui.models import CatalogModel
from models_ui.text.keepers import keeper_of
from models_ui.text.plan import Plan

NOW = timezone.now()
CHANGES = st.one_of(
    st.fixed_dictionaries({"name": st.sampled_from(["Zulu", "alpha", "", "Ünïcode"])}),
    st.fixed_dictionaries({"tags": st.lists(st.sampled_from(["a", "b", "c"]), max_size=2)}),
    st.fixed_dictionaries({"keepers": st.lists(st.sampled_from([keeper_of("bob"), keeper_of("gone"), "Team"]))}),
    st.fixed_dictionaries({"note": st.sampled_from(["", "see the wiki"])}),
    st.fixed_dictionaries({"description": st.sampled_from(["", "zebra", "wiki"])}),
    st.fixed_dictionaries({"plan": st.sampled_from([{}, {"kind": "ends", "words": "wiki"}])}),
    st.fixed_dictionaries({"protected": st.booleans()}),
    st.fixed_dictionaries({"archived": st.booleans()}),
    st.fixed_dictionaries({"archived": st.just(True), "deletion_due_at": st.sampled_from([None, NOW])}),
    st.fixed_dictionaries({"root": st.sampled_from(["", "mistral-small-2506", "x-latest"])}),
    st.fixed_dictionaries({"max_context_length": st.sampled_from([None, 7, 131_072])}),
    st.fixed_dictionaries({"missing_since": st.sampled_from([None, NOW])}),
    st.fixed_dictionaries({"deprecation": st.sampled_from([None, NOW + timedelta(days=9), NOW - timedelta(days=9)])}),
    st.fixed_dictionaries({"capabilities": st.dictionaries(st.sampled_from(["vision", "chat", "new"]), st.booleans())}),
    st.fixed_dictionaries({"aliases": st.lists(st.sampled_from(["x-latest", "y-latest"]), max_size=2)}),
)
QUERIES = (
    CatalogQuery(),
    CatalogQuery(q="wiki"),
    CatalogQuery(q="zebar"),  # a typo, where some row has a zebra
    CatalogQuery(sort="-deprecation", group="keeper"),
    CatalogQuery(status=("at_risk", "gone")),
    CatalogQuery(capability=("vision",), sort="name", group="none"),
)


def shown(index: CatalogIndex) -> list[Any]:
    parts = index._parts
    found: list[Any] = [list(index.rows), index.expires_at, parts.contexts, parts.by_id, parts.by_pk, parts.standings]
    found += [(name, list(sets.items())) for name, sets in parts.facets.items()]
    for query in QUERIES:
        result = index.search(query)
        found += [result.rows, result.total, result.hidden, result.facets]
    found += [[index.count(CatalogQuery(**{name: (value,)})) for value in ("bob", "a", "chat")] for name in FACETS]
    found += [(index.find(name), index.status_of_row(index.rows[0])) for name in ("x-latest", "y-latest")]
    return found


def html_of(index: CatalogIndex) -> str:
    """Return all rows as HTML, wide and roomy, so that it shows every column."""
    style = RowStyle(tuple(COLUMNS), is_roomy=True)
    return "\n".join(row_fragments(index, [row], NOW, Role.MANAGER, style) for row in index.rows)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(series=st.lists(st.tuples(st.integers(0, 42), CHANGES), min_size=1, max_size=6), leaves=st.booleans())
def test_an_index_of_what_changed_equals_one_built_from_nothing(synced: SyncResult, bob: User, series, leaves: bool):
    reader, index = RowReader(), None
    keys = list(CatalogModel.objects.order_by("pk").values_list("pk", flat=True))
    User.objects.filter(pk=bob.pk).update(is_active=True)
    for place, change in series:
        CatalogModel.objects.filter(pk=keys[place % len(keys)]).update(**change)
        index = CatalogIndex.build(reader.read(), now=NOW, previous=index)
        assert shown(index) == shown(CatalogIndex.build(load_rows(), now=NOW))
    User.objects.filter(pk=bob.pk).update(is_active=not leaves)
    index = CatalogIndex.build(reader.read(), now=NOW, previous=index)
    assert shown(index) == shown(CatalogIndex.build(load_rows(), now=NOW))
    CatalogModel.objects.filter(pk=keys[0]).update(model_id=f"moved-{len(keys)}")
    index = CatalogIndex.build(reader.read(), now=NOW, previous=index)
    assert shown(index) == shown(CatalogIndex.build(load_rows(), now=NOW))


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(series=st.lists(st.tuples(st.integers(0, 42), CHANGES), min_size=1, max_size=3))
def test_rows_show_what_changed_in_them_and_in_the_models_that_they_name(synced: SyncResult, series, monkeypatch):
    reader = RowReader()
    keys = list(CatalogModel.objects.order_by("pk").values_list("pk", flat=True))
    index = CatalogIndex.build(reader.read(), now=NOW)
    html_of(index)
    for place, change in series:
        CatalogModel.objects.filter(pk=keys[place % len(keys)]).update(**change)
    html = html_of(CatalogIndex.build(reader.read(), now=NOW, previous=index))
    rows._RENDERED.clear()
    assert html == html_of(CatalogIndex.build(load_rows(), now=NOW))


@pytest.mark.parametrize(
    "change", [{"tags": ["new"]}, {"name": "Another"}, {"archived": True}, {"keepers": ["Team"]}, {"note": "So be it"}]
)
def test_what_an_action_changes_is_put_into_the_index_without_building_it_anew(synced, monkeypatch, change):
    reader = RowReader()
    first = CatalogIndex.build(reader.read(), now=NOW)
    row = next(row for row in first.rows if row.is_fine_tuned and row.state == "live")
    CatalogModel.objects.filter(pk=row.pk).update(**change)
    expected = shown(CatalogIndex.build(load_rows(), now=NOW))
    monkeypatch.setattr("models_ui.catalog.index.build_parts", None)
    monkeypatch.setattr("models_ui.catalog.store._ROWS", SimpleNamespace(converted=_ROWS.converted))
    assert shown(CatalogIndex.build(reader.read(), now=NOW, previous=first)) == expected


# Another value of each field. A field that is added needs one here.
OTHERS: dict[str, Any] = {
    "model_id": "moved",
    "aliases": ("x-latest",),
    "type": "base",
    "name": "Another",
    "description": "zebra",
    "owned_by": "somebody",
    "created_at": NOW - timedelta(days=400),
    "max_context_length": 7,
    "capabilities": ("new",),
    "lacks": ("newer",),
    "deprecation": NOW - timedelta(days=9),
    "replacement": "x-latest",
    "default_temperature": 1.5,
    "root": "mistral-small-2506",
    "job": "job-7",
    "archived": True,
    "first_seen_at": NOW - timedelta(days=400),
    "last_seen_at": NOW - timedelta(days=1),
    "missing_since": NOW - timedelta(days=1),
    "deleted_at": NOW - timedelta(days=1),
    "deletion_due_at": NOW + timedelta(days=1),
    "protected": True,
    "keepers": ("Team",),
    "tags": ("new",),
    "note": "So be it",
    "plan": Plan("ends", words="wiki"),
    "away": (keeper_of("bob"),),
    "problems": ("deprecation",),
}


@pytest.mark.parametrize("name", [field.name for field in fields(Row) if field.name != "pk"])
@pytest.mark.parametrize("state", [{}, {"archived": True}, {"missing_since": NOW}], ids=["live", "archived", "missing"])
def test_a_changed_field_shows_in_an_index_as_in_one_built_from_nothing(synced, name, state):
    listed = load_rows()
    found = next(row for row in listed if row.is_fine_tuned and row.state == "live")
    tune = replace(found, **state)
    rows_before = [tune if row is found else row for row in listed]
    before = CatalogIndex.build(rows_before, now=NOW)
    changed = replace(tune, **{name: OTHERS[name]})
    rows_after = [changed if row is tune else row for row in rows_before]
    after = CatalogIndex.build(rows_after, now=NOW, previous=before)
    assert shown(after) == shown(CatalogIndex.build(rows_after, now=NOW))


def test_a_reader_notices_that_another_database_was_put_into_its_place(synced: SyncResult):
    reader = RowReader()
    reader.read()
    other = list(CatalogModel.objects.order_by("-pk")[:3])
    CatalogModel.objects.all().delete()
    for place, row in enumerate(other):  # its history is shorter: its editions are lower
        row.pk, row.name = place + 1, f"Other {place}"
    models.QuerySet(CatalogModel).bulk_create(other)
    models.QuerySet(CatalogModel).update(edition=5)
    assert sorted(row.name for row in reader.read()) == ["Other 0", "Other 1", "Other 2"]


def test_a_row_that_was_deleted_is_in_the_index_no_more(synced: SyncResult):
    reader = RowReader()
    pk = reader.read()[0].pk
    CatalogModel.objects.filter(pk=pk).delete()
    assert pk not in {row.pk for row in reader.read()}


@pytest.mark.django_db(transaction=True)
def test_a_row_that_is_saved_while_another_waits_for_its_end_is_not_missed(sandbox):
    run_sync()
    reader = RowReader()
    first, second = (row.pk for row in reader.read()[:2])
    saved, may_end = threading.Event(), threading.Event()

    def save_slowly() -> None:
        with transaction.atomic():
            CatalogModel.objects.filter(pk=first).update(note="slow")
            saved.set()
            may_end.wait(10)
        connection.close()

    def save_quickly() -> None:
        saved.wait(10)
        CatalogModel.objects.filter(pk=second).update(note="quick")
        connection.close()

    threads = [threading.Thread(target=each) for each in (save_slowly, save_quickly)]
    for thread in threads:
        thread.start()
    saved.wait(10)
    notes = {row.pk: row.note for row in reader.read()}
    assert (notes[first], notes[second]) == ("", "")  # the quick one waits
    may_end.set()
    for thread in threads:
        thread.join()
    notes = {row.pk: row.note for row in reader.read()}
    assert (notes[first], notes[second]) == ("slow", "quick")


def test_rows_that_did_not_change_are_the_same_objects_and_are_folded_once(synced: SyncResult, monkeypatch):
    reader = RowReader()
    first = CatalogIndex.build(reader.read(), now=NOW)
    changed = first.rows[7]
    CatalogModel.objects.filter(pk=changed.pk).update(tags=["new"])
    folded: list[int] = []
    monkeypatch.setattr(
        "models_ui.catalog.row.default_order", lambda row: (0, False, (), "", folded.append(row.pk) or row.pk)
    )
    second = CatalogIndex.build(reader.read(), now=NOW, previous=first)
    assert folded == [changed.pk]
    kept = {id(row) for row in first.rows} & {id(row) for row in second.rows}
    assert len(kept) == len(first.rows) - 1


@pytest.mark.django_db
def test_without_rows_there_is_an_empty_index():
    assert RowReader().read() == []
