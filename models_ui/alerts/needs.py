"""What needs somebody: fine-tunes that end, deletions to decide, actions of unknown outcome, what a person watches.

Each comes with its one next step. Jobs that failed are in `bulk/failures.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.contrib.auth.models import User

from models_ui.access.roles import Role
from models_ui.actions.context import UNSETTLED
from models_ui.actions.deletion_sentences import waiting_reason
from models_ui.actions.deletion_states import State
from models_ui.actions.entries import ActionEntry, entries_of
from models_ui.alerts.watch_list import Watched, watch_list, watches_of
from models_ui.audit.history import latest_events
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.lifecycle import days_until
from models_ui.catalog.links import address_of, address_of_id, comparison_address
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.replacements import replacement_of
from models_ui.catalog.row import Row
from models_ui.catalog.status import Status
from models_ui.models import PlannedDeletion
from models_ui.retirements.families import Family, families_at
from models_ui.vocabulary import FINE_TUNED

MOST_ENDING: Final = 5
MOST_DELETIONS: Final = 3
MOST_OUTCOMES: Final = 3
MOST_WATCHED: Final = 3
_OUTCOMES_MATTER: Final = timedelta(days=30)

ENDING: Final = CatalogQuery(type=(FINE_TUNED,), status=("at_risk", "past_date", "retiring"), sort="deprecation")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingFineTune:
    """A live fine-tune that ends, by its own date or with its base model."""

    row: Row
    status: Status
    family: Family
    ends_at: datetime | None  # UTC
    days: int | None
    address: str
    comparison_address: str  # with what replaces it or its base model; "" where that is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionToDecide:
    """A deletion that somebody asks for, or that waits for a person since it was not carried out."""

    plan: PlannedDeletion
    label: str
    address: str

    @property
    def why(self) -> str:
        """Why it was not carried out; "" of one that is asked for."""
        return "" if self.plan.state == State.ASKED else waiting_reason(self.plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """The first few of each kind, and how many more there are."""

    ending: Sequence[EndingFineTune]
    more_ending: int
    ending_query: CatalogQuery
    deletions: Sequence[DeletionToDecide]
    more_deletions: int
    outcomes: Sequence[ActionEntry]
    more_outcomes: bool
    watched: Sequence[Watched]
    more_watched: int

    def __bool__(self) -> bool:
        return bool(self.ending or self.deletions or self.outcomes or self.watched)


def needs_of(user: User, role: Role, index: CatalogIndex, now: datetime) -> Needs:
    ending, more_ending = index.cached(("ending", now.astimezone(UTC).date()), lambda: _find_ending(index, now))
    deletions = _deletions_to_decide(role, index)
    outcomes = _open_outcomes(role, now)
    known = {line.row.pk for line in ending}
    watched = [
        entry
        for entry in watch_list(watches_of(user), index, now)
        if entry.standing == "attention" and not (entry.row and entry.row.pk in known)
    ]
    return Needs(
        ending=ending,
        more_ending=more_ending,
        ending_query=ENDING,
        deletions=deletions[:MOST_DELETIONS],
        more_deletions=len(deletions[MOST_DELETIONS:]),
        outcomes=outcomes[:MOST_OUTCOMES],
        more_outcomes=len(outcomes) > MOST_OUTCOMES,
        watched=watched[:MOST_WATCHED],
        more_watched=len(watched[MOST_WATCHED:]),
    )


def _find_ending(index: CatalogIndex, now: datetime) -> tuple[list[EndingFineTune], int]:
    # Those with a person and a plan need nobody: they come last.
    rows = sorted(index.matches(ENDING), key=lambda row: bool(row.present_keepers) and row.plan.is_decided)
    families = families_at(index, now).by_row
    return [_ending_fine_tune(row, families[row.pk], index, now) for row in rows[:MOST_ENDING]], len(rows[MOST_ENDING:])


def _ending_fine_tune(row: Row, family: Family, index: CatalogIndex, now: datetime) -> EndingFineTune:
    ends_at = index.standing_of(row).ends_at
    status = index.status_of_row(row)
    instead = family.replacement if status == "at_risk" else replacement_of(row, index.find, now)
    return EndingFineTune(
        row=row,
        status=status,
        family=family,
        ends_at=ends_at,
        days=days_until(ends_at, now.astimezone(UTC)) if ends_at else None,
        address=address_of(row, index),
        comparison_address=comparison_address(row, instead.row) if instead.row else "",
    )


def _deletions_to_decide(role: Role, index: CatalogIndex) -> list[DeletionToDecide]:
    """Return the deletions on which this role may decide, the oldest first. A Viewer decides on none."""
    states = {Role.EDITOR: [State.WAITS], Role.MANAGER: [State.ASKED, State.WAITS]}.get(role, [])
    plans = PlannedDeletion.objects.filter(state__in=states) if states else ()
    found = ((plan, index.get(plan.row_id)) for plan in plans)
    return [
        DeletionToDecide(plan=plan, label=row.label if row else plan.model_id, address=address_of_id(plan.model_id))
        for plan, row in found
    ]


def _open_outcomes(role: Role, now: datetime) -> list[ActionEntry]:
    """Return the newest actions of unknown outcome. Those of a job are in the job."""
    events = latest_events().filter(outcome__in=UNSETTLED, job="", at__gte=now - _OUTCOMES_MATTER).order_by("-pk")
    return [entry for entry in entries_of(events[: MOST_OUTCOMES + 1], role) if entry.is_open]
