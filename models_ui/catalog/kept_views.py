"""A cache of the catalog page's HTML. (Saved views, which people make, are in `saved_lists.py`.)

The cached parts are the same for all people with the same role, language and style of rows. They are rendered once for
each query, language, UTC day, role and style of rows, and kept as long as the index. What differs from person to person
(tokens, messages, saved views, who is signed in) is rendered outside of them.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.template.loader import get_template
from django.utils import timezone
from django.utils.translation import get_language

from models_ui.access.roles import Role
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.page import CatalogPage, Tab
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.rows import RowStyle
from models_ui.listing.querystring import Ignored
from models_ui.packed_part import PackedPart

_MOST_HEADLINES: Final = 200  # an address may name any types
_MOST_BYTES: Final = 8_000_000  # of all views that are kept: some hundred pages of 50 rows


@dataclass(frozen=True, slots=True)
class CatalogView:
    """The cached parts of one page. `query` has the number of the page shown, at most that of the last page."""

    query: CatalogQuery
    title: str
    tabs: tuple[Tab, ...]
    headline: str  # as HTML, like the row menu
    results: PackedPart | None  # the list of models; None if the catalog has no model at all
    row_menu: str
    model_ids: frozenset[str]  # of its rows

    @property
    def size(self) -> int:
        return len(self.headline) + (len(self.results.data) if self.results else 0)


class KeptViews:
    """The pages that were asked for last, up to a number of bytes. Threads may share it."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._views: OrderedDict[Hashable, CatalogView] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, build: Callable[[], CatalogView]) -> CatalogView:
        with self._lock:
            view = self._views.get(key)
            if view is not None:
                self._views.move_to_end(key)
                return view
        view = build()
        with self._lock:
            if key not in self._views:
                self._views[key] = view
                self._bytes += view.size
            while self._bytes > self._most_bytes and len(self._views) > 1:
                _, oldest = self._views.popitem(last=False)
                self._bytes -= oldest.size
        return view


def catalog_view(
    index: CatalogIndex, query: CatalogQuery, ignored: Sequence[Ignored], now: datetime, role: Role, style: RowStyle
) -> CatalogView:
    """Return the cached parts of the page of a query. Pages with notes about ignored parameters are not cached."""

    def build() -> CatalogView:
        with timezone.override(UTC):  # kept for readers of any time zone
            return _render_view(CatalogPage(index, query, ignored, now, role, style))

    if ignored or not index.rows:
        return build()
    key = (query, get_language(), now.date(), role, style)
    return index.cached("views", KeptViews).get(key, build)


def _render_view(page: CatalogPage) -> CatalogView:
    results = get_template("models_ui/_results.html#results").render({"page": page}) if page.catalog_size else ""
    return CatalogView(
        query=page.query,
        title=page.title,
        tabs=tuple(page.tabs),
        headline=_render_headline(page),
        results=PackedPart(results.encode()) if results else None,
        row_menu=_render_row_menu(page),
        model_ids=frozenset(row.model_id for row in page.result.rows),
    )


def _render_headline(page: CatalogPage) -> str:
    """Return the HTML of the sentence above the list.

    The sentence ends with a link to the models that it counts, except on the page that lists exactly these models.
    """
    kept = page.index.cached("headlines", dict[Hashable, str])
    is_followed = page.headline is not None and page.headline.query == page.query
    key = (get_language(), page.now.date(), page.role, page.query.type, is_followed)
    if key not in kept:
        if len(kept) >= _MOST_HEADLINES:
            kept.clear()
        kept[key] = get_template("models_ui/catalog.html#headline").render({"page": page})
    return kept[key]


def _render_row_menu(page: CatalogPage) -> str:
    kept = page.index.cached_with_facts("row menus", dict[Hashable, str])
    key = (get_language(), page.role)
    if key not in kept:
        context = {"may_edit": page.role >= Role.EDITOR, "may_manage": page.role >= Role.MANAGER}
        kept[key] = get_template("models_ui/catalog.html#row_menu").render(context)
    return kept[key]
