"""The radar: which models stop working and when, what to use instead, and which fine-tunes that puts at risk.

Everything is told from dates, never from labels, and every date is UTC: a model belongs to the day and month that it
has there, wherever its reader sits. Pure: no Django, no clock.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Final, NamedTuple

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.lifecycle import Lifecycle, days_until, lifecycle
from models_ui.catalog.replacements import Find, Replacement, replacement_of
from models_ui.catalog.risks import Risk, base_models_of, risk_of
from models_ui.catalog.row import Row
from models_ui.retirements.query import HORIZONS, RetirementsQuery
from models_ui.text.folding import SortKey, sort_key
from models_ui.vocabulary import BASE

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """One model with a date, its replacement compared, and the fine-tunes that were trained from it."""

    row: Row
    at: datetime  # UTC
    stage: Lifecycle
    days: int  # by the calendar; negative once it is past
    replacement: Replacement
    fine_tunes: tuple[Row, ...] = ()

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


class Month(NamedTuple):
    first: date
    endings: tuple[Ending, ...]


@dataclass(frozen=True, slots=True)
class Radar:
    """Every ending in order of its date, every risk, and the models whose date could not be read."""

    endings: tuple[Ending, ...]
    risks: tuple[Risk, ...]
    unreadable: tuple[Row, ...]

    @property
    def ahead(self) -> tuple[Ending, ...]:
        """The next first."""
        return tuple(each for each in self.endings if each.stage == "retiring")

    @property
    def past(self) -> tuple[Ending, ...]:
        """The latest first."""
        return tuple(each for each in reversed(self.endings) if each.stage == "retired")

    def narrowed(self, query: RetirementsQuery) -> "Radar":
        """What of it the query asks for."""
        endings = (each for each in self.endings if _wanted(each, query))
        risks = () if query.type == BASE else (each for each in self.risks if _within(each.kind, each.days, query))
        return Radar(tuple(endings), tuple(risks), () if query.has_filters else self.unreadable)


def _wanted(ending: Ending, query: RetirementsQuery) -> bool:
    return (
        _within(ending.stage, ending.days, query)
        and query.type in ("", ending.row.type)
        and (not query.affected or bool(ending.fine_tunes))
    )


def _within(stage: str, days: int | None, query: RetirementsQuery) -> bool:
    """Whether it is ahead and near enough. Only without a horizon is the past of interest."""
    return query.within is None or (stage == "retiring" and days is not None and days <= query.within)


def radar_at(index: CatalogIndex, now: datetime) -> Radar:
    """The radar, kept with the index for the UTC day: dates change its stages only when the index expires, too."""
    return index.cached(("radar", now.astimezone(UTC).date()), lambda: radar_of(index, now))


def radar_of(index: CatalogIndex, now: datetime) -> Radar:
    """The radar of a whole catalog at one moment, computed anew."""
    now = now.astimezone(UTC)
    roots: dict[str, tuple[Row, ...]] = {}
    trained: dict[int, list[Row]] = {}
    risks = []
    for row in index.rows:
        if not row.is_fine_tuned or row.is_missing:
            continue
        if row.root not in roots:
            roots[row.root] = base_models_of(row, index.find)
        for base in roots[row.root]:
            trained.setdefault(base.pk, []).append(row)
        if risk := risk_of(row, index.find, now):
            risks.append(risk)
    endings = [
        ending_of(row, row.deprecation, index.find, now, tuple(trained.get(row.pk, ())))
        for row in index.rows
        if row.deprecation is not None
    ]
    endings.sort(key=lambda each: (each.at, sort_key(each.row.label), each.row.pk))
    risks.sort(key=_risk_order)
    unreadable = tuple(row for row in index.rows if "deprecation" in row.problems and row.deprecation is None)
    return Radar(tuple(endings), tuple(risks), unreadable)


def ending_of(row: Row, at: datetime, find: Find, now: datetime, fine_tunes: tuple[Row, ...] = ()) -> Ending:
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    return Ending(
        row=row,
        at=at,
        stage=lifecycle(at, now),
        days=days_until(at, now),
        replacement=replacement_of(row, find, now),
        fine_tunes=fine_tunes,
    )


def base_that_ends(row: Row, find: Find) -> Row | None:
    """Return the base model whose date a fine-tune inherits: of all that its root leads to, the one that ends first.

    Unlike a risk it does not depend on the clock, nor on whether the base model is still listed.
    """
    seen, trained = {row.pk}, [row]
    while trained:
        bases = [
            base
            for each in trained
            for base in base_models_of(each, find)
            if base.pk not in seen and not base.is_deleted
        ]
        dated = [(base.deprecation, base.pk, base) for base in bases if base.deprecation]
        if dated:
            return min(dated)[2]
        seen.update(base.pk for base in bases)
        trained = [base for base in bases if base.is_fine_tuned]
    return None


def _risk_order(risk: Risk) -> tuple[bool, int, float, SortKey, int]:
    """What lies ahead, the next first; the past, the latest first; what has no date. Archived fine-tunes at the end."""
    section = ("retiring", "retired").index(risk.kind) if risk.kind in ("retiring", "retired") else 2
    seconds = (risk.at - _EPOCH).total_seconds() if risk.at else 0.0
    return risk.row.archived, section, -seconds if section else seconds, sort_key(risk.row.label), risk.row.pk


# --- Months


def month_of(at: datetime) -> date:
    """The first day of the month in UTC."""
    return at.astimezone(UTC).date().replace(day=1)


def months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def add_months(month: date, count: int) -> date:
    """The first of the month so many months on. Stays within the years that a date can hold."""
    number = min(max(month.year * 12 + month.month - 1 + count, 12), 9999 * 12 + 11)
    return date(number // 12, number % 12 + 1, 1)


def by_month(endings: Iterable[Ending]) -> Iterator[Month]:
    """Endings that are in order, a month at a time."""
    for first, group in groupby(endings, key=lambda each: each.month):
        yield Month(first, tuple(group))
