"""The sandbox over real HTTP, and a socket that says whatever a test wants where the sandbox is too well behaved."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from models_ui.services.dialects import PLATFORM, Dialect
from models_ui.services.models_api import ModelsAPI
from models_ui.services.transport import Transport
from sandbox.server import Sandbox

KEY = "secret-KEY-0123456789"

Talk = bytes | Callable[[socket.socket], None]


class RawServer:
    """Reads one request a connection and answers with the next of `answers` (the last one again and again)."""

    def __init__(self, *answers: Talk) -> None:
        self.answers = list(answers)
        self.requests: list[str] = []
        self.stopping = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._socket.accept()
                threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        with line, suppress(OSError):
            request = line.recv(65536).decode("latin-1")
            if not request:
                return
            self.requests.append(request)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if callable(answer):
                answer(line)
            else:
                line.sendall(answer)

    def close(self) -> None:
        self.stopping.set()
        self._socket.close()


Raw = Callable[..., RawServer]


def http_answer(body: bytes | str, status: str = "200 OK", **headers: str) -> bytes:
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(content)}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


EMPTY_LIST = http_answer('{"object":"list","data":[]}')


def make_api(url: str, key: str = KEY, dialect: Dialect = PLATFORM, **options: Any) -> ModelsAPI:
    return ModelsAPI(Transport(url, key, **options), dialect)


@pytest.fixture
def _short_pauses() -> None:
    """The pauses are what these tests are about."""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running


@pytest.fixture
def naps() -> list[float]:
    """What the client would have slept: pass `sleep=naps.append`."""
    return []


@pytest.fixture
def api(sandbox: Sandbox, naps: list[float]) -> ModelsAPI:
    return make_api(sandbox.url, sleep=naps.append)


@pytest.fixture
def raw() -> Iterator[Raw]:
    servers: list[RawServer] = []

    def start(*answers: Talk) -> RawServer:
        servers.append(RawServer(*answers))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def fine_tune(api: ModelsAPI, sandbox: Sandbox) -> str:
    """The id of a fine-tune that is not archived."""
    found = next(card.id for card in api.list().cards if card.is_fine_tuned and not card.archived)
    sandbox.log.clear()
    return found
