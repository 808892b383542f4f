"""What `manage.py run_jobs` does: works through the items of bulk jobs, any number of processes and threads at a time.

    claim (a lease) -> act, or settle what an earlier attempt left open -> write down what came of it, and let go

An item has one attempt at a time, and each attempt has an action id that follows from the job, the item and its
number. So a worker that is killed anywhere loses nothing and repeats nothing: whoever takes its lease over finds the
attempt in the history and settles it, or finds none, which means that nothing was sent.

A lease lasts longer than an action can take. Its token is the fence: who comes back after it expired writes nothing.
"""

import logging
import random
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2s
from typing import Any, Final

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from models_ui.access.policy import ActionDenied
from models_ui.access.verbs import KINDS, Verb
from models_ui.actions import lock, perform, settle, undo
from models_ui.actions.context import UNSETTLED, Conflict, Context, Done
from models_ui.actions.perform import Busy
from models_ui.audit import chain, history
from models_ui.audit.chain import Entry, Outcome
from models_ui.bulk.jobs import ItemState, JobState, end_early, end_if_finished, held, nothing_to_do
from models_ui.leases import is_ahead, is_over
from models_ui.log_filters import request_id
from models_ui.models import AuditEvent, BulkItem, BulkJob
from models_ui.services.connection_errors import TLSFailed, Unreachable
from models_ui.services.errors import (
    BadAnswer,
    BaseModelProtected,
    Forbidden,
    Gone,
    LabsNotEnabled,
    NotConfigured,
    NotInPlan,
    RateLimited,
    RouteNotFound,
    TierNotAllowed,
    Unauthorized,
)
from models_ui.services.stored_errors import error_class_of

log = logging.getLogger(__name__)

TRIES: Final = 5
# Seconds; both double with every further time, up to the cap.
BACK_OFF = 2.0
LOOK_PAUSE: Final = 2.0
CAP = 60.0
BUSY_PAUSE: Final = 5.0
# How long an item of unknown outcome is looked into before a person has to.
LOOKS_FOR: Final = timedelta(minutes=10)

# Failures that the next model would meet as well: the job stops, instead of failing its way through the list.
_OF_ALL: Final = (Unauthorized, NotInPlan, NotConfigured, RouteNotFound, TLSFailed, Gone)
_OF_ONE: Final = (BaseModelProtected, LabsNotEnabled, TierNotAllowed)

_GONE_ACTOR: Final = gettext_lazy("%(who)s, who started this job, can no longer sign in")
_CHANGED: Final = gettext_lazy("Somebody has changed it since")
_OUR_FAULT: Final = gettext_lazy("Something went wrong in the dashboard; it is in its log")


@dataclass(frozen=True, slots=True)
class Step:
    """What came of working on an item: its new state, and what follows for the job."""

    state: BulkItem.State
    failure: dict[str, Any] = field(default_factory=dict)
    correlation_id: str = ""
    action_id: str = ""  # where it is not the last attempt's
    wait: float = 0.0  # seconds until the item's next turn
    counts: bool = False  # as one of its tries
    pause: bool = False  # the whole job has to wait
    halt: bool = False  # the whole job has to stop


def run_one() -> bool:
    """Work on one item that is due, in whichever job. False: there is none right now."""
    now = timezone.now()
    item = _claim(now) or (_claim(now) if _end_void_pauses(now) else None)
    if item is None:
        return False
    token = request_id.set(item.job_id)
    try:
        _finish(item, _work(item))
    finally:
        request_id.reset(token)
    return True


def is_idle() -> bool:
    """Whether no job is under way, or waiting to be."""
    return not BulkJob.objects.filter(finished_at=None).exclude(started_at=None).exists()


# --- Claiming


def _claim(now: datetime) -> BulkItem | None:
    """An item with a lease of our own: the first of those that are due which nobody else takes at the same moment."""
    return next((item for item in _due(now)[:16] if _take(item, now)), None)


def _due(now: datetime) -> Any:
    """Items whose turn has come: unsent ones, those that somebody has to look into, and those of dead workers."""
    its_turn = Q(not_before=None) | is_over("not_before", now, CAP)
    may_go_on = Q(job__paused_until=None) | Q(job__paused_until__lte=now)
    unsent = Q(state=ItemState.WAITING, job__state__in=(JobState.QUEUED, JobState.RUNNING))
    open_question = Q(state=ItemState.UNSETTLED)
    abandoned = Q(state=ItemState.WORKING) & is_over("lease_expires_at", now, _lease().total_seconds())
    jobs = Q(job__finished_at=None) & ~Q(job__started_at=None)
    return BulkItem.objects.filter(jobs, abandoned | ((unsent | open_question) & its_turn & may_go_on)).order_by(
        "job__started_at", "position"
    )


def _take(item: BulkItem, now: datetime) -> bool:
    """Take the lease, unless somebody was quicker. One conditional UPDATE, alike on every database."""
    as_seen = {name: getattr(item, name) for name in ("state", "attempt", "lease_token")}
    if item.state == ItemState.WAITING:
        item.attempt += 1
        item.action_id = action_id_of(item)
    item.state, item.lease_token, item.lease_expires_at = ItemState.WORKING, secrets.token_hex(16), now + _lease()
    taken = BulkItem.objects.filter(pk=item.pk, **as_seen).update(
        **{name: getattr(item, name) for name in ("state", "attempt", "action_id", "lease_token", "lease_expires_at")}
    )
    if taken:
        BulkJob.objects.filter(pk=item.job_id, state=JobState.QUEUED).update(state=JobState.RUNNING)
    return bool(taken)


def _lease() -> timedelta:
    """Longer than an action and its wait for the model's lock can take together."""
    return lock.lock_time() + timedelta(seconds=lock.PATIENCE)


def action_id_of(item: BulkItem) -> str:
    """The action id of the item's current attempt: the same, whoever works it out."""
    return blake2s(f"{item.job_id}/{item.position}/{item.attempt}".encode(), digest_size=16).hexdigest()


# --- Working on one item


def _work(item: BulkItem) -> Step:
    """Act, or find out what became of the attempt before. Never raises: what goes wrong is a step, too."""
    job = BulkJob.objects.select_related("actor").get(pk=item.job_id)
    try:
        earlier = history.action(item.action_id)
        if earlier is not None and earlier.outcome in UNSETTLED:
            return _step(item, job, _settle(job, item))
        if earlier is not None and earlier.outcome != Outcome.REFUSED:
            return _step_of_event(item, earlier)
        return _step(item, job, _act(job, item))
    except ActionDenied as denied:
        return Step(ItemState.REFUSED, denied.facts)
    except Conflict:
        return Step(ItemState.REFUSED, ActionDenied(_CHANGED).facts)
    except Busy:
        return Step(_again(item), wait=BUSY_PAUSE)
    except Exception:
        log.exception("job %s: %s went wrong", item.job_id, item.model_id)
        return _after_a_fault_of_ours(item)


def _act(job: BulkJob, item: BulkItem) -> Done:
    context = Context(
        actor=_actor(job, item),
        action_id=item.action_id,
        reason=job.reason,
        job=job.pk,
        request_id=job.request_id,
    )
    if item.undoes:
        return undo.undo(context=context, action_id=item.undoes)
    act = perform.archive_model if job.verb == Verb.ARCHIVE else perform.unarchive_model
    return act(context=context, model_id=item.model_id)


def _settle(job: BulkJob, item: BulkItem) -> Done:
    return settle.settle(actor=job.actor or User(username=job.started_by), action_id=item.action_id)


def _actor(job: BulkJob, item: BulkItem) -> User:
    """Whoever started the job. One who was switched off or removed since does nothing any more."""
    actor: User | None = job.actor
    if actor is not None and actor.is_active:
        return actor
    denied = ActionDenied(_GONE_ACTOR, who=job.started_by)
    entry = Entry(
        action_id=item.action_id,
        kind=KINDS[Verb(job.verb)],
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
    chain.record(entry, Outcome.REFUSED, failure=denied.facts)
    raise denied


# --- What follows


def _step(item: BulkItem, job: BulkJob, done: Done) -> Step:
    if done.event is not None:
        return _step_of_event(item, done.event)
    ours = _done_after_all(item)
    if ours is not None:
        state = ItemState.UNSETTLED if ours.outcome in UNSETTLED else ItemState.DONE
        return Step(state, ours.failure, correlation_id=ours.correlation_id, action_id=ours.action_id)
    return Step(ItemState.SAME, nothing_to_do(Verb(job.verb)))


def _step_of_event(item: BulkItem, event: AuditEvent) -> Step:
    facts: dict[str, Any] = {"failure": event.failure, "correlation_id": event.correlation_id}
    if event.outcome == Outcome.SUCCEEDED:
        return Step(ItemState.DONE, **facts)
    if event.outcome in UNSETTLED:
        age = timezone.now() - event.at
        if age > LOOKS_FOR or is_ahead(event.at, timezone.now()):
            return Step(ItemState.UNKNOWN, **facts)
        return Step(ItemState.UNSETTLED, wait=min(max(age.total_seconds() / 2, LOOK_PAUSE), CAP / 2), **facts)
    kind = error_class_of(event.failure)
    if issubclass(kind, _OF_ALL) or (issubclass(kind, Forbidden) and _concerns_the_key(item, kind)):
        return Step(ItemState.FAILED, halt=True, **facts)
    if issubclass(kind, RateLimited | Unreachable):
        return Step(ItemState.WAITING, pause=True, **facts)
    if kind.retryable or issubclass(kind, BadAnswer) or event.failure.get("settled"):
        return _try_again(item, facts)
    return Step(ItemState.FAILED, **facts)


def _concerns_the_key(item: BulkItem, kind: type[Forbidden]) -> bool:
    """Whether a refusal is about the key rather than this model: unless it was fit for another one."""
    return not issubclass(kind, _OF_ONE) and not item.job.items.filter(state=ItemState.DONE).exists()


def _try_again(item: BulkItem, facts: dict[str, Any]) -> Step:
    """Another attempt after a while; after the last one it has failed."""
    if item.tries + 1 >= TRIES:
        return Step(ItemState.FAILED, counts=True, **facts)
    return Step(ItemState.WAITING, counts=True, wait=_back_off(item.tries), **facts)


def _after_a_fault_of_ours(item: BulkItem) -> Step:
    """Whether something was sent is in the history; if so it is looked into before anything else."""
    event = history.action(item.action_id)
    if event is not None and event.outcome in UNSETTLED:
        return Step(ItemState.UNSETTLED, wait=BUSY_PAUSE)
    return _try_again(item, {"failure": ActionDenied(_OUR_FAULT).facts})


def _again(item: BulkItem) -> BulkItem.State:
    """Back to where it came from: to a new attempt, or to finding out about the last one."""
    event = history.action(item.action_id)
    return ItemState.UNSETTLED if event is not None and event.outcome in UNSETTLED else ItemState.WAITING


def _done_after_all(item: BulkItem) -> AuditEvent | None:
    """The model is as wished, and this attempt found it so. Did an earlier one do it?

    A server can do as asked and fail to say so. As long as nobody else did it from here since, that is no guess: the
    history then says that the earlier attempt succeeded, as when an unknown outcome is settled.
    """
    ids = [_earlier_id(item, attempt) for attempt in range(item.attempt - 1, 0, -1)]
    steps = history.steps_of(ids)
    sent = [steps[each] for each in ids if any(step.outcome == Outcome.ATTEMPTED for step in steps[each])]
    if not sent:
        return None
    last = sent[0][-1]
    succeeded = AuditEvent.objects.filter(model_id=item.model_id, outcome=Outcome.SUCCEEDED, kind__in=_KINDS)
    if history.begun_after(succeeded, sent[0][0].pk).exists():
        return None
    if last.outcome != Outcome.FAILED:
        return last
    failure = {**last.failure, "settled": True}
    return chain.record(Entry.of(last), Outcome.SUCCEEDED, failure=failure, correlation_id=last.correlation_id)


_KINDS: Final = (KINDS[Verb.ARCHIVE], KINDS[Verb.UNARCHIVE])


def _earlier_id(item: BulkItem, attempt: int) -> str:
    return action_id_of(BulkItem(job_id=item.job_id, position=item.position, attempt=attempt))


def _back_off(before: int) -> float:
    """Doubles with every time; the jitter keeps workers from coming back in the same moment."""
    return random.uniform(0.5, 1.0) * min(CAP, BACK_OFF * 2.0 ** min(before, 30))  # noqa: S311  # no secret


# --- Writing down


def _finish(item: BulkItem, step: Step) -> None:
    """Let the item go with what came of it, and let the job know. Nothing, if the lease has been taken over."""
    with held(item.job_id) as job:
        state = step.state
        if state == ItemState.WAITING and job.state == JobState.CANCELLED:
            state = ItemState.CANCELLED
        now = timezone.now()
        over = state not in (ItemState.WAITING, ItemState.UNSETTLED)
        released = BulkItem.objects.filter(pk=item.pk, lease_token=item.lease_token).update(
            state=state,
            lease_token="",
            lease_expires_at=None,
            not_before=now + timedelta(seconds=step.wait) if step.wait else None,
            tries=item.tries + step.counts,
            action_id=step.action_id or item.action_id,
            failure=step.failure,
            correlation_id=step.correlation_id,
            finished_at=now if over else None,
        )
        if not released:
            log.warning("job %s: the lease of %s was taken over", job.pk, item.model_id)
            return
        if step.halt and job.state != JobState.CANCELLED:
            end_early(job, step.failure)
        elif step.pause:
            _pause(job, step.failure, now)
        elif job.pauses and state == ItemState.DONE and not _pausing(job, now):
            job.pauses, job.paused_until, job.pause = 0, None, {}
            job.save()
        end_if_finished(job)


def _pausing(job: BulkJob, now: datetime) -> bool:
    return job.paused_until is not None and job.paused_until > now


def _pause(job: BulkJob, failure: dict[str, Any], now: datetime) -> None:
    """As long as upstream asked for, else a little longer each time. Threads that fail together pause once."""
    pausing = _pausing(job, now)
    asked = failure.get("retry_after")
    seconds = _longest_pause(failure) if asked else _back_off(job.pauses)
    until = now + timedelta(seconds=seconds)
    if not pausing:
        job.pauses += 1
    if not pausing or (asked and job.paused_until is not None and until > job.paused_until):
        job.paused_until, job.pause = until, failure
    job.save()


def _longest_pause(failure: dict[str, Any]) -> float:
    """Return the seconds that a job pauses at most after such a failure."""
    asked = failure.get("retry_after")
    return min(float(asked), 86_400.0) if asked else CAP


def _end_void_pauses(now: datetime) -> bool:
    """End the pauses that began before the clock was set back. Return whether there were any."""
    pausing = BulkJob.objects.filter(finished_at=None, paused_until__gt=now)
    void = [
        job.pk for job in pausing if job.paused_until and is_ahead(job.paused_until, now, _longest_pause(job.pause))
    ]
    return bool(void) and bool(BulkJob.objects.filter(pk__in=void).update(paused_until=None))
