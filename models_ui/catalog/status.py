"""The status of a model: the one word for what becomes of it. Pure: no Django, no clock.

It takes the place of two older words, its state (whether it is listed or archived) and its lifecycle (its own date),
which stay in old addresses and in exports. `statuses_of_pair` leads from these to the status.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import product
from typing import Final, Literal, NamedTuple

from models_ui.catalog.lifecycle import LIFECYCLES, Lifecycle
from models_ui.catalog.row import STATES, Row, State

Status = Literal["live", "at_risk", "retiring", "past_date", "archived", "to_be_deleted", "gone", "deleted"]
STATUSES: Final[tuple[Status, ...]] = (
    "live",
    "at_risk",
    "retiring",
    "past_date",
    "archived",
    "to_be_deleted",
    "gone",
    "deleted",
)

ANSWERING: Final[tuple[Status, ...]] = ("at_risk", "live", "past_date", "retiring")
"""The statuses of models that answer today. Sorted by name, as in addresses; so are LISTED and UNLISTED."""
LISTED: Final[tuple[Status, ...]] = ("archived", *ANSWERING, "to_be_deleted")
UNLISTED: Final[tuple[Status, ...]] = ("deleted", "gone")


class Standing(NamedTuple):
    """What the clock and the other models make of a row at one moment."""

    stage: Lifecycle
    status: Status
    ends_at: datetime | None = None  # the row's own date; else the date of its base model, if known


def status_of(row: Row, stage: Lifecycle, at_risk: bool) -> Status:
    """Return the first status that holds.

    `at_risk`: its base model ends, has ended or is gone, or the name of its base model leads to no model.
    """
    if row.is_missing:
        return "deleted" if row.is_deleted else "gone"
    if row.archived:
        return "to_be_deleted" if row.deletion_due_at else "archived"
    if stage != "active":
        return "past_date" if stage == "retired" else "retiring"
    return "at_risk" if at_risk else "live"


def _statuses_of_cell(state: State, stage: Lifecycle) -> frozenset[Status]:
    if state == "missing":
        return frozenset(UNLISTED)
    if state == "archived":
        return frozenset(("archived", "to_be_deleted"))
    live: Mapping[Lifecycle, tuple[Status, ...]] = {
        "active": ("live", "at_risk"),
        "retiring": ("retiring",),
        "retired": ("past_date",),
    }
    return frozenset(live[stage])


_CELLS: Final = {cell: _statuses_of_cell(*cell) for cell in product(STATES, LIFECYCLES)}


def statuses_of_pair(states: Collection[str], stages: Collection[str]) -> frozenset[Status] | None:
    """Return the statuses that choose the same models as these states and stages; None where none do.

    Without a state or a stage all of them are meant.
    """
    chosen = {
        (state, stage) for state, stage in _CELLS if state in (states or STATES) and stage in (stages or LIFECYCLES)
    }
    statuses = frozenset[Status]().union(*(_CELLS[cell] for cell in chosen))
    # An archived model stays archived whatever its date: only all stages together are this status.
    return statuses if all(cell in chosen for cell, meant in _CELLS.items() if meant & statuses) else None
