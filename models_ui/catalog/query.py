"""`CatalogQuery`: what a person asked the catalog for. The address bar holds all of it, and nothing else does.

    /models/?q=tickets&capability=vision&context_min=128000&sort=-context&page=2

`parse` reads a query string and reports what it ignored; `serialize` writes the one canonical string: parameters
in a fixed order, values sorted, defaults left out. So `parse(serialize(q)) == q` for every query there can be.
No Django here: links, tests and the index all use the same plain value.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Final, NamedTuple, Self
from urllib.parse import urlencode

from models_ui.catalog.facets import FACETS
from models_ui.listing.querystring import MAX_TEXT, MAX_VALUES, Ignored, Reason, split, tidy

SORTS: Final = ("name", "type", "context", "deprecation", "owner", "state")
PAGE_SIZES: Final = (25, 50, 100)
DEFAULT_PAGE_SIZE: Final = 50

MAX_VALUE: Final = 400  # longer than any column that a facet is made from
MAX_CONTEXT: Final = 10**12
MAX_PAGE: Final = 10**6


class Parsed(NamedTuple):
    query: "CatalogQuery"
    ignored: tuple[Ignored, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogQuery:
    """Filters, order and page. Values of one facet are alternatives, except `capability`: all of them."""

    q: str = ""
    type: tuple[str, ...] = ()
    capability: tuple[str, ...] = ()
    capability_any: tuple[str, ...] = ()
    capability_not: tuple[str, ...] = ()
    context_min: int | None = None
    context_max: int | None = None
    lifecycle: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    root: tuple[str, ...] = ()
    sort: str = ""  # a name of SORTS, "-" before it for descending; "" is live first, then by name
    per_page: int = DEFAULT_PAGE_SIZE
    page: int = 1

    @classmethod
    def parse(cls, query_string: str) -> Parsed:
        """Read a query string. Never raises: what makes no sense is left out and reported."""
        return _Parser().run(query_string)

    def pairs(self) -> list[tuple[str, str]]:
        """The canonical parameters, in order; defaults are left out."""
        found: list[tuple[str, str]] = []
        for name, default in _DEFAULTS.items():
            value = getattr(self, name)
            if value == default:
                continue
            values: Iterable[object] = value if isinstance(value, tuple) else (value,)
            found.extend((name, str(each)) for each in values)
        return found

    def serialize(self) -> str:
        return urlencode(self.pairs())

    def __str__(self) -> str:
        return self.serialize()

    # --- Links to other views of the same catalog. Whatever changes the set of rows goes back to the first page.

    def with_filter(self, **changes: object) -> Self:
        return replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]  # names are fields, see callers

    def without(self, facet: str, value: str) -> Self:
        return self.with_filter(**{facet: tuple(each for each in getattr(self, facet) if each != value)})

    def sorted_by(self, column: str) -> Self:
        """The order a click on the column's heading gives: ascending first, then descending, then the default."""
        following = {column: f"-{column}", f"-{column}": ""}
        return self.with_filter(sort=following.get(self.sort, column))

    def at_page(self, page: int) -> Self:
        return replace(self, page=page)

    def cleared(self) -> Self:
        """No filter at all, in the same order and page size."""
        return type(self)(sort=self.sort, per_page=self.per_page)

    @property
    def has_filters(self) -> bool:
        return self.cleared() != self.at_page(1)


_DEFAULTS: Final = {field.name: field.default for field in fields(CatalogQuery)}
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_THOUSANDS = re.compile(r"(?<=\d)[,'’\s](?=\d{3}(?!\d))")
_TOKENS = re.compile(r"(\d{1,13})(?:[.,](\d{1,3}))?\s*([km]?)", re.IGNORECASE)


def parse_tokens(text: str, *, upper: bool) -> int | None:
    """`131072`, `131,072`, `128k`, `1.5k` or `1M` as tokens; None for anything else.

    A k is 1,000 to some models (256,000 is Codestral's "256k") and 1,024 to most, so a lower bound takes
    the smaller and an upper bound the larger reading: nobody loses a model to the difference.
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


class _Parser:
    """One reading of one query string: collects values by parameter, and what was ignored."""

    def __init__(self) -> None:
        self.ignored: list[Ignored] = []
        self.values: dict[str, object] = {}
        self.lists: dict[str, set[str]] = {}

    def run(self, query_string: str) -> Parsed:
        single: dict[str, Callable[[str, str], object]] = {
            "q": self._text,
            "context_min": self._tokens,
            "context_max": self._tokens,
            "sort": self._sort,
            "per_page": self._per_page,
            "page": self._page,
        }
        parameters, rest = split(query_string)
        if rest:
            self._ignore("?", rest, "too_many")
        for name, value in parameters:
            if name in FACETS:
                self._facet(name, _SURROGATES.sub("\ufffd", value))
            elif name not in single:
                self._ignore(name, value, "unknown_parameter")
            elif not (text := tidy(value)):
                continue  # an empty form field says nothing
            elif name in self.values:
                self._ignore(name, text, "repeated")
            else:
                understood = single[name](name, text)
                if understood is not None:
                    self.values[name] = understood
        facets = {name: tuple(sorted(values)) for name, values in self.lists.items()}
        return Parsed(CatalogQuery(**self.values, **facets), tuple(self.ignored))  # type: ignore[arg-type]

    def _ignore(self, name: str, value: str, reason: Reason) -> None:
        self.ignored.append(Ignored.of(name, value, reason))

    def _facet(self, name: str, value: str) -> None:
        """Values stay as they are, spaces and all: upstream may have named a capability so, and links lead to it."""
        values = self.lists.setdefault(name, set())
        if not value:
            return
        facet = FACETS[name]
        if len(value) > MAX_VALUE or (facet.is_closed and value not in facet.fixed_order):
            self._ignore(name, value, "unknown_value")
        elif len(values) >= MAX_VALUES and value not in values:
            self._ignore(name, value, "too_many")
        else:
            values.add(value)

    def _text(self, name: str, value: str) -> str:
        if len(value) > MAX_TEXT:
            self._ignore(name, value, "too_long")
        return value[:MAX_TEXT].strip()

    def _tokens(self, name: str, value: str) -> int | None:
        tokens = parse_tokens(value, upper=name == "context_max")
        if tokens is None:
            self._ignore(name, value, "not_a_number")
        return tokens

    def _sort(self, name: str, value: str) -> str | None:
        if value.removeprefix("-") in SORTS:
            return value
        self._ignore(name, value, "unknown_value")
        return None

    def _per_page(self, name: str, value: str) -> int | None:
        if value in map(str, PAGE_SIZES):
            return int(value)
        self._ignore(name, value, "unknown_value")
        return None

    def _page(self, name: str, value: str) -> int | None:
        if value.isascii() and value.isdigit() and len(value) < 8 and 1 <= int(value) <= MAX_PAGE:
            return int(value)
        self._ignore(name, value, "not_a_number")
        return None
