"""`CatalogQuery`: the filters, the order, the columns and the page number of the catalog, read from an address.

    /models/?q=tickets&capability=vision&context_min=128000&sort=-context&page=2

The query string of the address holds all of this. Two tables hold a part of it: `SavedList.query` stores the query
string of a saved view, without the page number, and `Preferences.columns` stores the columns that a person sees where
the address names none.

This module imports no Django: links, tests and the index use the same plain value.
"""

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Self, cast

from models_ui.catalog.columns import COLUMNS, USUAL, default_columns, move_column, split_columns
from models_ui.catalog.facets import FACETS, Facet
from models_ui.catalog.groups import GROUPINGS, Grouping
from models_ui.catalog.status import LISTED, statuses_of_pair
from models_ui.listing.parameters import AddressQuery, ParsedValue, alternatives, one_of, parameter, read_text
from models_ui.text.keepers import ME, keeper_of, rename_keeper
from models_ui.vocabulary import BASE, FINE_TUNED

# "state" is an older order; the others are columns.
SORTS: Final = ("name", *(column.name for column in COLUMNS.values() if column.is_sorted), "state")
TABS: Final = ((), (FINE_TUNED,), (BASE,))  # the types of models of each view
PAGE_SIZES: Final = (25, 50, 100)
DEFAULT_PAGE_SIZE: Final = 50

MAX_VALUE: Final = 400  # longer than any column that a facet is made from
MAX_CONTEXT: Final = 10**12
MAX_PAGE: Final = 10**6

_THOUSANDS = re.compile(r"(?<=\d)[,'’\s](?=\d{3}(?!\d))")
_TOKENS = re.compile(r"(\d{1,13})(?:[.,](\d{1,3}))?\s*([km]?)", re.IGNORECASE)


def parse_tokens(text: str, *, upper: bool) -> int | None:
    """Read `131072`, `131,072`, `128k`, `1.5k` or `1M` as tokens; None for anything else.

    A k is 1,000 to some models (256,000 is Codestral's "256k") and 1,024 to most, so a lower bound takes
    the smaller and an upper bound the larger reading: no model is lost to the difference.
    """
    match = _TOKENS.fullmatch(_THOUSANDS.sub("", text.strip()))
    if match is None:
        return None
    whole, fraction, unit = match.groups(default="")
    if fraction and not unit:
        if len(fraction) < 3:
            return None  # half a token
        whole, fraction = whole + fraction, ""  # 131.072, as Germans write it
    scale = {"": 1, "k": 1024 if upper else 1000, "m": 1024**2 if upper else 1000**2}[unit.lower()]
    value = int(whole) * scale + int(fraction.ljust(3, "0")) * scale // 1000
    return value if value <= MAX_CONTEXT else None


def _read_tokens(text: str, *, upper: bool) -> ParsedValue:
    tokens = parse_tokens(text, upper=upper)
    return ParsedValue(tokens, "not_a_number" if tokens is None else None)


def _read_page_size(text: str) -> ParsedValue:
    return ParsedValue(int(text)) if text in map(str, PAGE_SIZES) else ParsedValue(None, "unknown_value")


def _read_page(text: str) -> ParsedValue:
    if text.isascii() and text.isdigit() and len(text) < 8 and 1 <= int(text) <= MAX_PAGE:
        return ParsedValue(int(text))
    return ParsedValue(None, "not_a_number")


def _read_key(text: str) -> ParsedValue:
    is_key = text.isascii() and text.isdigit() and len(text) < 19
    return ParsedValue(int(text)) if is_key else ParsedValue(None, "unknown_value")


def _read_facet_value(text: str, *, facet: Facet) -> ParsedValue:
    if len(text) > MAX_VALUE or (facet.is_closed and text not in facet.fixed_order):
        return ParsedValue(None, "unknown_value")
    return ParsedValue(text)


def _read_sort(text: str) -> ParsedValue:
    """Read columns to sort by, the first one first: `status,-context`."""
    parts = {part.removeprefix("-"): part for part in reversed(text.split(",")) if part.removeprefix("-") in SORTS}
    sort = ",".join(reversed(parts.values()))
    return ParsedValue(sort or None, None if sort == text else "unknown_value")


def _read_columns(text: str) -> ParsedValue:
    columns = ",".join(split_columns(text))
    return ParsedValue(columns or None, None if columns == text else "unknown_value")


def _facet_field(name: str) -> Any:
    return alternatives(partial(_read_facet_value, facet=FACETS[name]), verbatim=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogQuery(AddressQuery):
    """The filters, the order, the columns and the page number. `facets.py` says how the values of a facet combine."""

    q: str = parameter("", read_text)
    type: tuple[str, ...] = _facet_field("type")
    capability: tuple[str, ...] = _facet_field("capability")
    capability_any: tuple[str, ...] = _facet_field("capability_any")
    capability_not: tuple[str, ...] = _facet_field("capability_not")
    context_min: int | None = parameter(None, partial(_read_tokens, upper=False))
    context_max: int | None = parameter(None, partial(_read_tokens, upper=True))
    status: tuple[str, ...] = _facet_field("status")
    lifecycle: tuple[str, ...] = _facet_field("lifecycle")
    state: tuple[str, ...] = _facet_field("state")
    owner: tuple[str, ...] = _facet_field("owner")
    root: tuple[str, ...] = _facet_field("root")
    keeper: tuple[str, ...] = _facet_field("keeper")
    tag: tuple[str, ...] = _facet_field("tag")
    # How the rows are grouped; empty is how their view groups them.
    group: str = parameter("", one_of(GROUPINGS), role="view")
    # Names of SORTS, each with "-" before it for descending; empty is live first, then by name.
    sort: str = parameter("", _read_sort, role="view")
    # Names of COLUMNS, in order; empty are those that their view shows.
    columns: str = parameter("", _read_columns, role="view", is_joined=True)
    # What a form asks to move one place to the left; an address that is canonical has moved it already.
    move: str = parameter("", one_of((*COLUMNS, USUAL)), role="place")
    per_page: int = parameter(DEFAULT_PAGE_SIZE, _read_page_size, role="view")
    page: int = parameter(1, _read_page, role="place")
    # The key of the saved view that one started from.
    view: int | None = parameter(None, _read_key, role="view")

    @property
    def is_of_tab(self) -> bool:
        """Whether the types are those of one of the views; else they are a filter like any other."""
        return self.type in TABS

    @property
    def grouping(self) -> Grouping:
        return cast(Grouping, self.group) if self.group else self._usual_grouping

    @property
    def _usual_grouping(self) -> Grouping:
        return "none" if self.type == (BASE,) else "base"

    def without_defaults(self, preferred_columns: tuple[str, ...] = ()) -> Self:
        """Return the query with its columns in order, and without those and a grouping that are of its view anyway.

        To a person with preferred columns these are the columns of every view.
        """
        usual = preferred_columns or default_columns(self.type, self.grouping)
        columns = split_columns(self.columns)
        if self.move:
            columns = move_column(columns, self.move)
        return replace(
            self,
            group="" if self.group == self._usual_grouping else self.group,
            columns="" if columns == usual else ",".join(columns),
            move="",
        )

    def sorted_by(self, column: str) -> Self:
        """Return the order a click on the column's heading gives: ascending, then descending, then the default."""
        following = {column: f"-{column}", f"-{column}": ""}
        return self.changed(sort=following.get(self.sort, column))

    def sorted_also_by(self, column: str) -> Self:
        """Return the order a Shift-click gives: this column besides the others, or its other direction, or not."""
        following = {column: f"-{column}", f"-{column}": ""}
        sorts = self.sort.split(",") if self.sort else []
        sorts = [following.get(each, each) for each in sorts] if following.keys() & set(sorts) else [*sorts, column]
        return self.changed(sort=",".join(filter(None, sorts)))

    @property
    def hides_unlisted(self) -> bool:
        """Whether pages leave out models that are gone or deleted, since the query asks for no status."""
        return not (self.status or self.state or self.lifecycle)

    def as_shown(self) -> Self:
        """Return the query that everywhere means what its page shows."""
        return replace(self, status=LISTED) if self.hides_unlisted else self

    def in_statuses(self) -> Self:
        """Return the query with statuses for its states and lifecycles, where these choose the same models."""
        if self.status or not (self.state or self.lifecycle):
            return self
        statuses = statuses_of_pair(self.state, self.lifecycle)
        return replace(self, status=tuple(sorted(statuses)), state=(), lifecycle=()) if statuses else self

    def filters_alone(self) -> Self:
        """Return the filters of the query: a feed has no pages, no order and no saved view of its own."""
        return self.changed(sort="", per_page=type(self)().per_page, view=None)

    def as_asked_by(self, username: str) -> Self:
        """Return the query with the person who asks in place of the word for them."""
        mine = (keeper_of(username) if keeper == ME else keeper for keeper in self.keeper)
        return replace(self, keeper=tuple(dict.fromkeys(mine))) if ME in self.keeper else self

    def with_renamed(self, before: str, after: str) -> Self:
        """Return the query once a person has another username."""
        return replace(self, keeper=tuple(rename_keeper(self.keeper, before, after)))

    def at_page(self, page: int) -> Self:
        return replace(self, page=page)
