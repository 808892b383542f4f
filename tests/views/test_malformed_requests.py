"""Malformed addresses, encodings and fields, on every route and for every role: ignored or refused, never a 500."""

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter, SlugConverter

from models_ui.urls import CareConverter
from tests.conftest import PASSWORD
from tests.support.sign_in import sign_in

SESSION, CSRF = django_settings.SESSION_COOKIE_NAME, django_settings.CSRF_COOKIE_NAME
FORM = "multipart/form-data; boundary=b"
LANGUAGE, MESSAGES = django_settings.LANGUAGE_COOKIE_NAME, django_settings.MESSAGE_COOKIE_NAME

pytestmark = pytest.mark.django_db

TUNE = "ft:open-mistral-7b:587a6b29:20240514:7e773925"
ADDRESSES = (
    "http://[",
    "//[",
    "http://[::1",
    "http://]/",
    "https://[x]/",
    "http://a:b/",
    "http://testserver:99999999/",
    "http://testserver/\x00",
    "http://\x00/",
    "http://ℂ/",
    "http://a℀b/",
    "\\\\[",
    "http:///[",
    "javascript://[",
    "/models/?q=%ff&\ud7ff",
    "/" + "[" * 3000,
    "%",
    "\t\r\n http://[",
)
TEXTS = ("\x00", "a\x00b", "%", "[", "9" * 5000, "-1", "NaN", "'\"><", "\ufffe", "💥" * 300)
HEADERS = ("Referer", "HX-Current-URL", "Origin", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-For")
OTHER_HEADERS = {
    "Accept-Language": ("\xff", "fr;q=x", "x" * 5000, "*;q=1e999", ",,,", "fr-\x7f"),
    "Cookie": (
        f'{SESSION}="\\000\\000\\000\\000\\000\\000\\000\\000"; {CSRF}="\\000"; {LANGUAGE}="\\000"',
        f"{SESSION}=" + "x" * 4000,
        f'{MESSAGES}="\\000"; {LANGUAGE}=../../etc',
        f"{CSRF}=[; {SESSION}==;;",
        "\xff\xfe=\xff",
    ),
    "HX-Target": ("\x00", "[", "x" * 5000),
    "HX-Trigger-Name": ("\x00",),
    "Triggering-Event": ("{", "[" * 2000),
    "If-None-Match": ('"', "W/", "*", "\xff"),
    "If-Modified-Since": ("yesterday", "Thu, 99 Nov 99999999999 99:99:99 GMT", "\xff"),
    "Range": ("bytes=9-1", "\xff"),
    "Accept-Encoding": ("gzip;q=x", "\xff"),
    "X-Requested-With": ("\xff",),
}
HTMX = {"HX-Request": "true"}
QUERIES = (
    "q=%ff",
    "%00=%00",
    "&".join(["a=b"] * 2000),
    "q=%ed%a0%80",
    "=&=&&&",
    "q=" + "%" * 100,
    ";;",
    "q=\xff",
    "page=" + "9" * 5000,
    "_to_field=&_popup=",
)
PARAMETERS = (
    "next", "q", "page", "per_page", "sort", "type", "alias", "row", "seen", "told", "version", "order", "actor",
    "kind", "outcome", "model", "from", "to", "with", "target", "window", "lang", "before", "after", "all",
    "action_id", "reason", "value", "verb", "language", "login", "password", "email", "key", "id", "pk", "days",
    "model_id", "concern", "csrfmiddlewaretoken", "_changelist_filters", "_popup", "_to_field", "p", "o", "e", "shape",
    "kind_of", "query", "name", "include", "frequency", "scope", "all_query", "by_itself", "insist", "confirm",
)  # fmt: skip


def addresses() -> list[str]:
    """Every route with values that it takes, and with odd ones."""
    return sorted(set(_under(get_resolver(), "/")))


def _under(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        written = prefix + str(pattern.pattern).lstrip("^").removesuffix("$").removesuffix(r"\Z")
        if isinstance(pattern, URLResolver):
            yield from _under(pattern, written)
        elif isinstance(pattern, URLPattern):
            yield from _filled(written, pattern)


_odd = itertools.cycle(("%00", "%5B", "%ff", "%ed%a0%80", "..%2f", "9" * 30))


def _filled(written: str, pattern: URLPattern) -> Iterator[str]:
    for odd in ("", next(_odd) if "<" in written else ""):
        filled = written
        for name, converter in pattern.pattern.converters.items():
            samples = {IntConverter: "1", SlugConverter: "x", CareConverter: "tag"}
            value = samples.get(type(converter), TUNE)
            filled = re.sub(rf"<(\w+:)?{name}>", odd or value, filled)
        yield re.sub(r"\(\?P<(\w+)>[^)]*\)", odd or "1-2", filled).replace("\\", "").replace(".*", "")


@pytest.fixture
def people(alice: User, bob: User, carol: User) -> dict[str, User | None]:
    root = User.objects.create_superuser("root", "root@example.org", PASSWORD)
    return {"nobody": None, "carol": carol, "bob": bob, "alice": alice, "root": root}


class Caller:
    """A browser that says which requests were answered with a 500."""

    def __init__(self, user: User | None) -> None:
        self.user, self.client = user, Client(raise_request_exception=False)
        self.failed: dict[str, str] = {}

    def ask(self, method: str, address: str, data: Any = None, **headers: str) -> None:
        if self.user is not None and not self.is_signed_in():
            sign_in(self.client, self.user)
        if data is None:
            answer = self.client.generic(method, address, headers=headers)
        else:
            answer = getattr(self.client, method.lower())(address, data, headers=headers)
        if answer.status_code >= 500:
            error = getattr(answer, "exc_info", None)
            asked = f"{method} {address[:200]} {str(data)[:100]} {str(headers)[:150]}"
            self.failed.setdefault(f"{error and error[1]!r}"[:150], asked)

    def is_signed_in(self) -> bool:
        """An earlier request may have signed it out."""
        cookie = self.client.cookies.get(django_settings.SESSION_COOKIE_NAME)
        return cookie is not None and bool(cookie.value)


@pytest.fixture(params=["nobody", "carol", "bob", "alice", "root"])
def caller(request: pytest.FixtureRequest, people: dict[str, User | None], synced) -> Caller:
    return Caller(people[request.param])


def without_nul_of_servers(value: str) -> str:
    """No server hands control characters of a header on."""
    return re.sub(r"[\x00\r\n]", "", value).encode("utf-8", "surrogatepass").decode("latin-1")


def test_a_malformed_address_in_a_header_is_ignored_on_every_route(caller: Caller):
    kinds = itertools.cycle(ADDRESSES)
    for address, method in itertools.product(addresses(), ("GET", "POST")):
        value = without_nul_of_servers(next(kinds))
        caller.ask(method, address, **dict.fromkeys(HEADERS, value), **(HTMX if method == "POST" else {}))
    for address, value in itertools.product(("/models/", "/accounts/login/", f"/models/{TUNE}/"), ADDRESSES):
        for name in HEADERS:
            caller.ask("GET", address, **{name: without_nul_of_servers(value)}, **HTMX)
    encoded = {"HX-Current-URL": "http://%5B", "HX-Current-URL-URI-AutoEncoded": "true"}
    caller.ask("GET", "/models/", **encoded, **HTMX)
    assert caller.failed == {}


def test_malformed_parameters_are_ignored_or_refused_on_every_route(caller: Caller):
    kinds = itertools.cycle((*ADDRESSES, *TEXTS))
    for address, method in itertools.product(addresses(), ("GET", "POST")):
        value = next(kinds).encode("utf-8", "replace").decode()
        caller.ask(method, address, dict.fromkeys(PARAMETERS, value) | {"next": "http://["})
    for value in ADDRESSES:
        sent = {"next": value.encode("utf-8", "replace").decode(), "login": "alice", "password": PASSWORD}
        for address in ("/accounts/login/", "/accounts/logout/", "/language/", "/sync/"):
            caller.ask("POST", address, sent)
            caller.ask("GET", address, sent)
    assert caller.failed == {}


def test_malformed_headers_of_other_kinds_are_ignored(caller: Caller):
    for name, values in OTHER_HEADERS.items():
        for value, address in itertools.product(values, ("/models/", "/accounts/login/", "/admin/")):
            caller.ask("GET", address, **{name: without_nul_of_servers(value)}, **HTMX)
    assert caller.failed == {}


def test_malformed_query_strings_are_ignored_or_refused(caller: Caller):
    kinds = itertools.cycle(QUERIES)
    for address in addresses():
        caller.ask("GET", f"{address}?{next(kinds)}")
    for query, address in itertools.product(QUERIES, ("/models/", "/accounts/login/", "/activity/")):
        caller.ask("GET", f"{address}?{query}")
    assert caller.failed == {}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"S", "multipart/form-data; boundary=\xff"),
        (b"S", "multipart/form-data; boundary=" + "x" * 300),
        (b"--b\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\nS\r\n--b--", FORM),
        ("&".join(f"a{number}=" for number in range(1_100)).encode(), "application/x-www-form-urlencoded"),
    ],
)
def test_an_unreadable_form_for_no_page_is_answered_and_not_taken_for_our_failure(
    viewer: Client, caplog: pytest.LogCaptureFixture, body: bytes, content_type: str
):
    client = Client(enforce_csrf_checks=True)
    client.cookies.update(viewer.cookies)
    client.cookies[CSRF] = "z" * 32
    answer = client.generic("POST", "/nowhere/", body, content_type=content_type)
    assert answer.status_code in (400, 404)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
