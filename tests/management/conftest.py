"""Commands as processes of their own, each with a directory for what it keeps and ports that nobody else has."""

import fcntl
import os
import pty
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import requests

from tests.support import ROOT

# What the tests' own environment or a developer's `.env` may say, and a started process should not hear.
UNSET = (
    "MISTRAL_API_KEY",
    "MODELS_API_BASE_URL",
    "MODELS_API_DIALECT",
    "MODELS_API_TIMEOUT",
    "MODELS_API_TOTAL_TIMEOUT",
    "DATABASE_URL",
    "DEMO_PASSWORD",
    "SECRET_KEY",
    "DEBUG",
    "HTTPS",
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "EMAIL_URL",
    "LOG_LEVEL",
)


def free_port() -> int:
    """Return a port below those that systems give away, so that no other test is given it in the meantime."""
    while True:
        with suppress(OSError), socket.create_server(("127.0.0.1", random.randrange(20_000, 32_768))) as probe:
            return probe.getsockname()[1]


def environment(var: Path, **more: object) -> dict[str, str]:
    """As the tests' own, but for what is named. Empty counts as unset, and wins over a developer's `.env`."""
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    ours = {"VAR_DIR": var, "PORT": free_port(), "SANDBOX_PORT": free_port(), "WEB_CONCURRENCY": 1, **more}
    return inherited | dict.fromkeys(UNSET, "") | {name: str(value) for name, value in ours.items()}


class Serving:
    """`manage.py serve` in a session of its own, as a terminal's Ctrl-C would find it.

    Its output goes to a file, which `on_terminal` fills through a terminal of its own.
    """

    def __init__(self, var: Path, *, on_terminal: bool = False, **more: object) -> None:
        self.environment = environment(var, **more)
        self.port, self.sandbox_port = (int(self.environment[name] or 0) for name in ("PORT", "SANDBOX_PORT"))
        self.url = f"http://127.0.0.1:{self.port}"
        self.started = time.monotonic()
        self.log = var / f"serve-{self.port}-{self.started}.log"  # another start on this port has its own
        with self.log.open("wb") as log, ExitStack() as stack:
            output = stack.enter_context(os.fdopen(self._copied_terminal(), "wb")) if on_terminal else log
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _copied_terminal(self) -> int:
        """Open a terminal, and copy what is written to it into the log until nobody writes any more."""
        reading, writing = pty.openpty()

        def copy() -> None:
            with self.log.open("ab", buffering=0) as log, suppress(OSError):  # raised when the last writer is gone
                while written := os.read(reading, 4096):
                    log.write(written)
            os.close(reading)

        threading.Thread(target=copy, daemon=True).start()
        return writing

    @property
    def output(self) -> str:
        return self.log.read_text()

    def until(self, words: str, seconds: float = 60) -> "Serving":
        """Waits for words in the output."""
        deadline = time.monotonic() + seconds
        while words not in self.output:
            assert time.monotonic() < deadline, self.output
            assert self.process.poll() is None, self.output
            time.sleep(0.02)
        return self

    def family(self) -> dict[int, str]:
        """The living processes of the session, by id, each with its command line."""
        found = {}
        for each in Path("/proc").iterdir():
            with suppress(ValueError, OSError):
                pid = int(each.name)
                state = (each / "stat").read_text().rpartition(")")[2].split()[0]
                if os.getsid(pid) == self.process.pid and state != "Z":
                    found[pid] = (each / "cmdline").read_text().replace("\0", " ")
        return found

    def member(self, module: str) -> int:
        """The oldest process of a module."""
        return min(pid for pid, command in self.family().items() if f"-m {module}" in command)

    def ended(self, seconds: float = 10) -> int:
        """The exit code, once it has ended."""
        return self.process.wait(seconds)

    def alone(self, seconds: float = 5) -> bool:
        """Whether nothing of it is left within some seconds, and both ports can be had again."""
        deadline = time.monotonic() + seconds
        while self.family():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        for port in filter(None, (self.port, self.sandbox_port)):
            socket.create_server(("127.0.0.1", port)).close()
        return True

    def interrupt(self) -> None:
        """Ctrl-C: the signal goes to every process in front of the terminal."""
        os.killpg(self.process.pid, signal.SIGINT)

    def get(self, path: str, session: requests.Session | None = None) -> requests.Response:
        # A kept connection would be waited for, a little, when the server stops.
        return (session or requests).get(self.url + path, timeout=10, headers={"Connection": "close"})


Serve = Callable[..., Serving]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start `manage.py serve`: `serve(var, MISTRAL_API_KEY="…")`. Whatever is left of it ends with the test."""
    started: list[Serving] = []

    def start(var: Path, **more: object) -> Serving:
        started.append(Serving(var, **more))
        return started[-1]

    yield start
    for serving in started:
        for pid in serving.family():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        serving.process.wait()


@pytest.fixture(scope="session")
def first_var(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """What a first start and a Ctrl-C leave behind. Its log tells what the start said. All workers share one."""
    directory = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        directory = directory.parent  # which the workers of one run have in common
    var = directory / "first"
    with (directory / "first.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not var.exists():  # also after another worker's start failed: each shows the reason
            begun = directory / "begun"
            shutil.rmtree(begun, ignore_errors=True)
            begun.mkdir()
            _start_once(begun)
            begun.rename(var)
    return var


def _start_once(var: Path) -> None:
    serving = Serving(var)
    try:
        serving.until("Sign in as:", seconds=90).until("manager")
    finally:
        serving.interrupt()
        serving.ended()
    serving.log.rename(var / "first.log")


@pytest.fixture
def var(first_var: Path, tmp_path: Path) -> Path:
    """A directory of one's own in which the dashboard ran before, so that starting takes little time."""
    return Path(shutil.copytree(first_var, tmp_path / "var"))


def press(serving: Serving, name: str, below: str = "") -> requests.Session:
    """One click on a demo person's button on the login page: sends what its form holds."""
    browser = requests.Session()
    html = serving.get(f"{below}/accounts/login/?next={below}/models/", browser).text
    form = next(form for form in re.findall(r"<form.*?</form>", html, re.DOTALL) if f'value="{name}"' in form)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    assert re.search(rf'<button type="submit"[^>]*>{name}</button>', form)
    action = re.search(r'action="([^"]*)"', form)[1]
    answer = browser.post(serving.url + action, data=fields, headers={"Connection": "close"}, timeout=10)
    assert answer.url == f"{serving.url}{below}/models/"
    return browser
