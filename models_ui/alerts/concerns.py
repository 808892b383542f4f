"""What somebody who relies on one model should know of it: it ends, it is gone, or its base model does or is.

A concern has a key that is the same as long as it is the same concern. A date that moves, or a model that vanishes
for a second time, makes another one. Pure: no Django, no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from models_ui.catalog.replacements import Find
from models_ui.catalog.risks import Risk, risk_of
from models_ui.catalog.row import Row
from models_ui.retirements.endings import Ending, ending_of

ConcernKind = Literal["deleted", "missing", "ends", "risk"]

THRESHOLDS: Final = (1, 7, 14, 30, 60, 90)  # days ahead at which people are told of an end


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """Exactly one of `ending` and `risk` is there for the kinds `ends` and `risk`, neither for the others."""

    kind: ConcernKind
    key: str
    row: Row
    at: datetime | None = None  # when it, or its base model, stops working, UTC
    days: int | None = None  # ... until then, by the calendar; negative once it is past
    ending: Ending | None = None
    risk: Risk | None = None

    @property
    def urgency(self) -> tuple[int, float]:
        """Sorts concerns: what is over or gone first, then by date; a risk without a date last."""
        if self.kind in ("deleted", "missing"):
            return 0, 0.0
        return (1, self.at.timestamp()) if self.at else (2, 0.0)


def concern_of(row: Row, find: Find, now: datetime) -> Concern | None:
    """The first thing to know of a model; None where nothing is.

    Its own end comes before what it inherits. A model that is missing although its date lies ahead is a concern of
    its own; once the date is past, it is what was to be expected.
    """
    now = now.astimezone(UTC)
    if row.deleted_at is not None:
        return Concern(kind="deleted", key=f"deleted:{row.pk}:{row.deleted_at.isoformat()}", row=row)
    ending = ending_of(row, row.deprecation, find, now) if row.deprecation else None
    if row.missing_since is not None and (ending is None or ending.stage != "retired"):
        return Concern(kind="missing", key=f"missing:{row.pk}:{row.missing_since.isoformat()}", row=row)
    if ending is not None:
        key = f"ends:{row.pk}:{ending.at.isoformat()}"
        return Concern(kind="ends", key=key, row=row, at=ending.at, days=ending.days, ending=ending)
    return _inherited(row, find, now) if row.is_fine_tuned else None


def worst_of(rows: Sequence[Row], find: Find, now: datetime) -> Concern | None:
    """The most urgent concern among the models that one id leads to."""
    found = [concern for row in rows if (concern := concern_of(row, find, now))]
    return min(found, key=lambda each: each.urgency, default=None)


def _inherited(row: Row, find: Find, now: datetime) -> Concern | None:
    """A fine-tune whose base model nobody names is no concern: nothing is known that anybody could act upon."""
    risk = risk_of(row, find, now)
    if risk is None or not row.root:
        return None
    base = f"{risk.base.pk}:{(risk.at or risk.base.missing_since or '')}" if risk.base else row.root
    return Concern(kind="risk", key=f"risk:{row.pk}:{base}", row=row, at=risk.at, days=risk.days, risk=risk)


def threshold_of(days: int | None) -> int | None:
    """The nearest threshold that an end so many days ahead has crossed: 30 for 25 days. None far ahead, and past it."""
    if days is None or days < 0:
        return None
    return next((each for each in THRESHOLDS if days <= each), None)
