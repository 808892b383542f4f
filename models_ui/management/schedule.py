"""What `manage.py run_jobs` does by itself with SCHEDULE=on, so that no cron is needed: sync, digest, old sessions.

A run is claimed by a lease that is held until the next one is due. So of all workers one does the work, a run may come
late and never early, and one that failed comes again after a short time.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from models_ui.alerts.digest.run import send_digests
from models_ui.leases import renew_lease, take_lease
from models_ui.mirror.sync import run_sync
from models_ui.people.sessions import clear_sessions

log = logging.getLogger(__name__)

SYNC_EVERY: Final = timedelta(minutes=10)
DAY: Final = timedelta(days=1)
AGAIN_AFTER: Final = timedelta(minutes=2)  # a run that failed


@dataclass(frozen=True, slots=True)
class ScheduledTask:
    """`run` returns False where it failed, and is to be done again soon."""

    name: str
    every: timedelta
    run: Callable[[], bool]
    at_hour: Callable[[], int] | None = None  # in UTC, of what is done once a day

    def next_run(self, now: datetime) -> datetime:
        if self.at_hour is None:
            return now + self.every
        today = datetime.combine(now.astimezone(UTC).date(), time(self.at_hour()), UTC)
        return today if today > now else today + DAY


def _sync() -> bool:
    return run_sync(asked_by="schedule").outcome != "failed"


def _send_digests() -> bool:
    outcomes = [report.outcome for report in send_digests()]
    return not {"failed", "busy"} & set(outcomes)


def _clear_sessions() -> bool:
    clear_sessions()
    return True


TASKS: Final = (
    ScheduledTask("sync", SYNC_EVERY, _sync),
    ScheduledTask("digest", DAY, _send_digests, lambda: settings.DIGEST_HOUR),
    ScheduledTask("sessions", DAY, _clear_sessions),
)


def run_due_task() -> bool:
    """Do one task that is due. Return False if none is, or another worker does it."""
    return any(_run_if_due(task) for task in TASKS)


def _run_if_due(task: ScheduledTask) -> bool:
    name = f"schedule:{task.name}"
    token = take_lease(name, task.every.total_seconds())
    if token is None:
        return False
    try:
        went_well = task.run()
    except Exception:
        log.exception("schedule: %s went wrong", task.name)
        went_well = False
    now = timezone.now()
    wait = task.next_run(now) - now if went_well else AGAIN_AFTER
    renew_lease(name, token, wait.total_seconds())
    log.info("schedule: %s %s", task.name, "is done" if went_well else "failed, and is tried again")
    return True
