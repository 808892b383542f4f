"""The catalog's page of one query: tabs, chips, headings, groups and links, ready for the template."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.translation import gettext as _

from models_ui.access.roles import Role
from models_ui.catalog import sentences
from models_ui.catalog.chips import values_in_order, view_chips
from models_ui.catalog.columns import COLUMNS
from models_ui.catalog.facet_panels import FacetPanel, facet_panels
from models_ui.catalog.facets import FACETS
from models_ui.catalog.headline import Headline, headline_of
from models_ui.catalog.index import CatalogIndex, Offer, SearchResult
from models_ui.catalog.labels import facet_label, value_label
from models_ui.catalog.query import PAGE_SIZES, TABS, CatalogQuery
from models_ui.catalog.rows import GroupView, RowStyle, group_views
from models_ui.catalog.status import UNLISTED
from models_ui.catalog.tool_menus import ToolMenus, tool_menus
from models_ui.listing.csv_export import Download, other_download
from models_ui.listing.filters import Chip, ignored_sentences, typo_sentences
from models_ui.listing.querystring import Ignored, with_query
from models_ui.text.humanize import quote_text, short_tokens
from models_ui.text.isolation import fill, isolate
from models_ui.text.keepers import keeper_of
from models_ui.vocabulary import BASE, FINE_TUNED

CONTEXT_PRESETS: Final = (32_000, 128_000)
_MOST_NAMED: Final = 3  # filters that the title names


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    count: int  # models that it shows
    query: CatalogQuery
    is_current: bool


@dataclass(frozen=True, slots=True)
class Heading:
    name: str
    label: str
    direction: str = ""  # ascending, descending or empty: the value of aria-sort
    rank: int = 0  # among several columns that sort; 0 where there is one at most
    query: CatalogQuery | None = None  # sorts by this column alone; None where rows cannot be compared
    also: CatalogQuery | None = None  # sorts by this column besides those that sort now


@dataclass(frozen=True, slots=True)
class Hidden:
    """Models that a page leaves out, and the query that shows them."""

    count: int
    query: CatalogQuery


@dataclass(frozen=True, slots=True)
class OfferedFilter:
    """A filter that a word of the search names."""

    label: str
    count: int
    query: CatalogQuery  # with the filter in place of the word


def tab_of_mine(index: CatalogIndex, query: CatalogQuery, username: str) -> Tab | None:
    """Return the view of what a person looks after; None where that is nothing. It is theirs, so it is not kept."""
    mine = CatalogQuery(keeper=(keeper_of(username),))
    count = index.count(index.as_shown(mine))
    is_current = query.keeper == mine.keeper
    return Tab(_("What I look after"), count, mine, is_current) if count or is_current else None


class CatalogPage:
    """One page of the catalog. `query` is the query of this page: a number past the end has become the last page."""

    def __init__(
        self,
        index: CatalogIndex,
        query: CatalogQuery,
        ignored: Sequence[Ignored],
        now: datetime,
        role: Role,
        style: RowStyle,
    ) -> None:
        self.index = index
        self.now = now
        self.role = role
        self.style = style
        self.ignored = ignored_sentences(ignored)
        self.result: SearchResult = index.search(query)
        self.query = self.result.query
        # Rendered here and not on the template's demand: there some errors pass for "there are no rows".
        self.groups: list[GroupView] = group_views(index, self.result, now, role, style)

    @property
    def catalog_size(self) -> int:
        return len(self.index.rows)

    # --- What the page is called, and what it says

    @property
    def view_label(self) -> str:
        return sentences.view_label(self.query.type) if self.query.type else _("Models")

    @property
    def title(self) -> str:
        """The filters, then the view: Vision · Our fine-tunes."""
        facets = [name for name in FACETS if name != "type" or not self.query.is_of_tab]
        words = [quote_text(self.query.q)] if self.query.q else []
        words += [value_label(name, value) for name in facets for value in values_in_order(self.query, name)]
        named = ", ".join(map(isolate, words[:_MOST_NAMED]))
        return f"{named} · {self.view_label}" if named else self.view_label

    @cached_property
    def total_words(self) -> str:
        """How many models the page lists, and of how many."""
        all_of_view = self.cleared.as_shown() if self.query.hides_unlisted else self.cleared
        return sentences.total_words(self.result.total, self.index.count(all_of_view))

    @property
    def read_otherwise(self) -> list[str]:
        """The words that were read with a typo, each in a sentence."""
        return typo_sentences(self.result.corrections)

    @property
    def offers(self) -> list[OfferedFilter]:
        """The filters that words of the search name."""
        return [OfferedFilter(_offer_label(offer), offer.count, offer.query) for offer in self.result.offers]

    @cached_property
    def headline(self) -> Headline | None:
        return headline_of(self.query, self.index, self.now)

    @property
    def role_note(self) -> str:
        return "" if self.query.type == (BASE,) else sentences.role_note(self.role)

    @property
    def tells_of_fine_tunes(self) -> bool:
        """Whether the list is empty because there is no fine-tune at all."""
        return self.query.type == (FINE_TUNED,) and not self.index.count(CatalogQuery(type=(FINE_TUNED,)))

    @property
    def hidden(self) -> Hidden | None:
        """The matches that the page leaves out because they are gone or deleted."""
        count = self.result.hidden
        return Hidden(count, self.query.changed(status=UNLISTED)) if count else None

    # --- Views, and the ways to show them

    @property
    def tabs(self) -> Iterator[Tab]:
        """Yield the views by type. Each keeps the words that were searched for, and no other filter."""
        for types in TABS:
            query = CatalogQuery(type=types, q=self.query.q, per_page=self.query.per_page)
            is_current = self.query.type == types
            yield Tab(sentences.view_label(types), self.index.count(self.index.as_shown(query)), query, is_current)

    @property
    def kept_parameters(self) -> Iterator[tuple[str, str]]:
        """Yield what the form of the filters carries along without showing it."""
        for name, text in self.query.pairs():
            if name in ("type", "sort", "per_page", "view"):
                yield name, text

    @property
    def headings(self) -> Iterator[Heading]:
        for name in self.style.columns:
            yield self._heading(name, _(COLUMNS[name].label), is_sorted=COLUMNS[name].is_sorted)

    @property
    def name_heading(self) -> Heading:
        return self._heading("name", _("Name"), is_sorted=True)

    def _heading(self, name: str, label: str, *, is_sorted: bool) -> Heading:
        if not is_sorted:
            return Heading(name, label)
        sorts = self.query.sort.split(",")
        rank = next((place for place, sort in enumerate(sorts, 1) if sort.removeprefix("-") == name), 0)
        direction = ("descending" if sorts[rank - 1].startswith("-") else "ascending") if rank else ""
        return Heading(
            name,
            label,
            direction,
            rank if len(sorts) > 1 else 0,
            self.query.sorted_by(name),
            self.query.sorted_also_by(name),
        )

    @cached_property
    def tool_menus(self) -> ToolMenus:
        return tool_menus(self.index, self.query, self.style)

    # --- Filters

    @cached_property
    def chips(self) -> list[Chip]:
        return view_chips(self.query)

    @property
    def cleared(self) -> CatalogQuery:
        """The same view without filters."""
        return self.query.cleared().changed(type=self.query.type if self.query.is_of_tab else (), view=None)

    @property
    def facets(self) -> Iterator[FacetPanel]:
        return facet_panels(self.index, self.result)

    @property
    def context_presets(self) -> Iterator[tuple[str, CatalogQuery, bool]]:
        for tokens in CONTEXT_PRESETS:
            chosen = self.query.context_min == tokens and self.query.context_max is None
            query = self.query.changed(context_min=None if chosen else tokens, context_max=None)
            yield f"≥ {short_tokens(tokens)}", query, chosen

    @property
    def has_context_range(self) -> bool:
        """Whether the context is narrowed to a range that is none of the presets."""
        low, high = self.query.context_min, self.query.context_max
        return high is not None or (low is not None and low not in CONTEXT_PRESETS)

    # --- Pages and exports

    @property
    def page_links(self) -> Iterator[tuple[str, CatalogQuery | None, bool]]:
        """Yield label, query and whether it is this page; a gap has no query."""
        paginator = Paginator(range(self.result.total), self.query.per_page)
        for number in paginator.get_elided_page_range(self.query.page, on_each_side=1, on_ends=1):
            if isinstance(number, int):
                yield str(number), self.query.at_page(number), number == self.query.page
            else:
                yield str(number), None, False

    @property
    def previous(self) -> CatalogQuery | None:
        return self.query.at_page(self.query.page - 1) if self.query.page > 1 else None

    @property
    def following(self) -> CatalogQuery | None:
        return self.query.at_page(self.query.page + 1) if self.query.page < self.result.pages else None

    @property
    def page_sizes(self) -> Iterator[tuple[int, CatalogQuery, bool]]:
        for size in PAGE_SIZES:
            yield size, self.query.changed(per_page=size), size == self.query.per_page

    @cached_property
    def csv_address(self) -> str:
        return with_query(reverse("catalog_csv"), self._query_of_exports)

    @cached_property
    def other_csv(self) -> Download:
        return other_download(self.csv_address)

    @property
    def json_address(self) -> str:
        return with_query(reverse("catalog_json"), self._query_of_exports)

    @cached_property
    def _query_of_exports(self) -> str:
        return self.index.as_shown(self.query.at_page(1)).serialize()


def _offer_label(offer: Offer) -> str:
    label = value_label(offer.facet, offer.value)
    if offer.facet == "capability_not":
        return fill(_("%(facet)s: %(value)s"), {"facet": facet_label(offer.facet), "value": label})
    return label
