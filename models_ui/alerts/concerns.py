"""Concerns: what the owner of a watch should know about one model. A model has at most one, of these kinds:

deleted   the model was deleted from here
missing   the model is gone from Mistral's list
deletion  a day is set on which the model will be deleted
ends      the model stops working, or has stopped, on its own date
risk      the base model of the fine-tune stops working, has stopped, or is gone or unknown

A concern keeps its key as long as it is the same concern. A date that moves, or a model that vanishes a second time,
makes a new key. Imports no Django, reads no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from models_ui.catalog.lifecycle import days_until
from models_ui.catalog.replacements import Find
from models_ui.catalog.risks import Risk, risk_of
from models_ui.catalog.row import Row
from models_ui.retirements.endings import Ending, ending_of

ConcernKind = Literal["deleted", "missing", "deletion", "ends", "risk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """One concern about one model. `ending` is set for the kind `ends` only, `risk` for the kind `risk` only."""

    kind: ConcernKind
    key: str
    row: Row
    at: datetime | None = None  # when the model is deleted, or the model or its base model stops working; UTC
    days: int | None = None  # ... until then, by the calendar; negative once it is past
    ending: Ending | None = None
    risk: Risk | None = None

    @property
    def urgency(self) -> tuple[int, float]:
        """Return a sort key: models that are gone first, then by date; risks without a date last."""
        if self.kind in ("deleted", "missing"):
            return 0, 0.0
        return (1, self.at.timestamp()) if self.at else (2, 0.0)


def concern_of(row: Row, find: Find, now: datetime) -> Concern | None:
    """Return the most important concern about a model, or None.

    The model's own end comes before an inherited one. A missing model is a concern of its own only while its date
    lies ahead: after the date its absence is expected.
    """
    now = now.astimezone(UTC)
    if row.deleted_at is not None:
        return Concern(kind="deleted", key=f"deleted:{row.pk}:{row.deleted_at.isoformat()}", row=row)
    ending = ending_of(row, row.deprecation, find, now) if row.deprecation else None
    if row.missing_since is not None and (ending is None or ending.stage != "retired"):
        return Concern(kind="missing", key=f"missing:{row.pk}:{row.missing_since.isoformat()}", row=row)
    if row.archived and row.deletion_due_at is not None:
        at = row.deletion_due_at.astimezone(UTC)
        return Concern(
            kind="deletion", key=f"deletion:{row.pk}:{at.isoformat()}", row=row, at=at, days=days_until(at, now)
        )
    if ending is not None:
        key = f"ends:{row.pk}:{ending.at.isoformat()}"
        return Concern(kind="ends", key=key, row=row, at=ending.at, days=ending.days, ending=ending)
    return _inherited_concern(row, find, now) if row.is_fine_tuned else None


def worst_of(rows: Sequence[Row], find: Find, now: datetime) -> Concern | None:
    """Return the most urgent concern among the models that one id leads to."""
    concerns = [concern for row in rows if (concern := concern_of(row, find, now))]
    return min(concerns, key=lambda concern: concern.urgency, default=None)


def _inherited_concern(row: Row, find: Find, now: datetime) -> Concern | None:
    """Return the concern that a base model causes.

    A fine-tune without a named base model has none, since nobody could act on it.
    """
    risk = risk_of(row, find, now)
    if risk is None or not row.root:
        return None
    base = f"{risk.base.pk}:{(risk.at or risk.base.missing_since or '')}" if risk.base else row.root
    return Concern(kind="risk", key=f"risk:{row.pk}:{base}", row=row, at=risk.at, days=risk.days, risk=risk)
