"""What keeps the dashboard apart from other sites and from plain HTTP, on every kind of answer."""

import io
from typing import Any

import pytest
from django.core.signals import request_started
from django.db import close_old_connections
from django.test import Client

from models_ui.models import FeedAddress
from models_ui.web.gate import Handler
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000",
}


@pytest.fixture(autouse=True)
def _https(settings) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.WHITENOISE_USE_FINDERS = True  # nothing is collected for tests


def assert_isolated(headers: Any) -> None:
    assert {name: headers.get(name) for name in ISOLATED} == ISOLATED


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/models/", 200),
        ("/models.csv", 200),
        ("/static/css/app.css", 200),
        ("/static/js/app.js", 200),
        ("/accounts/login/", 302),
        ("/nowhere", 404),
        ("/feeds/mistyped/models.ics", 404),
        ("/healthz", 200),
    ],
)
def test_every_kind_of_answer_is_kept_apart_from_other_sites(viewer: Client, synced, address: str, status: int):
    answer = viewer.get(address, secure=True)
    answer.close()
    assert (answer.status_code, address) == (status, address)
    assert_isolated(answer)


def test_a_feed_is_kept_apart_from_other_sites(viewer: Client, synced, at_once):
    page = viewer.post("/feeds/", {"name": "All", "language": "en", "form_id": "0" * 32}, secure=True)
    assert FeedAddress.objects.exists(), page.content.decode()
    address = page.context["made_ics"].partition("testserver")[2]
    answer = Client().get(address, secure=True)
    assert answer.status_code == 200
    assert_isolated(answer)


def test_a_static_file_may_still_be_kept_by_a_browser(client: Client):
    answer = client.get("/static/css/app.css", secure=True)
    answer.close()
    assert answer.status_code == 200
    assert "no-store" not in answer["Cache-Control"]


def test_a_refused_body_is_kept_apart_from_other_sites(client: Client):
    answer = client.post("/accounts/login/", {"login": "x" * 400_000}, secure=True)
    assert answer.status_code == 413
    assert_isolated(answer)


def test_a_failure_outside_of_every_page_is_kept_apart_from_other_sites(monkeypatch, settings):
    monkeypatch.setattr("django.core.handlers.wsgi.WSGIHandler.__call__", lambda *_: 1 / 0)
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    request_started.disconnect(close_old_connections)
    try:
        Handler()({"wsgi.input": io.BytesIO()}, lambda status, headers, *_: begun.append((status, headers)))
    finally:
        request_started.connect(close_old_connections)
    status, headers = begun[0]
    assert status.startswith("500")
    assert_isolated(dict(headers))
    assert dict(headers)["Content-Security-Policy"].startswith("default-src 'none'")
    assert "no-store" in dict(headers)["Cache-Control"]


def test_no_cookie_goes_along_from_another_site(carol):
    client = Client()
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": "carol", "password": PASSWORD})
    client.post("/language/", {"language": "fr"})
    assert {cookie["samesite"] for cookie in client.cookies.values()} == {"Lax"}
    assert {(cookie["path"], cookie["domain"]) for cookie in client.cookies.values()} == {("/", "")}
