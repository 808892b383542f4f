"""A message to the team's Slack-compatible webhook: posted once, or certainly not, or nobody knows.

The address is a secret, since whoever has it can post. So it is in no log, exception or repr, only its host is, and
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

from models_ui.services.connection_errors import RAISED, causes_of
from models_ui.services.deadline import Watch, WatchedAdapter
from models_ui.services.public_addresses import GuardedAdapter, NotPublic

from .answers import retry_after
from .retries import back_off
from .transport import DirectSession

logger = logging.getLogger("models_ui.services")

LARGEST_ANSWER = 200  # bytes of an answer's body that are read
_REASON = re.compile(r"[a-z_]{3,40}")  # Slack's own words for one: no_service, channel_is_archived


class BadWebhook(Exception):
    """The address cannot be one that messages are posted to. Says what is the matter with it, and not what it is."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of posting a message.

    `outcome`      sent: it was accepted; failed: it certainly was not; unknown: it was sent and may have been
    `why`          what went wrong, as the end of a sentence
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
        """Post it once. `key` goes along with every attempt, by which the other side can tell it is the same message.

        Tried again only where the last attempt certainly came to nothing: no connection, 429 or 503. A wait that
        the other side asks for is kept, or ends it when it is longer than the time that is left.
        """
        deadline = self._clock() + self.total_timeout
        attempt = 1
        while True:
            posted = self._attempt(message, key, attempt=attempt, left=deadline - self._clock())
            if not posted.passing or attempt > self.retries:
                return posted
            pause = back_off(attempt) if posted.retry_after is None else posted.retry_after
            if pause >= deadline - self._clock():
                return posted
            self._sleep(pause)
            attempt += 1

    def _attempt(self, message: Mapping[str, object], key: str, *, attempt: int, left: float) -> Posted:
        started = self._clock()
        with Watch(left) as watch:
            try:
                posted = self._exchange(message, key, left)
            except (*RAISED, NotPublic) as failure:
                posted = _of_failure(failure, watch)
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
                return _of_answer(response)

    def _session(self) -> requests.Session:
        """A new one each time: a kept connection that died quietly would leave us not knowing."""
        session = DirectSession()
        session.trust_env = False
        session.headers.update({"User-Agent": "models-dashboard"})
        adapter = WatchedAdapter() if self._allow_private else GuardedAdapter()
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session


def _host_of(url: str, *, allow_private: bool) -> str:
    """The host, after a look at the rest of the address. Raises BadWebhook."""
    if any(c.isspace() or not c.isprintable() for c in url):
        raise BadWebhook("it contains spaces or control characters")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise BadWebhook("it is no web address") from None
    if parts.scheme not in ("https", "http") or not host:
        raise BadWebhook("it must start with https:// and name a host")
    if parts.scheme == "http" and not allow_private:
        raise BadWebhook("it must start with https://, unless DIGEST_WEBHOOK_ALLOW_PRIVATE is on")
    if "@" in parts.netloc:
        raise BadWebhook("it must not contain a user name or password")
    return host


def _of_answer(response: requests.Response) -> Posted:
    status, reason = response.status_code, _reason(response)
    if 200 <= status < 300:
        return Posted("sent")
    if 300 <= status < 400:
        return Posted("failed", f"it answered with a redirect ({status}), and none is followed")
    why = f"it answered {status}{reason}"
    if status in (429, 503):
        return Posted("failed", why, passing=True, retry_after=retry_after(response.headers))
    return Posted("failed" if 400 <= status < 500 else "unknown", why)


def _reason(response: requests.Response) -> str:
    """The other side's word for a refusal, if it is one. Anything longer could hold anything, our address too."""
    try:
        body = next(response.iter_content(LARGEST_ANSWER), b"").decode(errors="replace").strip()
    except RAISED:
        return ""
    return f" ({body})" if _REASON.fullmatch(body) else ""


def _of_failure(failure: Exception, watch: Watch) -> Posted:
    causes = list(causes_of(failure))

    def among(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    late = watch.expired or among(requests.exceptions.Timeout, TimeoutError)
    if watch.sent:
        return Posted("unknown", "it did not answer in time" if late else "the connection was cut before it answered")
    if among(NotPublic):
        return Posted(
            "failed", "its host is at an address that is not public; DIGEST_WEBHOOK_ALLOW_PRIVATE=on would allow that"
        )
    if among(NameResolutionError):
        return Posted("failed", "its name could not be looked up", passing=True)
    if among(requests.exceptions.SSLError):
        return Posted("failed", "no secure connection could be made, most likely for its certificate")
    return Posted("failed", "it took no connection in time" if late else "it took no connection", passing=True)
