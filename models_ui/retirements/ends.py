"""Every date on which a model stops working: its own, or perhaps the one that a fine-tune inherits from its base model.

The page of retirements and the calendars show these dates and no others. Pure: no Django, no clock.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.lifecycle import Lifecycle
from models_ui.catalog.row import Row
from models_ui.retirements.endings import Ending, retirements_at
from models_ui.retirements.inherited_dates import InheritedDates, inherited_dates
from models_ui.retirements.query import RetirementsQuery
from models_ui.text.folding import SortKey, sort_key


@dataclass(frozen=True, slots=True)
class ModelEnd:
    """When a model stops working: on its own date, or else perhaps on the date inherited from its base model."""

    row: Row
    ending: Ending  # of the model itself; of its base model, if the date is inherited
    base: Row | None = None  # the base model, if the date is inherited or the base model ends before the own date

    @property
    def is_inherited(self) -> bool:
        return self.ending.row.pk != self.row.pk

    @property
    def inherited_from(self) -> str:
        return self.ending.row.model_id if self.is_inherited else ""

    @property
    def at(self) -> datetime:
        return self.ending.at

    @property
    def stage(self) -> Lifecycle:
        return self.ending.stage

    @property
    def days(self) -> int:
        return self.ending.days

    @property
    def day(self) -> date:
        return self.ending.day

    @property
    def month(self) -> date:
        return self.ending.month

    @property
    def order(self) -> tuple[datetime, bool, SortKey, int]:
        """Return the sort key: by date, and certain dates before inherited ones."""
        return self.at, self.is_inherited, sort_key(self.row.label), self.row.pk


@dataclass(frozen=True, slots=True)
class EndGroup:
    """A model with a date of its own, and those of the fine-tunes that inherit it."""

    ending: Ending
    own: ModelEnd | None  # None where it is not among the ends that are grouped
    hanging: tuple[ModelEnd, ...]


def group_ends(ends: Iterable[ModelEnd]) -> list[EndGroup]:
    """Return the groups in the order of their first ends."""
    found: dict[int, list[ModelEnd]] = {}
    for end in ends:
        found.setdefault(end.ending.row.pk, []).append(end)
    return [
        EndGroup(
            ending=together[0].ending,
            own=next((end for end in together if not end.is_inherited), None),
            hanging=tuple(end for end in together if end.is_inherited),
        )
        for together in found.values()
    ]


@dataclass(frozen=True)
class ModelEnds:
    """Ends in order of their dates."""

    all: tuple[ModelEnd, ...]

    @cached_property
    def by_row(self) -> Mapping[int, ModelEnd]:
        return {end.row.pk: end for end in self.all}

    @cached_property
    def hanging(self) -> Mapping[int, tuple[ModelEnd, ...]]:
        """The inherited ends, by the key of the base model whose date they are."""
        found: dict[int, list[ModelEnd]] = {}
        for end in self.all:
            if end.is_inherited:
                found.setdefault(end.ending.row.pk, []).append(end)
        return {pk: tuple(ends) for pk, ends in found.items()}

    @property
    def ahead(self) -> tuple[ModelEnd, ...]:
        """The next first."""
        return tuple(end for end in self.all if end.stage == "retiring")

    @property
    def past(self) -> tuple[ModelEnd, ...]:
        """The latest first."""
        return tuple(end for end in reversed(self.all) if end.stage == "retired")

    def matching(self, query: RetirementsQuery) -> "ModelEnds":
        """Return the part that the query asks for."""
        return ModelEnds(tuple(end for end in self.all if self.is_wanted(end, query)))

    def is_wanted(self, end: ModelEnd, query: RetirementsQuery) -> bool:
        return (
            _is_in_time(end, query)
            and query.type in ("", end.row.type)
            and (not query.affected or end.is_inherited or end.row.pk in self.hanging)
        )


def _is_in_time(end: ModelEnd, query: RetirementsQuery) -> bool:
    if query.when == "past":
        return end.stage == "retired" and query.within is None
    if query.within is not None:
        return end.stage == "retiring" and end.days <= query.within
    return not query.when or end.stage == "retiring"


def ends_at(index: CatalogIndex, now: datetime, told: frozenset[int] = frozenset()) -> ModelEnds:
    """Return the ends of all models at one moment, kept with the index for the UTC day.

    A model deleted through this dashboard has none. A fine-tune that is missing inherits no date, unless calendars
    were `told` of it: the keys of such rows.
    """
    key = ("ends", now.astimezone(UTC).date(), told)
    return index.cached_with_facts(key, lambda: _sort_ends(_find_ends(index, now, told)))


def missing_fine_tunes(index: CatalogIndex) -> frozenset[int]:
    """Return the keys of the fine-tunes that Mistral's list does not name any more and that would inherit a date."""
    return index.cached_with_facts("missing fine-tunes", lambda: frozenset(_find_missing(index)))


def _sort_ends(ends: Iterable[ModelEnd]) -> ModelEnds:
    return ModelEnds(tuple(sorted(ends, key=lambda end: end.order)))


def _find_missing(index: CatalogIndex) -> Iterator[int]:
    dates = inherited_dates(index)
    for row in index.rows:
        if row.is_fine_tuned and row.is_missing and not row.is_deleted and not row.deprecation and dates.base_of(row):
            yield row.pk


def _find_ends(index: CatalogIndex, now: datetime, told: Iterable[int]) -> Iterator[ModelEnd]:
    endings = {ending.row.pk: ending for ending in retirements_at(index, now).endings}
    dates = inherited_dates(index)
    for row in index.rows:
        end = None if row.is_deleted else _find_end(row, endings, dates, is_told=row.pk in told)
        if end is not None:
            yield end


def _find_end(row: Row, endings: Mapping[int, Ending], dates: InheritedDates, *, is_told: bool) -> ModelEnd | None:
    base = dates.base_of(row) if row.is_fine_tuned else None
    own = endings.get(row.pk)
    if own is not None:
        is_base_sooner = base is not None and endings[base.pk].at < own.at
        return ModelEnd(row, own, base if is_base_sooner else None)
    if base is None or (row.is_missing and not is_told):
        return None
    return ModelEnd(row, endings[base.pk], base)
