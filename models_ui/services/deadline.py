"""Connections that tell whether anything was sent yet, and that end at a fixed time.

The time-outs of sockets count from the last byte, so a server that drips one byte a second could hold a thread for
hours, in the headers or the body. An `ExchangeWatch` hangs up at a fixed time instead, from a timer's thread. Only it
knows whether a failure came before the request was sent, which decides whether a write may be repeated.
"""

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar, Self

import requests.adapters
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

_current = threading.local()


class ExchangeWatch:
    """Follows the exchange that this thread makes inside `with ExchangeWatch(seconds) as watch`."""

    def __init__(self, seconds: float) -> None:
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
