"""`Sandbox`: a fake of Mistral's Models API on a loopback port, with its catalog, its faults and its log in reach."""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from http.server import ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from types import TracebackType
from typing import Any, Self

from sandbox.calls import Call, Calls
from sandbox.catalog import Catalog
from sandbox.faults import Faults
from sandbox.handler import Handler
from sandbox.routes import DIALECTS
from sandbox.sources import Source


class Sandbox:
    """Serves from `start` to `stop`, or as a context manager; can be stopped and started again on its port.

        with Sandbox(key="k") as sandbox:
            requests.get(f"{sandbox.url}/models", headers={"authorization": "Bearer k"})

    `dialects` says whose write routes exist, `strict` makes reads answer the contract's fields alone and leave archived
    models out, `latency` is in seconds and waited before every operation.
    """

    def __init__(
        self,
        *,
        key: str = "sandbox-key",
        dialects: Iterable[str] = DIALECTS,
        catalog: Path | str | None = None,
        models: int = 0,
        seed: int = 0,
        state: Path | str | None = None,
        strict: bool = False,
        latency: float = 0.0,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        if not key:
            raise ValueError("The key is empty.")
        self.key = key
        self.dialects = frozenset(dialects)
        if unknown := self.dialects - DIALECTS:
            raise ValueError(
                f"There is no dialect {', '.join(sorted(unknown))}; there are {' and '.join(sorted(DIALECTS))}."
            )
        self.strict = strict
        self.latency = latency
        self.host = loopback(host)
        self.port = port
        self.catalog = Catalog(Source(Path(catalog) if catalog else None, models, seed), Path(state) if state else None)
        self.faults = Faults(seed)
        self.log = Calls()
        self.stopping = threading.Event()
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """Where the API begins, /v1 included. The official SDK wants it without: `url.removesuffix("/v1")`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/v1"

    @property
    def calls(self) -> list[Call]:
        """The calls so far, from the oldest to the newest."""
        return self.log.all()

    @property
    def counts(self) -> Counter[str]:
        """How many calls there were of each verb."""
        return self.log.counts()

    def reset(self) -> None:
        """As at the first start: catalog, faults and log."""
        self.catalog.reset()
        self.faults.clear()
        self.log.clear()

    def start(self) -> Self:
        """Binds the port and serves in a thread of its own. OSError if the port is in use."""
        if self._server is None:
            self.stopping.clear()
            self._server = Server(self)
            self.port = self._server.server_address[1]
            threading.Thread(target=self._server.serve_forever, args=(0.02,), name="sandbox", daemon=True).start()
        return self

    def stop(self) -> None:
        """Ends every connection at once, those that hang included."""
        if self._server is not None:
            self.stopping.set()
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Server(ThreadingHTTPServer):
    """A listening socket that remembers its connections, so that none outlives it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.address_family = socket.AF_INET6 if ":" in sandbox.host else socket.AF_INET
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__((sandbox.host, sandbox.port), Handler)

    def server_bind(self) -> None:
        # Not HTTPServer's: it looks the host's name up, which can take seconds without a network.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.sandbox.host, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        with self._connections_lock:
            open_connections = list(self._connections)
        for connection in open_connections:
            with suppress(OSError):  # the client may have been faster
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news here; anything else is a fault of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def loopback(host: str) -> str:
    """The numeric loopback address meant; ValueError for any other, because nobody but this machine should reach us."""
    numeric = "127.0.0.1" if host == "localhost" else host
    try:
        allowed = ipaddress.ip_address(numeric).is_loopback
    except ValueError:
        allowed = False
    if not allowed:
        raise ValueError(f"The sandbox listens on this machine only (127.0.0.1, ::1 or localhost), not on {host}.")
    return numeric
