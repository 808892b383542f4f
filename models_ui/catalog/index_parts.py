"""What an index is made of: rows in the default order, and sets of rows by the values of facets.

`build_parts` works everything out. `change_parts` reuses what did not change, so that after an action on one model the
next page takes time for one row and not for the whole catalog. Imports no Django, reads no clock.
"""

from bisect import bisect_left
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Final, NamedTuple

from models_ui.catalog.facets import FACETS, Facet, facet_values
from models_ui.catalog.lifecycle import lifecycle_stage
from models_ui.catalog.risks import RiskFinder
from models_ui.catalog.row import FoldedRow, Row, fold_row
from models_ui.catalog.row_sets import RowSet, sets_by_value, with_row_moved
from models_ui.catalog.status import Standing, status_of
from models_ui.text.folding import SortKey
from models_ui.vocabulary import BASE, KEPT_COLUMNS

Sets = dict[str, RowSet]
"""Rows by the value of a facet, in the order in which a page shows the values."""
Values = Mapping[str, set[str]]
"""The values of a row, by the facet's name."""

# With more changed rows it is faster to build everything.
_MOST_CHANGED: Final = 200
# The columns of a row that changed decide how much `change_parts` works out again.
# One of these changed: all is built anew. Where ids lead, other rows' standing and what facets offer depend on them.
_FOLLOWED: Final = attrgetter(
    "model_id", "aliases", "type", "root", "deprecation", "missing_since", "capabilities", "lacks"
)
_ORDER: Final = attrgetter("order")
# One of these changed: the standing of the changed rows is worked out again.
_STATED: Final = attrgetter("archived", "deletion_due_at", "deleted_at")
# Only these changed: the row's values of facets stay the same, because no facet reads these columns.
_UNFACETED: Final = ("name", "description", "note", "plan", "protected")
# Only these changed: all orders and groups stay the same, because none reads these columns.
_UNARRANGED: Final = ("tags", "note", "plan", "description", "protected")
# Only these changed (what people keep about a model here, and who has no access any more): the facts stay the same, and
# with them all that `CatalogIndex.cached_with_facts` keeps.
_KEPT_HERE: Final = (*KEPT_COLUMNS, "away")


class PlacedRow(NamedTuple):
    """A row with what was worked out of it."""

    folded: FoldedRow
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexParts:
    """Rows, and what is derived from them. `folded`, `rows` and `standings` have one entry for each position."""

    folded: Sequence[FoldedRow]
    rows: Sequence[Row]
    standings: Sequence[Standing]
    facets: Mapping[str, Sets]  # facets with the same values share one dict
    contexts: Mapping[int, RowSet]  # by context length
    by_id: Mapping[str, tuple[Row, ...]]
    by_pk: Mapping[int, PlacedRow]
    arrangement: object  # the same object for all parts whose rows have the same orders and groups
    facts: object  # the same object for all parts whose rows differ in nothing but what people keep of them

    def find(self, model_id: str) -> tuple[Row, ...]:
        """Return the models an id or alias leads to: none, one, or several where upstream gave it to several."""
        return self.by_id.get(model_id, ())

    def row_of(self, pk: int) -> Row | None:
        placed = self.by_pk.get(pk)
        return placed.folded.row if placed else None

    @property
    def haystacks(self) -> Sequence[str]:
        return [each.haystack for each in self.folded]

    @property
    def names(self) -> Sequence[SortKey]:
        """The sort keys of the rows' labels."""
        return [each.order[2] for each in self.folded]


def build_parts(rows: Iterable[Row], now: datetime, known: IndexParts | None = None) -> IndexParts:
    """Return the parts of these rows. Rows that are the same objects in `known` are not folded again."""
    folded_before = {pk: placed.folded for pk, placed in known.by_pk.items()} if known else {}
    folded = sorted((fold_row(row, folded_before.get(row.pk)) for row in rows), key=_ORDER)
    listed = [each.row for each in folded]
    by_id = _rows_by_id(listed)
    standings = _standings_of(listed, by_id, now)
    return IndexParts(
        folded=folded,
        rows=listed,
        standings=standings,
        facets=_facet_sets(listed, standings),
        contexts=sets_by_value(map(_context_of, listed), len(listed)),
        by_id=by_id,
        by_pk={each.row.pk: PlacedRow(each, standing) for each, standing in zip(folded, standings, strict=True)},
        arrangement=object(),
        facts=object(),
    )


# --- Changes


def change_parts(parts: IndexParts, rows: Collection[Row], now: datetime) -> IndexParts | None:
    """Return the parts of `rows`, most of which are the same objects as in `parts`.

    Return None where more may have changed than the changed rows themselves. No lifecycle may have changed by the
    clock since `parts` were built.
    """
    known = parts.by_pk
    changed = [row for row in rows if row.pk not in known or known[row.pk].folded.row is not row]
    if len(rows) != len(parts.rows) or len(changed) > _MOST_CHANGED:
        return None
    folded = [fold_row(row, None) for row in changed]
    if not all(_stands_alone(parts, each) for each in folded):
        return None
    by_id = dict(parts.by_id)
    for row in changed:
        for model_id in _ids_of(row) & by_id.keys():
            by_id[model_id] = tuple(row if holder.pk == row.pk else holder for holder in by_id[model_id])
    if any(_STATED(row) != _STATED(known[row.pk].folded.row) for row in changed):
        standings = _standings_of(changed, by_id, now)
    else:
        standings = [known[row.pk].standing for row in changed]
    change = _Change(parts)
    for each, standing in zip(folded, standings, strict=True):
        change.put(each, standing)
    return change.result(by_id)


def _stands_alone(parts: IndexParts, folded: FoldedRow) -> bool:
    """Whether the row replaces one of the same key, and this changes neither other rows nor where an id leads."""
    row = folded.row
    placed = parts.by_pk.get(row.pk)
    if placed is None:
        return False
    before = placed.folded.row
    if _FOLLOWED(row) != _FOLLOWED(before) or (row.type == BASE and row.name != before.name):
        return False
    # Of several models with one id the order of the rows decides, and of those that are gone which one was first.
    is_alone = not row.is_missing and all(len(parts.by_id.get(model_id, ())) < 2 for model_id in _ids_of(row))
    return is_alone or folded.order == placed.folded.order


def _ids_of(row: Row) -> set[str]:
    """Return the names under which ids may lead to a row."""
    return {row.model_id, *row.aliases, *((row.name,) if row.type == BASE and row.name else ())}


class _Change:
    """Parts in which rows are replaced, one after the other."""

    def __init__(self, parts: IndexParts) -> None:
        self._folded = list(parts.folded)
        self._rows = list(parts.rows)
        self._standings = list(parts.standings)
        self._by_pk = dict(parts.by_pk)
        self._contexts = parts.contexts
        self._arrangement = parts.arrangement
        self._facts = parts.facts
        self._shared = {id(sets): sets for sets in parts.facets.values()}  # facets with the same values share them
        self._names = {name: id(sets) for name, sets in parts.facets.items()}

    def put(self, folded: FoldedRow, standing: Standing) -> None:
        """Put a row into the place of the one with the same key."""
        before, after = self._by_pk[folded.row.pk], PlacedRow(folded, standing)
        contexts = set(_context_of(before.folded.row)), set(_context_of(folded.row))
        old, new = self._move(before, after)
        is_as_before = standing == before.standing
        if is_as_before and _differ_only_in(_UNFACETED, before.folded.row, folded.row):
            self._put_into_facets(old, new, {}, {})
        else:
            had = facet_values(before.folded.row, before.standing)
            self._put_into_facets(old, new, had, facet_values(folded.row, standing))
        moved = with_row_moved(self._contexts, old, new, *contexts)
        self._contexts = {tokens: rows for tokens, rows in moved.items() if rows}
        if not is_as_before or not _differ_only_in(_UNARRANGED, before.folded.row, folded.row):
            self._arrangement = object()
        if not is_as_before or not _differ_only_in(_KEPT_HERE, before.folded.row, folded.row):
            self._facts = object()

    def _put_into_facets(self, old: int, new: int, had: Values, has: Values) -> None:
        """Move a row from one position to another, and from the values that it had to those that it has."""
        facets = {key: FACETS[name] for name, key in reversed(self._names.items())}
        for key, facet in facets.items():
            before, after = had.get(facet.name, set()), has.get(facet.name, set())
            sets = with_row_moved(self._shared[key], old, new, before, after)
            self._shared[key] = sets if before == after else _in_order(facet, sets)

    def _move(self, before: PlacedRow, after: PlacedRow) -> tuple[int, int]:
        """Return the position that the row had, and the one that it has now."""
        old = bisect_left(self._folded, before.folded.order, key=_ORDER)
        for column in (self._folded, self._rows, self._standings):
            del column[old]
        new = bisect_left(self._folded, after.folded.order, key=_ORDER)
        self._folded.insert(new, after.folded)
        self._rows.insert(new, after.folded.row)
        self._standings.insert(new, after.standing)
        self._by_pk[after.folded.row.pk] = after
        return old, new

    def result(self, by_id: Mapping[str, tuple[Row, ...]]) -> IndexParts:
        return IndexParts(
            folded=self._folded,
            rows=self._rows,
            standings=self._standings,
            facets={name: self._shared[key] for name, key in self._names.items()},
            contexts=self._contexts,
            by_id=by_id,
            by_pk=self._by_pk,
            arrangement=self._arrangement,
            facts=self._facts,
        )


def _differ_only_in(columns: Iterable[str], before: Row, after: Row) -> bool:
    return replace(before, **{name: getattr(after, name) for name in columns}) == after


def _in_order(facet: Facet, sets: Sets) -> Sets:
    """Return the sets in the order of a page. Values that no row has any more are left out, if they are not fixed."""
    fixed = facet.fixed_order if facet.is_closed else ()
    kept = ((value, rows) for value, rows in sets.items() if rows or value in fixed)
    return dict(sorted(kept, key=lambda item: facet.order(item[0], item[1].bit_count())))


# --- Everything


def _standings_of(rows: Sequence[Row], by_id: Mapping[str, tuple[Row, ...]], now: datetime) -> list[Standing]:
    risks = RiskFinder(by_id.get, now)
    return [_standing_of(row, risks, now) for row in rows]


def _standing_of(row: Row, risks: RiskFinder, now: datetime) -> Standing:
    risk = risks.risk_of(row) if row.is_fine_tuned and not row.is_missing else None
    stage = lifecycle_stage(row.deprecation, now)
    status = status_of(row, stage, risk is not None and risk.is_told)
    return Standing(stage, status, row.deprecation or (risk.at if risk else None))


def _facet_sets(rows: Sequence[Row], standings: Sequence[Standing]) -> dict[str, Sets]:
    """Return for each facet its values in order, each with the set of its rows.

    Facets with identical values share one dict.
    """
    shared: dict[Hashable, Sets] = {}
    sets: dict[str, Sets] = {}
    for name, facet in FACETS.items():
        key = (facet.values_of, facet.offers, facet.fixed_order, facet.is_closed, facet.by_size)
        if key not in shared:
            shared[key] = _sets_of_facet(facet, rows, standings)
        sets[name] = shared[key]
    return sets


def _sets_of_facet(facet: Facet, rows: Sequence[Row], standings: Sequence[Standing]) -> Sets:
    sets = sets_by_value(map(facet.values_of, rows, standings), len(rows))
    offered = {value for row in rows for value in facet.offers(row)}
    for value in (*facet.fixed_order, *offered) if facet.is_closed else offered:
        sets.setdefault(value, 0)
    return dict(sorted(sets.items(), key=lambda item: facet.order(item[0], item[1].bit_count())))


def _context_of(row: Row) -> tuple[int, ...]:
    return () if row.max_context_length is None else (row.max_context_length,)


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
