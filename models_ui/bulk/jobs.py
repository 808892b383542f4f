"""Bulk jobs: one verb on many models, reviewed before it starts and finished whoever closes their browser.

    make_job -> draft, with the list frozen -> start_job -> queued -> job_runner.py -> done or cancelled

The ids a person reviews are the ids that are acted on: they are rows of the job from the first moment on, and nothing
is looked up again by a filter. Who made a job, and every Manager, may start and stop it; everybody may look.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext_lazy

from models_ui.access.policy import NO_SUCH_MODEL, NOTHING_TO_UNDO, ActionDenied, check_permission, check_policy
from models_ui.access.roles import Role, role_of
from models_ui.access.verbs import KINDS, REVERSE, Verb
from models_ui.actions.model_row import rows_of
from models_ui.audit import history
from models_ui.leases import CLOCK_SKEW
from models_ui.models import AuditEvent, BulkItem, BulkJob, CatalogModel, JobWorker
from models_ui.vocabulary import make_storable

JobState = BulkJob.State
ItemState = BulkItem.State

BULK_VERBS: Final = (Verb.ARCHIVE, Verb.UNARCHIVE)
MOST_MODELS: Final = 5_000
# What is under way, or will be: a job is over when it has none of these.
OPEN: Final = (ItemState.WAITING, ItemState.WORKING, ItemState.UNSETTLED)
# Sent, so a cancellation comes too late for it.
SENT: Final = (ItemState.WORKING, ItemState.UNSETTLED)
TRIED_IN_VAIN: Final = (ItemState.FAILED, ItemState.REFUSED, ItemState.UNKNOWN)

# A worker says every few seconds that it is there; after this it is believed gone.
WORKER_GONE_AFTER: Final = timedelta(seconds=30)
DRAFTS_LAST: Final = timedelta(days=7)
# Fewer than the parameters that any database takes in one query.
_AT_ONCE: Final = 500
_LONGEST_ID: Final = 300

_ALREADY: Final = {
    Verb.ARCHIVE: gettext_lazy("It is archived already"),
    Verb.UNARCHIVE: gettext_lazy("It is live already"),
}
_CHANGED_SINCE: Final = gettext_lazy("%(who)s has changed it since")
_NOT_YOURS: Final = gettext_lazy("Only %(who)s, who made this job, or a Manager can do that")


class BadSelection(Exception):
    """The models that were chosen make no job; the sentence says why."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(sentence)

    def __str__(self) -> str:
        return str(self.args[0])


class WrongState(BadSelection):
    """It cannot be done to the job as it is now, whoever asks."""


# --- Making


def make_job(
    *,
    actor: User,
    verb: Verb,
    model_ids: Iterable[str],
    query: str = "",
    whole: bool = False,
    moved: bool = False,
) -> BulkJob:
    """A draft with these models, each with the reason why it will be skipped, if it will be."""
    check_permission(role_of(actor), verb)
    ids = list(dict.fromkeys(make_storable(each)[:_LONGEST_ID] for each in model_ids))
    if not ids:
        raise BadSelection(gettext_lazy("No model was chosen. Tick at least one fine-tune in the list."))
    _check_number(len(ids))
    rows = rows_of(ids)
    items = [_item(each, rows.get(each), why_not(rows.get(each), verb)) for each in ids]
    job = BulkJob(verb=verb, query=query, whole=whole, moved=moved)
    return _save_draft(job, actor, items)


def undo_job(*, actor: User, job_id: str) -> BulkJob:
    """A draft that takes a job back: the reverse, on what that job really changed and nobody has changed since."""
    job = BulkJob.objects.get(pk=job_id)
    verb = REVERSE[Verb(job.verb)]
    check_permission(role_of(actor), verb)
    changed = list(job.items.filter(state=ItemState.DONE))
    if not job.is_over or not changed:
        raise WrongState(NOTHING_TO_UNDO)
    ids = [item.model_id for item in changed]
    rows, latest = rows_of(ids), _latest_changes(ids)
    items = []
    for item in changed:
        row, last = rows.get(item.model_id), latest.get(item.model_id)
        if last is not None and last.action_id != item.action_id and last.undoes != item.action_id:
            facts = ActionDenied(_CHANGED_SINCE, who=last.actor).facts
        else:
            facts = why_not(row, verb)
        items.append(_item(item.model_id, row, facts, undoes=item.action_id))
    return _save_draft(BulkJob(verb=verb, undoes=job.pk, query=job.query), actor, items)


def why_not(row: CatalogModel | None, verb: Verb) -> dict[str, Any]:
    """Why a model will be skipped, as the history would keep it; empty when it will not be."""
    try:
        if row is None:
            raise ActionDenied(NO_SUCH_MODEL)
        check_policy(row, verb)
        if row.archived is (verb is Verb.ARCHIVE):
            raise ActionDenied(_ALREADY[verb])
    except ActionDenied as denied:
        return denied.facts
    return {}


def nothing_to_do(verb: Verb) -> dict[str, Any]:
    """The reason of a model that already was as wished when its turn came."""
    return ActionDenied(_ALREADY[verb]).facts


def _check_number(number: int) -> None:
    if number > MOST_MODELS:
        words = ngettext_lazy("One job takes up to %d model.", "One job takes up to %d models.", MOST_MODELS)
        raise BadSelection(words % MOST_MODELS)


def _item(model_id: str, row: CatalogModel | None, why: dict[str, Any], undoes: str = "") -> BulkItem:
    return BulkItem(
        model_id=model_id,
        label=(row.name or "") if row else "",
        state=ItemState.SKIPPED if why else ItemState.WAITING,
        failure=why,
        undoes=undoes,
    )


def _save_draft(job: BulkJob, actor: User, items: Sequence[BulkItem]) -> BulkJob:
    job.maker, job.made_by, job.created_at = actor, actor.get_username(), timezone.now()
    with transaction.atomic():
        job.save(force_insert=True)
        for position, item in enumerate(items, start=1):
            item.job, item.position = job, position
        BulkItem.objects.bulk_create(items, batch_size=_AT_ONCE)
    return job


def _latest_changes(ids: Sequence[str]) -> dict[str, AuditEvent]:
    """The last action of ours that archived or restored each model."""
    kinds = [KINDS[verb] for verb in BULK_VERBS]
    found: dict[str, AuditEvent] = {}
    for start in range(0, len(ids), _AT_ONCE):
        events = AuditEvent.objects.filter(
            model_id__in=ids[start : start + _AT_ONCE], kind__in=kinds, outcome=AuditEvent.Outcome.SUCCEEDED
        )
        found |= {event.model_id: event for event in history.by_beginning(events)}
    return found


# --- Starting, stopping, going on


def check_may_run(actor: User, job: BulkJob, role: Role | None = None) -> None:
    """Raise ActionDenied unless this person may start, stop and repeat this job."""
    if job.maker_id != actor.pk and (role or role_of(actor)) < Role.MANAGER:
        raise ActionDenied(_NOT_YOURS, who=job.made_by)


def start_job(*, actor: User, job_id: str, reason: str = "", request_id: str = "") -> BulkJob:
    """Hand a reviewed draft to the workers. What happens from now on happens in this person's name."""
    with held(job_id) as job:
        _check_may_act(actor, job)
        if not job.is_draft:
            raise WrongState(gettext_lazy("Somebody has already started or cancelled this job"))
        if not job.items.filter(state=ItemState.WAITING).exists():
            raise WrongState(gettext_lazy("Every model on the list will be skipped, so there is nothing to start"))
        job.reason = reason
        _queue(job, actor, request_id)
    return job


def cancel_job(*, actor: User, job_id: str) -> BulkJob:
    """Send nothing more. What was sent already comes to its end, and counts."""
    with held(job_id) as job:
        check_may_run(actor, job)
        if job.is_over or job.state == JobState.CANCELLED:
            raise WrongState(gettext_lazy("This job is over, so there is nothing left to cancel"))
        end_early(job)
    return job


def retry_job(*, actor: User, job_id: str, request_id: str = "") -> BulkJob:
    """Try again what failed or was refused, and look again at what is not known. Nothing else."""
    return _again(actor, job_id, request_id, TRIED_IN_VAIN)


def resume_job(*, actor: User, job_id: str, request_id: str = "") -> BulkJob:
    """Go on with what a cancellation left unsent."""
    return _again(actor, job_id, request_id, (ItemState.CANCELLED,))


def _again(actor: User, job_id: str, request_id: str, states: Sequence[BulkItem.State]) -> BulkJob:
    with held(job_id) as job:
        _check_may_act(actor, job)
        chosen = job.items.filter(state__in=states)
        if not job.is_over or not job.was_started or not chosen.exists():
            raise WrongState(gettext_lazy("This job has nothing to try again right now"))
        plain: dict[str, Any] = {"not_before": None, "finished_at": None}
        # What is not known is looked at before anything is sent a second time.
        chosen.filter(state=ItemState.UNKNOWN).update(state=ItemState.UNSETTLED, **plain)
        chosen.update(state=ItemState.WAITING, tries=0, failure={}, correlation_id="", **plain)
        _queue(job, actor, request_id)
    return job


def note_settled(event: AuditEvent) -> None:
    """An item that was given up as not known has an outcome after all, if the settled action was its own."""
    state = {AuditEvent.Outcome.SUCCEEDED: ItemState.DONE, AuditEvent.Outcome.FAILED: ItemState.FAILED}
    if event.job and event.outcome in state:
        given_up = BulkItem.objects.filter(job=event.job, action_id=event.action_id, state=ItemState.UNKNOWN)
        given_up.update(
            state=state[AuditEvent.Outcome(event.outcome)],
            failure=event.failure,
            correlation_id=event.correlation_id,
        )


def _check_may_act(actor: User, job: BulkJob) -> None:
    role = role_of(actor)
    check_permission(role, Verb(job.verb))
    check_may_run(actor, job, role)


def _queue(job: BulkJob, actor: User, request_id: str) -> None:
    job.state, job.actor, job.started_by, job.request_id = JobState.QUEUED, actor, actor.get_username(), request_id
    job.started_at = job.started_at or timezone.now()
    job.finished_at, job.paused_until, job.pauses, job.pause, job.failure = None, None, 0, {}, {}
    job.save()


@contextmanager
def held(job_id: str) -> Iterator[BulkJob]:
    """The job's row, locked until the block ends: its state and its items' states change together."""
    with transaction.atomic():
        yield BulkJob.objects.select_for_update().get(pk=job_id)


def end_early(job: BulkJob, failure: dict[str, Any] | None = None) -> None:
    """Leave what was not sent unsent; `failure` is why, unless a person wanted it. The job is held."""
    job.items.filter(state=ItemState.WAITING).update(
        state=ItemState.CANCELLED, finished_at=timezone.now(), not_before=None
    )
    job.state, job.failure = JobState.CANCELLED, failure or {}
    job.finished_at = None if job.items.filter(state__in=SENT).exists() else timezone.now()
    job.save()


def end_if_finished(job: BulkJob) -> None:
    """The last item ends the job. The job is held."""
    if job.items.filter(state__in=OPEN).exists():
        return
    if job.state != JobState.CANCELLED:
        job.state = JobState.DONE
    job.finished_at, job.paused_until = timezone.now(), None
    job.save()


# --- Looking


@dataclass(frozen=True, slots=True)
class Progress:
    """How many items of a job are in which state."""

    counts: dict[str, int]

    def of(self, *states: str) -> int:
        return sum(self.counts.get(state, 0) for state in states)

    @property
    def total(self) -> int:
        """Those that were to be acted on."""
        return sum(self.counts.values()) - self.of(ItemState.SKIPPED)

    @property
    def open(self) -> int:
        return self.of(*OPEN)

    @property
    def handled(self) -> int:
        return self.total - self.open

    @property
    def as_wished(self) -> int:
        return self.of(ItemState.DONE, ItemState.SAME)

    @property
    def in_vain(self) -> int:
        return self.of(*TRIED_IN_VAIN)

    @property
    def unsent(self) -> int:
        return self.of(ItemState.CANCELLED)


def progress_of(jobs: Sequence[BulkJob]) -> dict[str, Progress]:
    """The progress of each job, in one query."""
    counts: dict[str, dict[str, int]] = {job.pk: {} for job in jobs}
    counted = BulkItem.objects.order_by().filter(job__in=jobs).values_list("job_id", "state").annotate(Count("pk"))
    for job_id, state, number in counted:
        counts[job_id][state] = number
    return {job_id: Progress(each) for job_id, each in counts.items()}


def under_way() -> list[tuple[BulkJob, Progress]]:
    """Jobs that somebody has started and that are not over, with how far they are."""
    jobs = list(BulkJob.objects.filter(started_at__isnull=False, finished_at=None).order_by("started_at"))
    progress = progress_of(jobs) if jobs else {}
    return [(job, progress[job.pk]) for job in jobs]


# --- Workers


def new_worker() -> str:
    return secrets.token_hex(8)


def beat(token: str) -> None:
    """Say that a worker is there."""
    JobWorker.objects.update_or_create(token=token, defaults={"seen_at": timezone.now()})


def leave(token: str) -> None:
    JobWorker.objects.filter(token=token).delete()


def sweep() -> None:
    """Forget workers that were killed, and reviews that led to nothing."""
    now = timezone.now()
    # A worker seen at a moment ahead was seen before the clock was set back, and notes a new one if it lives.
    gone = Q(seen_at__lt=now - 10 * WORKER_GONE_AFTER) | Q(seen_at__gt=now + CLOCK_SKEW)
    JobWorker.objects.filter(gone).delete()
    BulkJob.objects.filter(started_at=None, created_at__lt=now - DRAFTS_LAST).delete()


def somebody_works(now: datetime) -> bool:
    seen = JobWorker.objects.filter(seen_at__lte=now + CLOCK_SKEW).aggregate(seen=Max("seen_at"))["seen"]
    return seen is not None and now - seen < WORKER_GONE_AFTER
