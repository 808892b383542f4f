"""One exchange over HTTP: what is sent to a server, and its reply as it came, within a fixed time and size.

The time-outs of sockets count from the last byte, so a server that drips one byte a second could hold a thread for
hours, in the headers or the body. An `ExchangeWatch` hangs up at a fixed time instead, from a timer's thread. The watch
also notes when the request is sent: a write may be repeated only after a failure that came before that (`watch.sent`).
"""

import http.client
import http.cookiejar
import json
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

import requests
import requests.adapters
import urllib3
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection, HTTPSConnection

# Everything that an exchange over HTTP can raise.
RAISED = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)

CHUNK: Final = 64 * 1024
LARGEST_ERROR: Final = 64 * 1024  # bytes of an error's body that are read: enough for any sentence
SAFE_VERBS: Final = frozenset({"GET", "OPTIONS"})

_current = threading.local()


class ExchangeWatch:
    """Follows the exchange that this thread makes inside `with ExchangeWatch(seconds) as watch`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = max(seconds, 0.001)
        self.sent = False
        self.expired = False
        self._connection: HTTPConnection | None = None
        self._socket: Any = None
        self._over = False
        self._lock = threading.Lock()
        self._timer = threading.Timer(max(seconds, 0), self._hang_up)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        _current.watch = self
        self._timer.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        with self._lock:  # a timer that fires now must not hang up on the next user of a kept connection
            self._over = True
        self._timer.cancel()
        _current.watch = None

    def connecting(self, connection: HTTPConnection) -> None:
        self._connection = connection

    def sending(self, connection: HTTPConnection) -> None:
        with self._lock:
            if self.expired:  # looking the name up or connecting took all the time there was
                raise TimeoutError("too late to send")
            # http.client forgets the socket as soon as an answer says "Connection: close", so keep a reference.
            self._socket = connection.sock
            self.sent = True

    def _hang_up(self) -> None:
        with self._lock:
            if self._over:
                return
            self.expired = True
            line = self._socket or getattr(self._connection, "sock", None)
            if line is not None:
                # The plain socket's method: that of a TLS socket would pull the TLS object from under its reader.
                with suppress(OSError, TypeError):
                    socket.socket.shutdown(line, socket.SHUT_RDWR)


def _current_watch() -> ExchangeWatch | None:
    return getattr(_current, "watch", None)


class WatchedConnection(HTTPConnection):
    """A connection that reports to this thread's watch."""

    def connect(self) -> None:
        if watch := _current_watch():
            watch.connecting(self)
        super().connect()

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()  # http.client would do so anyway, but after we had said "sending"
        if watch := _current_watch():
            watch.sending(self)
        super().request(*args, **kwargs)


class WatchedTLSConnection(WatchedConnection, HTTPSConnection):
    pass


class WatchedPool(urllib3.HTTPConnectionPool):
    ConnectionCls = WatchedConnection


class WatchedTLSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = WatchedTLSConnection


class WatchedAdapter(requests.adapters.HTTPAdapter):
    """requests' adapter over watched connections, also when they go through a proxy; it retries nothing itself."""

    pools: ClassVar[Mapping[str, type[urllib3.HTTPConnectionPool]]] = {"http": WatchedPool, "https": WatchedTLSPool}

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._use_our_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        return self._use_our_pools(super().proxy_manager_for(proxy, **proxy_kwargs))

    def _use_our_pools(self, manager: Any) -> Any:
        if not isinstance(manager, urllib3.PoolManager) or "SOCKS" in type(manager).__name__:
            return manager  # SOCKS has pools of its own; an exchange through it is only held to the sockets' time-outs
        manager.pool_classes_by_scheme = dict(self.pools)
        return manager


# --- What is sent, and what comes back


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


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of any status, as it came: headers and body may echo the key, so nothing but `answers.py` reads them.

    `body` is decoded from its transfer; it is None when it is larger than the limit.
    """

    verb: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)


class Connections:
    """The connections to the server of one base URL, with one key.

    Threads may share them: each gets a requests.Session of its own, since a Session is not promised to be safe between
    threads. `uses_environment`: whether its proxies and CA bundles are honoured. Redirects are never followed.
    """

    def __init__(self, base_url: str, key: str, *, uses_environment: bool) -> None:
        self._base_url = base_url
        self._auth = KeyAuth(key)
        self._uses_environment = uses_environment
        self._thread_state = threading.local()

    def __repr__(self) -> str:
        return f"<Connections to {self._base_url}, {self._auth}>"

    def exchange(
        self,
        watch: ExchangeWatch,
        verb: str,
        path: str,
        body: Mapping[str, object] | None,
        *,
        timeouts: tuple[float, float],
        max_bytes: int,
    ) -> Reply:
        """Send one request and return the reply. Raise one of RAISED when none came.

        `timeouts` are the seconds for a connection, and between two pieces of the reply.
        """
        with watch:
            session = self._session()
            if verb not in SAFE_VERBS:
                # Were a kept connection dead, nobody would know whether the write arrived.
                session.close()
            response = session.request(
                verb,
                f"{self._base_url}/{path}",
                data=None if body is None else json.dumps(body),
                headers={} if body is None else {"Content-Type": "application/json"},
                auth=self._auth,
                timeout=(min(timeouts[0], watch.seconds), min(timeouts[1], watch.seconds)),
                allow_redirects=False,
                stream=True,
            )
            with response:
                is_success = 200 <= response.status_code < 300
                content = read_body(response, max_bytes) if is_success else _read_error(response)
        return Reply(verb, response.status_code, response.headers, content)

    def close(self) -> None:
        """Close this thread's connections; they open again when needed."""
        self._session().close()

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._thread_state, "session", None)
        if session is None:
            session = DirectSession()
            session.headers.update({"Accept": "application/json", "User-Agent": "models-dashboard"})
            session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
            session.mount("https://", WatchedAdapter())
            session.mount("http://", WatchedAdapter())
            session.trust_env = self._uses_environment
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
