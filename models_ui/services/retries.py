"""When a failed call is worth another try, and after how long.

A failure before anything was sent is tried again whatever the call was. Beyond that only reads are: an answer of
429, 502, 503 or 504 (or one of Cloudflare's own), a read time-out, a cut connection. A write is never repeated once
it was sent, not even after a 429: whoever asked for it decides.
"""

import random
from collections.abc import Callable

from models_ui.services.errors import ConnectionCut, ModelsAPIError, RateLimited, TimedOut, UpstreamFailed

BASE_SECONDS = 0.25
CAP_SECONDS = 8.0
PASSING_TROUBLE = frozenset({502, 503, 504, 520, 521, 522, 523, 524})


class Attempts:
    """The attempts of one call. All times are seconds.

    `number`         of the attempt, from 1
    `retries`        attempts after the first
    `total_timeout`  for all of them with the pauses between
    """

    def __init__(
        self, retries: int, total_timeout: float, *, sleep: Callable[[float], None], clock: Callable[[], float]
    ) -> None:
        self.number = 1
        self._retries = retries
        self._deadline = clock() + total_timeout
        self._least = total_timeout / 20  # seconds that an attempt should have
        self._sleep, self._clock = sleep, clock

    def left(self) -> float:
        """Return the seconds that the whole call still has."""
        return self._deadline - self._clock()

    def pause(self, retry_after: float | None) -> bool:
        """Wait until the next attempt is due. Return False, at once, where none is left.

        Retry-After is obeyed when it came, and ends the call when it is longer than that still has. An attempt that
        would have hardly any time would only fail for want of it, and hide the failure before it.
        """
        if self.number > self._retries:
            return False
        seconds = back_off(self.number) if retry_after is None else retry_after
        if seconds + self._least >= self.left():
            return False
        self._sleep(seconds)  # a busy machine may sleep for longer
        self.number += 1
        return self.left() >= self._least


def is_worth_retrying(error: ModelsAPIError, *, write: bool) -> bool:
    if not error.retryable:
        return False
    if error.no_connection:
        return True
    if write:
        return False
    if isinstance(error, UpstreamFailed):
        return error.status in PASSING_TROUBLE
    return isinstance(error, RateLimited | TimedOut | ConnectionCut)


def back_off(attempt: int) -> float:
    """Return seconds that double with every attempt. Chance keeps many clients from coming back in one moment."""
    return random.uniform(0.5, 1.0) * min(CAP_SECONDS, BASE_SECONDS * 2.0 ** (attempt - 1))  # noqa: S311  # no secret
