"""What people do about deletions: ask for one, plan, accept or decline it, take it back, or delete at once.

The states of a deletion are in `deletion_states.py`; `due_deletions.py` deletes what is due.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext_lazy

from models_ui.access.policy import DELETION_ROLES, NO_SUCH_MODEL, ActionDenied, Subject, check_policy, check_role
from models_ui.access.roles import role_of
from models_ui.access.verbs import VERBS, Verb
from models_ui.actions import deletion_states as states
from models_ui.actions.context import Context, Done
from models_ui.actions.deletion_states import (
    DeletionMoved,
    State,
    needs_second_person,
    next_due,
    open_deletion_of,
)
from models_ui.actions.model_row import find_row
from models_ui.actions.perform import perform_action, set_state
from models_ui.audit.chain import Journal, Outcome
from models_ui.models import CatalogModel, PlannedDeletion
from models_ui.services.cards import ModelCard
from models_ui.services.models_api import ModelsAPI

_MOVED = gettext_lazy("Somebody else has decided about this deletion a moment ago. Load the page again")
_PLANNED = gettext_lazy("Its deletion is planned already")
_ASKED = gettext_lazy("Its deletion is asked for already: a Manager decides")
_NOT_ASKED = gettext_lazy("Nobody asks for its deletion any more")
_NOT_PLANNED = gettext_lazy("No deletion of it is planned any more")
_UNDER_WAY = gettext_lazy("It is being deleted right now")
_NEEDS_TWO = gettext_lazy("Another Manager must accept this deletion: it was you who asked for it")
_NEEDS_ANOTHER = gettext_lazy("Somebody else must ask for its deletion first: two people must want it")
_NOT_ARCHIVED = gettext_lazy("Only what is archived can be deleted at once")


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a decision. `done` is the archiving or restoring that belongs to it, where there was one.

    `plan` is None where archiving did not succeed, so that nothing is planned.
    """

    row: CatalogModel
    plan: PlannedDeletion | None
    done: Done | None = None


def ask_for_deletion(*, context: Context, model_id: str) -> Decided:
    """Ask for a deletion, which a Manager decides on. Nothing happens to the model."""
    row = _check(context, "deletion.asked", model_id)
    with _refusing(context, "deletion.asked", row):
        check_may_begin(row.pk, context.actor, asks=True)
    with _deciding():
        return Decided(row, states.add_request(context, row))


def plan_deletion(*, context: Context, model_id: str) -> Decided:
    """Archive the model now, and plan its deletion. Where two people are needed, only ask for it."""
    row = _check(context, "deletion.planned", model_id)
    with _refusing(context, "deletion.planned", row):
        check_may_begin(row.pk, context.actor)
    plan = open_deletion_of(row.pk)
    if plan is not None and plan.state == State.ASKED:
        return accept_deletion(context=context, model_id=model_id)
    if plan is None and settings.DELETE_NEEDS_TWO:
        return ask_for_deletion(context=context, model_id=model_id)
    was_live, done = _archive_first(context, row)
    if not _is_archived(row, done):
        return Decided(row, None, done)
    with _deciding():
        if plan is None:
            plan = states.add_plan(context, row, due_at=next_due(), was_live=was_live)
        else:
            states.plan_anew(context, plan, row, due_at=next_due(), was_live=was_live or plan.was_live)
    return Decided(row, plan, done)


def check_may_begin(row_key: int, person: User, *, asks: bool = False) -> None:
    """Raise ActionDenied where this person cannot ask for the model's deletion, or plan it, as things stand."""
    plan = open_deletion_of(row_key)
    if plan is None:
        return
    if plan.state == State.DELETING:
        raise ActionDenied(_UNDER_WAY)
    if plan.state == State.PLANNED:
        raise ActionDenied(_PLANNED)
    if asks:
        raise ActionDenied(_ASKED)
    if needs_second_person(plan, person):
        raise ActionDenied(_NEEDS_TWO)


def check_at_once(row: Subject, plan: PlannedDeletion | None, person: User) -> None:
    """Raise ActionDenied where this person cannot delete the model at once, as things stand."""
    if not row.archived:
        raise ActionDenied(_NOT_ARCHIVED)
    if settings.DELETE_NEEDS_TWO and (plan is None or plan.asker_id == person.pk):
        raise ActionDenied(_NEEDS_ANOTHER)
    if plan is not None and plan.state == State.DELETING:
        raise ActionDenied(_UNDER_WAY)


def accept_deletion(*, context: Context, model_id: str, words: str = "") -> Decided:
    """Plan the deletion that somebody asked for, as `plan_deletion` does."""
    row = _check(context, "deletion.accepted", model_id)
    plan = open_deletion_of(row.pk)
    if plan is None or plan.state != State.ASKED:
        raise _refuse(context, "deletion.accepted", row, ActionDenied(_NOT_ASKED))
    with _refusing(context, "deletion.accepted", row):
        check_may_begin(row.pk, context.actor)
    was_live, done = _archive_first(context, row)
    if not _is_archived(row, done):
        return Decided(row, None, done)
    with _deciding():
        states.accept_request(context, plan, row, due_at=next_due(), was_live=was_live, words=words)
    return Decided(row, plan, done)


def decline_deletion(*, context: Context, model_id: str, words: str) -> Decided:
    row = _check(context, "deletion.declined", model_id, is_deleting=False)
    plan = open_deletion_of(row.pk)
    if plan is None or plan.state != State.ASKED:
        raise _refuse(context, "deletion.declined", row, ActionDenied(_NOT_ASKED))
    with _deciding():
        states.decline_request(context, plan, row, words)
    return Decided(row, plan)


def take_back_deletion(*, context: Context, model_id: str) -> Decided:
    """Take a deletion back, and then restore the model if it was live before.

    What is taken back stays so, whatever comes of restoring.
    """
    kind = "deletion.taken_back"
    row = _check(context, kind, model_id, is_deleting=False)
    plan = open_deletion_of(row.pk)
    if plan is None:
        raise _refuse(context, kind, row, ActionDenied(_NOT_PLANNED))
    if plan.state == State.DELETING:
        raise _refuse(context, kind, row, ActionDenied(_UNDER_WAY))
    with _deciding():
        states.take_back(context, plan, row)
    if not plan.was_live or not row.archived:
        return Decided(row, plan)
    return Decided(row, plan, set_state(replace(context, action_id=""), Verb.UNARCHIVE, model_id))


def delete_now(*, context: Context, model_id: str) -> Done:
    """Delete an archived model without waiting for any day."""
    kind = VERBS[Verb.DELETE].kind
    row = _check(context, kind, model_id)
    plan = open_deletion_of(row.pk)
    with _refusing(context, kind, row):
        check_at_once(row, plan, context.actor)
    with _deciding():
        return perform_action(context, Verb.DELETE, model_id, wanted=True, gate=DeletionAtOnce(plan))


@dataclass(frozen=True, slots=True)
class DeletionAtOnce:
    """What a deletion at once passes. Where one is planned, nobody can take that back from then on."""

    plan: PlannedDeletion | None

    def find_objection(self, api: ModelsAPI, row: CatalogModel, card: ModelCard) -> ActionDenied | None:
        return None if row.archived else ActionDenied(_NOT_ARCHIVED)

    def pass_through(self, row: CatalogModel, action_id: str) -> None:
        if self.plan is None:
            return
        lease = {"lease_token": secrets.token_hex(16), "lease_expires_at": timezone.now() + states.deletion_lease()}
        states.begin_at_once(self.plan, row, action_id=action_id, **lease)


def _check(context: Context, kind: str, model_id: str, *, is_deleting: bool = True) -> CatalogModel:
    """Return the model's row. Record a refusal and raise it unless this person may do that to it.

    `kind`: that of the event, in DELETION_ROLES.
    """
    row = find_row(model_id)
    try:
        check_role(role_of(context.actor), DELETION_ROLES[kind])
        if row is None:
            raise ActionDenied(NO_SUCH_MODEL)
        if is_deleting:
            check_policy(row, Verb.DELETE)
    except ActionDenied as denied:
        raise _refuse(context, kind, row or CatalogModel(model_id=model_id), denied) from None
    return row


def _refuse(context: Context, kind: str, row: CatalogModel, denied: ActionDenied) -> ActionDenied:
    """Record the refusal and return it."""
    more = {"reason": context.reason, "request_id": context.request_id}
    Journal(states.deletion_entry(kind, context.actor.get_username(), row, **more)).refused(denied.detail)
    return denied


def _archive_first(context: Context, row: CatalogModel) -> tuple[bool, Done | None]:
    """Archive the model unless it is archived. Return whether it was live, and what came of archiving it."""
    if row.archived:
        return False, None
    done = set_state(context, Verb.ARCHIVE, row.model_id)
    return done.event is not None, done


def _is_archived(row: CatalogModel, done: Done | None) -> bool:
    """Whether the model is archived now, as far as anybody knows."""
    is_archived = CatalogModel.objects.filter(pk=row.pk, archived=True).exists()
    return is_archived and (done is None or done.outcome == Outcome.SUCCEEDED)


@contextmanager
def _refusing(context: Context, kind: str, row: CatalogModel) -> Iterator[None]:
    """Record the refusal that is raised."""
    try:
        yield
    except ActionDenied as denied:
        raise _refuse(context, kind, row, denied) from None


@contextmanager
def _deciding() -> Iterator[None]:
    """Raise ActionDenied where somebody else has decided about the deletion meanwhile."""
    try:
        yield
    except DeletionMoved:
        raise ActionDenied(_MOVED) from None
