"""What every answer tells the browser, what an error page says, and that every address is closed unless listed."""

import logging
import re
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path

from dashboard import urls as project
from models_ui.log_filters import RequestIdFilter

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; report-uri /browser-report/"
)
EVERYWHERE = ["/models/", "/models.csv", "/models.json", "/accounts/login/", "/admin/", "/healthz", "/nowhere", "/"]

pytestmark = pytest.mark.django_db


def fail(error: Exception):
    def view(request, **_: object):
        raise error

    return view


urlpatterns = [
    *project.urlpatterns,
    path("test/400/", fail(BadRequest("secret-of-ours"))),
    path("test/403/", fail(PermissionDenied())),
    path("test/404/", fail(Http404("secret-of-ours"))),
    path("test/500/", fail(RuntimeError("secret-of-ours"))),
]
handler400, handler403, handler404, handler500 = (
    project.handler400,
    project.handler403,
    project.handler404,
    project.handler500,
)


@pytest.fixture
def log() -> Iterator[list[str]]:
    """The lines of the log as the console shows their ids: `id logger message`."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Keep()
    handler.addFilter(RequestIdFilter())
    handler.setFormatter(logging.Formatter("%(request_id)s %(name)s %(message)s"))
    logging.getLogger().addHandler(handler)
    yield lines
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize("address", EVERYWHERE)
@pytest.mark.parametrize("who", ["anonymous", "alice"])
def test_every_answer_has_the_policy_and_is_kept_by_no_cache(client: Client, client_of, alice, address: str, who: str):
    browser = client if who == "anonymous" else client_of(alice)
    answer = browser.get(address)
    assert answer["Content-Security-Policy"] == POLICY
    assert "no-store" in answer["Cache-Control"]
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert re.fullmatch(r"[0-9a-f]{16}", answer["X-Request-ID"])
    vary = {each.strip() for each in answer.get("Vary", "").split(",")}
    assert {"HX-Request", "HX-History-Restore-Request", "Cookie"} <= vary or address == "/healthz"


def test_the_policy_allows_nothing_unsafe():
    assert "unsafe" not in POLICY


@pytest.mark.parametrize(("address", "header"), [("/nowhere", None), ("/healthz", POLICY)])
def test_debug_mode_leaves_the_policy_out_where_djangos_own_error_page_stands(
    alice, client_of, settings, address: str, header: str | None
):
    settings.DEBUG = True
    assert client_of(alice).get(address).get("Content-Security-Policy") == header


def test_no_page_needs_what_the_policy_forbids(client_of, client: Client, alice: User, synced):
    manager = client_of(alice)
    pages = [manager.get("/models/"), manager.get("/models/mistral-large-latest/", follow=True)]
    pages += [client.get(each) for each in ("/accounts/login/", "/accounts/password/reset/", "/accounts/signup/")]
    pages += [manager.get(each) for each in ("/profile/", "/accounts/password/change/", "/accounts/logout/")]
    for answer in pages:
        html = answer.content.decode()
        assert answer.status_code == 200
        assert not re.search(r"<style|<[^>]+\sstyle=|<[^>]+\son\w+=", html)
        assert not re.search(r"<script(?![^>]+src=)", html)


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("who", ["anonymous", "alice"])
@pytest.mark.parametrize(
    ("status", "title"),
    [
        (400, "That request makes no sense"),
        (403, "You may not do this"),
        (404, "There is no such page"),
        (500, "Something went wrong here"),
    ],
)
def test_an_error_is_a_page_that_says_what_to_do_and_the_id_to_ask_with(
    alice, client_of, log: list[str], status: int, title: str, who: str, language: str, settings
):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if who == "alice" or "LoginMiddleware" not in name]
    browser = client_of(alice) if who == "alice" else Client()
    browser.raise_request_exception = False
    browser.cookies[django_settings.LANGUAGE_COOKIE_NAME] = language
    answer = browser.get(f"/test/{status}/")
    page = answer.content.decode()
    assert answer.status_code == status
    assert f'<html lang="{language}"' in page
    if language == "en":
        assert f"<h1>{title}</h1>" in page
    assert ("alice" in page) is (who == "alice")
    assert "secret-of-ours" not in page
    assert "Traceback" not in page
    assert answer["X-Request-ID"] in page
    assert answer["Content-Security-Policy"] == POLICY
    # The person gives the id, and whoever runs the dashboard finds the line.
    lines = [line for line in log if f"/test/{status}/" in line]
    assert lines
    assert all(line.startswith(answer["X-Request-ID"] + " ") for line in lines)


@pytest.mark.urls(__name__)
def test_an_error_of_ours_is_in_the_log_with_its_cause(alice, client_of, log: list[str]):
    browser = client_of(alice, raise_request_exception=False)
    answer = browser.get("/test/500/")
    found = [line for line in log if "RuntimeError: secret-of-ours" in line]
    assert len(found) == 1
    assert found[0].startswith(answer["X-Request-ID"])


@pytest.mark.urls(__name__)
def test_an_error_meets_htmx_as_the_middle_of_its_page(alice, client_of):
    answer = client_of(alice).get("/test/404/", headers={"HX-Request": "true"})
    assert (answer["HX-Retarget"], answer["HX-Reselect"], answer["HX-Reswap"]) == ("#main", "#main", "outerHTML")
    assert '<main id="main"' in answer.content.decode()


def test_a_host_that_is_not_ours_gets_a_readable_refusal(client: Client, settings, log: list[str]):
    settings.ALLOWED_HOSTS = ["dashboard.example"]
    answer = client.get("/accounts/login/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "That request makes no sense" in answer.content.decode()
    assert "evil.example" not in answer.content.decode()
    assert any(line.startswith(answer["X-Request-ID"]) for line in log)


def test_each_request_has_an_id_of_its_own_that_no_client_can_choose(client: Client):
    ids = {client.get("/healthz", headers={"X-Request-ID": "mine"})["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
    assert "mine" not in ids


@pytest.mark.parametrize("verb", ["post", "delete"])
def test_a_missing_token_is_a_readable_page_for_strangers_too(verb: str):
    answer = getattr(Client(enforce_csrf_checks=True), verb)("/accounts/login/")
    assert answer.status_code == 403
    assert "This page was open for too long" in answer.content.decode()


def test_with_https_plain_http_leads_to_it_except_for_probes(client: Client, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert client.get("/models/?q=x")["Location"] == "https://testserver/models/?q=x"
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    secure = client.get("/accounts/login/", headers={"X-Forwarded-Proto": "https"})
    assert secure.status_code == 200
    assert secure["Strict-Transport-Security"] == "max-age=31536000"


# --- Closed by default

OPEN = {
    "account_login",
    "browser_report",  # takes reports, and says nothing
    "account_logout",  # leads to the login page
    "account_signup",  # says that it is closed
    "account_inactive",
    "account_email_verification_sent",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_login_code",  # leads to the login page
    "sign_on",  # there is none where no identity provider is set up
    "sign_on_callback",
    "sign_in_link",  # whoever has its secret may use it
    "admin:login",  # leads to the login page
    "admin:jsi18n",  # words of the admin's scripts
    "changes_atom",  # for whoever has the secret in it
    "healthz",
    "invitation",  # for whoever has the secret in it
    "models_ics",
    "no_feed",  # tells nobody anything
    "readyz",
    "metrics",  # from this machine, or with its token
    "set_language",
}
SAMPLES = {
    "str": "sample",
    "path": "sample",
    "slug": "sample",
    "care": "tag",
    "int": "1",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def addresses(resolver: URLResolver, prefix: str = "/", space: str = "") -> Iterator[tuple[str, str]]:
    """Every address of the project with a value for each parameter, and its name."""
    for each in resolver.url_patterns:
        route = str(each.pattern).removeprefix("^").removesuffix("$")
        route = re.sub(r"(?<!\?P)<(?:(\w+):)?\w+>", lambda match: SAMPLES[match[1] or "str"], route)
        route = re.sub(
            r"\(\?P<\w+>((?:\[[^]]*\]|[^)])*)\)", lambda match: "auth" if "auth" in match[1] else "1-x", route
        )
        if isinstance(each, URLPattern):
            yield prefix + route.replace("\\", "").removesuffix("$"), space + (each.name or "")
        else:
            inner = f"{space}{each.namespace}:" if each.namespace else space
            yield from addresses(each, prefix + route, inner)


ADDRESSES = sorted(set(addresses(get_resolver("dashboard.urls"))))


def test_the_walk_meets_every_part_of_the_project():
    names = {name for _, name in ADDRESSES}
    assert {"catalog", "model", "sync", "healthz", "account_email", "admin:index", "set_language"} <= names
    assert names >= OPEN
    assert len(ADDRESSES) > 50


@pytest.mark.parametrize("verb", ["get", "post"])
@pytest.mark.parametrize(("address", "name"), ADDRESSES)
def test_every_address_is_closed_to_strangers_unless_it_is_listed(client: Client, address: str, name: str, verb: str):
    answer = getattr(client, verb)(address)
    # The admin's own login page leads on to the one there is.
    leads_to_login = answer.status_code == 302 and answer["Location"].startswith(("/accounts/login/", "/admin/login/"))
    if name in OPEN:
        assert answer.status_code < 500
        return
    assert leads_to_login or (answer.status_code == 405 and not answer.content), answer.status_code


@pytest.mark.parametrize("address", [address for address, name in ADDRESSES if name in OPEN])
def test_open_pages_tell_a_stranger_nothing_about_models_or_people(client: Client, carol, synced, address: str):
    text = client.get(address, follow=True).content.decode()
    assert not re.search(r"carol|mistral-(large|small|embed)|ft:", text)
