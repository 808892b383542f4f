"""Deleting what is due: the work of `manage.py run_jobs` on planned deletions, in any number of processes and threads.

    claim a deletion -> find out what became of an attempt that a dead worker left
                     -> or put it off, if people were not warned a day before
                     -> or check again, note the attempt, delete, read again, record (`perform.py`)

An attempt's action id is derived from the deletion and its number. So a worker may be killed at any moment: whoever
takes its lease over finds the attempt in the history, or finds none, which means that nothing was sent.
"""

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2s
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy

from models_ui.access.policy import ActionDenied
from models_ui.access.roles import Role, role_of
from models_ui.access.verbs import VERBS, Verb
from models_ui.actions.context import UNSETTLED, Context
from models_ui.actions.deletion_states import (
    ONE_DAY,
    DeletionMoved,
    State,
    begin_deletion,
    deletion_entry,
    deletion_lease,
    end_as_gone,
    is_warned,
    let_wait,
    put_off_deletion,
)
from models_ui.actions.lock import Busy
from models_ui.actions.model_row import lock_row_and_version
from models_ui.actions.perform import perform_action
from models_ui.actions.settle import settle_action
from models_ui.actions.write_upstream import note_refusal
from models_ui.audit.chain import Journal, latest_event
from models_ui.audit.outcome_detail import detail_from_json
from models_ui.leases import is_over
from models_ui.mirror.pending import Pending
from models_ui.models import CatalogModel, PlannedDeletion
from models_ui.services.cards import ModelCard
from models_ui.services.models_api import ModelsAPI

log = logging.getLogger(__name__)

_CANDIDATES: Final = 16  # other workers may take the first ones at the same moment
_AGAIN_AFTER: Final = timedelta(seconds=10)  # where somebody else is changing the model
_AGAIN_AFTER_TROUBLE: Final = timedelta(minutes=1)

_GONE_MANAGER: Final = gettext_lazy("%(who)s, who decided this, can no longer sign in")
_NO_MANAGER: Final = gettext_lazy("%(who)s, who decided this, is no longer a Manager")
_RENAMED: Final = gettext_lazy("Its name has changed since the deletion was planned")
_DESCRIBED: Final = gettext_lazy("Its description has changed since the deletion was planned")
_UNREADABLE: Final = gettext_lazy("Mistral’s answer does not say whether its name and description are unchanged")
_RESTORED: Final = gettext_lazy("It is no longer archived: it was restored elsewhere")
_UNSAID: Final = gettext_lazy("Mistral’s answers do not say whether it is still archived")


def run_due_deletion() -> bool:
    """Work on one deletion that is due. Return False if none is."""
    now = timezone.now()
    plan = next((plan for plan in _due_deletions(now)[:_CANDIDATES] if _take_deletion(plan, now)), None)
    if plan is None:
        return False
    try:
        wait = _work_on_deletion(plan)
    except DeletionMoved:  # taken back or stopped a moment ago
        wait = None
    except Busy:
        wait = _AGAIN_AFTER
    except Exception:
        log.exception("the deletion of %s went wrong", plan.model_id)
        wait = _AGAIN_AFTER_TROUBLE
    _release_deletion(plan, wait)
    return True


def is_nothing_being_deleted() -> bool:
    return not PlannedDeletion.objects.filter(state=State.DELETING).exists()


def _due_deletions(now: datetime) -> QuerySet[PlannedDeletion]:
    """Return the deletions whose time has come, and those that a dead worker left."""
    free = Q(lease_token="") | is_over("lease_expires_at", now, deletion_lease().total_seconds())
    its_turn = Q(not_before=None) | is_over("not_before", now, _AGAIN_AFTER_TROUBLE.total_seconds())
    due = Q(state=State.DELETING) | Q(state=State.PLANNED, due_at__lte=now)
    return PlannedDeletion.objects.filter(due, free, its_turn).select_related("decider").order_by("due_at")


def _take_deletion(plan: PlannedDeletion, now: datetime) -> bool:
    """Take the lease, unless another worker was quicker. One conditional UPDATE, alike on every database."""
    as_seen = {name: getattr(plan, name) for name in ("state", "attempt", "lease_token", "due_at")}
    if plan.state == State.PLANNED:
        plan.attempt += 1
        plan.action_id = blake2s(f"deletion/{plan.pk}/{plan.attempt}".encode(), digest_size=16).hexdigest()
    plan.lease_token, plan.lease_expires_at = secrets.token_hex(16), now + deletion_lease()
    values = {name: getattr(plan, name) for name in ("attempt", "action_id", "lease_token", "lease_expires_at")}
    return bool(PlannedDeletion.objects.filter(pk=plan.pk, **as_seen).update(**values))


def _release_deletion(plan: PlannedDeletion, wait: timedelta | None) -> None:
    """Release the lease of a deletion that is not being deleted. That one is looked at when the lease expires."""
    not_before = timezone.now() + wait if wait else None
    ours = PlannedDeletion.objects.filter(pk=plan.pk, lease_token=plan.lease_token).exclude(state=State.DELETING)
    ours.update(lease_token="", lease_expires_at=None, not_before=not_before)


def _work_on_deletion(plan: PlannedDeletion) -> timedelta | None:
    """Delete the model, or leave it to a person. Return how long to wait before the next try, if there is one."""
    if plan.state == State.DELETING:
        return _settle_attempt(plan)
    row = CatalogModel.objects.get(pk=plan.row_id)
    if row.is_missing:
        with transaction.atomic():
            lock_row_and_version(row)
            end_as_gone(plan, row)
        return None
    if not is_warned(plan):
        return _wait_for_warnings(plan, row)
    if (denied := _find_no_manager(plan)) is not None:
        entry = deletion_entry(VERBS[Verb.DELETE].kind, plan.decided_by, row, action_id=plan.action_id)
        note_refusal(Journal(entry), row, denied)
        return None
    assert plan.decider is not None
    context = Context(actor=plan.decider, action_id=plan.action_id, reason=plan.reason)
    try:
        done = perform_action(context, Verb.DELETE, plan.model_id, wanted=True, gate=DueDeletion(plan, row.pending))
    except ActionDenied:  # recorded, and left to a person
        return None
    was_tried = done.event is not None and done.event.action_id == plan.action_id
    return None if was_tried else _AGAIN_AFTER


def _wait_for_warnings(plan: PlannedDeletion, row: CatalogModel) -> timedelta:
    """Wait until people are warned. Where a warning could not be sent, put the deletion off by a day."""
    if plan.warning_failed_at is not None:
        put_off_deletion(plan, row, timezone.now() + ONE_DAY)
    return _AGAIN_AFTER


def _settle_attempt(plan: PlannedDeletion) -> timedelta | None:
    """Find out what became of the attempt of a worker that is gone. Where that cannot be told, a person must look."""
    event = latest_event(plan.action_id)
    if event is not None and event.outcome in UNSETTLED:
        settler = plan.decider or User(username=plan.decided_by)
        done = settle_action(actor=settler, action_id=plan.action_id)
        if done.question is not None and done.question.answer == "same":
            return None  # it may still arrive: looked at once more when our lease expires
        event = done.event
    if event is not None and event.outcome in UNSETTLED:
        let_wait(plan, CatalogModel.objects.get(pk=plan.row_id), detail_from_json(event.failure))
    return None


def _find_no_manager(plan: PlannedDeletion) -> ActionDenied | None:
    """Return why nothing can be deleted in the name of whoever decided it; None if it can."""
    if plan.decider is None or not plan.decider.is_active:
        return ActionDenied(_GONE_MANAGER, who=plan.decided_by)
    return ActionDenied(_NO_MANAGER, who=plan.decided_by) if role_of(plan.decider) < Role.MANAGER else None


@dataclass(frozen=True, slots=True)
class DueDeletion:
    """The checks of a due deletion, between reading the model and deleting it."""

    plan: PlannedDeletion
    pending: dict[str, Any]  # the row's, from before the model was read

    def find_objection(self, api: ModelsAPI, row: CatalogModel, card: ModelCard) -> ActionDenied | None:
        """Return why the model must not be deleted, or None."""
        if {"name", "description"} & set(card.problems):
            return ActionDenied(_UNREADABLE)
        if (row.name or "") != self.plan.seen["name"]:
            return ActionDenied(_RENAMED)
        if (row.description or "") != self.plan.seen["description"]:
            return ActionDenied(_DESCRIBED)
        archived = self._find_archived(api, row, card)
        if archived is None:
            return ActionDenied(_UNSAID)
        return None if archived else ActionDenied(_RESTORED)

    def _find_archived(self, api: ModelsAPI, row: CatalogModel, card: ModelCard) -> bool | None:
        """Return whether Mistral shows that the model is archived; None where that cannot be told.

        In the contract's dialect a card need not say whether its model is archived. Then a list that leaves the model
        out shows that it is archived, and a list that names the model again shows that it is not.
        """
        if card.archived is not None or api.dialect.lists_archived:
            return card.archived
        answers = {entry.archived for entry in api.list().cards if entry.id == row.model_id}
        if answers <= {True}:
            return True
        was_left_out = Pending.from_json(self.pending).is_left_out
        return False if False in answers or was_left_out else None

    def pass_through(self, row: CatalogModel, action_id: str) -> None:
        begin_deletion(self.plan, row)
