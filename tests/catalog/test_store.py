"""The index that is current: whatever changed, it equals one that is built from nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models_ui.catalog.facets import FACETS
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.store import RowReader, load_rows
from models_ui.mirror.sync import SyncResult
from models_ui.models import CatalogModel
from models_ui.text.keepers import keeper_of

NOW = timezone.now()
CHANGES = st.one_of(
    st.fixed_dictionaries({"name": st.sampled_from(["Zulu", "alpha", "", "Ünïcode"])}),
    st.fixed_dictionaries({"tags": st.lists(st.sampled_from(["a", "b", "c"]), max_size=2)}),
    st.fixed_dictionaries({"keepers": st.lists(st.sampled_from([keeper_of("bob"), keeper_of("gone"), "Team"]))}),
    st.fixed_dictionaries({"note": st.sampled_from(["", "see the wiki"])}),
    st.fixed_dictionaries({"archived": st.booleans()}),
    st.fixed_dictionaries({"missing_since": st.sampled_from([None, NOW])}),
    st.fixed_dictionaries({"deprecation": st.sampled_from([None, NOW + timedelta(days=9), NOW - timedelta(days=9)])}),
    st.fixed_dictionaries({"capabilities": st.dictionaries(st.sampled_from(["vision", "chat", "new"]), st.booleans())}),
    st.fixed_dictionaries({"aliases": st.lists(st.sampled_from(["x-latest", "y-latest"]), max_size=2)}),
)
QUERIES = (
    CatalogQuery(),
    CatalogQuery(q="wiki"),
    CatalogQuery(sort="-deprecation", group="keeper"),
    CatalogQuery(status=("at_risk", "gone")),
    CatalogQuery(capability=("vision",), sort="name", group="none"),
)


def shown(index: CatalogIndex) -> list[Any]:
    found: list[Any] = [index.rows, index.expires_at]
    for query in QUERIES:
        result = index.search(query)
        found += [result.rows, result.total, result.hidden, result.facets]
    found += [[index.count(CatalogQuery(**{name: (value,)})) for value in ("bob", "a", "chat")] for name in FACETS]
    found += [(index.find(name), index.status_of_row(index.rows[0])) for name in ("x-latest", "y-latest")]
    return found


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
    CatalogModel.objects.filter(pk=keys[0]).update(model_id=f"moved-{len(keys)}")
    index = CatalogIndex.build(reader.read(), now=NOW, previous=index)
    assert shown(index) == shown(CatalogIndex.build(load_rows(), now=NOW))


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
