"""Firefox over WebDriver BiDi and WebKit over WebDriver, each with what a journey needs and no dependency."""

import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.request import Request, urlopen

from tests.other_browsers.web_socket import WebSocket

SIZE = (1280, 900)
_MINI_BROWSERS = "lib/*/webkit2gtk-4.*/MiniBrowser"


class Driver(Protocol):
    def open(self, address: str) -> None: ...

    def evaluate(self, script: str) -> Any:
        """Return what the body of a function returns, as JSON carries it."""

    def act(self, actions: Sequence[dict[str, Any]]) -> None:
        """Press keys and move the pointer, in the words of WebDriver's actions, which both protocols share."""


class Firefox:
    def __init__(self, port: int) -> None:
        self._socket = WebSocket(port, "/session")
        self._number = 0
        self._ask("session.new", capabilities={})
        # A window of one's own has the focus, without which no key presses a button.
        self._context = self._ask("browsingContext.create", type="window")["context"]
        viewport = dict(zip(("width", "height"), SIZE, strict=True))
        self._ask("browsingContext.setViewport", context=self._context, viewport=viewport)

    def open(self, address: str) -> None:
        self._ask("browsingContext.navigate", context=self._context, url=address, wait="complete")

    def evaluate(self, script: str) -> Any:
        answer = self._ask(
            "script.evaluate",
            expression=f"JSON.stringify((() => {{ {script} }})() ?? null)",
            target={"context": self._context},
            awaitPromise=False,
        )
        if answer["type"] != "success":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def act(self, actions: Sequence[dict[str, Any]]) -> None:
        self._ask("input.performActions", context=self._context, actions=list(actions))

    def _ask(self, method: str, **params: Any) -> Any:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.receive())
            if answer.get("id") == self._number:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['message']}")
                return answer["result"]


class WebKit:
    def __init__(self, port: int, browser: str) -> None:
        self._base = f"http://127.0.0.1:{port}"
        options = {"binary": browser, "args": ["--automation"]}
        capabilities = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        self._session = self._ask("/session", {"capabilities": capabilities})["sessionId"]
        size = dict(zip(("width", "height"), SIZE, strict=True))
        self._ask(f"/session/{self._session}/window/rect", size)

    def open(self, address: str) -> None:
        self._ask(f"/session/{self._session}/url", {"url": address})

    def evaluate(self, script: str) -> Any:
        return self._ask(f"/session/{self._session}/execute/sync", {"script": script, "args": []})

    def act(self, actions: Sequence[dict[str, Any]]) -> None:
        self._ask(f"/session/{self._session}/actions", {"actions": list(actions)})

    def close(self) -> None:
        with suppress(OSError):
            urlopen(Request(f"{self._base}/session/{self._session}", method="DELETE"), timeout=20).close()

    def _ask(self, path: str, body: dict[str, Any]) -> Any:
        request = Request(self._base + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]


@contextmanager
def firefox() -> Iterator[Driver]:
    program = _find("firefox-esr", "firefox")
    port = _free_port()
    with tempfile.TemporaryDirectory() as profile:
        flags = ["--headless", "--no-remote", "--profile", profile, f"--remote-debugging-port={port}"]
        with _running([program, *flags, "about:blank"], port):
            yield Firefox(port)


@contextmanager
def webkit() -> Iterator[Driver]:
    """WebKitGTK under a virtual screen, since MiniBrowser has no headless form."""
    browser = next((str(path) for path in sorted(Path("/usr").glob(_MINI_BROWSERS), reverse=True)), None)
    if browser is None:
        raise SystemExit("no MiniBrowser here: apt-get install webkit2gtk-driver xvfb")
    port = _free_port()
    screen = ["xvfb-run", "--auto-servernum", "--server-args=-screen 0 1600x1200x24"]
    with _running([*screen, _find("WebKitWebDriver"), f"--port={port}"], port):
        driver = WebKit(port, browser)
        try:
            yield driver
        finally:
            driver.close()


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(port: int) -> None:
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise SystemExit(f"nothing answers on port {port}")


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port


def _find(*names: str) -> str:
    for name in names:
        if path := shutil.which(name):
            return path
    raise SystemExit(f"none of these is here: {', '.join(names)}")
