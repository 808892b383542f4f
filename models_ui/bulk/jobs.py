"""Bulk jobs: one verb on many models, reviewed before it starts and finished whoever closes their browser.

    make_job -> draft, with the list frozen -> start_job -> queued -> runner.py -> done or cancelled

The ids a person reviews are the ids that are acted on: they are rows of the job from the first moment on, and nothing
is looked up again by a filter. Who made a job, and every Manager, may start and stop it; everybody may look.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext_lazy

from models_ui.access.policy import NO_SUCH_MODEL, NOTHING_TO_UNDO, ActionDenied, check_permission, check_policy
from models_ui.access.roles import Role, role_of
from models_ui.access.verbs import VERBS, Verb, bulk_words_of, kinds_of_field
from models_ui.actions.model_row import rows_of
from models_ui.audit.history import order_by_beginning
from models_ui.audit.outcome_detail import NO_DETAIL, OutcomeDetail
from models_ui.leases import CLOCK_SKEW
from models_ui.models import AuditEvent, BulkItem, BulkJob, CatalogModel, JobWorker
from models_ui.prepared_query import PreparedQuery
from models_ui.vocabulary import make_storable

JobState = BulkJob.State
ItemState = BulkItem.State

MOST_MODELS: Final = 5_000
# A job is over when it has no item in one of these states.
OPEN: Final = (ItemState.WAITING, ItemState.WORKING, ItemState.UNSETTLED)
# Sent, so a cancellation comes too late for it.
SENT: Final = (ItemState.WORKING, ItemState.UNSETTLED)
TRIED_IN_VAIN: Final = (ItemState.FAILED, ItemState.REFUSED, ItemState.UNKNOWN)

# A worker writes a heartbeat every few seconds; without one for so long it is believed dead.
WORKER_GONE_AFTER: Final = timedelta(seconds=30)
DRAFTS_LAST: Final = timedelta(days=7)
# Fewer than the parameters that any database takes in one query.
_AT_ONCE: Final = 500
_LONGEST_ID: Final = 300

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
    """Save and return a draft with these models, each with the reason why it will be skipped, if it will be."""
    check_permission(role_of(actor), verb)
    ids = list(dict.fromkeys(make_storable(model_id)[:_LONGEST_ID] for model_id in model_ids))
    if not ids:
        raise BadSelection(gettext_lazy("No model was chosen. Tick at least one fine-tune in the list."))
    _check_number(len(ids))
    rows = rows_of(ids)
    items = [_new_item(model_id, rows.get(model_id), skip_detail(rows.get(model_id), verb)) for model_id in ids]
    job = BulkJob(verb=verb, query=query, whole=whole, moved=moved)
    return _save_draft(job, actor, items)


def undo_job(*, actor: User, job_id: str) -> BulkJob:
    """Save and return a draft that takes a job back: the reverse, on each model that the job changed.

    Models that were changed again since are skipped.
    """
    job = BulkJob.objects.get(pk=job_id)
    verb = reverse_of(job)
    check_permission(role_of(actor), verb)
    changed = list(job.items.filter(state=ItemState.DONE))
    if not job.is_over or not changed:
        raise WrongState(NOTHING_TO_UNDO)
    ids = [item.model_id for item in changed]
    rows, latest = rows_of(ids), _latest_changes(ids, verb)
    items = []
    for item in changed:
        row, last = rows.get(item.model_id), latest.get(item.model_id)
        if last is not None and last.action_id != item.action_id and last.undoes != item.action_id:
            detail: OutcomeDetail = ActionDenied(_CHANGED_SINCE, who=last.actor).detail
        else:
            detail = skip_detail(row, verb)
        items.append(_new_item(item.model_id, row, detail, undoes=item.action_id))
    return _save_draft(BulkJob(verb=verb, undoes=job.pk, query=job.query), actor, items)


def reverse_of(job: BulkJob) -> Verb:
    """Return the verb of a job that takes this one back."""
    reverse = VERBS[Verb(job.verb)].reverse
    assert reverse is not None
    return reverse


def skip_detail(row: CatalogModel | None, verb: Verb) -> OutcomeDetail:
    """Return why a model will be skipped; NO_DETAIL when it will not be."""
    if row is None:
        return ActionDenied(NO_SUCH_MODEL).detail
    try:
        check_policy(row, verb)
    except ActionDenied as denied:
        return denied.detail
    is_so_already = getattr(row, VERBS[verb].field or "") == VERBS[verb].target
    return already_detail(verb) if is_so_already else NO_DETAIL


def already_detail(verb: Verb) -> OutcomeDetail:
    """Return the reason for a model that already was as asked for."""
    return ActionDenied(bulk_words_of(verb).already).detail


def _check_number(number: int) -> None:
    if number > MOST_MODELS:
        words = ngettext_lazy("One job takes up to %d model.", "One job takes up to %d models.", MOST_MODELS)
        raise BadSelection(words % MOST_MODELS)


def _new_item(model_id: str, row: CatalogModel | None, skipped: OutcomeDetail, undoes: str = "") -> BulkItem:
    return BulkItem(
        model_id=model_id,
        label=(row.name or "") if row else "",
        state=ItemState.WAITING if skipped == NO_DETAIL else ItemState.SKIPPED,
        failure=skipped.to_json(),
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


def _latest_changes(ids: Sequence[str], verb: Verb) -> dict[str, AuditEvent]:
    """Return the last action of ours on what this verb changes of each model, by model id."""
    kinds = kinds_of_field(VERBS[verb].field or "")
    latest: dict[str, AuditEvent] = {}
    for start in range(0, len(ids), _AT_ONCE):
        events = AuditEvent.objects.filter(
            model_id__in=ids[start : start + _AT_ONCE], kind__in=kinds, outcome=AuditEvent.Outcome.SUCCEEDED
        )
        latest |= {event.model_id: event for event in order_by_beginning(events)}
    return latest


# --- Starting, stopping, going on


def check_may_run(actor: User, job: BulkJob, role: Role | None = None) -> None:
    """Raise ActionDenied unless this person may start, stop and repeat this job."""
    if job.maker_id != actor.pk and (role or role_of(actor)) < Role.MANAGER:
        raise ActionDenied(_NOT_YOURS, who=job.made_by)


def start_job(
    *,
    actor: User,
    job_id: str,
    reason: str = "",
    names: Mapping[str, Sequence[str]] | None = None,
    request_id: str = "",
) -> BulkJob:
    """Queue a reviewed draft. All that its workers do happens in this person's name."""
    with lock_job(job_id) as job:
        _check_may_act(actor, job)
        if not job.is_draft:
            raise WrongState(gettext_lazy("Somebody has already started or cancelled this job"))
        if not job.items.filter(state=ItemState.WAITING).exists():
            raise WrongState(gettext_lazy("Every model on the list will be skipped, so there is nothing to start"))
        job.reason, job.names = reason, dict(names or {})
        _queue_job(job, actor, request_id)
    return job


def cancel_job(*, actor: User, job_id: str) -> BulkJob:
    """Send nothing more. Items that were sent already come to their end, and count."""
    with lock_job(job_id) as job:
        check_may_run(actor, job)
        if job.is_over or job.state == JobState.CANCELLED:
            raise WrongState(gettext_lazy("This job is over, so there is nothing left to cancel"))
        end_early(job)
    return job


def retry_job(*, actor: User, job_id: str, request_id: str = "") -> BulkJob:
    """Queue the items that failed or were refused once more, and look again at those of unknown outcome."""
    return _queue_again(actor, job_id, request_id, TRIED_IN_VAIN)


def resume_job(*, actor: User, job_id: str, request_id: str = "") -> BulkJob:
    """Queue the items that a cancellation left unsent."""
    return _queue_again(actor, job_id, request_id, (ItemState.CANCELLED,))


def _queue_again(actor: User, job_id: str, request_id: str, states: Sequence[BulkItem.State]) -> BulkJob:
    with lock_job(job_id) as job:
        _check_may_act(actor, job)
        chosen = job.items.filter(state__in=states)
        if not job.is_over or not job.was_started or not chosen.exists():
            raise WrongState(gettext_lazy("This job has nothing to try again right now"))
        plain: dict[str, Any] = {"not_before": None, "finished_at": None}
        # What is not known is looked at before anything is sent a second time.
        chosen.filter(state=ItemState.UNKNOWN).update(state=ItemState.UNSETTLED, **plain)
        chosen.update(state=ItemState.WAITING, tries=0, failure={}, correlation_id="", **plain)
        _queue_job(job, actor, request_id)
    return job


def note_settled(event: AuditEvent) -> None:
    """Give an item of unknown outcome the outcome of its action, once that is settled."""
    states = {AuditEvent.Outcome.SUCCEEDED: ItemState.DONE, AuditEvent.Outcome.FAILED: ItemState.FAILED}
    if event.job and event.outcome in states:
        given_up = BulkItem.objects.filter(job=event.job, action_id=event.action_id, state=ItemState.UNKNOWN)
        given_up.update(
            state=states[AuditEvent.Outcome(event.outcome)],
            failure=event.failure,
            correlation_id=event.correlation_id,
        )


def _check_may_act(actor: User, job: BulkJob) -> None:
    role = role_of(actor)
    check_permission(role, Verb(job.verb))
    check_may_run(actor, job, role)


def _queue_job(job: BulkJob, actor: User, request_id: str) -> None:
    job.state, job.actor, job.started_by, job.request_id = JobState.QUEUED, actor, actor.get_username(), request_id
    job.started_at = job.started_at or timezone.now()
    job.finished_at, job.paused_until, job.pauses, job.pause, job.failure = None, None, 0, {}, {}
    job.save()


@contextmanager
def lock_job(job_id: str) -> Iterator[BulkJob]:
    """Lock the job's row until the block ends: its state and its items' states change together."""
    with transaction.atomic():
        yield BulkJob.objects.select_for_update().get(pk=job_id)


def end_early(job: BulkJob, error_facts: Mapping[str, Any] | None = None) -> None:
    """Cancel all waiting items. `error_facts` is None when a person cancelled. The caller holds the job's row lock."""
    job.items.filter(state=ItemState.WAITING).update(
        state=ItemState.CANCELLED, finished_at=timezone.now(), not_before=None
    )
    job.state, job.failure = JobState.CANCELLED, dict(error_facts or {})
    job.finished_at = None if job.items.filter(state__in=SENT).exists() else timezone.now()
    job.save()


def end_if_finished(job: BulkJob) -> None:
    """End the job if none of its items is open. The caller holds the job's row lock."""
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
        """The number of items to be acted on."""
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
    """Return the progress of each job, by its id, in one query."""
    counts: dict[str, dict[str, int]] = {job.pk: {} for job in jobs}
    counted = BulkItem.objects.order_by().filter(job__in=jobs).values_list("job_id", "state").annotate(Count("pk"))
    for job_id, state, number in counted:
        counts[job_id][state] = number
    return {job_id: Progress(numbers) for job_id, numbers in counts.items()}


def _under_way() -> QuerySet[BulkJob]:
    return BulkJob.objects.filter(started_at__isnull=False, finished_at=None)


_ANY_UNDER_WAY: Final = PreparedQuery(lambda: _under_way().values_list("pk"))


def jobs_under_way() -> list[tuple[BulkJob, Progress]]:
    """Return the jobs that were started and are not over, with their progress."""
    if _ANY_UNDER_WAY.first() is None:  # as nearly always
        return []
    jobs = list(_under_way().order_by("started_at"))
    progress = progress_of(jobs)
    return [(job, progress[job.pk]) for job in jobs]


# --- Workers


def new_worker_token() -> str:
    return secrets.token_hex(8)


def write_heartbeat(token: str) -> None:
    """Note that a worker is alive."""
    JobWorker.objects.update_or_create(token=token, defaults={"seen_at": timezone.now()})


def forget_worker(token: str) -> None:
    JobWorker.objects.filter(token=token).delete()


def delete_leftovers() -> None:
    """Delete workers that were killed, and drafts that were never started."""
    now = timezone.now()
    # A worker seen at a moment ahead was seen before the clock was set back, and notes a new one if it lives.
    gone = Q(seen_at__lt=now - 10 * WORKER_GONE_AFTER) | Q(seen_at__gt=now + CLOCK_SKEW)
    JobWorker.objects.filter(gone).delete()
    BulkJob.objects.filter(started_at=None, created_at__lt=now - DRAFTS_LAST).delete()


def last_heartbeat(now: datetime) -> datetime | None:
    """Return when a worker was last seen; None where none ever was, or ended as it should."""
    known = JobWorker.objects.filter(seen_at__lte=now + CLOCK_SKEW)
    seen: datetime | None = known.aggregate(seen=Max("seen_at"))["seen"]
    return seen


def has_live_worker(now: datetime) -> bool:
    seen = last_heartbeat(now)
    return seen is not None and now - seen < WORKER_GONE_AFTER
