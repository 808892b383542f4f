"""`Sandbox`: a fake of Mistral's Models API on a loopback port, with its catalog, its faults and its log in reach."""

from __future__ import annotations

import ipaddress
import threading
from types import TracebackType
from typing import Any, Self

from sandbox.listener import SandboxServer
from sandbox.state import SandboxState


class Sandbox(SandboxState):
    """A server from `start` to `stop`, or as a context manager; can be stopped and started again on its port.

        with Sandbox(key="k") as sandbox:
            requests.get(f"{sandbox.url}/models", headers={"authorization": "Bearer k"})

    `SandboxState` says what the other arguments mean. Raises ValueError for a host that is not this machine.
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, **settings: Any) -> None:
        super().__init__(**settings)
        self.host = loopback(host)
        self.port = port
        self._server: SandboxServer | None = None

    @property
    def url(self) -> str:
        """Where the API begins, /v1 included. The official SDK wants it without: `url.removesuffix("/v1")`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/v1"

    def start(self) -> Self:
        """Bind the port and serve in a thread of its own. Raise OSError if the port is in use."""
        if self._server is None:
            self.stopping.clear()
            self._server = SandboxServer(self, self.host, self.port)
            self.port = self._server.server_address[1]
            threading.Thread(target=self._server.serve_forever, args=(0.02,), name="sandbox", daemon=True).start()
        return self

    def stop(self) -> None:
        """End every connection at once, those that hang included."""
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
