"""The states of a deletion, and every way from one to the next.

    asked ------ decline --------------> declined
      |  `------ take back ------------> taken back
      | accept
    planned ---- take back, restore ---> taken back
      |  |  `--- edit, protect --------> stopped
      |  `------ a check fails --------> waits for a person
      | due, and checked again
    deleting --------------------------> done, stopped, or waits for a person

A deletion that waits for a person is taken back, stopped, carried out or planned anew. A Manager's own deletion begins
as `planned`; a Manager may also delete at once a model whose deletion is asked for, planned or waiting. A deletion
whose model is gone already is stopped.

`add_request` and `add_plan` insert the deletion. Each later change of its state is one conditional UPDATE (`_move`),
which names the states that it expects, in one transaction with an event of the history. What is noted about warnings
has no event. A DELETE is sent only after the state has become `deleting`: a deletion that was taken back is never sent,
and one that is being sent cannot be taken back.

Each transaction locks the model's row, then the mirror's version, then the history. This order prevents deadlocks.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from models_ui.access.verbs import VERB_OF_KIND, Verb
from models_ui.actions import lock
from models_ui.actions.context import Context
from models_ui.actions.model_row import lock_row, lock_row_and_version, set_deletion_day
from models_ui.audit.chain import Entry, Journal, Outcome
from models_ui.audit.outcome_detail import OutcomeDetail, detail_from_json
from models_ui.leases import CLOCK_SKEW
from models_ui.models import AuditEvent, CatalogModel, PlannedDeletion

State = PlannedDeletion.State

OPEN: Final = (State.ASKED, State.PLANNED, State.DELETING, State.WAITS)
# Restoring the model takes such a deletion back, and an edit of the model stops it.
STOPPABLE: Final = (State.PLANNED, State.WAITS)
_STOPPED_BY: Final = (Verb.RENAME, Verb.DESCRIBE, Verb.PROTECT)
_GONE_CODES: Final = ("model_gone", "model_not_found", "model_retired")


class DeletionMoved(Exception):
    """The deletion is no longer in the state in which it was seen."""


def open_deletion_of(row_key: int) -> PlannedDeletion | None:
    """Return the deletion of a model that is not over; None where there is none."""
    return PlannedDeletion.objects.filter(row_id=row_key, state__in=OPEN).first()


def next_due() -> datetime:
    """Return when a deletion that is decided now is due."""
    return timezone.now() + timedelta(days=settings.DELETE_GRACE_DAYS)


def needs_second_person(plan: PlannedDeletion, person: User) -> bool:
    """Whether somebody else than this person must decide."""
    return settings.DELETE_NEEDS_TWO and plan.asker_id == person.pk


def deletion_entry(kind: str, actor: str, row: CatalogModel, **more: Any) -> Entry:
    """Return what the history keeps of a change of state."""
    plain: dict[str, Any] = {"action_id": "", "before": {}, "after": {}}
    return Entry(**plain | {"kind": kind, "actor": actor, "model_id": row.model_id, "label": row.name or ""} | more)


# --- What people do


def add_request(context: Context, row: CatalogModel) -> PlannedDeletion:
    """Save and return a deletion that a Manager is to decide on. Raise DeletionMoved where the model has one."""
    return _add_deletion(context, row, "deletion.asked", state=State.ASKED)


def add_plan(context: Context, row: CatalogModel, *, due_at: datetime, was_live: bool) -> PlannedDeletion:
    """Save and return the deletion that a Manager plans. Raise DeletionMoved where the model has one, or is live."""
    with transaction.atomic():
        lock_row(row)
        values = _plan_values(context, row, due_at, was_live)
        return _add_deletion(context, row, "deletion.planned", state=State.PLANNED, **values)


def accept_request(context: Context, plan: PlannedDeletion, row: CatalogModel, **values: Any) -> None:
    """Plan the deletion that somebody asked for. `values`: due_at, was_live and words."""
    words = values.pop("words", "")
    with transaction.atomic():
        lock_row(row)
        _move(plan, (State.ASKED,), state=State.PLANNED, words=words, **_plan_values(context, row, **values))
        _record(context, plan, row, "deletion.accepted", words)


def plan_anew(context: Context, plan: PlannedDeletion, row: CatalogModel, *, due_at: datetime, was_live: bool) -> None:
    """Plan once more a deletion that waits for a person."""
    with transaction.atomic():
        lock_row(row)
        values = _plan_values(context, row, due_at, was_live)
        _move(plan, (State.WAITS,), state=State.PLANNED, failure={}, not_before=None, **values)
        _record(context, plan, row, "deletion.planned", context.reason)


def decline_request(context: Context, plan: PlannedDeletion, row: CatalogModel, words: str) -> None:
    with transaction.atomic():
        lock_row(row)
        values = _decider_values(context) | {"words": words, "ended_at": timezone.now()}
        _move(plan, (State.ASKED,), state=State.DECLINED, **values)
        _record(context, plan, row, "deletion.declined", words)


def take_back(context: Context, plan: PlannedDeletion, row: CatalogModel) -> None:
    """Take back what was planned or asked for. Raise DeletionMoved where it is being deleted, or is over."""
    with transaction.atomic():
        lock_row_and_version(row)
        event = _record(context, plan, row, "deletion.taken_back", context.reason)
        _end(plan, row, (State.ASKED, *STOPPABLE), State.TAKEN_BACK, event)


# --- What the worker does


def deletion_lease() -> timedelta:
    """Return more time than a deletion and its wait for the model's lock can take together."""
    return lock.lock_time() + timedelta(seconds=lock.PATIENCE)


def begin_deletion(plan: PlannedDeletion, row: CatalogModel) -> None:
    """Change the state from `planned` to `deleting`, in the caller's transaction, right before the DELETE is sent.

    Raise DeletionMoved if the deletion is no longer planned, or another worker holds its lease: the caller must then
    not send the DELETE.
    """
    lock_row(row)
    _move(plan, (State.PLANNED,), fence=plan.lease_token, state=State.DELETING)


def begin_at_once(plan: PlannedDeletion, row: CatalogModel, **values: Any) -> None:
    """Change the state to `deleting` for a Manager who deletes the model at once.

    Raise DeletionMoved unless the deletion is asked for, planned or waiting. `values`: the attempt's id and lease.
    """
    lock_row(row)
    _move(plan, (State.ASKED, *STOPPABLE), state=State.DELETING, **values)


def put_off_deletion(plan: PlannedDeletion, row: CatalogModel, due_at: datetime) -> None:
    """Put a deletion off to another moment, since people are to be warned a day before."""
    before = plan.due_at
    with transaction.atomic():
        lock_row(row)
        _move(plan, (State.PLANNED,), due_at=due_at)
        set_deletion_day(row, due_at)
        sides = {"before": _due_side(before), "after": _due_side(due_at)}
        Journal(deletion_entry("deletion.put_off", plan.decided_by, row, **sides)).succeeded()


def end_as_gone(plan: PlannedDeletion, row: CatalogModel) -> None:
    """Stop a deletion whose model is gone. The caller's transaction has locked the row and the mirror's version."""
    event = Journal(deletion_entry("deletion.gone", plan.decided_by, row)).succeeded()
    _end(plan, row, OPEN, State.STOPPED, event)


def let_wait(plan: PlannedDeletion, row: CatalogModel, detail: OutcomeDetail) -> None:
    """Let the deletion wait for a person, because it is unknown what became of the attempt."""
    with transaction.atomic():
        lock_row(row)
        _move(plan, (State.PLANNED, State.DELETING), state=State.WAITS, failure=detail.to_json())
        set_deletion_day(row, None)
        Journal(deletion_entry("deletion.waits", plan.decided_by, row)).refused(detail)


# --- Warnings

# A deletion that is due sooner after it was decided has no warnings: without days of grace it is due at once.
ONE_DAY: Final = timedelta(days=1)
_WARN_AGAIN_AFTER: Final = timedelta(minutes=10)
_LATE: Final = timedelta(hours=1)  # a warning that comes later than a day before, by more than this, is a late one


def due_warnings(now: datetime) -> QuerySet[PlannedDeletion]:
    """Return the deletions of which people are to be warned now."""
    first = Q(first_warned_at=None)
    last = Q(last_warned_at=None, due_at__lte=now + ONE_DAY)
    # A moment ahead is of a clock that was set back.
    failed_long_ago = Q(warning_failed_at__lte=now - _WARN_AGAIN_AFTER) | Q(warning_failed_at__gt=now + CLOCK_SKEW)
    its_turn = Q(warning_failed_at=None) | failed_long_ago
    return PlannedDeletion.objects.filter(first | last, its_turn, state=State.PLANNED).order_by("due_at")


def is_last_warning(plan: PlannedDeletion) -> bool:
    """Whether the warning that is due is the one a day before. Where both are due, that one is enough."""
    assert plan.due_at is not None
    return plan.due_at <= timezone.now() + ONE_DAY


def is_warned(plan: PlannedDeletion) -> bool:
    return plan.first_warned_at is not None and plan.last_warned_at is not None


def note_told(plan: PlannedDeletion, warning: str, username: str) -> None:
    """Note that a person got a warning."""
    _move(plan, (State.PLANNED,), told=plan.told | {warning: [*plan.told.get(warning, ()), username]})


def rename_in_warnings(*, before: str, after: str, **_: Any) -> None:
    """Replace the former name of a person in the lists of who was warned."""
    for plan in PlannedDeletion.objects.select_for_update().filter(state__in=OPEN).order_by("pk"):
        told = {warning: [after if name == before else name for name in names] for warning, names in plan.told.items()}
        if told != plan.told:
            PlannedDeletion.objects.filter(pk=plan.pk).update(told=told)


def note_warning_failed(plan: PlannedDeletion) -> None:
    _move(plan, (State.PLANNED,), warning_failed_at=timezone.now())


def note_warned(plan: PlannedDeletion, row: CatalogModel, warning: str) -> None:
    """Note that everybody got this warning. A last one that came late puts the deletion off."""
    assert plan.due_at is not None
    now = timezone.now()
    is_last = warning == "last"
    values: dict[str, Any] = {"first_warned_at": plan.first_warned_at or now, "warning_failed_at": None}
    values |= {"last_warned_at": now} if is_last else {}
    with transaction.atomic():
        lock_row(row)
        _move(plan, (State.PLANNED,), **values)
        if is_last and plan.due_at < now + ONE_DAY - _LATE:
            put_off_deletion(plan, row, now + ONE_DAY)


# --- What actions on the model mean for its deletion


def note_action(*, row: CatalogModel, event: AuditEvent, **_: Any) -> None:
    """Carry an action on the model over to its deletion, in the transaction of the event, which has locked the row."""
    plan = open_deletion_of(row.pk)
    if plan is None:
        return
    verb = VERB_OF_KIND[event.kind]
    if verb is Verb.DELETE:
        _note_attempt(plan, row, event)
    elif event.outcome == Outcome.SUCCEEDED and plan.state in STOPPABLE:
        kinds = {Verb.UNARCHIVE: "deletion.taken_back"} | dict.fromkeys(_STOPPED_BY, "deletion.stopped")
        if verb in kinds:
            Journal(deletion_entry(kinds[verb], event.actor, row, request_id=event.request_id)).succeeded()
            _end(plan, row, STOPPABLE, State.TAKEN_BACK if verb is Verb.UNARCHIVE else State.STOPPED, event)


def _note_attempt(plan: PlannedDeletion, row: CatalogModel, event: AuditEvent) -> None:
    """Take in what came of a deletion: the plan's own attempt, or another one where that succeeded."""
    if event.outcome == Outcome.SUCCEEDED:
        _end(plan, row, OPEN, State.DONE, event)
    elif event.action_id == plan.action_id and plan.state != State.ASKED:
        if detail_from_json(event.failure).error_facts.get("code") in _GONE_CODES:
            end_as_gone(plan, row)
            return
        states = (State.PLANNED, State.DELETING, State.WAITS)
        _move(plan, states, state=State.WAITS, failure=event.failure, lease_token="", lease_expires_at=None)
        set_deletion_day(row, None)


# --- Inside


def _add_deletion(context: Context, row: CatalogModel, kind: str, **values: Any) -> PlannedDeletion:
    with transaction.atomic():
        lock_row(row)
        if open_deletion_of(row.pk) is not None:
            raise DeletionMoved
        plan = PlannedDeletion.objects.create(
            row=row,
            model_id=row.model_id,
            asker=context.actor,
            asked_by=context.actor.get_username(),
            asked_at=timezone.now(),
            reason=context.reason,
            **values,
        )
        _record(context, plan, row, kind, context.reason)
    return plan


def _plan_values(context: Context, row: CatalogModel, due_at: datetime, was_live: bool) -> dict[str, Any]:
    """Return the columns of a decision to delete, which the row's day shows from now on.

    Raise DeletionMoved if somebody has restored the model.
    """
    if not row.archived:
        raise DeletionMoved
    set_deletion_day(row, due_at)
    seen = {"name": row.name or "", "description": row.description or ""}
    now = timezone.now()
    told_at = now if due_at < now + ONE_DAY - _LATE else None
    warnings: dict[str, Any] = {
        "told": {},
        "first_warned_at": told_at,
        "last_warned_at": told_at,
        "warning_failed_at": None,
    }
    return _decider_values(context) | warnings | {"due_at": due_at, "was_live": was_live, "seen": seen}


def _decider_values(context: Context) -> dict[str, Any]:
    return {"decider": context.actor, "decided_by": context.actor.get_username(), "decided_at": timezone.now()}


def _move(plan: PlannedDeletion, states: Collection[str], *, fence: str = "", **values: Any) -> None:
    """Write the new values, unless the deletion has left the states or the lease with this token was taken over."""
    known = PlannedDeletion.objects.filter(pk=plan.pk, state__in=states)
    if not (known.filter(lease_token=fence) if fence else known).update(**values):
        raise DeletionMoved
    for name, value in values.items():
        setattr(plan, name, value)


def _end(
    plan: PlannedDeletion, row: CatalogModel, states: Collection[str], state: PlannedDeletion.State, event: AuditEvent
) -> None:
    _move(plan, states, state=state, ended_at=timezone.now(), ended_by_action=event.action_id)
    set_deletion_day(row, None)


def _record(context: Context, plan: PlannedDeletion, row: CatalogModel, kind: str, reason: str) -> AuditEvent:
    more = {"reason": reason, "request_id": context.request_id, "after": _due_side(plan.due_at)}
    return Journal(deletion_entry(kind, context.actor.get_username(), row, **more)).succeeded()


def _due_side(due_at: datetime | None) -> dict[str, str]:
    return {"due_at": due_at.isoformat()} if due_at else {}
