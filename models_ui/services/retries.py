"""When a failed call is worth another try, and after how long.

A failure before anything was sent is tried again whatever the call was. Beyond that only reads are: an answer of
429, 502, 503 or 504 (or one of Cloudflare's own), a read time-out, a cut connection. A write is never repeated once
it was sent, not even after a 429: who asked for it decides.
"""

import random

from .errors import ConnectionCut, ModelsAPIError, RateLimited, TimedOut, Unreachable, UpstreamFailed

BASE_SECONDS = 0.25
CAP_SECONDS = 8.0
PASSING_TROUBLE = frozenset({502, 503, 504, 520, 521, 522, 523, 524})


def pause_before_retry(error: ModelsAPIError, *, write: bool, attempt: int, retries: int, left: float) -> float | None:
    """Seconds to wait before the next attempt, or None when there should be none.

    `attempt` counts from 1; `left` is how many seconds the whole call still has. Upstream's Retry-After is obeyed
    when it came, and ends the call when it is longer than what is left.
    """
    if attempt > retries or not _is_worth_retrying(error, write=write):
        return None
    pause = back_off(attempt) if error.retry_after is None else error.retry_after
    return pause if pause < left else None


def _is_worth_retrying(error: ModelsAPIError, *, write: bool) -> bool:
    if not error.retryable:
        return False
    if isinstance(error, Unreachable):
        return True
    if write:
        return False
    if isinstance(error, UpstreamFailed):
        return error.status in PASSING_TROUBLE
    return isinstance(error, RateLimited | TimedOut | ConnectionCut)


def back_off(attempt: int) -> float:
    """Seconds to wait. Doubles with every attempt; the jitter keeps many clients from coming back in one moment."""
    return random.uniform(0.5, 1.0) * min(CAP_SECONDS, BASE_SECONDS * 2.0 ** (attempt - 1))  # noqa: S311  # no secret
