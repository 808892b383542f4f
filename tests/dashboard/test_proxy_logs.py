"""The web servers in front keep addresses that let their reader in out of their logs, as the dashboard's own log does."""

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from models_ui.log_filters import KEYED_PLACES
from tests.support import ROOT

NGINX = (ROOT / "deploy/proxy/nginx.conf").read_text()
CADDY = (ROOT / "deploy/proxy/Caddyfile").read_text()


def routes(patterns: list[URLPattern | URLResolver], start: str = "") -> Iterator[str]:
    for each in patterns:
        route = start + str(each.pattern).lstrip("^")
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, route)
        else:
            yield route


def in_log_of_nginx(address: str) -> str:
    pattern, words = re.search(r"~(\S+) +(\S+);", NGINX).groups()
    found = re.match(pattern.replace("(?<", "(?P<"), address)
    return words.replace("$place", found["place"]) if found else address.partition("?")[0]


def in_log_of_caddy(address: str) -> str:
    for pattern, words in re.findall(r'regexp "([^"]+)" "([^"]*)"', CADDY):
        address = re.sub(pattern, words.replace("$1", r"\1"), address)
    return address


def test_every_route_with_a_key_is_below_a_place_that_no_log_shows():
    keyed = [route for route in routes(get_resolver().url_patterns) if re.search(r"secret>|<key>|\bkey>", route)]
    assert len(keyed) >= 5
    assert [route for route in keyed if not any(f"{place}/" in route for place in KEYED_PLACES)] == []


@pytest.mark.parametrize("in_log", [in_log_of_nginx, in_log_of_caddy])
@pytest.mark.parametrize("below", ["", "/dash"])
@pytest.mark.parametrize("place", KEYED_PLACES)
def test_a_web_server_logs_no_key(in_log, below: str, place: str):
    before = {"confirm-email": "/accounts", "reset/key": "/accounts/password"}.get(place, "")
    logged = in_log(f"{below}{before}/{place}/a-key-that-lets-in/?next=a-key-that-lets-in")
    assert logged == f"{below}{before}/{place}/…"


@pytest.mark.parametrize("in_log", [in_log_of_nginx, in_log_of_caddy])
def test_a_web_server_logs_other_paths_as_they_are(in_log):
    assert in_log("/models/mistral-large-2512/rename/") == "/models/mistral-large-2512/rename/"
    assert in_log("/sign-on/callback/?code=once&state=once").rstrip("…") == "/sign-on/callback/"


def test_the_documents_name_each_place():
    for name in ("README.md", "docs/operations.md"):
        told = (ROOT / name).read_text()
        assert [place for place in KEYED_PLACES if f"{place}/`" not in told] == [], name
