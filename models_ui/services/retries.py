"""When a failed call is worth another try, and after how long.

A failure before anything was sent is tried again whatever the call was. Beyond that only reads are: an answer of
429, 502, 503 or 504 (or one of Cloudflare's own), a read time-out, a cut connection. A write is never repeated once
it was sent, not even after a 429: whoever asked for it decides.
"""

import random
from collections.abc import Callable
from typing import TypeVar

from models_ui.services.errors import ConnectionCut, ModelsAPIError, RateLimited, TimedOut, UpstreamFailed

BASE_SECONDS = 0.25
CAP_SECONDS = 8.0
PASSING_TROUBLE = frozenset({502, 503, 504, 520, 521, 522, 523, 524})

Outcome = TypeVar("Outcome")


def repeat_attempts(
    attempt_call: Callable[[int, float], Outcome],
    pause_after: Callable[[Outcome, int, float], float | None],
    *,
    total_timeout: float,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
) -> Outcome:
    """Return the outcome of the last attempt.

    `attempt_call`  makes one attempt, given its number, from 1, and the seconds that the whole call still has
    `pause_after`   returns the seconds to wait after an outcome, given the same; None: no further attempt
    """
    deadline = clock() + total_timeout
    attempt = 1
    while True:
        outcome = attempt_call(attempt, deadline - clock())
        pause = pause_after(outcome, attempt, deadline - clock())
        if pause is None:
            return outcome
        sleep(pause)
        attempt += 1


def pause_before_retry(error: ModelsAPIError, *, write: bool, attempt: int, retries: int, left: float) -> float | None:
    """Return the seconds to wait before the next attempt, or None when there should be none."""
    if not _is_worth_retrying(error, write=write):
        return None
    return choose_pause(attempt, retries, error.retry_after, left)


def choose_pause(attempt: int, retries: int, retry_after: float | None, left: float) -> float | None:
    """Return the seconds to wait after an attempt that may be repeated, or None when no attempt is left.

    `attempt` counts from 1; `left` is how many seconds the whole call still has. Retry-After is obeyed when it came,
    and ends the call when it is longer than that.
    """
    if attempt > retries:
        return None
    pause = back_off(attempt) if retry_after is None else retry_after
    return pause if pause < left else None


def _is_worth_retrying(error: ModelsAPIError, *, write: bool) -> bool:
    if not error.retryable:
        return False
    if error.nothing_sent:
        return True
    if write:
        return False
    if isinstance(error, UpstreamFailed):
        return error.status in PASSING_TROUBLE
    return isinstance(error, RateLimited | TimedOut | ConnectionCut)


def back_off(attempt: int) -> float:
    """Return seconds that double with every attempt. Chance keeps many clients from coming back in one moment."""
    return random.uniform(0.5, 1.0) * min(CAP_SECONDS, BASE_SECONDS * 2.0 ** (attempt - 1))  # noqa: S311  # no secret
