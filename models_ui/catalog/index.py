"""The index: the whole catalog in memory, built once for each version of the mirror and never changed.

Each row has a position. A filter is a set of rows, and a set of rows is an `int` with one bit a row (`RowSet` in
`row_sets.py`), so that a page costs about the same with a hundred models as with ten thousand. A sort order is a
sequence of positions, computed when it is first asked for. Pure: no Django, no clock; threads may share it.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache, partial, reduce
from operator import and_, or_
from typing import TypeVar, cast

from models_ui.catalog.facets import FACETS, OFFERED, SEARCHED_BY_VALUE, Facet
from models_ui.catalog.groups import Group, Grouping, GroupSlice, group_rows, slice_groups
from models_ui.catalog.index_parts import IndexParts, build_parts, change_parts
from models_ui.catalog.orders import Orders, sort_keys
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.risks import RiskFinder
from models_ui.catalog.row import Row
from models_ui.catalog.row_sets import RowSet, slice_in_order
from models_ui.catalog.search import CatalogSearch, Clause, Found, NamedValue, Names, name_key, rows_in_range
from models_ui.catalog.status import LISTED, Standing, Status
from models_ui.text.folding import fold_for_search, sort_key

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    count: int  # rows left if this value were chosen, other facets unchanged
    selected: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A filter in place of a word that names its value."""

    facet: str
    value: str
    count: int  # rows left with it
    query: CatalogQuery  # with the filter, and without the word


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One page of matches, and the facets."""

    query: CatalogQuery  # with the number of the page that is shown
    total: int
    pages: int
    rows: tuple[Row, ...]
    groups: tuple[GroupSlice, ...]  # the same rows; none where they are not grouped
    facets: Mapping[str, tuple[FacetValue, ...]]
    hidden: int = 0  # matches that are left out, because they are gone and the query asks for no status
    words: tuple[str, ...] = ()  # folded; what to mark in the rows' texts
    corrections: tuple[tuple[str, str], ...] = ()  # words that were read with a typo, each with what it was read as
    offers: tuple[Offer, ...] = ()

    @property
    def first(self) -> int:
        """The number of the page's first row, counted from one; 0 when there is none."""
        return (self.query.page - 1) * self.query.per_page + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0


@dataclass(slots=True)
class CatalogIndex:
    """The searchable catalog. It holds from `begins_at` until `expires_at`, between which no lifecycle changes.

    Without `begins_at` it holds at any earlier time, without `expires_at` at any later one.
    """

    version: str
    begins_at: datetime | None
    expires_at: datetime | None
    words: CatalogSearch
    find: Callable[[str], tuple[Row, ...]]
    """Returns the models that an id or alias leads to. It may outlive the index and does not hold it."""
    _parts: IndexParts
    _orders: Orders
    _all: RowSet
    _kept: dict[Hashable, object] = field(default_factory=dict)
    _kept_with_facts: dict[Hashable, object] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        rows: Collection[Row],
        *,
        now: datetime,
        version: str = "",
        names: Names | None = None,
        previous: "CatalogIndex | None" = None,
    ) -> "CatalogIndex":
        """Return the index of these rows. `names` are what a search may call the values of facets.

        What `previous` holds of rows that are the same objects is not worked out again.
        """
        known = previous if previous is not None and previous.holds_at(now) else None
        parts = change_parts(known._parts, rows, now) if known else None
        if known is not None and parts is not None and parts.arrangement is known._parts.arrangement:
            orders, begins_at, expires_at = known._orders, known.begins_at, known.expires_at
        else:
            parts = parts or build_parts(rows, now, previous._parts if previous else None)
            orders = Orders(len(parts.rows), partial(sort_keys, parts.rows, parts.names, parts.standings))
            begins_at, expires_at = _ends_around(parts.rows, now)
        names = _with_values(names or {}, parts)
        words = CatalogSearch(
            parts.haystacks, parts.facets, parts.contexts, names, previous.words if previous else None
        )
        index = cls(
            version, begins_at, expires_at, words, parts.find, _parts=parts, _orders=orders, _all=words.every_row
        )
        if known is not None and parts.facts is known._parts.facts:
            index._kept_with_facts = known._kept_with_facts
        return index

    def holds_at(self, now: datetime) -> bool:
        """Whether each lifecycle is at this moment as it was when the index was built. A clock may go back."""
        has_begun = self.begins_at is None or self.begins_at <= now
        return has_begun and (self.expires_at is None or now < self.expires_at)

    @property
    def rows(self) -> Sequence[Row]:
        """Every row in the default order."""
        return self._parts.rows

    @property
    def ids(self) -> Iterable[str]:
        """Every id and alias that leads to a model."""
        return self._parts.by_id.keys()

    def get(self, pk: int) -> Row | None:
        """Return the row with this key; None where the index has none."""
        return self._parts.row_of(pk)

    def renewed(self, row: Row) -> Row:
        """Return a row that was kept with the facts as it is in this index."""
        return self._parts.by_pk[row.pk].folded.row

    def standing_of(self, row: Row) -> Standing:
        """Return the stage, the status and the end of one of this index's rows."""
        return self._parts.by_pk[row.pk].standing

    def status_of_row(self, row: Row) -> Status:
        return self.standing_of(row).status

    def risks_at(self, now: datetime) -> RiskFinder:
        """Return what finds the risks of fine-tunes, kept for the UTC day."""
        key = ("risks", now.astimezone(UTC).date())
        return self.cached_with_facts(key, lambda: RiskFinder(self._parts.by_id.get, now))

    def cached(self, key: Hashable, build: Callable[[], T]) -> T:
        """Return what `build` derives from these rows, kept under the key for the life of this index.

        Two threads may build at once; both get the value that was stored first.
        """
        return _get_or_build(self._kept, key, build)

    def cached_with_facts(self, key: Hashable, build: Callable[[], T]) -> T:
        """Return what `build` derives from these rows, as `cached` does, and hand it on to the next index.

        The next index takes the value if all changes are in what people keep here of models: keepers, tags, notes and
        plans. `build` must not read what people keep. A row in its result may belong to an earlier index;
        `renewed(row)` has what people keep of the model now.
        """
        return _get_or_build(self._kept_with_facts, key, build)

    def search(self, query: CatalogQuery) -> SearchResult:
        """Return one page of matches with facets. A page past the end is the last one.

        Models that are gone or deleted are left out of a query that asks for no status; `count` and `matches` have
        them.
        """
        found, filters = self.read_line(query.q), self._filters(query)
        every = matching = reduce(and_, filters.values(), self._all)
        hides_unlisted = self.as_shown(query) != query
        if hides_unlisted:
            filters["status"] = self._rows_of_facet(FACETS["status"], LISTED)
            matching &= filters["status"]
        total = matching.bit_count()
        pages = max(1, -(-total // query.per_page))
        query = query.at_page(min(query.page, pages))
        start = (query.page - 1) * query.per_page
        before, chosen, groups = self._page_of(query, matching, start)
        return SearchResult(
            query=query,
            total=total,
            pages=pages,
            rows=tuple(self.rows[position] for position in chosen),
            groups=tuple(slice_groups(groups, matching, before, chosen)),
            facets={facet.name: self._facet_values(facet, query, filters, matching) for facet in OFFERED},
            hidden=(every & ~matching).bit_count(),
            words=found.words,
            corrections=found.corrections,
            offers=tuple(self._offers(query, found, filters)),
        )

    def read_line(self, line: str) -> Found:
        """Return what a line that somebody typed finds, and how it was read."""
        return self.words.find(line)

    def as_shown(self, query: CatalogQuery) -> CatalogQuery:
        """Return the query that everywhere means what its page shows.

        Models that are gone are left out, unless a status is asked for: as a filter or by its name in the words.
        """
        return query if self.read_line(query.q).names_unlisted else query.as_shown()

    def without_words_about(self, query: CatalogQuery, facets: Collection[str]) -> CatalogQuery:
        """Return the query without the words that name a value of these facets."""
        found = self.read_line(query.q)
        dropped = [clause for clause in found.clauses if clause.is_about(facets)]
        return replace(query, q=found.line_without(*dropped)) if dropped else query

    def count(self, query: CatalogQuery) -> int:
        """Return how many rows match."""
        return self._matching(query).bit_count()

    def matches(self, query: CatalogQuery) -> list[Row]:
        """Return every match in the order of the pages, for exports."""
        matching = self._matching(query)
        order = self._orders.positions(query.sort, query.grouping, self.groups(query.grouping))
        return [self.rows[position] for position in self._slice(order, matching, 0, matching.bit_count())]

    # --- Sets of rows

    def _matching(self, query: CatalogQuery) -> RowSet:
        return reduce(and_, self._filters(query).values(), self._all)

    def _filters(self, query: CatalogQuery) -> dict[str, RowSet]:
        """Return the rows that each filter in use lets through."""
        filters: dict[str, RowSet] = {}
        if query.q:
            filters["q"] = self.words.find(query.q).rows
        if query.context_min is not None or query.context_max is not None:
            filters["context"] = rows_in_range(self._parts.contexts, query.context_min, query.context_max)
        for name, facet in FACETS.items():
            if values := getattr(query, name):
                filters[name] = self._rows_of_facet(facet, values)
        return filters

    def _rows_of_facet(self, facet: Facet, values: Iterable[str]) -> RowSet:
        sets = [self._parts.facets[facet.name].get(value, 0) for value in values]
        if facet.combines == "all":
            return reduce(and_, sets, self._all)
        if facet.combines == "none":
            return self._all & ~reduce(or_, sets, 0)
        return reduce(or_, sets, 0)

    def _page_of(
        self, query: CatalogQuery, matching: RowSet, start: int
    ) -> tuple[Sequence[int], Sequence[int], Sequence[Group]]:
        """Return the last position of the page before, the positions of this page, and the groups there are."""
        groups = self.groups(query.grouping)
        order = self._orders.positions(query.sort, query.grouping, groups)
        extra = 1 if start else 0
        positions = self._slice(order, matching, start - extra, start + query.per_page)
        return positions[:extra], positions[extra:], groups

    def groups(self, grouping: Grouping) -> Sequence[Group]:
        """Return the groups of all rows, in order; none without a grouping."""
        parts = self._parts
        return self._orders.groups(grouping, lambda: group_rows(grouping, parts.rows, parts.standings, self.find))

    def _slice(self, order: Sequence[int], matching: RowSet, start: int, end: int) -> list[int]:
        """Return the positions from `start` to `end` of the matching rows, in this order."""
        return list(order[start:end]) if matching == self._all else slice_in_order(matching, order, start, end)

    def _offers(self, query: CatalogQuery, found: Found, filters: Mapping[str, RowSet]) -> Iterator[Offer]:
        """Yield the filters that words of the query name, each in place of its word."""
        for clause in found.clauses:
            words = [other.rows for other in found.clauses if other is not clause]
            for named in clause.values:
                facet = _facet_in_place(clause, named)
                if facet is None or named.value in getattr(query, facet.name):
                    continue
                kept = getattr(query, facet.name) if facet.narrows else ()
                replaced = ("q",) if facet.narrows else ("q", facet.name)
                others = [rows for name, rows in filters.items() if name not in replaced]
                rows = reduce(and_, (*words, *others), self._rows_of_facet(facet, (named.value,)))
                if rows:
                    values = {facet.name: tuple(sorted((*kept, named.value)))}
                    filtered = query.changed(q=found.line_without(clause), **values)
                    yield Offer(facet.name, named.value, rows.bit_count(), filtered)

    def _facet_values(
        self, facet: Facet, query: CatalogQuery, filters: Mapping[str, RowSet], matching: RowSet
    ) -> tuple[FacetValue, ...]:
        """Return the facet's values with their counts, also chosen values that no row has.

        If the facet narrows, a value is counted beside the chosen ones; otherwise as if it alone were chosen.
        """
        selected = frozenset(getattr(query, facet.name))
        sets = self._parts.facets[facet.name]
        others = (rows for name, rows in filters.items() if name != facet.name)
        within = matching if facet.narrows else reduce(and_, others, self._all)
        values = []
        for value in (*sets, *sorted(selected - sets.keys(), key=sort_key)):
            rows = sets.get(value, 0)
            rows = within & ~rows if facet.combines == "none" else within & rows
            values.append(FacetValue(value, rows.bit_count(), value in selected))
        return tuple(values)


def _get_or_build(kept: dict[Hashable, object], key: Hashable, build: Callable[[], T]) -> T:
    if key not in kept:
        kept.setdefault(key, build())
    return cast(T, kept[key])


def _facet_in_place(clause: Clause, named: NamedValue) -> Facet | None:
    """Return the facet that says the same as a word; None where no filter leaves such models out."""
    if not clause.is_excluded:
        return FACETS[named.facet]
    return FACETS["capability_not"] if named.facet == "capability" else None


def _with_values(names: Names, parts: IndexParts) -> Names:
    """Return the names with the values of open facets that have none, each under its label."""
    values = tuple(
        (facet.name, tuple(parts.facets[facet.name]))
        for facet in reversed(SEARCHED_BY_VALUE)  # of values with one label that of the first facet is meant
    )
    known = {value for named in names.values() for value in named}
    raw = {key: (value,) for key, value in _values_by_label(values) if value not in known}
    return {**raw, **names}


@lru_cache(maxsize=4)
def _values_by_label(values: tuple[tuple[str, tuple[str, ...]], ...]) -> Sequence[tuple[str, NamedValue]]:
    """Return the values of each facet with their labels as searches compare them. Few changes bring another value."""
    return [
        (name_key(fold_for_search(FACETS[facet].read_unlabelled(value))), NamedValue(facet, value))
        for facet, of_facet in values
        for value in of_facet
    ]


def _ends_around(rows: Iterable[Row], now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the last moment at which a model ended, and the next one at which a model ends."""
    ends = [row.deprecation for row in rows if row.deprecation is not None]
    return max((end for end in ends if end <= now), default=None), min((end for end in ends if end > now), default=None)
