"""Saved views as tabs of the catalog: what each counts, which one is open, and what of the page can be saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import User
from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet

from models_ui.access.roles import Role
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.saved_lists import BadQuery, kept_query, lists_seen_by, may_change, query_of_list
from models_ui.models import SavedList
from models_ui.prepared_query import PreparedQuery
from models_ui.text.folding import sort_key

_COLUMNS: Final = tuple(field.attname for field in SavedList._meta.concrete_fields)
_MOST_COUNTS: Final = 1_000  # people may save any queries


def _seen_by(user_id: int) -> QuerySet[SavedList, tuple[object, ...]]:
    return lists_seen_by(User(pk=user_id)).values_list(*_COLUMNS, "owner__username")


_SEEN_BY: Final = PreparedQuery(_seen_by, user_id=987_654_321)


@dataclass(frozen=True, slots=True)
class SavedTab:
    """A saved view as a tab of the catalog."""

    saved: SavedList
    query: CatalogQuery
    count: int
    is_mine: bool
    owner_name: str  # empty where the account is deleted

    @property
    def name(self) -> str:
        return self.saved.name


@dataclass(frozen=True, slots=True)
class SavedViews:
    """What the catalog's page shows of saved views."""

    tabs: Sequence[SavedTab]
    current: SavedTab | None  # the one that shows just what the page shows
    modified: SavedTab | None  # the one that the page started from, where it has other filters now
    may_update: bool  # whether the person may give the modified view the filters of the page
    query: str  # of the page, as it can be saved; empty where it cannot


def saved_views(
    user: User, role: Role, query: CatalogQuery, index: CatalogIndex, preferred_columns: tuple[str, ...] = ()
) -> SavedViews:
    """Return the views that the person sees, their own first, beside a page of this query."""
    rows = _SEEN_BY.all(user_id=user.pk)
    tabs = sorted(
        (_tab_of(row, user, index, preferred_columns) for row in rows),
        key=lambda tab: (not tab.is_mine, sort_key(tab.name)),
    )
    shown = query.changed(view=None)
    origin = next((tab for tab in tabs if tab.saved.pk == query.view), None)
    same = [tab for tab in tabs if tab.query.changed(view=None) == shown]
    current = origin if origin in same else next(iter(same), None)
    modified = origin if current is None else None
    return SavedViews(
        tabs=tabs,
        current=current,
        modified=modified,
        may_update=modified is not None and may_change(modified.saved, user, role),
        query=_savable(query),
    )


def _tab_of(row: tuple[object, ...], user: User, index: CatalogIndex, preferred_columns: tuple[str, ...]) -> SavedTab:
    saved = SavedList.from_db(DEFAULT_DB_ALIAS, _COLUMNS, row[:-1])
    query = query_of_list(saved).as_asked_by(user.get_username()).without_defaults(preferred_columns)
    return SavedTab(saved, query, _count_shown(query, index), saved.owner_id == user.pk, str(row[-1] or ""))


def _count_shown(query: CatalogQuery, index: CatalogIndex) -> int:
    """Return how many models the page of a query lists, counted once for these models."""
    counts = index.cached("counts of saved views", dict[CatalogQuery, int])
    count = counts.get(query)
    if count is None:
        count = index.count(index.as_shown(query))
        if len(counts) < _MOST_COUNTS:
            counts[query] = count
    return count


def _savable(query: CatalogQuery) -> str:
    """Return the query as it can be saved; empty where it cannot, and where it is one of the views by type already."""
    if query.is_of_tab and query.changed(view=None) == CatalogQuery(type=query.type):
        return ""
    try:
        return kept_query(query)
    except BadQuery:
        return ""
