"""Claiming an item of a bulk job: a lease that one worker holds, for longer than an action can take.

The lease's token is the fence: a worker that comes back after its lease expired writes nothing.
"""

import secrets
from datetime import datetime, timedelta
from hashlib import blake2s

from django.db.models import Q, QuerySet

from models_ui.actions import lock
from models_ui.bulk import pauses
from models_ui.bulk.jobs import ItemState, JobState
from models_ui.leases import is_over
from models_ui.models import BulkItem, BulkJob

_CANDIDATES = 16  # other workers may take the first ones at the same moment


def claim_item(now: datetime) -> BulkItem | None:
    """Return the first item that is due, with a lease of our own; None where there is none right now."""
    return next((item for item in _due_items(now)[:_CANDIDATES] if _take_lease(item, now)), None)


def action_id_of(item: BulkItem) -> str:
    """Return the action id of the item's current attempt, derived from job, position and attempt number."""
    return blake2s(f"{item.job_id}/{item.position}/{item.attempt}".encode(), digest_size=16).hexdigest()


def _due_items(now: datetime) -> QuerySet[BulkItem]:
    """Return the items whose turn has come: unsent ones, unsettled ones, and those of dead workers."""
    its_turn = Q(not_before=None) | is_over("not_before", now, pauses.CAP)
    may_go_on = Q(job__paused_until=None) | Q(job__paused_until__lte=now)
    unsent = Q(state=ItemState.WAITING, job__state__in=(JobState.QUEUED, JobState.RUNNING))
    open_question = Q(state=ItemState.UNSETTLED)
    abandoned = Q(state=ItemState.WORKING) & is_over("lease_expires_at", now, _lease_time().total_seconds())
    jobs = Q(job__finished_at=None) & ~Q(job__started_at=None)
    return BulkItem.objects.filter(jobs, abandoned | ((unsent | open_question) & its_turn & may_go_on)).order_by(
        "job__started_at", "position"
    )


def _take_lease(item: BulkItem, now: datetime) -> bool:
    """Take the lease, unless another worker was quicker. One conditional UPDATE, alike on every database."""
    as_seen = {name: getattr(item, name) for name in ("state", "attempt", "lease_token")}
    if item.state == ItemState.WAITING:
        item.attempt += 1
        item.action_id = action_id_of(item)
    item.state, item.lease_token, item.lease_expires_at = ItemState.WORKING, secrets.token_hex(16), now + _lease_time()
    taken = BulkItem.objects.filter(pk=item.pk, **as_seen).update(
        **{name: getattr(item, name) for name in ("state", "attempt", "action_id", "lease_token", "lease_expires_at")}
    )
    if taken:
        BulkJob.objects.filter(pk=item.job_id, state=JobState.QUEUED).update(state=JobState.RUNNING)
    return bool(taken)


def _lease_time() -> timedelta:
    """Return more time than an action and its wait for the model's lock can take together."""
    return lock.lock_time() + timedelta(seconds=lock.PATIENCE)
