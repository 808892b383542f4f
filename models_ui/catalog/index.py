"""The index: the whole catalog in memory, built once for each version of the mirror and never changed.

Rows have positions. A set of rows is a Python integer with one bit a position, so that a filter is `&`, `|` and
`~`, a count is `int.bit_count()`, and a page costs about the same with a hundred models as with ten thousand.
A sort order is computed once. Pure: no Django, no clock; threads may share it.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, reduce
from operator import and_, or_
from typing import Any, TypeVar

from models_ui.catalog.lifecycle import LIFECYCLES, Lifecycle, lifecycle
from models_ui.catalog.query import FACETS, STATES, TYPES, CatalogQuery
from models_ui.text.folding import SortKey, fold_for_search, sort_key, words_to_find
from models_ui.vocabulary import BASE, FINE_TUNED

T = TypeVar("T", bound=Hashable)

# The order in which upstream's own list names them; others follow by name. A flag nobody has heard of is one more.
KNOWN_CAPABILITIES = (
    "completion_chat",
    "function_calling",
    "reasoning",
    "completion_fim",
    "fine_tuning",
    "vision",
    "ocr",
    "classification",
    "moderation",
    "audio",
    "audio_transcription",
    "audio_transcription_realtime",
    "audio_speech",
    "unified_resources",
)
_PLACES = {key: place for place, key in enumerate(KNOWN_CAPABILITIES)}
_FIXED_ORDER: Mapping[str, Sequence[str]] = {
    "type": TYPES,
    "lifecycle": LIFECYCLES,
    "state": STATES,
    "capability": KNOWN_CAPABILITIES,
    "capability_any": KNOWN_CAPABILITIES,
    "capability_not": KNOWN_CAPABILITIES,
}


def capability_order(key: str) -> tuple[int, SortKey]:
    """Sorts capabilities: known ones as upstream does, the others behind them by name."""
    return _PLACES.get(key, len(_PLACES)), sort_key(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One model as the catalog shows it. `pk` is our row's key; times are aware UTC."""

    pk: int
    model_id: str
    aliases: tuple[str, ...] = ()
    type: str = BASE
    name: str | None = None
    description: str | None = None
    owner: str = ""
    created_at: datetime | None = None
    context: int | None = None
    capabilities: tuple[str, ...] = ()  # the keys it has
    lacks: tuple[str, ...] = ()  # the keys upstream said false of
    deprecation: datetime | None = None
    replacement: str = ""
    default_temperature: float | None = None
    root: str = ""
    job: str = ""
    archived: bool = False
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None  # None: in the last list
    missing_since: datetime | None = None
    deleted_at: datetime | None = None  # deleted from here; it is missing as well
    protected: bool = False
    problems: tuple[str, ...] = ()
    routable: bool = True  # whether an address may carry its id

    @property
    def state(self) -> str:
        if self.missing_since is not None:
            return "missing"
        return "archived" if self.archived else "live"

    @property
    def is_fine_tuned(self) -> bool:
        return self.type == FINE_TUNED

    @property
    def is_missing(self) -> bool:
        return self.missing_since is not None

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def label(self) -> str:
        """What to call it: the name somebody gave it, else its id. Of a base model `name` is just one of its ids."""
        return self.model_id if not self.name or self.name in self.aliases else self.name

    @property
    def haystack(self) -> str:
        """All that a search looks at, folded."""
        parts = (self.model_id, self.name, self.description, self.owner, *self.aliases)
        return fold_for_search("\n".join(part for part in parts if part))


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    count: int  # rows this value would yield with every other filter kept
    selected: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What one query yields: every match's position in order, the page's rows, and the facets."""

    query: CatalogQuery  # with the page it really shows
    total: int
    pages: int
    rows: tuple[Row, ...]
    facets: Mapping[str, tuple[FacetValue, ...]]

    @property
    def first(self) -> int:
        """The number of the page's first row, counted from one; 0 when there is none."""
        return (self.query.page - 1) * self.query.per_page + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0


@dataclass(slots=True)
class CatalogIndex:
    """The searchable catalog. `expires_at` is the next moment a model's lifecycle changes by the clock alone."""

    rows: tuple[Row, ...]
    version: str
    expires_at: datetime | None
    _all: int
    _facets: dict[str, dict[str, int]]
    _contexts: dict[int, int]
    _orders: dict[str, Sequence[int]]
    _haystacks: list[str]
    _by_id: dict[str, tuple[Row, ...]]
    _by_pk: dict[int, Row]
    lifecycles: tuple[Lifecycle, ...]
    # Whatever a reader derives from these rows and wants to keep exactly as long as they hold.
    kept: dict[object, object] = field(default_factory=dict)

    @classmethod
    def build(cls, rows: Iterable[Row], *, now: datetime, version: str = "") -> "CatalogIndex":
        named = sorted((_by_name(row), number, row) for number, row in enumerate(rows))
        listed = tuple(row for _, _, row in named)
        stages = tuple(lifecycle(row.deprecation, now) for row in listed)
        ahead = [row.deprecation for row in listed if row.deprecation is not None and row.deprecation > now]
        return cls(
            rows=listed,
            version=version,
            expires_at=min(ahead, default=None),
            _all=(1 << len(listed)) - 1,
            _facets=_facet_sets(listed, stages),
            _contexts=_sets((() if row.context is None else (row.context,) for row in listed), len(listed)),
            _orders=_orders(listed, [order[2] for order, _, _ in named]),
            _haystacks=[row.haystack for row in listed],
            _by_id=_ids(listed),
            _by_pk={row.pk: row for row in listed},
            lifecycles=stages,
        )

    def find(self, model_id: str) -> tuple[Row, ...]:
        """The models an id or alias leads to: none, one, or several where upstream gave it to several."""
        return self._by_id.get(model_id, ())

    @property
    def ids(self) -> Iterable[str]:
        """Every id and alias that leads to a model."""
        return self._by_id.keys()

    def get(self, pk: int) -> Row | None:
        return self._by_pk.get(pk)

    def search(self, query: CatalogQuery) -> Result:
        """One page of matches with facets. A page past the end is the last one."""
        filters = self._filters(query)
        matching = reduce(and_, filters.values(), self._all)
        total = matching.bit_count()
        pages = max(1, -(-total // query.per_page))
        query = query.at_page(min(query.page, pages))
        start = (query.page - 1) * query.per_page
        chosen = self._slice(query.sort, matching, start, start + query.per_page)
        return Result(
            query=query,
            total=total,
            pages=pages,
            rows=tuple(self.rows[position] for position in chosen),
            facets={name: self._facet(name, query, filters, matching) for name in FACETS},
        )

    def count(self, query: CatalogQuery) -> int:
        """How many match."""
        return self._matching(query).bit_count()

    def matches(self, query: CatalogQuery) -> list[Row]:
        """Every match in order, for exports."""
        matching = self._matching(query)
        return [self.rows[position] for position in self._slice(query.sort, matching, 0, matching.bit_count())]

    # --- Sets of rows

    def _matching(self, query: CatalogQuery) -> int:
        return reduce(and_, self._filters(query).values(), self._all)

    def _filters(self, query: CatalogQuery) -> dict[str, int]:
        """The rows each filter in use lets through."""
        filters: dict[str, int] = {}
        if query.q:
            filters["q"] = self._text(query.q)
        if query.context_min is not None or query.context_max is not None:
            filters["context"] = self._context(query.context_min, query.context_max)
        for name in FACETS:
            if values := getattr(query, name):
                filters[name] = self._facet_filter(name, values)
        return filters

    def _facet_filter(self, name: str, values: Iterable[str]) -> int:
        sets = [self._facets[name].get(value, 0) for value in values]
        if name == "capability":
            return reduce(and_, sets, self._all)
        if name == "capability_not":
            return self._all & ~reduce(or_, sets, 0)
        return reduce(or_, sets, 0)

    def _text(self, text: str) -> int:
        """Rows that contain every word, anywhere, however it is spelled."""
        haystacks = self._haystacks
        found: Sequence[int] = range(len(haystacks))
        for word in words_to_find(text):
            found = [position for position in found if word in haystacks[position]]
        bits = bytearray(-(-len(haystacks) // 8))
        for position in found:
            bits[position >> 3] |= 1 << (position & 7)
        return int.from_bytes(bits, "little")

    def _context(self, lowest: int | None, highest: int | None) -> int:
        """Rows whose context length is known and within the bounds, both included."""
        within = (
            rows
            for tokens, rows in self._contexts.items()
            if (lowest is None or tokens >= lowest) and (highest is None or tokens <= highest)
        )
        return reduce(or_, within, 0)

    def _slice(self, sort: str, matching: int, start: int, end: int) -> list[int]:
        """The positions from `start` to `end` of the matching rows, in the order of `sort`."""
        order = self._orders[sort]
        if matching == self._all:
            return list(order[start:end])
        bits = matching.to_bytes(-(-len(self.rows) // 8) or 1, "little")
        found: list[int] = []
        seen = 0
        for position in order:
            if bits[position >> 3] >> (position & 7) & 1:
                if seen >= start:
                    found.append(position)
                seen += 1
                if seen == end:
                    break
        return found

    # --- Facets

    def _facet(
        self, name: str, query: CatalogQuery, filters: Mapping[str, int], matching: int
    ) -> tuple[FacetValue, ...]:
        selected = frozenset(getattr(query, name))
        sets = self._facets[name]
        # One more capability narrows what is left; one more owner is an alternative to those chosen.
        narrows = name in ("capability", "capability_not")
        within = (
            matching if narrows else reduce(and_, (rows for key, rows in filters.items() if key != name), self._all)
        )
        values = []
        for value in (*sets, *sorted(selected - sets.keys(), key=sort_key)):
            rows = sets.get(value, 0)
            rows = within & ~rows if name == "capability_not" else within & rows
            values.append(FacetValue(value, rows.bit_count(), value in selected))
        return tuple(values)


def _by_name(row: Row) -> tuple[int, bool, SortKey, str, int]:
    """The default order: what can be used first, then by name; what has neither name nor id comes last."""
    return STATES.index(row.state), not row.label, sort_key(row.label), row.model_id, row.pk


def _facet_sets(rows: Sequence[Row], stages: Sequence[Lifecycle]) -> dict[str, dict[str, int]]:
    sets: dict[str, dict[str, int]] = {
        "type": _sets(((row.type,) for row in rows), len(rows)),
        "lifecycle": _sets(((stage,) for stage in stages), len(rows)),
        "state": _sets(((row.state,) for row in rows), len(rows)),
        "owner": _sets(((row.owner,) if row.owner else () for row in rows), len(rows)),
        "root": _sets(((row.root,) if row.root else () for row in rows), len(rows)),
        "capability": _sets((row.capabilities for row in rows), len(rows)),
    }
    for row in rows:
        for key in row.lacks:
            sets["capability"].setdefault(key, 0)
    sets["capability_any"] = sets["capability_not"] = sets["capability"]
    for closed in ("lifecycle", "state"):
        for value in _FIXED_ORDER[closed]:
            sets[closed].setdefault(value, 0)
    return {name: dict(sorted(values.items(), key=_facet_order(name))) for name, values in sets.items()}


def _sets(values_of_rows: Iterable[Iterable[T]], size: int) -> dict[T, int]:
    """For each value the set of rows that have it. Bits are collected in bytes: setting one in an int copies it."""
    width = -(-size // 8)
    found: dict[T, bytearray] = {}
    for position, values in enumerate(values_of_rows):
        for value in values:
            bits = found.get(value)
            if bits is None:
                bits = found[value] = bytearray(width)
            bits[position >> 3] |= 1 << (position & 7)
    return {value: int.from_bytes(bits, "little") for value, bits in found.items()}


def _facet_order(name: str) -> Callable[[tuple[str, int]], tuple[int, int, SortKey]]:
    """Fixed order first; owners by how much they own; everything else by name."""
    fixed = {value: number for number, value in enumerate(_FIXED_ORDER.get(name, ()))}

    def key(item: tuple[str, int]) -> tuple[int, int, SortKey]:
        value, rows = item
        weight = -rows.bit_count() if name == "owner" else 0
        return fixed.get(value, len(fixed)), weight, sort_key(value)

    return key


def _orders(rows: Sequence[Row], names: Sequence[SortKey]) -> dict[str, Sequence[int]]:
    """For each sort the positions in order. What has no value comes last, whichever way; ties keep the name's order.

    `names` are the keys of the rows' labels.
    """
    key_of = cache(sort_key)  # few types and owners stand in many rows
    columns: dict[str, Iterable[Any]] = {
        "name": (name if name[1] else None for name in names),
        "type": (key_of(row.type) if row.type else None for row in rows),
        "context": (row.context for row in rows),
        "deprecation": (row.deprecation for row in rows),
        "owner": (key_of(row.owner) if row.owner else None for row in rows),
        "state": (STATES.index(row.state) for row in rows),
    }
    orders: dict[str, Sequence[int]] = {"": range(len(rows))}
    for name, column in columns.items():
        values = list(column)
        known = [position for position, value in enumerate(values) if value is not None]
        unknown = [position for position, value in enumerate(values) if value is None]
        for sort, backwards in ((name, False), (f"-{name}", True)):
            orders[sort] = sorted(known, key=values.__getitem__, reverse=backwards) + unknown
    return orders


def _ids(rows: Sequence[Row]) -> dict[str, tuple[Row, ...]]:
    """What each id and alias leads to. What is listed now comes before what once was."""
    found: dict[str, list[Row]] = {}
    current = [row for row in rows if row.missing_since is None]
    gone = [row for row in rows if row.missing_since is not None]
    for row in current:
        for each in dict.fromkeys((row.model_id, *row.aliases)):
            found.setdefault(each, []).append(row)
    for row in gone:
        found.setdefault(row.model_id, []).append(row)
    # What nobody else answers to: aliases of models that are gone, and names, which are nearly always ids as well.
    for row in gone:
        for each in row.aliases:
            found.setdefault(each, [row])
    for named in (_by_model_name(current), _by_model_name(gone)):
        for name, holders in named.items():
            found.setdefault(name, holders)
    found.pop("", None)
    return {each: tuple(leads_to) for each, leads_to in found.items()}


def _by_model_name(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The base models of each name: written for people, it may be that of several."""
    named: dict[str, list[Row]] = {}
    for row in rows:
        if row.type == BASE and row.name:
            named.setdefault(row.name, []).append(row)
    return named
