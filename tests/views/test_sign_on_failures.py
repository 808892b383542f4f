"""Single sign-on against an identity provider that is wrong, silent or gone: nobody comes in, and a page says why."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client

from models_ui.services import openid
from tests.conftest import PASSWORD
from tests.support.sign_on import begin, is_in, sign_on, text_of

pytestmark = pytest.mark.django_db


UNTRUSTED = "Acme ID sent an answer that this dashboard does not accept."
SILENT = "Acme ID does not answer, so nobody can sign in by it now."


@pytest.mark.parametrize(
    "fault",
    [
        "bad signature",
        "unsigned",
        "shared secret",
        "nonsense token",
        "wrong nonce",
        "no nonce",
        "wrong audience",
        "other party",
        "wrong issuer",
        "expired",
        "no subject",
        "long subject",
        "other person",
        "empty token",
        "empty keys",
        "odd token",
        "odd keys",
        "odd userinfo",
        "missing userinfo",
    ],
)
def test_an_answer_that_is_wrong_lets_nobody_in(client: Client, provider, caplog, fault: str):
    provider.faults.add(fault)
    answer = sign_on(client, provider)
    assert answer.status_code == 502
    assert UNTRUSTED in text_of(answer)
    assert "Sign-on failed: " in caplog.text
    assert not is_in(client)
    assert not User.objects.exists()


@pytest.mark.parametrize("kind", ["html", "failing", "list", "huge"])
@pytest.mark.parametrize("place", ["token", "keys", "userinfo"])
def test_a_call_that_fails_ends_on_a_page_that_says_so(client: Client, provider, kind: str, place: str):
    provider.faults.add(f"{kind} {place}")
    answer = sign_on(client, provider)
    assert answer.status_code == 503
    assert SILENT in text_of(answer)
    assert "People who have a password here can sign in with it." in text_of(answer)
    assert not User.objects.exists()


@pytest.mark.parametrize("kind", ["html", "failing", "missing", "list", "huge", "empty"])
def test_discovery_that_fails_ends_on_a_page_that_says_so(client: Client, provider, kind: str):
    provider.faults.add(f"{kind} openid-configuration")
    answer = client.post("/sign-on/")
    assert answer.status_code in (502, 503)
    assert re.search(f"{re.escape(UNTRUSTED)}|{re.escape(SILENT)}", text_of(answer))
    assert "Refresh" not in answer


@pytest.mark.parametrize("place", ["openid-configuration", "token", "keys", "userinfo"])
def test_a_redirect_is_not_followed_and_what_comes_with_it_not_believed(client: Client, provider, caplog, place: str):
    provider.faults.add(f"moved {place}")
    answer = client.post("/sign-on/") if place == "openid-configuration" else sign_on(client, provider)
    assert answer.status_code == 503
    assert SILENT in text_of(answer)
    assert "it answered with a redirect (302), and none is followed" in caplog.text
    assert provider.calls.count(place) == 1
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"token_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://e.example/\nX-Injected: 1"},
        {"jwks_uri": "file:///etc/passwd"},
        {"userinfo_endpoint": 7},
    ],
)
def test_discovery_that_is_wrong_is_not_followed(client: Client, provider, document: dict):
    provider.discovery = document
    answer = client.post("/sign-on/")
    assert answer.status_code == 502
    assert UNTRUSTED in text_of(answer)
    assert provider.calls == ["openid-configuration"]


def test_a_provider_that_is_gone_leaves_the_password(client: Client, provider, carol):
    provider.stop()
    answer = client.post("/sign-on/")
    assert answer.status_code == 503
    assert SILENT in text_of(answer)
    assert client.post("/accounts/login/", {"login": "carol", "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("place", ["openid-configuration", "token"])
def test_a_provider_that_hangs_is_given_up(client: Client, provider, monkeypatch: pytest.MonkeyPatch, place: str):
    monkeypatch.setattr(openid, "SIGN_IN_TIMEOUT", 0.3)
    provider.faults.add(f"slow {place}")
    answer = client.post("/sign-on/") if place != "token" else sign_on(client, provider)
    assert answer.status_code == 503
    assert SILENT in text_of(answer)


def test_a_wrong_secret_is_named_in_the_log_and_shown_to_nobody(client: Client, provider, settings, caplog):
    settings.OIDC_CLIENT_SECRET = "mistyped-secret"
    answer = sign_on(client, provider)
    assert answer.status_code == 502
    assert "401 (invalid_client)" in caplog.text
    assert "mistyped-secret" not in caplog.text + answer.content.decode()


def test_who_declines_there_is_told_so(client: Client, provider):
    answer = sign_on(client, provider, None)
    assert answer.status_code == 403
    assert "You declined at Acme ID, so you are not signed in." in text_of(answer)


@pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=unknown", "?error=access_denied&state=unknown"])
def test_who_comes_back_without_having_begun_is_told_to_begin(client: Client, provider, query: str):
    answer = client.get(f"/sign-on/callback/{query}")
    assert answer.status_code == 400
    assert "That sign-in is too old, was finished already, or began in another browser." in text_of(answer)
    assert provider.calls == []


def test_a_sign_on_is_finished_once_and_in_the_browser_that_began_it(client: Client, provider):
    back = provider.decide(dict(parse_qsl(urlsplit(begin(client)).query)), "dora")
    assert Client().get(back).status_code == 400
    assert client.get(back).status_code == 302
    assert Client().get(back).status_code == 400
    assert client.get(back).status_code == 400
