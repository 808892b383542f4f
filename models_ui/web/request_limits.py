"""Limits on how often a person may ask for what takes long: exports, syncs, private links. Generous for people."""

import logging
import time
from collections import Counter
from functools import wraps
from typing import Any, Final

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy

from models_ui.access.rate_limits import may_use
from models_ui.web.plain_pages import plain_page
from models_ui.web.request import View

logger = logging.getLogger(__name__)


SECONDS: Final = 60
# Uses within SECONDS by one person, over all processes and machines.
MOST_USES: Final = {"export": 60, "sync": 30}
# Reads of one private link within SECONDS, in one process: reading a feed writes nothing.
MOST_READS: Final = 120


def limit_exports(view: View) -> View:
    """Answer 429 in place of the view where the person has exported too often."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
        return refuse_too_many(request, "export", request.user.pk) or view(request, *args, **options)

    return wrapped


def refuse_too_many(request: HttpRequest, kind: str, whose: int | None) -> HttpResponse | None:
    """Count one use of this kind. Return the page that refuses it if there were too many, else None.

    Where the database cannot be written nothing is counted, since it may still be read.
    """
    try:
        if may_use(f"{kind} of {whose}", most=MOST_USES[kind], seconds=SECONDS):
            return None
    except DatabaseError:
        return None
    logger.warning("Person %s asked for more than %d of: %s, in %d seconds", whose, MOST_USES[kind], kind, SECONDS)
    return _refusal(request)


class ReadCounter:
    """Counts the reads of each private link in the running minute. Threads may lose a count, which does no harm."""

    def __init__(self) -> None:
        self.minute, self.reads = 0, Counter[int]()

    def refuse(self, request: HttpRequest, link: int) -> HttpResponse | None:
        """Count one read of a link. Return the page that refuses it if there were too many, else None."""
        minute = running_minute()
        if minute != self.minute:
            self.minute, self.reads = minute, Counter()
        self.reads[link] += 1
        if self.reads[link] <= MOST_READS:
            return None
        logger.warning("Private link %s was read more than %d times in %d seconds", link, MOST_READS, SECONDS)
        return _refusal(request)


def running_minute() -> int:
    return int(time.monotonic() // SECONDS)


feed_reads = ReadCounter()


def _refusal(request: HttpRequest) -> HttpResponse:
    return plain_page(
        request,
        429,
        gettext_lazy("That was asked for too often"),
        gettext_lazy("Nothing was done. Wait a minute, then try again."),
        retry_after=SECONDS,
    )
