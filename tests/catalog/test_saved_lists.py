"""Saved views: names for addresses of the catalog, one's own and everyone's, and what the history tells of them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User

from models_ui.access.roles import Role
from models_ui.catalog import saved_lists
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.saved_lists import (
    BadName,
    BadQuery,
    LongQuery,
    NameTaken,
    TooManyLists,
    change_list,
    delete_list,
    is_visible,
    lists_seen_by,
    may_change,
    query_of_list,
    save_list,
    update_list,
)
from models_ui.models import AuditEvent, SavedList

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
VISION = CatalogQuery(capability=("vision",))


def save(owner: User, name: str = "Sees", query: CatalogQuery = VISION, *, shared: bool = False) -> SavedList:
    return save_list(owner=owner, name=name, query=query, shared=shared, now=NOW)


def change(saved: SavedList, actor: User, **changes) -> None:
    change_list(saved, actor=actor, now=NOW, **{"name": saved.name, "shared": saved.shared, **changes})


def events() -> list[tuple[str, str, str]]:
    return list(AuditEvent.objects.order_by("pk").values_list("kind", "actor", "label"))


def seen_by(user: User) -> set[str]:
    return {saved.name for saved in lists_seen_by(user)}


# --- What is kept


def test_a_view_keeps_filters_and_order_and_no_page(bob: User):
    query = CatalogQuery(q="tickets", capability=("vision",), sort="-context", per_page=100, page=3)
    saved = save(bob, query=query)
    assert query_of_list(SavedList.objects.get(pk=saved.pk)) == replace(query, page=1, view=saved.pk)


def test_a_view_of_an_older_address_keeps_statuses(bob: User):
    assert save(bob, query=CatalogQuery(state=("archived",))).query == "status=archived&status=to_be_deleted"


def test_what_the_catalog_no_longer_knows_is_left_out_of_a_view(bob: User):
    saved = save(bob)
    SavedList.objects.filter(pk=saved.pk).update(query="capability=vision&smell=good&sort=weight")
    assert query_of_list(SavedList.objects.get(pk=saved.pk)) == replace(VISION, view=saved.pk)


@pytest.mark.parametrize("query", [CatalogQuery(), CatalogQuery(page=4), CatalogQuery(view=7)])
def test_a_view_of_every_model_needs_no_name(bob: User, query: CatalogQuery):
    with pytest.raises(BadQuery):
        save(bob, query=query)


def test_an_address_too_long_to_keep_is_no_view(bob: User):
    with pytest.raises(LongQuery):
        save(bob, query=CatalogQuery(root=tuple(f"{number}{'x' * 300}" for number in range(20))))


# --- Names


@pytest.mark.parametrize("again", ["Sees", "sees", "SÉES", "Ｓｅｅｓ", " sees "])
def test_a_person_has_one_view_of_a_name_however_it_is_spelled(bob: User, again: str):
    save(bob)
    with pytest.raises(NameTaken):
        save(bob, again)
    assert SavedList.objects.count() == 1


def test_names_of_private_views_are_free_to_everybody_else(bob: User, alice: User):
    save(bob)
    save(alice)
    save(alice, "Sees well", shared=True)
    save(bob, "Sees well")  # private, though a shared one has the name
    assert SavedList.objects.count() == 4


def test_two_shared_views_never_have_one_name(bob: User, alice: User):
    save(bob, shared=True)
    with pytest.raises(NameTaken):
        save(alice, shared=True)
    private = save(alice)
    with pytest.raises(NameTaken):
        change(private, alice, shared=True)
    assert not SavedList.objects.get(pk=private.pk).shared


@pytest.mark.parametrize("name", ["", "   ", "\u200b\u2060", "\ufdfa" * 60])
def test_a_name_that_cannot_be_seen_or_compared_is_none(bob: User, name: str):
    with pytest.raises(BadName):
        save(bob, name)


def test_a_person_has_fifty_views_at_most(bob: User, alice: User, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(saved_lists, "MOST_LISTS", 3)
    for number in range(3):
        save(bob, f"{number}")
    with pytest.raises(TooManyLists):
        save(bob, "One more")
    save(alice, "One more")


# --- Who sees and changes them


def test_a_private_view_is_seen_by_its_owner_alone(bob: User, alice: User):
    saved = save(bob)
    assert (seen_by(bob), seen_by(alice)) == ({"Sees"}, set())
    assert not is_visible(saved, alice)
    assert not may_change(saved, alice, Role.MANAGER)


def test_a_shared_view_is_seen_by_everybody_and_changed_by_its_owner_and_managers(bob: User, alice: User, carol: User):
    saved = save(bob, shared=True)
    assert seen_by(carol) == {"Sees"}
    assert may_change(saved, bob, Role.EDITOR)
    assert may_change(saved, alice, Role.MANAGER)
    assert not may_change(saved, alice, Role.EDITOR)
    assert not may_change(saved, carol, Role.VIEWER)


def test_an_owner_who_became_a_viewer_keeps_private_views_and_no_hold_on_shared_ones(bob: User):
    assert not may_change(save(bob, shared=True), bob, Role.VIEWER)
    assert may_change(save(bob, "Mine"), bob, Role.VIEWER)


def test_shared_views_stay_when_their_owner_loses_access_or_the_account(bob: User, carol: User):
    save(bob, shared=True)
    save(bob, "Mine")
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert seen_by(carol) == {"Sees"}
    bob.delete()
    assert seen_by(carol) == {"Sees"}
    assert SavedList.objects.get().owner is None


# --- Changing them


def test_a_view_deleted_meanwhile_is_not_brought_back_by_a_change(bob: User):
    saved = save(bob, shared=True)
    delete_list(SavedList.objects.get(), actor=bob)
    change(saved, bob, name="Looks")
    update_list(saved, actor=bob, query=CatalogQuery(q="x"), now=NOW)
    delete_list(saved, actor=bob)
    assert not SavedList.objects.exists()
    assert [kind for kind, *_ in events()] == ["view.saved", "view.deleted"]


def test_activity_tells_of_shared_views_by_name(bob: User):
    saved = save(bob, shared=True)
    change(saved, bob, name="Looks")
    update_list(saved, actor=bob, query=CatalogQuery(q="x"), now=NOW)
    update_list(saved, actor=bob, query=CatalogQuery(q="x"), now=NOW)  # nothing new
    change(saved, bob)  # nor here
    delete_list(saved, actor=bob)
    assert events() == [
        ("view.saved", "bob", "Sees"),
        ("view.renamed", "bob", "Looks"),
        ("view.updated", "bob", "Looks"),
        ("view.deleted", "bob", "Looks"),
    ]
    renamed, updated = AuditEvent.objects.order_by("pk")[1:3]
    assert (renamed.before, renamed.after) == ({"name": "Sees"}, {"name": "Looks"})
    assert (updated.before, updated.after) == ({"query": "capability=vision"}, {"query": "q=x"})


def test_activity_names_no_private_view(bob: User):
    saved = save(bob, "Salary of Eve")
    change(saved, bob, name="Salary of Adam")
    update_list(saved, actor=bob, query=CatalogQuery(q="adam"), now=NOW)
    delete_list(saved, actor=bob)
    assert [kind for kind, *_ in events()] == ["view.saved", "view.renamed", "view.updated", "view.deleted"]
    assert "salary" not in str(list(AuditEvent.objects.values())).lower()
    assert "adam" not in str(list(AuditEvent.objects.values())).lower()


def test_activity_tells_of_sharing_by_the_name_that_was_shared(bob: User):
    saved = save(bob, "Draft")
    change(saved, bob, name="For all", shared=True)
    change(saved, bob, name="Secret", shared=False)
    assert events()[1:] == [
        ("view.renamed", "bob", ""),
        ("view.shared", "bob", "For all"),
        ("view.renamed", "bob", ""),
        ("view.unshared", "bob", "For all"),
    ]
