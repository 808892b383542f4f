"""The request's id in every log line it causes, and no secret in any. Imported while logging is set up, so it imports
nothing of Django."""

import logging
import re
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="-")


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        # Django tells of a 404 or 403 after the last middleware is done, and gives the request along.
        of_record = getattr(getattr(record, "request", None), "request_id", None)
        record.request_id = of_record or request_id.get()
        return True


# A feed's address is its reader's key. Blotted out wherever it stands, and whatever stands where it belongs.
_FEED_SECRET = re.compile(r"feed-[\w-]{16,}|(?<=/feeds/)[^/\s\"'?#]+", re.IGNORECASE)


class SecretsFilter(logging.Filter):
    """For loggers, not only for our handler: whatever else listens gets the same record."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        blotted = _FEED_SECRET.sub("…", message)
        if blotted != message:
            record.msg, record.args = blotted, ()
        return True
