"""What a fine-tune has to fear of its base model’s end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Literal

from models_ui.catalog.lifecycle import days_until, lifecycle
from models_ui.catalog.replacements import Find
from models_ui.catalog.row import Row

RiskKind = Literal["retired", "missing", "retiring", "unknown"]
# The worst first: what holds of a fine-tune whose root leads to several models.
_RISKS: Final[Sequence[RiskKind | None]] = ("retired", "missing", "retiring", "unknown", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """What a fine-tune inherits from its root. Nobody says what happens to it, so it is a risk and no fact."""

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
    def by_alias(self) -> bool:
        """Whether the root is named by an alias: at training it may have meant another model."""
        return self.base is not None and self.row.root != self.base.model_id


def risk_of(row: Row, find: Find, now: datetime) -> Risk | None:
    """What a fine-tune inherits, or None where its base model goes on. A fine-tune of a fine-tune is followed down."""
    now = now.astimezone(UTC)
    seen = {row.pk}
    current = row
    while True:
        bases = [base for base in base_models_of(current, find) if base.pk not in seen]
        if not bases:
            return Risk(row=row, kind="unknown")
        base = min(bases, key=lambda each: (_RISKS.index(_kind(each, now)), each.deprecation or now))
        kind = _kind(base, now)
        if kind is None and base.is_fine_tuned and base.root:
            seen.add(base.pk)
            current = base
            continue
        if kind is None:
            return None
        at = base.deprecation.astimezone(UTC) if base.deprecation and kind in ("retired", "retiring") else None
        days = days_until(at, now) if at else None
        return Risk(row=row, kind=kind, base=base, at=at, days=days, several=len(bases) > 1)


def base_models_of(row: Row, find: Find) -> tuple[Row, ...]:
    """What it was trained from, as far as its root's name tells that today. Nothing was trained from itself."""
    return tuple(base for base in find(row.root) if base.pk != row.pk) if row.root else ()


def _kind(base: Row, now: datetime) -> RiskKind | None:
    stage = lifecycle(base.deprecation, now)
    if stage == "retired":
        return "retired"
    if base.is_missing:
        return "missing"
    return "retiring" if stage == "retiring" else None
