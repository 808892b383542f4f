"""Posting messages to the team's Slack-compatible webhook, each at most once.

The address is a secret, since whoever has it can post. So no log, exception or repr has more of it than its host, and
no exception of requests' leaves this module: those carry the request along.
"""

import json
import logging
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NameResolutionError

from models_ui.services.answers import retry_after
from models_ui.services.base_url import find_address_problem
from models_ui.services.connection_errors import causes_of, is_any_cause, is_late
from models_ui.services.exchange import RAISED, DirectSession, ExchangeWatch, WatchedAdapter
from models_ui.services.public_addresses import GuardedAdapter, NotPublic
from models_ui.services.retries import Attempts

logger = logging.getLogger("models_ui.services")

LARGEST_ANSWER = 200  # bytes of an answer's body that are read
_REASON = re.compile(r"[a-z_]{3,40}")  # Slack's own words for one: no_service, channel_is_archived


class BadWebhook(Exception):
    """The address cannot be one that messages are posted to. The text names the problem, and never the address."""


@dataclass(frozen=True, slots=True)
class Posted:
    """The outcome of posting a message.

    `outcome`      sent: it was accepted; failed: it certainly was not; unknown: it was sent and may have been
    `why`          the problem, as the end of a sentence
    `passing`      whether it may be accepted a moment later
    `retry_after`  seconds that the other side asked us to wait
    """

    outcome: Literal["sent", "failed", "unknown"]
    why: str = ""
    passing: bool = False
    retry_after: float | None = None


class Webhook:
    """Posts to one address. All times are seconds, as `Transport` has them.

    Only public addresses over https are posted to, unless `allow_private`. Proxies of the environment are not used:
    behind one, nobody could tell which address is connected to.
    """

    def __init__(
        self,
        url: str,
        *,
        allow_private: bool = False,
        connect_timeout: float = 5.0,
        read_timeout: float = 10.0,
        total_timeout: float = 60.0,
        retries: int = 3,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.host = _host_of(url, allow_private=allow_private)
        self.connect_timeout = connect_timeout
        self.read_timeout = read_timeout
        self.total_timeout = total_timeout
        self.retries = retries
        self._url = url
        self._allow_private = allow_private
        self._sleep = sleep
        self._clock = clock

    def __repr__(self) -> str:
        return f"<Webhook at {self.host}>"

    def post(self, message: Mapping[str, object], *, key: str) -> Posted:
        """Post the message once. `key` goes along with every attempt, so the other side knows that it is the same one.

        An attempt is repeated only where the last one certainly failed: no connection, 429 or 503.
        """
        attempts = Attempts(self.retries, self.total_timeout, sleep=self._sleep, clock=self._clock)
        while True:
            posted = self._attempt(message, key, attempt=attempts.number, left=attempts.left())
            if not (posted.passing and attempts.pause(posted.retry_after)):
                return posted

    def _attempt(self, message: Mapping[str, object], key: str, *, attempt: int, left: float) -> Posted:
        started = self._clock()
        with ExchangeWatch(left) as watch:
            try:
                posted = self._exchange(message, key, left)
            except (*RAISED, NotPublic) as failure:
                posted = _posted_of_failure(failure, watch)
        logger.log(
            logging.INFO if posted.outcome == "sent" else logging.WARNING,
            "webhook at %s -> %s in %.0f ms, attempt %d",
            self.host,
            f"{posted.outcome}: {posted.why}" if posted.why else posted.outcome,
            (self._clock() - started) * 1000,
            attempt,
        )
        return posted

    def _exchange(self, message: Mapping[str, object], key: str, left: float) -> Posted:
        with self._session() as session:
            response = session.post(
                self._url,
                data=json.dumps(message),
                headers={"Content-Type": "application/json", "Idempotency-Key": key},
                timeout=(min(self.connect_timeout, max(left, 0.001)), min(self.read_timeout, max(left, 0.001))),
                verify=os.environ.get("REQUESTS_CA_BUNDLE") or True,
                allow_redirects=False,
                stream=True,
            )
            with response:
                return _posted_of_answer(response)

    def _session(self) -> requests.Session:
        """Return a new session: were a kept connection dead, nobody would know whether the message arrived."""
        session = DirectSession()
        session.trust_env = False
        session.headers.update({"User-Agent": "models-dashboard"})
        adapter = WatchedAdapter() if self._allow_private else GuardedAdapter()
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session


def _host_of(url: str, *, allow_private: bool) -> str:
    """Return the host of a checked address. Raise BadWebhook."""
    if problem := find_address_problem(url):
        raise BadWebhook(problem)
    parts = urlsplit(url)
    if parts.scheme == "http" and not allow_private:
        raise BadWebhook("it must start with https://, unless DIGEST_WEBHOOK_ALLOW_PRIVATE is on")
    if "@" in parts.netloc:
        raise BadWebhook("it must not contain a user name or password")
    return parts.hostname or ""


def _posted_of_answer(response: requests.Response) -> Posted:
    status, reason = response.status_code, _reason_of(response)
    if 200 <= status < 300:
        return Posted("sent")
    if 300 <= status < 400:
        return Posted("failed", f"it answered with a redirect ({status}), and none is followed")
    why = f"it answered {status}{reason}"
    if status in (429, 503):
        return Posted("failed", why, passing=True, retry_after=retry_after(response.headers))
    return Posted("failed" if 400 <= status < 500 else "unknown", why)


def _reason_of(response: requests.Response) -> str:
    """Return the other side's word for a refusal. A longer text could hold anything, the secret address too."""
    try:
        body = next(response.iter_content(LARGEST_ANSWER), b"").decode(errors="replace").strip()
    except RAISED:
        return ""
    return f" ({body})" if _REASON.fullmatch(body) else ""


def _posted_of_failure(failure: Exception, watch: ExchangeWatch) -> Posted:
    causes = list(causes_of(failure))
    late = is_late(causes, watch)
    if watch.sent:
        return Posted("unknown", "it did not answer in time" if late else "the connection was cut before it answered")
    if is_any_cause(causes, NotPublic):
        return Posted(
            "failed", "its host is at an address that is not public; DIGEST_WEBHOOK_ALLOW_PRIVATE=on would allow that"
        )
    if is_any_cause(causes, NameResolutionError):
        return Posted("failed", "its name could not be looked up", passing=True)
    if is_any_cause(causes, requests.exceptions.SSLError):
        return Posted("failed", "no secure connection could be made, most likely for its certificate")
    return Posted("failed", "it took no connection in time" if late else "it took no connection", passing=True)
