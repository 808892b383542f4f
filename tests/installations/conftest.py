"""Installations: each has settings and files of its own, and all share the database of the test."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from sandbox import Sandbox
from tests.support import ROOT
from tests.support.processes import address_of_the_test_database, until


class Installation:
    """Starts chores (`chores.py`) as processes of their own, tells what they returned, and kills them."""

    def __init__(self, home: Path, sandbox: Sandbox) -> None:
        self.results = home / "results"
        self.results.mkdir(parents=True)
        inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        ours = {
            "RESULTS": str(self.results),
            "DATABASE_URL": address_of_the_test_database(),
            "VAR_DIR": str(home / "var"),
            "MISTRAL_API_KEY": sandbox.key,
            "MODELS_API_BASE_URL": sandbox.url,
            "MODELS_API_DIALECT": "platform",
            "MODELS_API_TIMEOUT": "1",
            "MODELS_API_TOTAL_TIMEOUT": "1.5",
            "EMAIL_URL": "dummymail://",
            "LOG_LEVEL": "CRITICAL",
            "SECRET_KEY": django_settings.SECRET_KEY,
        }
        command, pipe = [sys.executable, "-m", "tests.installations.chores"], subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=ROOT, env=inherited | ours, stdin=pipe, stdout=pipe, text=True)
        self.started: list[int] = []

    def start(self, chore: str, **wish: Any) -> int:
        """Return the process id."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"chore": chore, **wish}) + "\n")
        self.process.stdin.flush()
        self.started.append(int(self.process.stdout.readline()))
        return self.started[-1]

    def result(self, pid: int, seconds: float = 30) -> Any:
        """Return what a chore returned, once it has ended."""
        told = self.results / f"{pid}.json"
        until(told.exists, seconds)
        return json.loads(told.read_text())

    def is_running(self, pid: int) -> bool:
        """Return whether a process neither ended nor died."""
        with suppress(OSError):
            return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
        return False

    def kill(self, pid: int) -> None:
        assert pid in self.started
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        for pid in self.started:
            if not (self.results / f"{pid}.json").exists():
                self.kill(pid)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


@pytest.fixture
def install(sandbox: Sandbox, tmp_path: Path) -> Iterator[Callable[[], Installation]]:
    """Make another installation: `install()`."""
    made: list[Installation] = []

    def add() -> Installation:
        made.append(Installation(tmp_path / f"installation-{len(made)}", sandbox))
        return made[-1]

    yield add
    for installation in made:
        installation.close()


@pytest.fixture
def tunes(sandbox: Sandbox) -> Callable[[int], list[str]]:
    """Add so many live fine-tunes upstream and return their ids: `tunes(40)`. The next sync tells of them."""

    def add(number: int) -> list[str]:
        pattern = next(entry for entry in sandbox.catalog.entries() if entry["id"].startswith("ft:"))
        ids = [f"ft:open-mistral-7b:many:20260101:{place:04d}" for place in range(number)]
        sandbox.catalog.add(*({**pattern, "id": each, "name": f"Model {each[-4:]}", "archived": False} for each in ids))
        return ids

    return add
