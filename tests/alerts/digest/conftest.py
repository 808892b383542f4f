"""A webhook and a mail server that are really there, with what goes wrong with such; and runs of the command."""

import email
import email.policy
import io
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from models_ui.alerts.digest.readers import store_digest_choice
from models_ui.mirror.sync import SyncResult
from models_ui.models import CatalogChange, CatalogModel, Mirror, Watch
from tests.management.conftest import free_port

MEDIUM = "mistral-medium-2508"
LARGE = "mistral-large-2512"
SECRET = "T0123/B4567/aVerySecretToken42"

# What the webhook does with a request: a status with headers, or anything with the connection.
Answer = tuple[int, dict[str, str]] | Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Hook:
    """A webhook on this machine. It answers with the next of `answers`, and 200 once they are used up."""

    port: int = 0
    answers: list[Answer] = field(default_factory=list)
    posts: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    free: threading.Event = field(default_factory=threading.Event)  # set when the test is over

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/services/{SECRET}"

    @property
    def texts(self) -> list[str]:
        return [body["text"] for _headers, body in self.posts]

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        self.free.wait(30)

    @staticmethod
    def cut(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.shutdown(2)


@pytest.fixture
def server() -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.posts.append((dict(self.headers), json.loads(body)))
            answer = hook.answers.pop(0) if hook.answers else (200, {})
            if callable(answer):
                with suppress(OSError):
                    answer(self)
                self.close_connection = True
                return
            status, headers = answer
            self.send_response(status)
            words = headers.get("body", "ok").encode()
            for name, value in headers.items():
                if name != "body":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(words)))
            self.end_headers()
            self.wfile.write(words)

        def log_message(self, *args: Any) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.port = running.server_address[1]
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    yield hook
    hook.free.set()
    running.shutdown()
    running.server_close()


@pytest.fixture
def hook(server: Hook, settings) -> Hook:
    """The team's webhook."""
    settings.DIGEST_WEBHOOK_SECRET_URL = server.url
    settings.DIGEST_WEBHOOK_ALLOW_PRIVATE = True
    return server


@pytest.fixture(autouse=True)
def _where_people_reach_it(settings) -> None:
    settings.DASHBOARD_URL = "https://models.example.org"


# --- A mail server


@dataclass
class Mailbox:
    """What a mail server took, and the answers that it gives instead of taking: `refusals["RCPT"] = "550 no"`."""

    refusals: dict[str, str] = field(default_factory=dict)
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [each.get_content() for each in self.letters]

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if refusal := self.refusals.get(address) or self.refusals.get("RCPT"):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        refusal = self.refusals.get("DATA", "")
        if refusal == "cut":
            server.transport.abort()
            return "250 OK"
        if refusal and refusal != "cut after":
            return refusal
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        self.recipients += envelope.rcpt_tos
        if refusal == "cut after":
            server.transport.abort()
        return "250 OK"


@pytest.fixture
def mailbox(settings) -> Iterator[Mailbox]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = controller.hostname, controller.port
    settings.EMAIL_TIMEOUT = 2
    yield box
    controller.stop()


# --- Runs, people, and what upstream does


@dataclass(frozen=True)
class Ran:
    output: str
    code: int = 0


def run(*options: str) -> Ran:
    """One run of the command, as cron sees it: what it printed, and its exit code."""
    output = io.StringIO()
    try:
        call_command("send_digest", *options, stdout=output, stderr=output, no_color=True)
    except CommandError as error:
        return Ran(f"{output.getvalue()}{error}", error.returncode)
    return Ran(output.getvalue(), 0)


@pytest.fixture
def subscribe(synced: SyncResult) -> Callable[..., User]:
    """`subscribe(carol, MEDIUM)`: she watches that and wants to be told of it. Without a model: of everything."""

    def asked(person: User, *model_ids: str, scope: str = "", language: str = "en") -> User:
        now = timezone.now()
        for each in model_ids:
            Watch.objects.create(owner=person, model_id=each, created_at=now)
        scope = scope or ("watched" if model_ids else "everything")
        store_digest_choice(owner=person, scope=scope, language=language, now=now)
        return person

    return asked


def noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def update(model_id: str, **values: Any) -> None:
    """What a sync would do to a row."""
    assert CatalogModel.objects.filter(model_id=model_id).update(**values) == 1
    Mirror.objects.update(version=secrets.token_hex(16))


def only_end(model_id: str, at: datetime | None) -> None:
    """From now on this model's is the only end."""
    CatalogModel.objects.update(deprecation=None)
    update(model_id, deprecation=at)


def changed(kind: str, model_id: str, **values: Any) -> CatalogChange:
    """What a sync would write down."""
    return CatalogChange.objects.create(at=timezone.now(), kind=kind, model_id=model_id, **values)


def soon() -> datetime:
    return timezone.now().replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=20)


END = noon(2027, 6, 30)  # of the one model that the `clock` leaves with an end


@pytest.fixture
def clock(synced):
    """A day long before the only end that there is."""
    only_end(LARGE, END)
    with time_machine.travel(noon(2026, 12, 1), tick=False) as clock:
        yield clock


def days_before(days: int, **time: int) -> datetime:
    """So many days before that end."""
    return (END - timedelta(days=days)).replace(**time)
