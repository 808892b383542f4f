"""What a fine-tune has to fear of its base model's end. Pure: no Django, no clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from heapq import nsmallest
from typing import Final, Literal, NamedTuple

from models_ui.catalog.lifecycle import days_until, lifecycle_stage
from models_ui.catalog.replacements import Find
from models_ui.catalog.row import Row

RiskKind = Literal["retired", "missing", "retiring", "unknown"]
# The worst first: what holds of a fine-tune whose root leads to several models.
_RISKS: Final[Sequence[RiskKind | None]] = ("retired", "missing", "retiring", "unknown", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """What a fine-tune inherits from its root. Mistral does not say what happens to it, so it is no fact."""

    row: Row
    kind: RiskKind
    base: Row | None = None  # what the root means today; None when it is unknown
    at: datetime | None = None  # when the base stops working, UTC
    days: int | None = None
    several: bool = False  # the root leads to several models, and this is the worst of them

    @property
    def day(self) -> date | None:
        return self.at.date() if self.at else None

    @property
    def is_told(self) -> bool:
        """Whether the risk follows from Mistral's list: the base model that the fine-tune names ends or is not listed.

        False for a fine-tune that names no base model: nothing is known of it.
        """
        return self.kind != "unknown" or bool(self.row.root)

    @property
    def by_alias(self) -> bool:
        """Whether the root is named by an alias: at training it may have meant another model."""
        return self.base is not None and self.row.root != self.base.model_id


def risk_of(row: Row, find: Find, now: datetime) -> Risk | None:
    """Return what one fine-tune inherits, or None where its base model goes on."""
    return RiskFinder(find, now).risk_of(row)


class _Fate(NamedTuple):
    """What becomes of a row's base model."""

    kind: RiskKind
    base: Row | None = None
    several: bool = False


class _Candidate(NamedTuple):
    row: Row
    kind: RiskKind | None


class _Candidates(NamedTuple):
    """The models that a root leads to, `worst` being the two with the worst fate."""

    keys: frozenset[int]
    worst: Sequence[_Candidate]  # two: if one is the fine-tune itself, the other one counts


class RiskFinder:
    """Finds what fine-tunes inherit at one moment. A fine-tune of a fine-tune is followed down to its base model.

    What becomes of a base model is worked out once, so that a whole catalog takes linear time. Fine-tunes that were
    trained from each other in a circle lead to no base model: their risk is unknown.
    """

    def __init__(self, find: Callable[[str], Sequence[Row] | None], now: datetime) -> None:
        """`find` is as in replacements; of an id that leads nowhere it may also say None."""
        self._find = find
        self._now = now.astimezone(UTC)
        self._fates: dict[int, _Fate | None] = {}
        self._candidates: dict[str, _Candidates] = {}

    def risk_of(self, row: Row) -> Risk | None:
        """Return what a fine-tune inherits, or None where its base model goes on."""
        fate = self._fate_of(row)
        if fate is None:
            return None
        kind, base, several = fate
        at = base.deprecation.astimezone(UTC) if base and base.deprecation and kind != "missing" else None
        days = days_until(at, self._now) if at else None
        return Risk(row=row, kind=kind, base=base, at=at, days=days, several=several)

    def _fate_of(self, row: Row) -> _Fate | None:
        path: dict[int, Row] = {}
        current: Row | None = row
        fate: _Fate | None = None
        while current is not None:
            if current.pk in self._fates:
                fate = self._fates[current.pk]
                break
            if current.pk in path:
                fate = _Fate("unknown")
                break
            path[current.pk] = current
            fate, current = self._step(current)
        self._fates |= dict.fromkeys(path, fate)
        return fate

    def _step(self, row: Row) -> tuple[_Fate | None, Row | None]:
        """Return the row's fate; or the fine-tune that it was trained from, whose fate is its own."""
        keys, worst = self._candidates_of(row.root)
        base, kind = next((candidate for candidate in worst if candidate.row.pk != row.pk), (None, None))
        if base is None:
            return _Fate("unknown"), None
        if kind is not None:
            others = len(keys) - (row.pk in keys)
            return _Fate(kind, base, several=others > 1), None
        return None, base if base.root and base.is_fine_tuned else None

    def _candidates_of(self, root: str) -> _Candidates:
        known = self._candidates.get(root)
        if known is None:
            rows = (self._find(root) or ()) if root else ()
            worst = nsmallest(2, (_Candidate(row, _kind_of(row, self._now)) for row in rows), key=self._severity)
            known = self._candidates[root] = _Candidates(frozenset(row.pk for row in rows), worst)
        return known

    def _severity(self, candidate: _Candidate) -> tuple[int, datetime]:
        """Return the key that sorts the worst first."""
        return _RISKS.index(candidate.kind), candidate.row.deprecation or self._now


def _kind_of(base: Row, now: datetime) -> RiskKind | None:
    stage = lifecycle_stage(base.deprecation, now)
    if stage == "retired":
        return "retired"
    if base.is_missing:
        return "missing"
    return "retiring" if stage == "retiring" else None
