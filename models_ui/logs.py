"""The request's id in every log line it causes. Imported while logging is set up, so it imports nothing of Django."""

import logging
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="-")


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        # Django tells of a 404 or 403 after the last middleware is done, and gives the request along.
        of_record = getattr(getattr(record, "request", None), "request_id", None)
        record.request_id = of_record or request_id.get()
        return True
