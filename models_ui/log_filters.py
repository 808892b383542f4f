"""Log filters: the request's id in every line that it causes, and no webhook address or secret link in any.

The API key is kept out of logs in `services/`.

Imported while logging is set up, so it imports nothing of Django.
"""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from urllib.parse import quote

from models_ui.text.isolation import escape_controls

request_id: ContextVar[str] = ContextVar("request_id", default="-")


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON: time (UTC), level, logger, request id, message, and the trace of an error.

    The request id is also on the page of an error and in the events that the request caused.
    """

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        # Django tells of a 404 or 403 after the last middleware is done, and gives the request along.
        of_record = getattr(getattr(record, "request", None), "request_id", None)
        record.request_id = of_record or request_id.get()
        return True


# The address of a feed and the links of an invitation, of a sign-in, of a new password and of a new e-mail address let
# their reader in. The filter blots them out wherever they stand, and any text in the place of one, as behind /feeds/.
# The web server in front has a log of its own: deploy/proxy/.
KEYED_PLACES = ("feeds", "invitation", "sign-in-link", "confirm-email", "reset/key")
_KEYED_ADDRESSES = r"(?:feed|invite)-[\w-]{16,}" + "".join(rf"|(?<=/{place}/)[^/\s\"'?#]+" for place in KEYED_PLACES)
_SHORTEST_PIECE = 12  # of a webhook's address: shorter pieces of its path are words


class SecretsFilter(logging.Filter):
    """Replaces secrets in log lines. It is for loggers, not only for our handler, since other handlers get the same
    record.

    Everything after the host of the webhook's address is secret, and so is each longer piece of it.
    """

    def __init__(self, webhook: str = "") -> None:
        super().__init__()
        tail = webhook.partition("://")[2].partition("/")[2]
        pieces = {tail, quote(tail, safe="/?&=#%:@;,+$!'()*~"), *re.split(r"[/?&=#]", tail)}
        known = sorted((piece for piece in pieces if len(piece) >= _SHORTEST_PIECE), key=len, reverse=True)
        self._secret = re.compile("|".join([*map(re.escape, known), _KEYED_ADDRESSES]), re.IGNORECASE)

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        blotted = self._secret.sub("…", message)
        if blotted != message:
            record.msg, record.args = blotted, ()
        return True


class RefusalFilter(logging.Filter):
    """Leaves out the trace of what Django refuses, as a foreign host name: anybody can cause it, and nothing broke."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = None
        return True


class DirectionFilter(logging.Filter):
    """Spells out the characters that turn the direction of writing, so that a line reads as it was written."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        escaped = escape_controls(message)
        if escaped != message:
            record.msg, record.args = escaped, ()
        return True
