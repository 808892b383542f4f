"""The web servers in front keep addresses that let their reader in out of their logs, as the dashboard's own log does."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from models_ui.log_filters import KEYED_PLACES
from tests.support import ROOT

NGINX = (ROOT / "deploy/proxy/nginx.conf").read_text()
CADDY = (ROOT / "deploy/proxy/Caddyfile").read_text()
PATHS = {"confirm-email": "/accounts/confirm-email", "reset/key": "/accounts/password/reset/key"}


def routes(patterns: list[URLPattern | URLResolver], start: str = "") -> Iterator[str]:
    for each in patterns:
        route = start + str(each.pattern).lstrip("^")
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, route)
        else:
            yield route


def in_log_of_nginx(address: str) -> str:
    """Return what stands for an address in the access log: the variables of nginx are worked out here."""
    source, pattern, shortened, default = re.search(
        r"^map (\$\w+) \$logged_address \{\s+~(\S+) +(\S+);\s+default +(\S+);\s+\}", NGINX, re.MULTILINE
    ).groups()
    values = {"$request_uri": address, "$uri": unquote(address.partition("?")[0])}
    found = re.match(pattern.replace("(?<", "(?P<"), values[source])
    return shortened.replace("$place", found["place"]) if found else values[default]


def filters_of_caddy() -> list[dict[str, str]]:
    """Return, for each log, its filter by field. Caddy takes the last one of a field."""
    blocks = re.findall(r"fields \{([^}]*)\}", CADDY)
    return [dict(line.split(maxsplit=1) for line in block.strip().splitlines()) for block in blocks]


def in_log_of_caddy(address: str) -> str:
    pattern, words = re.fullmatch(r'regexp "([^"]+)" "([^"]*)"', filters_of_caddy()[-1]["request>uri"]).groups()
    return re.sub(pattern, lambda found: words.replace("$1", found[1] or ""), address)


def test_every_route_with_a_key_is_below_a_place_that_no_log_shows():
    keyed = [route for route in routes(get_resolver().url_patterns) if re.search(r"secret>|key>", route)]
    assert len(keyed) >= 5
    assert [route for route in keyed if not any(f"{place}/" in route for place in KEYED_PLACES)] == []


@pytest.mark.parametrize("in_log", [in_log_of_nginx, in_log_of_caddy])
@pytest.mark.parametrize("below", ["", "/dash"])
@pytest.mark.parametrize("place", KEYED_PLACES)
def test_a_web_server_logs_no_key(in_log, below: str, place: str):
    path = below + PATHS.get(place, f"/{place}")
    assert in_log(f"{path}/a-key-that-lets-in/?next=a-key-that-lets-in") == f"{path}/..."


@pytest.mark.parametrize("in_log", [in_log_of_nginx, in_log_of_caddy])
@pytest.mark.parametrize("path", ["/models/mistral-large-2512/rename/", "/sign-on/callback/"])
def test_a_web_server_logs_other_paths_without_what_is_asked_of_them(in_log, path: str):
    assert in_log(path) == path
    for query in ("?code=once&state=once", "?code=once&state=/feeds/", "?next=/invitation/once/"):
        assert in_log(path + query).removesuffix("...") == path


def test_nginx_sees_through_an_encoded_path():
    assert in_log_of_nginx("/%69nvitation/a-key-that-lets-in/") == "/invitation/..."


def test_nginx_writes_the_shortened_address_alone_and_no_error_with_a_whole_one():
    written = re.search(r"log_format dashboard '([^']*)'", NGINX)[1]
    assert "$logged_address" in written
    assert not re.search(r"\$(request|request_uri|uri|args|query_string|http_\w+)\b", written)
    assert re.findall(r"access_log (.*);", NGINX) == ["/var/log/nginx/models-dashboard.log dashboard", "off"]
    assert re.search(r"error_log \S+ crit;", NGINX), "an error of a lower level names the address"


def test_caddy_filters_the_log_of_requests_and_that_of_its_own_troubles_alike():
    of_troubles, of_requests = filters_of_caddy()
    assert of_troubles == of_requests
    assert of_requests.keys() == {"request>uri", "request>headers", "resp_headers"}
    assert of_requests["request>headers"] == of_requests["resp_headers"] == "delete"
    assert CADDY.count("request>uri") == 2, "of two filters of a field one is not used"


def test_the_documents_name_each_place():
    for name in ("README.md", "docs/operations.md"):
        told = (ROOT / name).read_text()
        assert [place for place in KEYED_PLACES if f"{place}/`" not in told] == [], name
