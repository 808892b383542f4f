"""What is refused before it is read, and pages that come although the database or the request is broken."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.signals import request_started
from django.db import close_old_connections, connection
from django.test import Client
from django.test.client import FakePayload

from models_ui.web.gate import Handler

pytestmark = pytest.mark.django_db

URLENCODED = "application/x-www-form-urlencoded"
CHARSETS = ("iso-8859-1", "utf-16", "hex", "rot13", "base64", "zlib", "idna", "us-ascii", "no-such", "utf-7", '"hex"')


def call(path: str = "/accounts/login/", method: str = "POST", body: bytes = b"", **more: Any) -> tuple[int, dict, str]:
    """Status, headers and page of a request as a server hands it on."""
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "HTTP_HOST": "localhost",
        "HTTP_COOKIE": f"{django_settings.CSRF_COOKIE_NAME}={'x' * 32}",  # without it no body is looked at
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "CONTENT_LENGTH": str(len(body)),
        **more,
    }
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    request_started.disconnect(close_old_connections)  # as Django's own client does: the test's connection stays
    try:
        page = b"".join(Handler()(environ, lambda status, headers, *_: begun.append((status, headers))))
    finally:
        request_started.connect(close_old_connections)
    status, headers = begun[0]
    return int(status.split()[0]), dict(headers), page.decode()


def is_a_page(headers: dict, page: str) -> bool:
    """Whether it is whole, said safely, and names the id that the log knows."""
    return (
        "<h1>" in page
        and "Traceback" not in page
        and headers["X-Request-ID"] in page
        and "default-src 'none'" in headers["Content-Security-Policy"]
        and headers["X-Frame-Options"] == "DENY"
        and "no-store" in headers["Cache-Control"]
    )


@pytest.mark.parametrize("kind", [URLENCODED, "multipart/form-data; boundary=x", "text/plain"])
@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_text_in_another_encoding_is_refused_with_a_page(method: str, charset: str, kind: str):
    sent = {"CONTENT_TYPE": f"{kind}; charset={charset}", "QUERY_STRING": "next=%2Fmodels%2F"}
    status, headers, page = call(method=method, body=b"login=alice", **sent)
    assert status == 400
    assert is_a_page(headers, page)
    assert "encoding" in page


@pytest.mark.parametrize("kind", [f"{URLENCODED}; charset=utf-8", f'{URLENCODED}; charset="UTF8"', URLENCODED, ""])
def test_text_as_browsers_send_it_is_read(kind: str):
    assert call(method="GET", CONTENT_TYPE=kind)[0] == 200


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        "multipart/form-data; boundary=" + "x" * 300,
        "multipart/form-data; boundary=\xff",
        f"{URLENCODED}; charset*=foo''%41",
        f"{URLENCODED}; charset*=hex''%41",
        "text/plain; charset*0*=utf-8''%ff; charset*1*=x",
        "; charset=hex",
        "multipart/form-data; " + "; ".join(f"x{number}=y" for number in range(2000)),
    ],
)
def test_a_form_that_cannot_be_taken_apart_is_refused_with_a_page(kind: str):
    status, headers, page = call(body=b"--x\r\n\r\n--x--", CONTENT_TYPE=kind)
    assert status in (400, 403)  # read as far as it goes, it has no token
    assert is_a_page(headers, page)


@pytest.mark.parametrize(("sent", "status"), [(262_144, 403), (262_145, 413), (10**12, 413), ("9" * 5000, 413)])
@pytest.mark.parametrize("signed_in", [False, True])
def test_more_than_a_form_can_hold_is_refused_unread(alice, client_of, sent: int | str, status: int, signed_in: bool):
    class Unread(FakePayload):
        def read(self, *_: Any) -> bytes:
            reads.append(1)
            return b""

    reads: list[int] = []
    client = client_of(alice, enforce_csrf_checks=True) if signed_in else Client(enforce_csrf_checks=True)
    answer = client.generic(
        "POST", "/accounts/login/", **{"wsgi.input": Unread(), "CONTENT_LENGTH": str(sent), "CONTENT_TYPE": URLENCODED}
    )
    assert answer.status_code == status
    if status == 413:
        assert "Nothing was read and nothing was changed" in answer.content.decode()
        assert reads == []


@pytest.mark.parametrize(("size", "status"), [(100, 403), (262_144, 403), (262_145, 413)])
def test_a_body_that_does_not_tell_its_size_is_read_as_far_as_a_form_goes(size: int, status: int):
    body = io.BytesIO(b"x" * size)
    more = {
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input_terminated": True,
        "wsgi.input": body,
        "CONTENT_LENGTH": "",
    }
    assert call(CONTENT_TYPE=URLENCODED, **more)[0] == status
    assert body.tell() <= 262_145


def test_a_body_of_unknown_size_that_the_server_does_not_end_is_refused():
    status, headers, page = call(HTTP_TRANSFER_ENCODING="chunked", CONTENT_LENGTH="")
    assert status == 411
    assert is_a_page(headers, page)


def test_a_form_of_unknown_size_is_a_form_like_any_other(alice, client: Client):
    body = b"login=alice&password=correct+horse+battery+staple"
    answer = client.generic(
        "POST",
        "/accounts/login/",
        **{
            "HTTP_TRANSFER_ENCODING": "chunked",
            "wsgi.input_terminated": True,
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": "",
            "CONTENT_TYPE": URLENCODED,
        },
    )
    assert (answer.status_code, answer["Location"]) == (302, "/models/")


def test_too_many_fields_and_too_many_files_are_refused_with_a_page():
    many = "&".join(f"a{number}=b" for number in range(1500)).encode()
    assert call(body=many, CONTENT_TYPE=URLENCODED)[0] == 400
    part = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nx\r\n'
    status, headers, page = call(body=part * 300 + b"--x--", CONTENT_TYPE="multipart/form-data; boundary=x")
    assert status == 400
    assert is_a_page(headers, page)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "odd",
    [
        {"HTTP_HOST": "10.1.2.3:8000"},
        {"HTTP_HOST": ""},
        {"HTTP_HOST": "[::"},
        {"HTTP_HOST": "a, b"},
        {"CONTENT_TYPE": "text/plain; charset=hex"},
        {"CONTENT_TYPE": "text/plain; charset*=foo''%41"},
        {"HTTP_COOKIE": f'{django_settings.SESSION_COOKIE_NAME}="\\000"'},
        {"HTTP_ACCEPT_LANGUAGE": "\xff"},
        {"CONTENT_LENGTH": "9" * 30},
        {"HTTP_REFERER": "http://["},
    ],
    ids=str,
)
def test_probes_answer_whatever_else_a_request_says(path: str, method: str, odd: dict[str, str]):
    status, headers, page = call(path, method, **odd)
    said = "ok\n" if path == "/healthz" else "ready\nlast good sync: never\njob runner: none\n"
    assert (status, page) == (200, "" if method == "HEAD" else said)
    assert headers["X-Request-ID"]


@contextmanager
def database(*, gone: bool) -> Iterator[None]:
    """Without any table, or closed to writing, until the end of the block."""

    def broken(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if gone or re.match(r"\s*(INSERT|UPDATE|DELETE)", sql):
            words = "unable to open database file" if gone else "attempt to write a readonly database"
            with connection.wrap_database_errors:
                raise connection.Database.OperationalError(words)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(broken):
        yield


PAGES = ["/", "/models/", "/activity/", "/watching/", "/accounts/login/", "/admin/", "/nowhere", "/models.json"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("fragment", [False, True])
def test_without_a_database_a_signed_in_person_gets_a_page_that_says_so(
    alice, client_of, path: str, language: str, fragment: bool
):
    browser = client_of(alice, raise_request_exception=False)
    browser.cookies[django_settings.LANGUAGE_COOKIE_NAME] = language
    with database(gone=True):
        answer = browser.get(path, headers={"HX-Request": "true"} if fragment else {})
    page = answer.content.decode()
    assert answer.status_code in (503, 404)
    assert (answer.status_code == 404) is (path == "/nowhere")
    assert answer["X-Request-ID"] in page
    assert f'<html lang="{language}"' in page
    assert answer.status_code == 404 or int(answer["Retry-After"]) > 0
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_without_a_database_healthz_is_well_and_readyz_is_not(alice, client_of):
    browser = client_of(alice, raise_request_exception=False)
    with database(gone=True):
        assert browser.get("/healthz").status_code == 200
        assert browser.head("/healthz").status_code == 200
        assert browser.get("/readyz").status_code == 503


def test_a_database_closed_to_writing_still_shows_pages_and_says_what_it_cannot_do(alice, client_of, synced):
    browser = client_of(alice, raise_request_exception=False)
    with database(gone=False):
        for path in ("/models/", "/activity/", "/watching/"):
            assert browser.get(path).status_code == 200
        for path, data in (("/watching/add/", {"model_id": "codestral-latest"}), ("/language/", {"language": "fr"})):
            answer = browser.post(path, data)
            assert answer.status_code in (302, 503)
        answer = browser.post("/sync/")
        assert answer.status_code == 503
        assert "La base de données ne répond pas" in answer.content.decode()
        signing_in = Client(raise_request_exception=False)
        answer = signing_in.post("/accounts/login/", {"login": "alice", "password": "correct horse battery staple"})
        assert answer.status_code == 503


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
def test_an_error_page_whose_template_fails_is_a_plain_one(rf, monkeypatch, status: int):
    from models_ui.views import errors

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("no template")

    monkeypatch.setattr(errors, "render", fail)
    view = {400: errors.bad_request, 403: errors.forbidden, 404: errors.not_found}.get(status)
    request = rf.get("/")
    request.request_id = "0123456789abcdef"
    other = errors.too_many_requests if status == 429 else errors.server_error
    answer = view(request, Exception("x")) if view else other(request)
    assert answer.status_code == status
    assert "0123456789abcdef" in answer.content.decode()
    assert "no template" not in answer.content.decode()


def test_a_failure_outside_of_every_page_is_a_page_all_the_same(monkeypatch):
    monkeypatch.setattr(Handler, "get_response", lambda self, request: 1 / 0)
    status, _, page = call(method="GET")
    assert status == 500
    assert "Something went wrong here" in page
