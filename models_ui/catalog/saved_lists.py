"""Saved views: names for addresses of the catalog, private to one person or shared with everyone.

In the code they are called lists, because "view" already means a Django view. Each change that a person makes here is
an event of the history; the event of a private view tells neither its name nor its filters. Two changes write no event
of their own: `rename_in_lists`, which follows the rename of a person, and the deletion of an account, which deletes the
person's private views (`keep_shared_lists` in `models/people.py`).

The owner of a shared view and every Manager may change it; the owner needs the Editor role for that. A shared view
stays when its owner loses access.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from models_ui.access.roles import Role
from models_ui.audit.plain_events import record_plain_event
from models_ui.catalog.query import CatalogQuery
from models_ui.models import SavedList
from models_ui.text.folding import fold_for_search

MOST_LISTS: Final = 50  # saved views of one person
LONGEST_NAME: Final = 60
LONGEST_QUERY: Final = 4_000  # characters of a query string
_LONGEST_FOLD: Final = 200


class TooManyLists(Exception):
    """The person has as many saved views as one person may."""


class NameTaken(Exception):
    """The owner has another view with this name, or the view is to be shared and another shared view has this name.

    A private view may have the same name as another person's shared view.
    """


class BadName(Exception):
    """The name cannot be seen, or is too long once it is folded."""


class BadQuery(Exception):
    """The view shows every model, which needs no name."""


class LongQuery(BadQuery):
    """The address of the view is too long to keep."""


# --- Reading


def lists_seen_by(user: User) -> QuerySet[SavedList]:
    """Return the person's own views and the shared ones."""
    return SavedList.objects.filter(Q(owner=user) | Q(shared=True)).select_related("owner")


def is_visible(saved: SavedList, user: User) -> bool:
    return saved.shared or saved.owner_id == user.pk


def may_share(role: Role) -> bool:
    return role >= Role.EDITOR


def may_change(saved: SavedList, user: User, role: Role) -> bool:
    """Return whether the person may rename, update or delete the view.

    A private view: its owner. A shared view: every Manager, and its owner if that person is an Editor.
    """
    if saved.owner_id == user.pk:
        return not saved.shared or may_share(role)
    return saved.shared and role >= Role.MANAGER


def query_of_list(saved: SavedList) -> CatalogQuery:
    """Return the query of a saved view, with the key of the view as its parameter `view`."""
    return replace(CatalogQuery.parse(saved.query).query, view=saved.pk)


def kept_query(query: CatalogQuery) -> str:
    """Return the query string to store: filters, order and columns, without the page number. Raise BadQuery."""
    text = query.in_statuses().changed(view=None).serialize()
    if not text:
        raise BadQuery
    if len(text) > LONGEST_QUERY:
        raise LongQuery
    return text


# --- Writing


def save_list(*, owner: User, name: str, query: CatalogQuery, shared: bool, now: datetime) -> SavedList:
    """Store a new view. Raise TooManyLists, NameTaken, BadName or BadQuery."""
    if SavedList.objects.filter(owner=owner).count() >= MOST_LISTS:
        raise TooManyLists
    saved = SavedList(owner=owner, query=kept_query(query), shared=shared, created_at=now, changed_at=now)
    saved.name, saved.folded_name = name, _fold_name(name)
    with transaction.atomic():
        with _unique_names():
            saved.save(force_insert=True)
        record_plain_event(owner, "view.saved", _told_name(saved), after=_told_query(saved))
    return saved


def change_list(saved: SavedList, *, actor: User, name: str, shared: bool, now: datetime) -> None:
    """Rename, share or stop sharing a view. Raise NameTaken or BadName."""
    was_named, was_shared = saved.name, saved.shared
    with transaction.atomic():
        with _unique_names():
            values = {"name": name, "folded_name": _fold_name(name), "shared": shared, "changed_at": now}
            if (name, shared) == (was_named, was_shared) or not _update_row(saved, **values):
                return
        if name != was_named and was_shared and shared:
            record_plain_event(actor, "view.renamed", name, {"name": was_named}, {"name": name})
        elif name != was_named:
            record_plain_event(actor, "view.renamed", "")
        if shared and not was_shared:
            record_plain_event(actor, "view.shared", name, after=_told_query(saved))
        elif was_shared and not shared:
            record_plain_event(actor, "view.unshared", was_named)


def update_list(saved: SavedList, *, actor: User, query: CatalogQuery, now: datetime) -> None:
    """Give a view other filters. Raise BadQuery."""
    text, before = kept_query(query), _told_query(saved)
    with transaction.atomic():
        if text != saved.query and _update_row(saved, query=text, changed_at=now):
            record_plain_event(actor, "view.updated", _told_name(saved), before, _told_query(saved))


def delete_list(saved: SavedList, *, actor: User) -> None:
    with transaction.atomic():
        if SavedList.objects.filter(pk=saved.pk).delete()[0]:
            record_plain_event(actor, "view.deleted", _told_name(saved), before=_told_query(saved))


def rename_in_lists(*, before: str, after: str, **_: Any) -> None:
    """Replace a person's former name in the filters of all saved views."""
    for saved in SavedList.objects.filter(query__contains="keeper="):
        query = CatalogQuery.parse(saved.query).query
        renamed = query.with_renamed(before, after)
        if renamed != query:
            _update_row(saved, query=renamed.serialize())


def _fold_name(name: str) -> str:
    folded = " ".join(fold_for_search(name).split())
    if not folded or len(folded) > _LONGEST_FOLD:
        raise BadName
    return folded


@contextmanager
def _unique_names() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise NameTaken from None


def _update_row(saved: SavedList, **values: Any) -> bool:
    """Write the values. Return False if somebody has deleted the view meanwhile."""
    is_written = SavedList.objects.filter(pk=saved.pk).update(**values) > 0
    for name, value in values.items():
        setattr(saved, name, value)
    return is_written


def _told_name(saved: SavedList) -> str:
    """Return the name for the event: empty for a private view, because everyone can read the history."""
    return saved.name if saved.shared else ""


def _told_query(saved: SavedList) -> dict[str, str]:
    return {"query": saved.query} if saved.shared else {}
