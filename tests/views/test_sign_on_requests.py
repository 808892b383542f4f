"""Single sign-on: what is asked of the provider, what is kept of its answer, and where people are led."""

import html
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.sessions.models import Session
from django.test import Client

from tests.support.identity_provider import CLIENT_ID
from tests.support.sign_on import begin, sign_on

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("signed_in", [False, True])
def test_the_page_in_between_links_to_where_it_leads(client: Client, carol, provider, signed_in: bool):
    if signed_in:  # and asked anew who is there
        client.force_login(carol)
    answer = client.post("/sign-on/")
    link = re.search(r'href="([^"]+)" rel="noreferrer"', answer.content.decode())[1]
    assert html.unescape(link) == answer["Refresh"].removeprefix("0; url=")


def test_nothing_in_the_request_changes_what_the_provider_is_asked(client: Client, provider):
    address = begin(Client(), redirect_uri="https://evil.example/")
    path = "/sign-on/?auth_params=redirect_uri%3Dhttps%3A%2F%2Fevil.example&scope=admin&process=connect"
    other = client.post(path)["Refresh"]
    for each in (address, other):
        query = dict(parse_qsl(urlsplit(each).query))
        assert query["redirect_uri"] == "http://testserver/sign-on/callback/"
        assert sorted(query["scope"].split()) == ["email", "openid", "profile"]
        assert query["code_challenge_method"] == "S256"
    assert begin(client) != begin(client)


def test_the_address_to_come_back_to_is_that_of_the_dashboard_whatever_the_host(client: Client, provider, settings):
    settings.DASHBOARD_URL = "https://models.example.org"
    query = dict(parse_qsl(urlsplit(begin(client)).query))
    assert query["redirect_uri"] == "https://models.example.org/sign-on/callback/"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_sign_on_leads_nowhere_else(client: Client, provider, elsewhere: str):
    assert sign_on(client, provider, next=elsewhere)["Location"] == "/models/"


def test_sign_on_leads_to_the_page_that_was_asked_for(client: Client, provider):
    assert sign_on(client, provider, next="/retirements/?q=a%26b")["Location"] == "/retirements/?q=a%26b"


def test_an_address_of_authorization_keeps_what_it_asks_for(client: Client, provider):
    provider.discovery = {"authorization_endpoint": f"{provider.issuer}/authorize?policy=ml"}
    address = begin(client)
    assert address.count("?") == 1
    assert dict(parse_qsl(urlsplit(address).query)).items() >= {"policy": "ml", "client_id": CLIENT_ID}.items()


def test_sign_on_is_begun_so_often_and_no_more_from_one_address(client: Client, provider, monkeypatch):
    monkeypatch.setattr("models_ui.web.sign_on.MOST_BEGUN", 2)
    begin(client)
    begin(Client())
    assert client.post("/sign-on/").status_code == 429
    assert provider.calls == ["openid-configuration"] * 2
    assert Client(REMOTE_ADDR="192.0.2.7").post("/sign-on/").status_code == 200


def test_a_look_at_where_people_come_back_to_spends_nothing(client: Client, provider):
    back = provider.decide(dict(parse_qsl(urlsplit(begin(client)).query)), "dora")
    assert client.head(back).status_code == 405
    assert client.get(back).status_code == 302


def test_a_link_alone_starts_nothing(client: Client, provider):
    answer = client.get("/sign-on/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    assert provider.calls == []
    forged = Client(enforce_csrf_checks=True).post("/sign-on/")
    assert forged.status_code == 403


def test_neither_tokens_nor_claims_are_kept(client: Client, provider):
    for _ in range(2):  # the second time allauth knows the account and would renew what it keeps of it
        sign_on(client, provider)
        assert not SocialToken.objects.exists()
        assert SocialAccount.objects.get().extra_data == {}
    kept = " ".join(str(each.get_decoded()) for each in Session.objects.all())
    assert not any(token in kept for token in provider.tokens)


def test_the_policy_for_forms_is_as_strict_as_ever(client: Client, provider):
    assert "form-action 'self';" in client.get("/accounts/login/")["Content-Security-Policy"]


def test_without_the_settings_there_is_no_sign_on(client: Client):
    assert client.post("/sign-on/").status_code == 404
    assert client.get("/sign-on/callback/").status_code == 404
    assert "/sign-on/" not in client.get("/accounts/login/").content.decode()
