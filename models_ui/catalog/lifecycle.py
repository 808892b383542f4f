"""The stage of a model's life, by its date alone; labels go stale, dates do not.

Upstream's `deprecation` is the moment the model is switched off, always 12:00 UTC in what was recorded.
A model without a date is active, also one that upstream no longer lists: whether it is listed is its state.
"""

from datetime import datetime
from typing import Literal

Lifecycle = Literal["active", "retiring", "retired"]
LIFECYCLES: tuple[Lifecycle, ...] = ("active", "retiring", "retired")


def lifecycle_stage(deprecation: datetime | None, now: datetime) -> Lifecycle:
    """Return active without a date, retiring before it, retired from that very second on. Both times are aware."""
    if deprecation is None:
        return "active"
    return "retiring" if now < deprecation else "retired"


def days_until(deprecation: datetime, now: datetime) -> int:
    """Return whole days by the calendar in UTC: 0 on the day itself, negative after it."""
    return (deprecation.date() - now.date()).days
