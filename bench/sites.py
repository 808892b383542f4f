"""Dashboards to measure: for each size a sandbox, a database filled from it by a real sync, and one gunicorn worker."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
KEY = "sandbox-key"
PASSWORD = secrets.token_urlsafe(12)


@dataclass
class Site:
    """A dashboard over `models` synthetic models; without a number, over the sandbox's own catalog."""

    label: str
    models: int | None
    environment: dict[str, str]
    checkout: Path = REPOSITORY
    port: int = 0
    sync_seconds: float = 0.0  # of the first sync, the start of its process included
    _tune: dict[str, str] = field(default_factory=dict)

    @property
    def sandbox_port(self) -> int:
        return int(self.environment["SANDBOX_PORT"])

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=self.checkout, env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"manage.py {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def change_upstream(self) -> str:
        """Rename one fine-tune in the sandbox; returns its new name."""
        if not self._tune:
            listed = self._upstream("GET", "/v1/models")["data"]
            self._tune = next(each for each in listed if each["type"] == "fine-tuned" and not each["archived"])
        name = f"Renamed {secrets.token_hex(4)}"
        self._upstream("PATCH", f"/v1/models/{self._tune['id'].replace(':', '%3A')}", {"name": name})
        return name

    def _upstream(self, method: str, path: str, body: dict[str, str] | None = None) -> dict:
        connection = HTTPConnection("127.0.0.1", self.sandbox_port, timeout=60)
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body else None, headers)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        if response.status != 200:
            raise SystemExit(f"The sandbox answered {response.status} to {method} {path}: {text[:300]!r}")
        return json.loads(text)


def start(stack: ExitStack, directory: Path, sizes: dict[str, int | None], checkout: Path = REPOSITORY) -> list[Site]:
    """Return sites of the code in `checkout` that answer until the stack ends, each filled by a sync."""
    (directory / "empty.json").write_text("[]")
    sites = []
    database: Path | None = None
    for label, models in sizes.items():
        var = directory / label.replace(",", "")
        var.mkdir()
        site = Site(label, models, environment_of(var), checkout)
        if database is None:
            site.manage("migrate", "--verbosity=0")
            site.manage("demo")
            site.manage("collectstatic", "--no-input", "--verbosity=0")
            database = var / "demo.sqlite3"
            shutil.copy(database, directory / "fresh.sqlite3")
        else:
            shutil.copy(directory / "fresh.sqlite3", var / "demo.sqlite3")
        options = [] if models is None else [f"--catalog={directory / 'empty.json'}", f"--models={models}"]
        _serve(stack, site, site.sandbox_port, "sandbox", f"--port={site.sandbox_port}", f"--key={KEY}", *options)
        began = time.perf_counter()
        site.manage("sync_models")
        site.sync_seconds = time.perf_counter() - began
        site.manage("fill_columns")
        site.port = free_port()
        # As `manage.py serve` starts it, but one worker, and patient with connections that wait for their turn.
        gunicorn = ("--workers=1", "--threads=4", "--keep-alive=300", "--no-control-socket", "--log-level=warning")
        _serve(stack, site, site.port, "gunicorn", "dashboard.wsgi", f"--bind=127.0.0.1:{site.port}", *gunicorn)
        sites.append(site)
    return sites


def environment_of(var: Path) -> dict[str, str]:
    """Nothing of the caller's settings counts, and no key: so it is the demo, which talks to the sandbox only."""
    unset = ("MISTRAL_API_KEY", "DATABASE_URL", "DEBUG", "HTTPS", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS")
    chosen = {
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "VAR_DIR": str(var),
        "SANDBOX_PORT": str(free_port()),
        "SECRET_KEY": PASSWORD * 4,
        "DEMO_PASSWORD": PASSWORD,
        "MODELS_STALE_AFTER": "86400",  # a long run's last pages are the same as its first
        "LOG_LEVEL": "WARNING",
    }
    return {**os.environ, **dict.fromkeys(unset, ""), **chosen}


def _serve(stack: ExitStack, site: Site, port: int, module: str, *options: str) -> None:
    command = [sys.executable, "-m", module, *options]
    process = subprocess.Popen(command, cwd=site.checkout, env=site.environment, stdout=subprocess.DEVNULL)
    stack.callback(_end, process)
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"{module} ended with code {process.returncode}.")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{module} did not answer within 30 seconds.")


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
