"""Every address, as each role: no failure, no markup of others, no leak, no way out, and every security header."""

import io
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries, transaction
from hypothesis import HealthCheck, Phase, given, settings

from models_ui.web.gate import Handler
from sandbox import Sandbox
from tests.fuzz.asking import Asked, asked_by
from tests.fuzz.judging import Answered, faults_of
from tests.fuzz.routes import parameter_names, route_templates
from tests.fuzz.world import ROLES, World, make_world

SHORT = 600
REQUESTS = int(os.environ.get("FUZZ_REQUESTS", SHORT))


class Log(logging.Handler):
    """Keeps errors, and whatever brings an exception with it, but for Django's lines on requests that it refused."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        is_refusal = record.name.startswith("django.security.") or record.levelno < logging.ERROR
        if not is_refusal or (record.exc_info and not record.name.startswith("django.")):
            error = record.exc_info[1] if record.exc_info else None
            self.lines.append(f"logged {record.name}: {record.getMessage()[:80]} {error!r:.150}")


@pytest.fixture
def log() -> Iterator[Log]:
    root, handler = logging.getLogger(), Log()
    before, root.handlers = root.handlers, [handler]  # the console's would say what each request was refused for
    yield handler
    root.handlers = before


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """Requests do not close the connection of the test."""
    signals = ((request_started, reset_queries), (request_started, close_old_connections))
    signals += ((request_finished, close_old_connections),)
    for signal, receiver in signals:
        signal.disconnect(receiver)
    yield
    for signal, receiver in signals:
        signal.connect(receiver)


@pytest.fixture
def world(db: None, sandbox: Sandbox, settings) -> World:
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.MODELS_STALE_AFTER = 86_400
    settings.DIGEST_WEBHOOK_SECRET_URL = "http://127.0.0.1:9/zqwebhooksecret"
    settings.METRICS_TOKEN = "zqmetricstoken"
    return make_world(sandbox)


def environ_of(asked: Asked) -> dict[str, object]:
    given = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in asked.headers.items()}
    cookies = "; ".join(f"{name}={value}" for name, value in asked.cookies.items())
    return {
        "REQUEST_METHOD": asked.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(asked.path).decode("latin-1"),
        "QUERY_STRING": asked.query,
        "CONTENT_TYPE": asked.content_type,
        "CONTENT_LENGTH": str(len(asked.body)),
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": asked.host,
        "HTTP_COOKIE": cookies,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(asked.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multiprocess": True,
        "wsgi.multithread": True,
        "wsgi.run_once": False,
        **given,
    }


def answer(application: Handler, asked: Asked, log: Log) -> Answered:
    log.lines.clear()
    started: list[tuple[str, list[tuple[str, str]]]] = []
    chunks = application(environ_of(asked), lambda status, headers, _error=None: started.append((status, headers)))
    body = b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    status, headers = started[-1]
    return Answered(int(status.split()[0]), headers, body, tuple(log.lines))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.usefixtures("_one_connection")
def test_no_request_finds_a_failure_a_leak_or_a_way_out(role: str, world: World, sandbox: Sandbox, log: Log):
    application, found, statuses = Handler(), dict[str, Asked](), Counter[int]()

    @settings(
        max_examples=REQUESTS // len(ROLES),
        derandomize=REQUESTS == SHORT,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(asked_by(role, world))
    def ask(asked: Asked) -> None:
        with transaction.atomic():  # each request finds the same world
            answered = answer(application, asked, log)
            transaction.set_rollback(True)
        if sandbox.calls:
            sandbox.catalog.replace(world.entries)
            sandbox.log.clear()
        statuses[answered.status // 100] += 1
        for fault in faults_of(asked, answered, role, world):
            shortest = found.get(f"{asked.route} {fault}", asked)
            found[f"{asked.route} {fault}"] = min(shortest, asked, key=lambda one: len(repr(one)))

    ask()
    told = "\n".join(f"{fault}\n    {asked}" for fault, asked in found.items())
    if REQUESTS != SHORT:
        shares = ", ".join(f"{number:,} of {kind}xx" for kind, number in sorted(statuses.items()))
        sys.stderr.write(f"\n{role}: {statuses.total():,} requests, {len(found)} faults; {shares}\n")
    assert not found, f"{len(found)} faults:\n{told}"
    assert {2, 3, 4} <= set(statuses), "it met no page at all"


def test_the_names_and_addresses_that_are_asked_for_are_those_of_the_project():
    assert {"/models/{model_id}/rename/", "/feeds/{secret}/models.ics", "/accounts/login/"} <= set(route_templates())
    assert {"q", "type", "per_page", "value", "login", "typed_id", "by_itself", "next"} <= set(parameter_names())
