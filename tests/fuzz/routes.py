"""What can be asked: the addresses of Django's resolver, and the names that queries, forms and views read."""

import re
from collections.abc import Iterator
from dataclasses import is_dataclass

from django.forms import BaseForm
from django.urls import URLPattern, URLResolver, get_resolver

from models_ui.listing.parameters import AddressQuery, parameters_of
from tests.support import ROOT

_PLACE = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
_READ = re.compile(r'(?:GET|POST)(?: or \S+)?\)?\.get(?:list)?\("(\w+)"|"(\w+)" (?:not )?in request\.(?:GET|POST)')
# Names that Django and its admin read, and those of forms that are made for each request.
_OF_DJANGO = (
    "csrfmiddlewaretoken",
    "next",
    "_changelist_filters",
    "_popup",
    "_to_field",
    "p",
    "o",
    "e",
    "all",
    "action",
)
_OF_ACCOUNTS = ("login", "password", "remember", "oldpassword", "password1", "password2", "email", "username", "code")


def route_templates() -> list[str]:
    """Return the addresses, with `{name}` for each value in them."""
    return sorted(set(_templates(get_resolver(), "")))


def _templates(resolver: URLResolver, before: str) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        written = before + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLResolver):
            yield from _templates(pattern, written)
        elif isinstance(pattern, URLPattern):
            filled = _PLACE.sub(lambda place: "{" + (place[1] or place[2]) + "}", written)
            yield "/" + re.sub(r"\\Z|[\\$^]", "", filled)


def parameter_names() -> list[str]:
    """Return every name that an address or a form may have."""
    names = {*_OF_DJANGO, *_OF_ACCOUNTS}
    for query in filter(is_dataclass, _descendants(AddressQuery)):
        names |= {spec.name for spec in parameters_of(query).values()}
    for form in _descendants(BaseForm):
        if form.__module__.startswith(("models_ui", "allauth.account", "django.contrib")):
            names |= set(getattr(form, "base_fields", ()))
    for source in (ROOT / "models_ui").rglob("*.py"):
        names |= {first or second for first, second in _READ.findall(source.read_text())}
    return sorted(names)


def _descendants(base: type) -> Iterator[type]:
    for derived in base.__subclasses__():
        yield derived
        yield from _descendants(derived)
