"""HTTP to the Models API: the key, the limits on time and size, the retries. One call in, one answer or error out."""

import http.cookiejar
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import requests
from requests.auth import AuthBase

from models_ui.metrics import count_call
from models_ui.services import errors
from models_ui.services.answers import allowed_verbs, correlation_id, decode_json, error_from_answer
from models_ui.services.base_url import host_of, is_loopback
from models_ui.services.bulkhead import take_place
from models_ui.services.connection_errors import RAISED, error_from_failure
from models_ui.services.deadline import ExchangeWatch, WatchedAdapter
from models_ui.services.errors import ModelsAPIError
from models_ui.services.redaction import Redaction, redaction_of
from models_ui.services.retries import Attempts, is_worth_retrying
from models_ui.text.plain import plain_text

logger = logging.getLogger("models_ui.services")

CHUNK = 64 * 1024
LARGEST_ERROR = 64 * 1024  # bytes of an error's body that are read: enough for any sentence
SAFE_VERBS = frozenset({"GET", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class APIAnswer:
    """A 2xx answer. `value` is the decoded JSON; it is None, and `empty` True, when there was no body."""

    status: int
    value: object
    empty: bool
    correlation_id: str
    allow: tuple[str, ...] = ()


class KeyAuth(AuthBase):
    """The key as a bearer token. As an auth object, because requests lets a .netrc replace a mere header."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request

    def __repr__(self) -> str:
        return "<KeyAuth>"


class DirectSession(requests.Session):
    """A session that does not look at redirects: even when told not to follow one, requests reads the whole of its
    body and prepares the next request."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class Transport:
    """Calls below one base URL with one key. All times are seconds.

    `connect_timeout`  for a connection (each address of the host), TLS included
    `read_timeout`     between two pieces of an answer
    `total_timeout`    for the whole call with its retries and pauses; looking the name up is the one thing that it
                       cannot interrupt
    `max_bytes`        of a decoded body
    `retries`          attempts after the first, see `retries.py`

    Threads may share a Transport: each gets a requests.Session of its own, since a Session is not promised to be
    safe between threads. Proxies and CA bundles of the environment are honoured, except for a loopback address,
    which a proxy would look for on its own machine. Redirects are never followed.
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
        self._redaction = redaction_of(api_key)
        self._auth = KeyAuth(api_key)
        self._sleep = sleep
        self._clock = clock
        self._thread_state = threading.local()

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
        self._session().close()

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
        with ExchangeWatch(left) as watch:
            try:
                outcome = self._exchange(verb, path, model_id, body, left, watch)
            except RAISED as failure:
                outcome = error_from_failure(failure, watch, write=write, model_id=model_id)
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

    def _exchange(
        self, verb: str, path: str, model_id: str, body: Mapping[str, object] | None, left: float, watch: ExchangeWatch
    ) -> APIAnswer | ModelsAPIError:
        write = verb not in SAFE_VERBS
        session = self._session()
        if write:
            # Were a kept connection dead, nobody would know whether the write arrived.
            session.close()
        response = session.request(
            verb,
            f"{self.base_url}/{path}",
            data=None if body is None else json.dumps(body),
            headers={} if body is None else {"Content-Type": "application/json"},
            auth=self._auth,
            timeout=(min(self.connect_timeout, max(left, 0.001)), min(self.read_timeout, max(left, 0.001))),
            allow_redirects=False,
            stream=True,
        )
        with response:
            if not 200 <= response.status_code < 300:
                return error_from_answer(
                    response.status_code,
                    response.headers,
                    _read_error(response),
                    write=write,
                    model_id=model_id,
                    secret=self._key,
                )
            content = read_body(response, self.max_bytes)
        if content is not None and not watch.expired:
            return _parse_answer(response, content, self._redaction, write=write, model_id=model_id)
        kind = errors.TimedOut if watch.expired else errors.TooLarge
        return kind(
            status=response.status_code,
            correlation_id=correlation_id(self._redaction.headers(response.headers)),
            outcome_unknown=write,
            model_id=model_id,
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._thread_state, "session", None)
        if session is None:
            session = DirectSession()
            session.headers.update({"Accept": "application/json", "User-Agent": "models-dashboard"})
            session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
            session.mount("https://", WatchedAdapter())
            session.mount("http://", WatchedAdapter())
            session.trust_env = not is_loopback(host_of(self.base_url))
            self._thread_state.session = session
        return session


def read_body(response: requests.Response, limit: int) -> bytes | None:
    """Return the decoded body, or None when it is larger than `limit` bytes."""
    body = bytearray()
    for chunk in response.iter_content(CHUNK):
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def _read_error(response: requests.Response) -> bytes:
    """Return an error's body as far as it can be read; the status says enough without it."""
    try:
        return read_body(response, LARGEST_ERROR) or b""
    except RAISED:
        return b""


def _parse_answer(
    response: requests.Response, content: bytes, redaction: Redaction, *, write: bool, model_id: str
) -> APIAnswer | ModelsAPIError:
    """Return what a 2xx says, without the key, which a gateway may echo anywhere in it."""
    status = response.status_code
    is_empty = not content.strip() or response.request.method == "OPTIONS"  # whose body, if any, is prose
    try:
        decoded = None if is_empty else decode_json(content)
    except ValueError:
        headers = redaction.headers(response.headers)
        return errors.NotJSON(
            status=status, correlation_id=correlation_id(headers), outcome_unknown=write, model_id=model_id
        )
    headers, value = redaction.headers(response.headers), redaction.value(decoded)
    return APIAnswer(status, value, is_empty, correlation_id(headers, value), allowed_verbs(headers))
