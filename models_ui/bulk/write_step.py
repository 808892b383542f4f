"""Writing the outcome of an attempt on an item, and what follows from it for the job."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from models_ui.bulk.decide import Step
from models_ui.bulk.jobs import ItemState, JobState, end_early, end_if_finished, lock_job
from models_ui.bulk.pauses import back_off_seconds, longest_pause_after
from models_ui.models import BulkItem, BulkJob

log = logging.getLogger(__name__)


def write_step(item: BulkItem, step: Step) -> None:
    """Write the item's new state, release its lease and update its job. Write nothing if the lease was taken over."""
    with lock_job(item.job_id) as job:
        state, now = step.state, timezone.now()
        if state == ItemState.WAITING and job.state == JobState.CANCELLED:
            state = ItemState.CANCELLED
        if not _release_item(item, step, state, now):
            log.warning("job %s: the lease of %s was taken over", job.pk, item.model_id)
            return
        _write_job(job, step, state, now)
        end_if_finished(job)


def _release_item(item: BulkItem, step: Step, state: BulkItem.State, now: datetime) -> bool:
    is_over = state not in (ItemState.WAITING, ItemState.UNSETTLED)
    released = BulkItem.objects.filter(pk=item.pk, lease_token=item.lease_token).update(
        state=state,
        lease_token="",
        lease_expires_at=None,
        not_before=now + timedelta(seconds=step.wait) if step.wait else None,
        tries=item.tries + step.counts,
        action_id=step.action_id or item.action_id,
        failure=step.detail.to_json(),
        correlation_id=step.correlation_id,
        finished_at=now if is_over else None,
    )
    return bool(released)


def _write_job(job: BulkJob, step: Step, state: BulkItem.State, now: datetime) -> None:
    if step.halt and job.state != JobState.CANCELLED:
        end_early(job, step.error_facts)
    elif step.pause:
        _pause_job(job, step.error_facts, now)
    elif job.pauses and state == ItemState.DONE and not _is_paused(job, now):
        job.pauses, job.paused_until, job.pause = 0, None, {}
        job.save()


def _is_paused(job: BulkJob, now: datetime) -> bool:
    return job.paused_until is not None and job.paused_until > now


def _pause_job(job: BulkJob, error_facts: Mapping[str, Any], now: datetime) -> None:
    """Pause as long as upstream asked for, else a little longer each time. Threads that fail together pause once."""
    was_paused = _is_paused(job, now)
    asked = error_facts.get("retry_after")
    seconds = longest_pause_after(error_facts) if asked else back_off_seconds(job.pauses)
    until = now + timedelta(seconds=seconds)
    if not was_paused:
        job.pauses += 1
    if not was_paused or (asked and job.paused_until is not None and until > job.paused_until):
        job.paused_until, job.pause = until, dict(error_facts)
    job.save()
