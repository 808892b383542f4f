"""The catalog's page of one query: headings, chips, facets and links, ready for the template."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any, Final

from django.core.paginator import Paginator
from django.template.loader import get_template
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from models_ui.access.roles import Role
from models_ui.catalog.facets import FACETS
from models_ui.catalog.index import CatalogIndex, FacetValue, SearchResult
from models_ui.catalog.labels import facet_label, value_label
from models_ui.catalog.query import PAGE_SIZES, CatalogQuery
from models_ui.catalog.rows import row_fragments
from models_ui.catalog.status import UNLISTED
from models_ui.listing.csv_export import Download, other_download
from models_ui.listing.filters import Chip, ChipLabel, chips_of, ignored_sentences
from models_ui.listing.querystring import Ignored, with_query
from models_ui.text.humanize import quote_text, short_tokens
from models_ui.text.isolation import fill

CONTEXT_PRESETS = (32_000, 128_000, 256_000)

_COUNT: Final = secrets.token_hex(8)  # stands for the count in cached HTML; no text from outside can contain it


@cache
def _option_template() -> Any:
    return get_template("models_ui/catalog.html#option")


@dataclass(frozen=True, slots=True)
class Heading:
    label: str
    column: str  # its sort; empty where rows cannot be compared
    direction: str  # ascending, descending or empty: the value of aria-sort
    query: CatalogQuery


@dataclass(frozen=True, slots=True)
class FacetPanel:
    name: str
    label: str
    open: bool
    options: Sequence[SafeString]  # as HTML


@dataclass(frozen=True, slots=True)
class Hidden:
    """Models that a page leaves out, and the query that shows them."""

    count: int
    query: CatalogQuery


def filter_chips(query: CatalogQuery) -> list[Chip]:
    """Return the filters in use: words, context, then the facets in their order."""
    labels: dict[str, ChipLabel] = {
        "q": quote_text,
        "context_min": lambda tokens: fill(_("Context from %(tokens)s"), {"tokens": short_tokens(tokens)}),
        "context_max": lambda tokens: fill(_("Context up to %(tokens)s"), {"tokens": short_tokens(tokens)}),
        **{name: partial(_facet_chip_label, name) for name in FACETS},
    }
    return chips_of(query, labels)


def _facet_chip_label(name: str, value: str) -> str:
    return fill(_("%(facet)s: %(value)s"), {"facet": facet_label(name), "value": value_label(name, value)})


class CatalogPage:
    """One page of the catalog. `query` is the query of this page: a number past the end has become the last page."""

    def __init__(
        self, index: CatalogIndex, query: CatalogQuery, ignored: Sequence[Ignored], now: datetime, role: Role
    ) -> None:
        self.index = index
        self.now = now
        self.role = role
        self.ignored = ignored_sentences(ignored)
        self.result: SearchResult = index.search(query)
        self.query = self.result.query
        self.chips = filter_chips(self.query)
        # Rendered here and not on the template's demand: there some errors pass for "there are no rows".
        self.rows: list[SafeString] = row_fragments(index, self.result.rows, now, role)

    @property
    def catalog_size(self) -> int:
        return len(self.index.rows)

    @property
    def listable(self) -> int:
        """The number of models that the page could list without any filter."""
        return self.index.count(CatalogQuery().as_shown()) if self.query.hides_unlisted else self.catalog_size

    @property
    def headings(self) -> Iterator[Heading]:
        columns = (
            (_("Model"), "name"),
            (_("Type"), "type"),
            (_("Context"), "context"),
            (_("Capabilities"), ""),
            (_("Stops working"), "deprecation"),
            (_("Owner"), "owner"),
            (_("Status"), "status"),
        )
        for label, column in columns:
            direction = {column: "ascending", f"-{column}": "descending"}.get(self.query.sort, "") if column else ""
            yield Heading(label, column, direction, self.query.sorted_by(column))

    @property
    def hidden(self) -> Hidden | None:
        """The matches that the page leaves out because they are gone or deleted."""
        count = self.result.hidden
        return Hidden(count, self.query.changed(status=UNLISTED)) if count else None

    @property
    def cleared(self) -> CatalogQuery:
        return self.query.cleared()

    @property
    def facets(self) -> Iterator[FacetPanel]:
        for name, values in self.result.facets.items():
            if not values:
                continue
            options = [self._render_option(name, value) for value in values]
            yield FacetPanel(
                name, facet_label(name), FACETS[name].starts_open or bool(getattr(self.query, name)), options
            )

    def _render_option(self, facet: str, option: FacetValue) -> SafeString:
        """Return a facet's value as HTML. Only its count differs from page to page; the rest is cached."""
        kept = self.index.cached(("options", get_language()), dict[tuple[str, str, bool], list[str]])
        key = facet, option.value, option.selected
        around = kept.get(key)
        if around is None:
            context = {"facet": facet, "value": option.value, "selected": option.selected, "count": _COUNT}
            around = _option_template().render({**context, "label": value_label(facet, option.value)}).split(_COUNT)
            if len(kept) < 5_000:  # an address may hold any values, so not all of them are kept
                kept[key] = around
        return SafeString(str(option.count).join(around))  # rendered by a template; the count is a number

    @property
    def context_presets(self) -> Iterator[tuple[str, CatalogQuery, bool]]:
        for tokens in CONTEXT_PRESETS:
            chosen = self.query.context_min == tokens and self.query.context_max is None
            query = self.query.changed(context_min=None if chosen else tokens, context_max=None)
            yield f"≥ {short_tokens(tokens)}", query, chosen

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

    @property
    def csv_address(self) -> str:
        return with_query(reverse("catalog_csv"), self.query.at_page(1).as_shown().serialize())

    @property
    def other_csv(self) -> Download:
        return other_download(self.csv_address)

    @property
    def json_address(self) -> str:
        return with_query(reverse("catalog_json"), self.query.at_page(1).as_shown().serialize())
