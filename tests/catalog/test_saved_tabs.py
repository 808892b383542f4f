"""Saved views as tabs: counted as their page counts, current by what they show, changed by what one started from."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from models_ui.access.roles import Role
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.saved_lists import save_list
from models_ui.catalog.saved_tabs import SavedViews, saved_views
from models_ui.catalog.store import load_index
from models_ui.models import CatalogModel, SavedList

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
VISION = CatalogQuery(capability=("vision",))
TOOLS = CatalogQuery(capability=("function_calling",))


@pytest.fixture
def index(synced) -> CatalogIndex:
    return load_index(timezone.now())


def save(owner: User, name: str, query: CatalogQuery, *, shared: bool = False) -> SavedList:
    return save_list(owner=owner, name=name, query=query, shared=shared, now=NOW)


def name_of(tab) -> str | None:
    return tab and tab.name


def seen(user: User, query: CatalogQuery, index: CatalogIndex, role: Role = Role.EDITOR) -> SavedViews:
    return saved_views(user, role, query, index)


def test_own_views_come_first_then_everyones_each_by_name(index: CatalogIndex, bob: User, alice: User):
    save(bob, "view 10", VISION)
    save(bob, "View 9", VISION, shared=True)
    save(alice, "A first one", VISION, shared=True)
    save(alice, "Private", VISION)
    tabs = seen(bob, CatalogQuery(), index).tabs
    assert [(tab.name, tab.is_mine, tab.owner_name) for tab in tabs] == [
        ("View 9", True, "bob"),
        ("view 10", True, "bob"),
        ("A first one", False, "alice"),
    ]


def test_a_tab_counts_what_its_page_lists(synced, bob: User):
    CatalogModel.objects.filter(name="Support triage", archived=False).update(deleted_at=NOW, missing_since=NOW)
    index = load_index(timezone.now())
    save(bob, "Sees", VISION)
    save(bob, "By date", CatalogQuery(sort="deprecation"))
    counts = {tab.name: tab.count for tab in seen(bob, VISION, index).tabs}
    assert counts == {"Sees": index.search(VISION).total, "By date": len(index.rows) - 1}


def test_a_view_is_current_however_its_address_is_ordered_and_whatever_the_page(index: CatalogIndex, bob: User):
    save(bob, "Both", CatalogQuery(capability=("function_calling", "vision")))
    shown = CatalogQuery.parse("page=2&capability=vision&capability=function_calling").query
    assert name_of(seen(bob, shown, index).current) == "Both"
    assert seen(bob, VISION, index).current is None


def test_of_two_views_that_show_the_same_the_one_that_was_opened_is_current(index: CatalogIndex, bob: User):
    save(bob, "One", VISION)
    other = save(bob, "Other", VISION)
    assert name_of(seen(bob, VISION, index).current) == "One"
    assert name_of(seen(bob, replace(VISION, view=other.pk), index).current) == "Other"


def test_other_filters_than_those_of_the_opened_view_are_changes_of_it(index: CatalogIndex, bob: User):
    saved = save(bob, "Sees", VISION)
    views = seen(bob, replace(VISION, context_min=128_000, view=saved.pk), index)
    assert (views.current, name_of(views.modified), views.may_update) == (None, "Sees", True)
    assert views.query == "capability=vision&context_min=128000"


def test_the_filters_of_another_view_are_that_view_and_no_change(index: CatalogIndex, bob: User):
    saved = save(bob, "Sees", VISION)
    save(bob, "Calls", TOOLS)
    views = seen(bob, replace(TOOLS, view=saved.pk), index)
    assert (name_of(views.current), views.modified) == ("Calls", None)


def test_somebody_elses_shared_view_can_be_changed_by_managers_alone(index: CatalogIndex, bob: User, alice: User):
    shared = save(bob, "Sees", VISION, shared=True)
    query = replace(TOOLS, view=shared.pk)
    assert not seen(alice, query, index, Role.EDITOR).may_update
    assert seen(alice, query, index, Role.MANAGER).may_update


def test_an_address_that_names_a_private_view_of_another_person_tells_nothing(
    index: CatalogIndex, bob: User, alice: User
):
    private = save(bob, "Secret", VISION)
    views = seen(alice, replace(TOOLS, view=private.pk), index, Role.MANAGER)
    assert (views.tabs, views.modified, views.may_update) == ([], None, False)


def test_a_page_of_all_models_has_nothing_to_save(index: CatalogIndex, bob: User):
    assert seen(bob, CatalogQuery(page=2), index).query == ""
    assert seen(bob, CatalogQuery(sort="context"), index).query == "sort=context"


def test_a_view_by_type_alone_is_a_tab_already(index: CatalogIndex, bob: User):
    assert seen(bob, CatalogQuery(type=("fine-tuned",)), index).query == ""
    assert seen(bob, CatalogQuery(type=("fine-tuned",), sort="context"), index).query == "type=fine-tuned&sort=context"


def test_a_view_with_columns_that_are_the_readers_usual_ones_is_current(index: CatalogIndex, bob: User):
    """The catalog leaves the usual columns out of addresses."""
    save(bob, "Dates", CatalogQuery(type=("base",), columns="created,status"))
    views = saved_views(bob, Role.EDITOR, CatalogQuery(type=("base",)), index, ("created", "status"))
    assert name_of(views.current) == "Dates"


def test_tabs_cost_one_query(index: CatalogIndex, bob: User, alice: User, django_assert_num_queries):
    for number in range(20):
        save(alice, f"{number}", replace(VISION, context_min=number), shared=True)
    seen(bob, VISION, index)
    with django_assert_num_queries(1):
        assert len(seen(bob, VISION, index).tabs) == 20
