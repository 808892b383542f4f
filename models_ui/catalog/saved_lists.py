"""Saved views: names for addresses of the catalog, a person's own and those shared with everyone.

This module alone writes them, and each change is an event of the history, without a name while the view is private.
In code a view is HTTP's, so here they are lists. A shared view belongs to whoever made it, and Managers look after it
too; it stays when its owner loses access.
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
    """The owner has a view of this name, or a shared one has it."""


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
    """Return whether the person may rename, update or delete the view."""
    if saved.owner_id == user.pk:
        return not saved.shared or may_share(role)
    return saved.shared and role >= Role.MANAGER


def query_of_list(saved: SavedList) -> CatalogQuery:
    """Return the query of a view, which names the view that it is of."""
    return replace(CatalogQuery.parse(saved.query).query, view=saved.pk)


def kept_query(query: CatalogQuery) -> str:
    """Return the query string that is kept of a query: filters, order and columns, and no page. Raise BadQuery."""
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
    """Let the saved views follow a person who is renamed."""
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
    """Write the values, unless somebody has deleted the view meanwhile."""
    is_written = SavedList.objects.filter(pk=saved.pk).update(**values) > 0
    for name, value in values.items():
        setattr(saved, name, value)
    return is_written


def _told_name(saved: SavedList) -> str:
    """Return what the history calls a view. It is everyone's, so it names only the shared ones."""
    return saved.name if saved.shared else ""


def _told_query(saved: SavedList) -> dict[str, str]:
    return {"query": saved.query} if saved.shared else {}
