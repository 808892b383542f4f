"""What the fuzz sends: routes read from the project itself, names of parameters from its forms and queries."""

import dataclasses
import re
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from django import forms
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter

from models_ui.access.verbs import CARE_VERBS
from models_ui.urls import CareConverter
from tests.support import ROOT

MARK = "<zq\"'&=x>"  # comes back escaped, wherever it comes back
ROLES = ("nobody", "viewer", "editor", "manager", "root")
METHODS = (*("GET",) * 16, *("POST",) * 10, "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW")
ODD_TEXTS = (
    MARK,
    f"=zq{MARK}",
    "",
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202eoruen\u2066",
    "９９９",
    "-1",
    "0",
    "9" * 400,
    "1e999",
    "NaN",
    "true",
    "%",
    "%ff",
    "[",
    "{}",
    "../../etc/passwd",
    "//evil.example/",
    "https://evil.example/",
    "https:evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "http://testserver@evil.example/",
    "/models/",
    "💥" * 50,
    "' OR 1=1 --",
    "x" * 3000,
    "vision tools ≥128k -retiring",
)
HEADER_NAMES = (
    *("HX-Request", "HX-Target", "HX-Current-URL", "HX-Trigger-Name", "HX-Boosted", "HX-History-Restore-Request"),
    *(
        "Accept",
        "Accept-Language",
        "Accept-Encoding",
        "If-None-Match",
        "If-Modified-Since",
        "Range",
        "Referer",
        "Origin",
    ),
    *("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "Host", "X-Request-ID"),
    *("Cookie", "Authorization", "X-CSRFToken", "X-Requested-With", "Triggering-Event", "Content-Encoding"),
)
BODY_TYPES = (
    *(
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
        "multipart/form-data",
        "application/json",
    ),
    *("application/csp-report", "text/plain", "application/x-www-form-urlencoded; charset=utf-7", "\x00"),
)


class Attempt(NamedTuple):
    """One request, before it is sent."""

    role: str
    method: str
    path: str
    query: list[tuple[str, str]]
    fields: list[tuple[str, str]]
    body: bytes | None  # in place of fields
    body_type: str
    headers: dict[str, str]


def routes() -> list[tuple[str, dict[str, Any]]]:
    """Return each route as a pattern with `{name}` for its parameters, and their converters."""
    return sorted(_routes_under(get_resolver(), "/"), key=lambda route: route[0])


def _routes_under(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for pattern in resolver.url_patterns:
        written = prefix + str(pattern.pattern).lstrip("^").removesuffix("$").removesuffix(r"\Z")
        if isinstance(pattern, URLResolver):
            yield from _routes_under(pattern, written)
        elif isinstance(pattern, URLPattern):
            written = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", written))
            names = re.findall(r"{(\w+)}", written)
            yield written.replace("\\", ""), {name: pattern.pattern.converters.get(name) for name in names}


def parameter_names() -> list[str]:
    """Return the names that our templates, forms and queries know."""
    names: set[str] = {"csrfmiddlewaretoken", "next", "with_script", "page", "typed_reason"}
    for path in (ROOT / "templates").rglob("*.html"):
        names |= set(re.findall(r'\bname="(\w+)"', path.read_text()))
    for form in _subclasses(forms.BaseForm):
        names |= set(getattr(form, "base_fields", {}))
    for module in ("catalog.query:CatalogQuery", "alerts.feeds.query:FeedQuery", "retirements.query:EndsQuery"):
        names |= _fields_of(module)
    return sorted(names)


def _subclasses(base: type) -> Iterator[type]:
    for each in base.__subclasses__():
        yield each
        yield from _subclasses(each)


def _fields_of(where: str) -> set[str]:
    module, _, name = where.partition(":")
    found = getattr(__import__(f"models_ui.{module}", fromlist=[name]), name, None)
    return {field.name for field in dataclasses.fields(found)} if found else set()


class Generator:
    """Makes requests that are half sensible: real routes, ids and names, with odd ones among them.

    The same seed makes the same requests.
    """

    def __init__(self, seed: int, ids: list[str], keys: list[str]) -> None:
        self._random = Random(seed)
        self._ids, self._keys = ids, keys
        self._admin = [route for route in routes() if route[0].startswith("/admin/")]
        self._ours = [route for route in routes() if not route[0].startswith("/admin/")]
        self._names = parameter_names()

    def attempt(self) -> Attempt:
        chance = self._random.random
        route = self._random.choice(self._ours if chance() < 0.9 else self._admin)
        return Attempt(
            role=self._random.choice(ROLES),
            method=self._random.choice(METHODS),
            path=self._path(*route),
            query=self._pairs() if chance() < 0.5 else [],
            fields=self._pairs(),
            body=self._random.randbytes(self._random.randrange(60)) if chance() < 0.1 else None,
            body_type=self._random.choice(BODY_TYPES),
            headers={self._random.choice(HEADER_NAMES): self._text() for _ in range(self._random.randrange(4))},
        )

    def _text(self) -> str:
        kind = self._random.random()
        if kind < 0.5:
            return self._random.choice(ODD_TEXTS)
        if kind < 0.8:
            return self._random.choice([*self._ids, *self._keys, "true", "all", "base", "fine-tuned", "2", "name"])
        return "".join(chr(self._random.randrange(0x2FFF)) for _ in range(self._random.randrange(12)))

    def _pairs(self) -> list[tuple[str, str]]:
        known = [(self._random.choice(self._names), self._text()) for _ in range(self._random.randrange(5))]
        return [*known, (self._text(), self._text())] if self._random.random() < 0.1 else known

    def _path(self, route: str, converters: dict[str, Any]) -> str:
        for name, converter in converters.items():
            route = route.replace(f"{{{name}}}", self._value(converter))
        return route

    def _value(self, converter: Any) -> str:
        if isinstance(converter, IntConverter):
            return self._random.choice(["1", "2", "3", "0", "9" * 30])
        if isinstance(converter, CareConverter):
            return str(self._random.choice(list(CARE_VERBS)))
        if self._random.random() < 0.7:
            return self._random.choice(self._ids)
        odd = ["x", "%00", "%5B", "%ff", "..%2f", "%3Czq%22'%3E", "a" * 400, "%E2%80%AE"]
        return self._random.choice([*self._keys, *odd])
