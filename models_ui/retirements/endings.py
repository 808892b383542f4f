"""Which models stop working and when, what to use instead, and which fine-tunes that puts at risk.

Dates decide, never labels, and every date is UTC: a model belongs to the day and month that it has there, wherever its
reader is. Pure: no Django, no clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from heapq import merge
from typing import Final, NamedTuple

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.lifecycle import Lifecycle, days_until, lifecycle_stage
from models_ui.catalog.replacements import Find, Replacement, replacement_of
from models_ui.catalog.risks import Risk
from models_ui.catalog.row import Row, default_order
from models_ui.retirements.query import HORIZONS
from models_ui.text.folding import SortKey, sort_key

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class TrainedFrom(NamedTuple):
    """The listed fine-tunes that name one root, in the catalog's order. Models that share the id share the tuple."""

    root: str
    rows: tuple[Row, ...]


def _is_listed_fine_tune(row: Row) -> bool:
    return row.is_fine_tuned and not row.is_missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """One model with a date, its replacement, and the fine-tunes that were trained from it."""

    row: Row
    at: datetime  # UTC
    stage: Lifecycle
    days: int  # by the calendar; negative once it is past
    replacement: Replacement
    trained: tuple["TrainedFrom", ...] = ()  # for each of its ids

    @property
    def fine_tunes(self) -> tuple[Row, ...]:
        """The listed fine-tunes that were trained from it, in the catalog's order."""
        return tuple(self.iter_fine_tunes())

    def iter_fine_tunes(self) -> Iterator[Row]:
        rows = merge(*(group.rows for group in self.trained), key=default_order)
        return (row for row in rows if row.pk != self.row.pk)

    @property
    def roots(self) -> tuple[str, ...]:
        """The ids by which its fine-tunes name it."""
        return tuple(group.root for group in self.trained if group.rows != (self.row,))

    @property
    def fine_tune_count(self) -> int:
        is_own = any(_is_listed_fine_tune(self.row) and self.row.root == group.root for group in self.trained)
        return sum(len(group.rows) for group in self.trained) - is_own

    @property
    def day(self) -> date:
        return self.at.date()

    @property
    def month(self) -> date:
        return month_of(self.at)

    @property
    def urgency(self) -> str:
        """past, soon (within 30 days) or later."""
        if self.stage == "retired":
            return "past"
        return "soon" if self.days <= HORIZONS[0] else "later"


@dataclass(frozen=True, slots=True)
class Retirements:
    """Every ending in order of its date, every risk, and the models whose date could not be read."""

    endings: tuple[Ending, ...]
    risks: tuple[Risk, ...]
    unreadable: tuple[Row, ...]

    @property
    def ahead(self) -> tuple[Ending, ...]:
        """The next first."""
        return tuple(ending for ending in self.endings if ending.stage == "retiring")

    @property
    def past(self) -> tuple[Ending, ...]:
        """The latest first."""
        return tuple(ending for ending in reversed(self.endings) if ending.stage == "retired")


def retirements_at(index: CatalogIndex, now: datetime) -> Retirements:
    """Return the retirements, kept with the index for the UTC day: stages change only when the index expires, too."""
    return index.cached_with_facts(("retirements", now.astimezone(UTC).date()), lambda: find_retirements(index, now))


def find_retirements(index: CatalogIndex, now: datetime) -> Retirements:
    """Return the retirements of a whole catalog at one moment, computed anew."""
    now = now.astimezone(UTC)
    trained = _trained_from_each(index)
    endings = [
        ending_of(row, row.deprecation, index.find, now, tuple(trained.get(row.pk, ())))
        for row in index.rows
        if row.deprecation is not None
    ]
    finder = index.risks_at(now)
    risks = [risk for row in index.rows if _is_listed_fine_tune(row) and (risk := finder.risk_of(row))]
    endings.sort(key=lambda ending: (ending.at, sort_key(ending.row.label), ending.row.pk))
    risks.sort(key=_risk_order)
    unreadable = tuple(row for row in index.rows if "deprecation" in row.problems and row.deprecation is None)
    return Retirements(tuple(endings), tuple(risks), unreadable)


def _trained_from_each(index: CatalogIndex) -> dict[int, list[TrainedFrom]]:
    """Return for each model, by its key, the fine-tunes that name it, grouped by the id they name."""
    by_root: dict[str, list[Row]] = {}
    for row in index.rows:
        if _is_listed_fine_tune(row) and row.root:
            by_root.setdefault(row.root, []).append(row)
    trained: dict[int, list[TrainedFrom]] = {}
    for root, rows in by_root.items():
        group = TrainedFrom(root, tuple(rows))
        for base in index.find(root):
            trained.setdefault(base.pk, []).append(group)
    return trained


def ending_of(row: Row, at: datetime, find: Find, now: datetime, trained: tuple[TrainedFrom, ...] = ()) -> Ending:
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    return Ending(
        row=row,
        at=at,
        stage=lifecycle_stage(at, now),
        days=days_until(at, now),
        replacement=replacement_of(row, find, now),
        trained=trained,
    )


def _risk_order(risk: Risk) -> tuple[bool, int, float, SortKey, int]:
    """Return the key of the order: ahead, next first; past, latest first; without a date; archived fine-tunes last."""
    section = ("retiring", "retired").index(risk.kind) if risk.kind in ("retiring", "retired") else 2
    seconds = (risk.at - _EPOCH).total_seconds() if risk.at else 0.0
    return risk.row.archived, section, -seconds if section else seconds, sort_key(risk.row.label), risk.row.pk


# --- Months


def month_of(at: datetime) -> date:
    """Return the first day of the month in UTC."""
    return at.astimezone(UTC).date().replace(day=1)


def months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def add_months(month: date, count: int) -> date:
    """Return the first of the month so many months on, within the years that a date can hold."""
    number = min(max(month.year * 12 + month.month - 1 + count, 12), 9999 * 12 + 11)
    return date(number // 12, number % 12 + 1, 1)
