"""The real process: its ready line, its state across restarts, its ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support import ROOT

pytestmark = pytest.mark.slow

KEY = {"authorization": "Bearer sandbox-key"}

Run = Callable[..., "Running"]


@dataclass
class Running:
    process: subprocess.Popen[str]
    url: str

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        return requests.request(method, self.url + path, headers=KEY, timeout=5, **options)

    def end(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Ends it; answers how many seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=5)
        assert (out, err, self.process.returncode) == ("", "", 0)
        return time.monotonic() - began


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "sandbox", *arguments]


@pytest.fixture
def run() -> Iterator[Run]:
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> Running:
        process = subprocess.Popen(
            _command("--port", "0", *arguments), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert " at http://127.0.0.1:" in line, line
        return Running(process, line.split()[-1])

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _fails(*arguments: str) -> str:
    done = subprocess.run(_command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=10)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_rename_survives_a_restart(run: Run, tmp_path: Path):
    state = tmp_path / "below" / "state.json"
    first = run("--state", str(state))
    tune = first.request("GET", "/models").json()["data"][-1]["id"]
    before = first.request("GET", "/models/pixtral-12b").json()["deprecation"]
    assert first.request("PATCH", f"/models/{tune}", json={"name": "Renommé"}).status_code == 200
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    first.end()

    # As if it had been started a week ago: dates stay counted from then.
    saved = json.loads(state.read_text())
    state.write_text(json.dumps(saved | {"anchor": "2026-01-01"}))
    again = run("--state", str(state))
    assert again.request("GET", f"/models/{tune}").json()["name"] == "Renommé"
    assert again.request("GET", "/models/pixtral-12b").json()["deprecation"] == before
    reset = requests.post(again.url.removesuffix("/v1") + "/_sandbox/reset", headers=KEY, timeout=5)
    assert reset.status_code == 200
    assert again.request("GET", f"/models/{tune}").json()["name"] != "Renommé"
    assert again.request("GET", "/models/pixtral-12b").json()["deprecation"] == "2026-01-24T12:00:00Z"
    again.end()
    assert [file.name for file in state.parent.iterdir()] == ["state.json"]


def test_a_state_of_another_catalog_is_not_overwritten(run: Run, tmp_path: Path):
    state = tmp_path / "state.json"
    run("--state", str(state)).end()
    kept = state.read_bytes()
    assert "belongs to another catalog" in _fails("--state", str(state), "--models", "5")
    assert state.read_bytes() == kept


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"anchor": 1}'])
def test_a_state_that_cannot_be_read_is_named(tmp_path: Path, content: str):
    state = tmp_path / "state.json"
    state.write_text(content)
    assert f"The state {state} cannot be read" in _fails("--state", str(state))


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe" * 5000, b"\x00" * 5000, b"[" * 50_000, b'{"anchor": "' + b"x" * 5000],
    ids=lambda text: text[:4],
)
def test_a_broken_file_is_named_in_one_short_line_without_its_content(tmp_path: Path, content: bytes):
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    for option in ("--state", "--catalog"):
        line = _fails(option, str(path))
        assert line.count("\n") == 1, line
        assert f"{path} cannot be read" in line
        assert len(line) < 200 + len(str(path)), line


def test_a_catalog_that_cannot_be_read_is_named(tmp_path: Path):
    assert "cannot be read" in _fails("--catalog", str(tmp_path / "none.json"))
    (tmp_path / "wrong.json").write_text('{"data": 7}')
    assert "neither a list nor" in _fails("--catalog", str(tmp_path / "wrong.json"))


def test_a_busy_port_is_one_clear_sentence():
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        assert _fails("--port", str(port)) == f"Port {port} is in use. Choose another with --port.\n"


def test_the_sandbox_refuses_to_be_reached_from_elsewhere():
    assert "this machine only" in _fails("--host", "0.0.0.0")


def test_a_wrong_fault_is_explained():
    assert "--fault: kind='explode' is unknown" in _fails("--fault", "explode")


@pytest.mark.timed
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_sandbox_ends_quietly_and_at_once_even_while_a_request_hangs(run: Run, number: signal.Signals):
    running = run("--fault", "hang:verb=list")
    broken: list[Exception] = []

    def hang() -> None:
        try:
            running.request("GET", "/models")
        except requests.ConnectionError as error:
            broken.append(error)

    caller = threading.Thread(target=hang)
    caller.start()
    while not running.request("GET", "/models/mistral-embed").ok or caller.ident is None:
        pass
    time.sleep(0.1)
    assert running.end(number) < 1
    caller.join(2)
    assert broken


def test_the_command_line_sets_dialect_key_latency_and_faults(run: Run):
    running = run(
        "--dialect", "platform", "--key", "other", "--latency", "0.05", "--fault", "429:times=1,retry_after=3"
    )
    headers = {"authorization": "Bearer other"}
    assert requests.get(f"{running.url}/models", headers=KEY, timeout=5).status_code == 401
    limited = requests.get(f"{running.url}/models", headers=headers, timeout=5)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "3")
    reply = requests.patch(f"{running.url}/models/x", headers=headers, timeout=5, json={})
    assert reply.json()["message"] == "no Route matched with those values"
    running.end()


def test_the_sandbox_needs_nothing_but_the_standard_library():
    code = (
        "import sys, sandbox, sandbox.__main__;"
        "print(*{name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=10, env=os.environ.copy()
    )
    assert done.stderr == ""
    assert set(done.stdout.split()) == {"__main__", "sandbox"}
