"""The work of `manage.py run_jobs`: one item of a bulk job after the other, in any number of processes and threads.

    claim an item (`claim.py`) -> act, or settle what an earlier attempt left open -> decide what follows (`decide.py`)
    -> write the item's new state and release its lease (`write_step.py`)

An item has one attempt at a time, and the action id of each attempt is derived from job, item and attempt number. So a
worker may be killed at any moment, and nothing is lost or done twice: the worker that takes the lease over finds the
attempt in the history and settles it, or finds none, which means that nothing was sent.
"""

import logging
from typing import Final

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext_lazy

from models_ui.access.policy import ActionDenied
from models_ui.access.verbs import VERBS, Verb
from models_ui.actions.context import UNSETTLED, Context, Done, EditConflict
from models_ui.actions.lock import Busy
from models_ui.actions.perform import change_names, set_state
from models_ui.actions.settle import settle_action
from models_ui.actions.undo import undo_action
from models_ui.audit.chain import Entry, Journal, Outcome, latest_event
from models_ui.bulk.claim import claim_item
from models_ui.bulk.decide import Step, step_of_busy_model, step_of_done, step_of_event, step_of_our_fault
from models_ui.bulk.jobs import ItemState
from models_ui.bulk.pauses import end_void_pauses
from models_ui.bulk.write_step import write_step
from models_ui.log_filters import request_id
from models_ui.models import BulkItem, BulkJob

log = logging.getLogger(__name__)

_GONE_ACTOR: Final = gettext_lazy("%(who)s, who started this job, can no longer sign in")
_CHANGED: Final = gettext_lazy("Somebody has changed it since")


def run_one() -> bool:
    """Work on one item of any job that is due. Return False if no item is due now."""
    now = timezone.now()
    # A pause may have begun before the clock was set back; ending it makes items due.
    item = claim_item(now) or (claim_item(now) if end_void_pauses(now) else None)
    if item is None:
        return False
    token = request_id.set(item.job_id)
    try:
        write_step(item, work_on_item(item))
    finally:
        request_id.reset(token)
    return True


def is_idle() -> bool:
    """Whether no started job is unfinished."""
    return not BulkJob.objects.filter(finished_at=None).exclude(started_at=None).exists()


def work_on_item(item: BulkItem) -> Step:
    """Act, or find out what became of the last attempt. Never raises: exceptions become a Step."""
    item.job = job = BulkJob.objects.select_related("actor").get(pk=item.job_id)
    try:
        earlier = latest_event(item.action_id)
        if earlier is not None and earlier.outcome in UNSETTLED:
            # job.actor is None once the account is deleted.
            settler = job.actor or User(username=job.started_by)
            return step_of_done(item, settle_action(actor=settler, action_id=item.action_id))
        if earlier is not None and earlier.outcome != Outcome.REFUSED:
            return step_of_event(item, earlier)
        # No attempt yet, or it was refused: a refusal changed nothing, so act again.
        return step_of_done(item, _act_on_item(job, item))
    except ActionDenied as denied:
        return Step(ItemState.REFUSED, denied.detail)
    except EditConflict:
        return Step(ItemState.REFUSED, ActionDenied(_CHANGED).detail)
    except Busy:
        return step_of_busy_model(item)
    except Exception:
        log.exception("job %s: %s went wrong", item.job_id, item.model_id)
        return step_of_our_fault(item)


def _act_on_item(job: BulkJob, item: BulkItem) -> Done:
    context = Context(
        actor=_actor_of(job, item),
        action_id=item.action_id,
        reason=job.reason,
        job=job.pk,
        request_id=job.request_id,
    )
    if item.undoes:
        return undo_action(context=context, action_id=item.undoes)
    if VERBS[Verb(job.verb)].is_care:
        return change_names(context, Verb(job.verb), item.model_id, **job.names)
    return set_state(context, Verb(job.verb), item.model_id)


def _actor_of(job: BulkJob, item: BulkItem) -> User:
    """Return the person who started the job.

    If their account was deactivated or deleted since, record a refusal and raise ActionDenied.
    """
    actor: User | None = job.actor
    if actor is not None and actor.is_active:
        return actor
    denied = ActionDenied(_GONE_ACTOR, who=job.started_by)
    entry = Entry(
        action_id=item.action_id,
        kind=VERBS[Verb(job.verb)].kind,
        actor=job.started_by,
        model_id=item.model_id,
        label=item.label,
        before={},
        after={},
        reason=job.reason,
        undoes=item.undoes,
        job=job.pk,
        request_id=job.request_id,
    )
    Journal(entry).refused(denied.detail)
    raise denied
