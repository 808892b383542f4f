"""Whatever is sent: no fault of ours, no markup that comes back, nothing told to whom it is not for, no way elsewhere."""

import logging
import os
import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import transaction
from django.http import Http404, HttpResponse
from django.test import Client
from django.utils import timezone

from models_ui.access.roles import Role
from models_ui.alerts.feeds.addresses import make_address
from models_ui.alerts.feeds.query import FeedQuery
from models_ui.models import CatalogModel, SavedList
from tests.conftest import PASSWORD, person
from tests.fuzz.generator import MARK, ROLES, Attempt, Generator
from tests.support.sign_in import sign_in

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "400"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
REFUSALS = (SuspiciousOperation, PermissionDenied, Http404)
PRIVATE_VIEW = "alices-private-view-7c1"
PRIVATE_MAIL = "alices-mail-7c1@example.org"

pytestmark = pytest.mark.django_db


class Errors(logging.Handler):
    """Keeps what was logged with a traceback, but for what Django logs of requests that it refuses."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0] if record.exc_info else None
        if error is not None and not issubclass(error, REFUSALS):
            self.records.append(record)


@pytest.fixture
def errors() -> Iterator[Errors]:
    handler = Errors()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def browsers(synced, settings) -> dict[str, Client]:
    """A browser of each role. Alice, the Manager, has things that are hers alone."""
    settings.ALLOWED_HOSTS = ["testserver"]
    people = {role: person(role, Role[role.upper()]) for role in ("viewer", "editor", "manager")}
    people["root"] = User.objects.create_superuser("root", "root@example.org", PASSWORD)
    User.objects.filter(pk=people["manager"].pk).update(email=PRIVATE_MAIL)
    now = timezone.now()
    SavedList.objects.create(
        owner=people["manager"], name=PRIVATE_VIEW, query="q=secret", created_at=now, changed_at=now
    )
    browsers = {role: Client(raise_request_exception=False) for role in ROLES}
    for role, user in people.items():
        sign_in(browsers[role], user)
    return browsers


@pytest.fixture
def secrets_of_feeds(browsers: dict[str, Client], django_user_model) -> list[str]:
    owner = django_user_model.objects.get(username="manager")
    made = make_address(owner=owner, query=FeedQuery(), now=timezone.now(), name="Mine", language="en", form_id="f")
    assert made is not None
    return re.findall(r"[\w-]{30,}", str(made))


def send(browser: Client, attempt: Attempt) -> HttpResponse:
    path = attempt.path
    if attempt.query:
        path += "?" + urlencode([(_clean(name), _clean(value)) for name, value in attempt.query])
    headers = {name: _header(value) for name, value in attempt.headers.items()}
    if attempt.method in ("GET", "HEAD", "OPTIONS", "TRACE"):
        return browser.generic(attempt.method, path, headers=headers)
    body = attempt.body
    if body is None:
        body = urlencode([(_clean(name), _clean(value)) for name, value in attempt.fields]).encode()
    content_type = attempt.body_type if attempt.body is not None else "application/x-www-form-urlencoded"
    return browser.generic(attempt.method, path, body, content_type=content_type, headers=headers)


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _header(text: str) -> str:
    """Return the text as a server hands a header on: without control characters, read as Latin-1."""
    return re.sub(r"[\x00\r\n]", "", text).encode("utf-8", "replace").decode("latin-1")


def check_answer(attempt: Attempt, answer: HttpResponse, errors: Errors) -> None:
    assert answer.status_code != 500, getattr(answer, "exc_info", None)
    assert not errors.records, [record.getMessage() for record in errors.records]
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = body.decode("utf-8", "replace") if "Content-Encoding" not in answer.headers else ""
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    check_markup(text, kind)
    check_leaks(attempt.role, text)
    for name in ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "HX-Replace-Url"):
        if where := answer.headers.get(name, ""):
            parts = urlsplit(where)
            assert parts.scheme in ("", "http") and parts.netloc in ("", "testserver"), (name, where)
            assert not where.startswith(("//", "\\", "/\\")), (name, where)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"


def check_markup(text: str, kind: str) -> None:
    if kind in ("text/html", "application/atom+xml", "application/xml"):
        assert "<zq" not in text
        assert "zq\"'" not in text
    if kind == "text/csv":
        assert not re.search(r'(^|[,"])[=+@]zq', text, re.MULTILINE)


def check_leaks(role: str, text: str) -> None:
    for secret in (django_settings.SECRET_KEY, django_settings.MISTRAL_API_KEY, "Traceback (most recent", "md5$"):
        assert secret not in text
    if role in ("nobody", "viewer", "editor"):
        assert PRIVATE_VIEW not in text
        assert PRIVATE_MAIL not in text


def test_no_request_finds_a_fault(browsers: dict[str, Client], secrets_of_feeds: list[str], errors: Errors):
    ids = sorted(CatalogModel.objects.exclude(model_id="").values_list("model_id", flat=True))
    keys = [*secrets_of_feeds, "changes.atom", "models.ics", "missing", MARK.replace("<", "%3C")]
    generator = Generator(SEED, ids, keys)
    counts: Counter[tuple[str, int]] = Counter()
    for number in range(REQUESTS):
        attempt = generator.attempt()
        errors.records.clear()
        browser = browsers[attempt.role]
        cookies = dict(browser.cookies)
        with transaction.atomic():  # the next request finds everything as it was
            answer = send(browser, attempt)
            try:
                check_answer(attempt, answer, errors)
            except AssertionError as error:
                pytest.fail(f"request {number} of FUZZ_SEED={SEED}: {attempt}\n{answer.status_code}: {error}")
            transaction.set_rollback(True)
        browser.cookies.clear()
        browser.cookies.update(cookies)
        counts[attempt.role, answer.status_code] += 1
    for role in ("viewer", "editor", "manager", "root"):  # of a fuzz that only meets refusals nothing is learnt
        assert counts[role, 200] >= REQUESTS // 30, counts
