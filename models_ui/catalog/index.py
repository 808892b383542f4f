"""The index: the whole catalog in memory, built once for each version of the mirror and never changed.

Each row has a position. A filter is a set of rows, and a set of rows is an `int` with one bit a row (`RowSet` in
`row_sets.py`), so that a page costs about the same with a hundred models as with ten thousand. A sort order is a
sequence of positions, computed when it is first asked for. Pure: no Django, no clock; threads may share it.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial, reduce
from operator import and_, attrgetter, or_
from typing import TypeVar, cast

from models_ui.catalog.facets import FACETS, OFFERED, Facet
from models_ui.catalog.groups import Group, Grouping, GroupSlice, group_rows, slice_groups
from models_ui.catalog.lifecycle import lifecycle_stage
from models_ui.catalog.orders import Orders, sort_keys
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.risks import RiskFinder
from models_ui.catalog.row import FoldedRow, Row, fold_row
from models_ui.catalog.row_sets import RowSet, full_set, sets_by_value, slice_in_order
from models_ui.catalog.search import CatalogSearch, Clause, Found, NamedValue, Names, rows_in_range, with_raw_names
from models_ui.catalog.status import LISTED, Standing, Status, status_of
from models_ui.text.folding import sort_key
from models_ui.vocabulary import BASE

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
    """The searchable catalog. `expires_at` is the next moment a model's lifecycle changes by the clock alone."""

    rows: tuple[Row, ...]
    version: str
    expires_at: datetime | None
    _all: RowSet
    _facets: dict[str, dict[str, RowSet]]  # by facet and value
    _contexts: dict[int, RowSet]  # by context length
    _orders: Orders
    words: CatalogSearch
    _folded: dict[int, FoldedRow]  # by the row's key
    _by_id: dict[str, tuple[Row, ...]]
    _by_pk: dict[int, Row]
    _standings: dict[int, Standing]  # by the row's key
    _kept: dict[Hashable, object] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        rows: Iterable[Row],
        *,
        now: datetime,
        version: str = "",
        names: Names | None = None,
        previous: "CatalogIndex | None" = None,
    ) -> "CatalogIndex":
        """Return the index of these rows. `names` are what a search may call the values of facets.

        What `previous` has folded of rows that are the same objects is not folded again.
        """
        known = previous._folded if previous else {}
        folded = sorted((fold_row(row, known.get(row.pk)) for row in rows), key=attrgetter("order"))
        listed = tuple(each.row for each in folded)
        by_id = _rows_by_id(listed)
        risks = RiskFinder(lambda model_id: by_id.get(model_id, ()), now)
        standings = [_standing_of(row, risks, now) for row in listed]
        facets, contexts = _facet_sets(listed, standings), _context_sets(listed)
        names = names or {}
        for facet in (FACETS["capability"], FACETS["tag"], FACETS["keeper"]):
            labels = {value: facet.read_unlabelled(value) for value in facets[facet.name]}
            names = with_raw_names(names, facet.name, labels)
        return cls(
            rows=listed,
            version=version,
            expires_at=_next_end(listed, now),
            _all=full_set(len(listed)),
            _facets=facets,
            _contexts=contexts,
            _orders=Orders(len(listed), partial(sort_keys, listed, [each.order[2] for each in folded], standings)),
            words=CatalogSearch([each.haystack for each in folded], facets, contexts, names),
            _folded={each.row.pk: each for each in folded},
            _by_id=by_id,
            _by_pk={row.pk: row for row in listed},
            _standings={row.pk: standing for row, standing in zip(listed, standings, strict=True)},
        )

    def find(self, model_id: str) -> tuple[Row, ...]:
        """Return the models an id or alias leads to: none, one, or several where upstream gave it to several."""
        return self._by_id.get(model_id, ())

    @property
    def ids(self) -> Iterable[str]:
        """Every id and alias that leads to a model."""
        return self._by_id.keys()

    def get(self, pk: int) -> Row | None:
        return self._by_pk.get(pk)

    def standing_of(self, row: Row) -> Standing:
        """Return the stage, the status and the end of one of this index's rows."""
        return self._standings[row.pk]

    def status_of_row(self, row: Row) -> Status:
        return self._standings[row.pk].status

    def risks_at(self, now: datetime) -> RiskFinder:
        """Return what finds the risks of fine-tunes, kept for the UTC day."""
        return self.cached(("risks", now.astimezone(UTC).date()), lambda: RiskFinder(self.find, now))

    def cached(self, key: Hashable, build: Callable[[], T]) -> T:
        """Return what `build` derives from these rows, kept under the key for the life of this index.

        Two threads may build at once; both get the value that was stored first.
        """
        if key not in self._kept:
            self._kept.setdefault(key, build())
        return cast(T, self._kept[key])

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
            filters["context"] = rows_in_range(self._contexts, query.context_min, query.context_max)
        for name, facet in FACETS.items():
            if values := getattr(query, name):
                filters[name] = self._rows_of_facet(facet, values)
        return filters

    def _rows_of_facet(self, facet: Facet, values: Iterable[str]) -> RowSet:
        sets = [self._facets[facet.name].get(value, 0) for value in values]
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
        return self.cached(("groups", grouping), lambda: self._group_rows(grouping))

    def _group_rows(self, grouping: Grouping) -> Sequence[Group]:
        standings = [self._standings[row.pk] for row in self.rows]
        return group_rows(grouping, self.rows, standings, self.find)

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
        sets = self._facets[facet.name]
        others = (rows for name, rows in filters.items() if name != facet.name)
        within = matching if facet.narrows else reduce(and_, others, self._all)
        values = []
        for value in (*sets, *sorted(selected - sets.keys(), key=sort_key)):
            rows = sets.get(value, 0)
            rows = within & ~rows if facet.combines == "none" else within & rows
            values.append(FacetValue(value, rows.bit_count(), value in selected))
        return tuple(values)


def _facet_in_place(clause: Clause, named: NamedValue) -> Facet | None:
    """Return the facet that says the same as a word; None where no filter leaves such models out."""
    if not clause.is_excluded:
        return FACETS[named.facet]
    return FACETS["capability_not"] if named.facet == "capability" else None


def _standing_of(row: Row, risks: RiskFinder, now: datetime) -> Standing:
    risk = risks.risk_of(row) if row.is_fine_tuned and not row.is_missing else None
    stage = lifecycle_stage(row.deprecation, now)
    status = status_of(row, stage, risk is not None and risk.is_told)
    return Standing(stage, status, row.deprecation or (risk.at if risk else None))


def _next_end(rows: Iterable[Row], now: datetime) -> datetime | None:
    ahead = (row.deprecation for row in rows if row.deprecation is not None and row.deprecation > now)
    return min(ahead, default=None)


def _facet_sets(rows: Sequence[Row], standings: Sequence[Standing]) -> dict[str, dict[str, RowSet]]:
    """Return for each facet its values in order, each with the set of its rows.

    Facets with identical values share one dict.
    """
    shared: dict[Hashable, dict[str, RowSet]] = {}
    sets: dict[str, dict[str, RowSet]] = {}
    for name, facet in FACETS.items():
        key = (facet.values_of, facet.offers, facet.fixed_order, facet.is_closed, facet.by_size)
        if key not in shared:
            shared[key] = _sets_of_facet(facet, rows, standings)
        sets[name] = shared[key]
    return sets


def _sets_of_facet(facet: Facet, rows: Sequence[Row], standings: Sequence[Standing]) -> dict[str, RowSet]:
    sets = sets_by_value(map(facet.values_of, rows, standings), len(rows))
    offered = {value for row in rows for value in facet.offers(row)}
    for value in (*facet.fixed_order, *offered) if facet.is_closed else offered:
        sets.setdefault(value, 0)
    return dict(sorted(sets.items(), key=lambda item: facet.order(item[0], item[1].bit_count())))


def _context_sets(rows: Sequence[Row]) -> dict[int, RowSet]:
    lengths = (row.max_context_length for row in rows)
    return sets_by_value((() if length is None else (length,) for length in lengths), len(rows))


def _rows_by_id(rows: Sequence[Row]) -> dict[str, tuple[Row, ...]]:
    """Map each id and alias to its models, listed ones before missing ones.

    Former aliases and display names are fallbacks, used only if no model claims the id.
    """
    listed = [row for row in rows if not row.is_missing]
    gone = [row for row in rows if row.is_missing]
    by_id: dict[str, list[Row]] = {}
    for model_id, row in _claims(listed, gone):
        by_id.setdefault(model_id, []).append(row)
    for unclaimed in (_former_aliases(gone), _base_models_by_name(listed), _base_models_by_name(gone)):
        for model_id, holders in unclaimed.items():
            by_id.setdefault(model_id, holders)
    by_id.pop("", None)
    return {model_id: tuple(holders) for model_id, holders in by_id.items()}


def _claims(listed: Iterable[Row], gone: Iterable[Row]) -> Iterator[tuple[str, Row]]:
    """Yield each id and alias of listed models, then the ids of missing models, each with its model."""
    for row in listed:
        for model_id in dict.fromkeys((row.model_id, *row.aliases)):
            yield model_id, row
    for row in gone:
        yield row.model_id, row


def _former_aliases(gone: Iterable[Row]) -> dict[str, list[Row]]:
    """Map each alias of a missing model to the first model that had it."""
    holders: dict[str, list[Row]] = {}
    for row in gone:
        for alias in row.aliases:
            holders.setdefault(alias, [row])
    return holders


def _base_models_by_name(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Group base models by name; names are not unique."""
    named: dict[str, list[Row]] = {}
    for row in rows:
        if row.type == BASE and row.name:
            named.setdefault(row.name, []).append(row)
    return named
