"""The dashboard as docs/operations.md deploys it, on loopback: PostgreSQL, two web processes, a worker that keeps the
schedule, a web server with HTTPS before them, a mail server; and a browser that takes all this for the real thing."""

import email
import email.policy
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import requests
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, BrowserType, Page, expect

from sandbox import Sandbox
from tests.browser.conftest import FLAGS, Troubles
from tests.management.conftest import environment, free_port
from tests.support import ROOT
from tests.support.https_proxy import HTTPSProxy
from tests.support.processes import until
from tests.support.programs import find_chromium

HOST = "models.example.org"
PASSWORD = "correct-horse-battery-9"
SECONDS = 20_000  # milliseconds that a browser waits here: the worker looks for work twice a second


class Postbox:
    """What a mail server took."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


class Deployed:
    """`web` are the ports of the two web processes; `proxy` stands before them."""

    def __init__(self, home: Path, database_url: str, sandbox: Sandbox, mail_port: int) -> None:
        self.home, self.database_url, self.sandbox = home, database_url, sandbox
        self.proxy = HTTPSProxy(HOST, home)
        self.web = (free_port(), free_port())
        self.processes: list[subprocess.Popen] = []
        kept = {"MISTRAL_API_KEY": sandbox.key, "SECRET_KEY": secrets.token_urlsafe(60), "DATABASE_URL": database_url}
        for name, value in kept.items():
            (home / name).write_text(value)
            (home / name).chmod(0o600)
        self.settings = {
            "HTTPS": "on",
            "ALLOWED_HOSTS": HOST,
            "DASHBOARD_URL": f"https://{HOST}",
            "TRUSTED_PROXY_COUNT": "1",
            "LOG_FORMAT": "json",
            "STATIC_ROOT": home / "static",
            "MODELS_API_BASE_URL": sandbox.url,
            "MODELS_API_DIALECT": "platform",
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
            **{f"{name}_FILE": home / name for name in kept},
        }

    def start(self) -> None:
        """Start what compose.yaml starts, in its order."""
        self.manage("collectstatic", "--no-input")
        self.manage("migrate", "--no-input")
        for port in self.web:
            self._run(f"web-{port}", *web_command(), f"--bind=127.0.0.1:{port}")
        self._run("worker", "manage.py", "run_jobs", SCHEDULE="on")
        until(lambda: all(is_ready(port) for port in self.web), 60)
        self.proxy.lead_to(*self.web)

    def manage(self, *command: str) -> str:
        """Run a command of manage.py to its end; return what it printed."""
        line = [sys.executable, "manage.py", *command]
        done = subprocess.run(line, cwd=ROOT, env=self._environment("manage"), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(statement).fetchall()

    def _run(self, name: str, *command: str, **more: str) -> None:
        with (self.home / f"{name}.log").open("wb") as log:
            started = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=self._environment(name) | more, stdout=log, stderr=log
            )
        self.processes.append(started)

    def _environment(self, name: str) -> dict[str, str]:
        """Each process has a directory of its own, as if on a machine of its own: they share the database alone."""
        return environment(self.home / name, **self.settings)

    def ask(
        self, path: str, browser: requests.Session | None = None, *, method: str = "GET", **options: Any
    ) -> requests.Response:
        """Ask the proxy without a browser of people, redirects not followed."""
        options["headers"] = {"Host": HOST, "Referer": f"https://{HOST}/", **options.get("headers", {})}
        options |= {"verify": str(self.proxy.certificate), "allow_redirects": False, "timeout": 20}
        return (browser or requests).request(method, f"{self.proxy.address}{path}", **options)

    @property
    def logs(self) -> str:
        return "".join(log.read_text() for log in self.home.glob("*.log"))

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(30)
        self.proxy.stop()


def web_command() -> list[str]:
    """Return what the Dockerfile starts, as one process and without where it listens."""
    command = json.loads(re.search(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[1])
    return ["-m", *(part for part in command if not part.startswith(("--bind", "--workers"))), "--workers=1"]


def is_ready(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/readyz", headers={"Host": HOST}, timeout=5).ok
    except (requests.ConnectionError, requests.Timeout):  # it is starting
        return False


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """An empty database on the PostgreSQL server that DATABASE_URL names."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        pytest.fail("The deployed shape needs a PostgreSQL server: .ci/with-postgres make test-database")
    name = f"deployed_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postbox() -> Iterator[tuple[Postbox, int]]:
    box = Postbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield box, controller.port
    controller.stop()


@pytest.fixture(scope="session")
def deployed(database_url: str, postbox: tuple[Postbox, int], tmp_path_factory) -> Iterator[Deployed]:
    with Sandbox() as sandbox:
        running = Deployed(tmp_path_factory.mktemp("deployed"), database_url, sandbox, postbox[1])
        try:
            running.start()
            yield running
        finally:
            running.stop()


@pytest.fixture(scope="session")
def browser_of_people(browser_type: BrowserType, deployed: Deployed) -> Iterator[Browser]:
    """A browser for which the host name leads to the proxy, at the port of HTTPS."""
    there = f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{deployed.proxy.port}"
    started = browser_type.launch(executable_path=find_chromium(), args=[*FLAGS, there])
    yield started
    started.close()


@dataclass(frozen=True)
class FirstManager:
    """Alice, who came by `link`; `kept` is what her browser keeps."""

    link: str
    kept: dict[str, Any]


@pytest.fixture(scope="session")
def first_manager(deployed: Deployed, browser_of_people: Browser) -> FirstManager:
    link = deployed.manage("setup_link").strip()
    context = browser_of_people.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(link)
    page.locator("[name=username]").fill("alice")
    page.locator("[name=email]").fill("alice@example.org")
    page.locator("[name=password1]").fill(PASSWORD)
    page.locator("[name=password2]").fill(PASSWORD)
    page.get_by_role("button", name="Create my account").click()
    expect(page.locator("header.top")).to_contain_text("alice")
    kept = context.storage_state()
    context.close()
    return FirstManager(link, kept)


@pytest.fixture
def open_page(browser_of_people: Browser) -> Iterator[Callable[..., Page]]:
    """A page in a browser of somebody's own; whatever it complains about fails the test."""
    troubles, contexts = Troubles(), []

    def make(**options: object) -> Page:
        context = browser_of_people.new_context(ignore_https_errors=True, base_url=f"https://{HOST}", **options)
        contexts.append(context)
        context.set_default_timeout(SECONDS)
        troubles.watch(context)
        return context.new_page()

    expect.set_options(timeout=SECONDS)
    yield make
    for context in contexts:
        context.close()
    expect.set_options(timeout=5_000)
    assert not troubles.unforeseen
