"""HTTP to the Models API: the limits on time and size, the retries, the log. One call in, one answer or error out."""

import logging
import time
from collections.abc import Callable, Mapping

from models_ui.metrics import count_call
from models_ui.services import errors
from models_ui.services.answers import APIAnswer, read_reply
from models_ui.services.base_url import host_of, is_loopback
from models_ui.services.bulkhead import take_place
from models_ui.services.connection_errors import error_from_failure
from models_ui.services.errors import ModelsAPIError
from models_ui.services.exchange import RAISED, SAFE_VERBS, Connections, ExchangeWatch
from models_ui.services.retries import Attempts, is_worth_retrying
from models_ui.text.plain import plain_text

logger = logging.getLogger("models_ui.services")


class Transport:
    """Calls below one base URL with one key. All times are seconds.

    `connect_timeout`  for a connection (each address of the host), TLS included
    `read_timeout`     between two pieces of an answer
    `total_timeout`    for the whole call with its retries and pauses; looking the name up is the one thing that it
                       cannot interrupt
    `max_bytes`        of a decoded body
    `retries`          attempts after the first, see `retries.py`

    Threads may share a Transport. Proxies and CA bundles of the environment are honoured, except for a loopback
    address, which a proxy would look for on its own machine. Redirects are never followed.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        connect_timeout: float = 5.0,
        read_timeout: float = 10.0,
        total_timeout: float = 20.0,
        max_bytes: int = 32 * 1024 * 1024,
        retries: int = 3,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.connect_timeout = connect_timeout
        self.read_timeout = read_timeout
        self.total_timeout = total_timeout
        self.max_bytes = max_bytes
        self.retries = retries
        self._key = api_key
        is_here = is_loopback(host_of(self.base_url))
        self._connections = Connections(self.base_url, api_key, uses_environment=not is_here)
        self._sleep = sleep
        self._clock = clock

    def __repr__(self) -> str:
        return f"<Transport to {self.base_url}>"

    def call(self, verb: str, path: str, *, model_id: str = "", body: Mapping[str, object] | None = None) -> APIAnswer:
        """Make one call, repeated as `retries.py` allows. `path` is relative to the base URL and already encoded.

        Raise a ModelsAPIError: TooBusy and Unreachable when nothing was sent, TimedOut, ConnectionCut or
        BadAnswer when no usable answer came, else what the status means. `outcome_unknown` is set on those after which
        a write may have happened.
        """
        if not take_place():
            raise errors.TooBusy(model_id=model_id)
        write = verb not in SAFE_VERBS
        attempts = Attempts(self.retries, self.total_timeout, sleep=self._sleep, clock=self._clock)
        while True:
            outcome = self._attempt(verb, path, model_id, body, attempt=attempts.number, left=attempts.left())
            if isinstance(outcome, APIAnswer):
                return outcome
            if not (is_worth_retrying(outcome, write=write) and attempts.pause(outcome.retry_after)):
                raise outcome

    def probe(self, verb: str, path: str) -> APIAnswer | ModelsAPIError:
        """Make one attempt with a verb that by HTTP's rules changes nothing. An error is returned, not raised."""
        if verb not in SAFE_VERBS:
            raise ValueError(f"{verb} could change something")
        return self._attempt(verb, path, "", None, attempt=1, left=self.total_timeout, failure_level=logging.DEBUG)

    def close(self) -> None:
        """Close this thread's connections; they open again when needed."""
        self._connections.close()

    def _attempt(
        self,
        verb: str,
        path: str,
        model_id: str,
        body: Mapping[str, object] | None,
        *,
        attempt: int,
        left: float,
        failure_level: int = logging.WARNING,
    ) -> APIAnswer | ModelsAPIError:
        """Make one exchange and log it.

        An error is returned instead of raised, so that it is raised outside of any `except` block: an exception
        chained to it would carry the request along, and with it the key.
        """
        write = verb not in SAFE_VERBS
        started = self._clock()
        watch = ExchangeWatch(left)
        timeouts = self.connect_timeout, self.read_timeout
        outcome: APIAnswer | ModelsAPIError
        try:
            reply = self._connections.exchange(watch, verb, path, body, timeouts=timeouts, max_bytes=self.max_bytes)
        except RAISED as failure:
            outcome = error_from_failure(failure, watch, write=write, model_id=model_id)
        else:
            outcome = read_reply(reply, is_late=watch.expired, write=write, model_id=model_id, secret=self._key)
        seconds = self._clock() - started
        if isinstance(outcome, ModelsAPIError):
            level, code, said = failure_level, outcome.code, f"{outcome.status or 'no answer'} {outcome.code}"
        else:
            level, code, said = logging.INFO, "ok", str(outcome.status)
        count_call(verb, code, seconds)
        logger.log(  # never the key, a header or a body
            level,
            "%s %s -> %s in %.0f ms, attempt %d, correlation id %s",
            verb,
            model_id or "models",
            said,
            seconds * 1000,
            attempt,
            plain_text(outcome.correlation_id, 100) or "-",
        )
        return outcome
