"""How long items and jobs wait before something is sent again. In seconds."""

import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from models_ui.leases import is_ahead
from models_ui.models import BulkJob

# Both double with every further time, up to the cap.
BACK_OFF = 2.0
LOOK_PAUSE: Final = 2.0
CAP = 60.0
BUSY_PAUSE: Final = 5.0
_LONGEST_ASKED: Final = 86_400.0


def back_off_seconds(times_before: int) -> float:
    """Double with every time. The jitter keeps workers from coming back in the same moment."""
    return random.uniform(0.5, 1.0) * min(CAP, BACK_OFF * 2.0 ** min(times_before, 30))  # noqa: S311  # no secret


def longest_pause_after(error_facts: Mapping[str, Any]) -> float:
    """Return the seconds that a job pauses at most after such an error: as long as upstream asked for, if it did."""
    asked = error_facts.get("retry_after")
    return min(float(asked), _LONGEST_ASKED) if asked else CAP


def end_void_pauses(now: datetime) -> bool:
    """End the pauses that began before the clock was set back. Return whether there were any."""
    void = [
        job.pk
        for job in BulkJob.objects.filter(finished_at=None, paused_until__gt=now)
        if job.paused_until and is_ahead(job.paused_until, now, longest_pause_after(job.pause))
    ]
    return bool(void) and bool(BulkJob.objects.filter(pk__in=void).update(paused_until=None))
