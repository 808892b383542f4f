"""Passkeys over HTTP: what a browser may send. The real ones are in tests/browser/test_second_factor.py."""

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.test import Client

from tests.conftest import PASSWORD
from tests.support.sign_in import sign_in

ADD = "/accounts/2fa/webauthn/add/"
NESTED = "[" * 100_000
RESPONSE = {"clientDataJSON": "e30", "attestationObject": "oA", "authenticatorData": "AA", "signature": "AA"}
MALFORMED = [
    "",
    "nothing",
    "null",
    "[]",
    "1e999",
    '"a"',
    "{}",
    NESTED,
    '{"id": "\\u0000"}',
    '{"id": "\\ud800"}',
    json.dumps({"id": 1, "rawId": None, "type": "public-key", "response": {}}),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": RESPONSE}),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {**RESPONSE, "attestationObject": "_w"}}),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {**RESPONSE, "clientDataJSON": "W10"}}),
    json.dumps({"id": "é", "rawId": "é", "type": ["x"], "response": [], "clientExtensionResults": 1}),
]


@pytest.fixture
def here(alice: User) -> Client:
    client = Client()
    sign_in(client, alice)
    return client


def plant(user: User, name: str = "Laptop") -> Authenticator:
    """A passkey as the table has it, whose bytes nobody reads in these tests."""
    return Authenticator.objects.create(user=user, type="webauthn", data={"name": name, "credential": {}})


@pytest.mark.parametrize("credential", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_passkey_is_refused_in_words(here: Client, credential: str):
    here.get(ADD)
    answer = here.post(ADD, {"name": "x", "credential": credential})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Incorrect code." in page or "This field is required." in page or "Enter a valid JSON." in page
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("credential", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_proof_lets_nobody_in(alice: User, credential: str, monkeypatch: pytest.MonkeyPatch):
    plant(alice)
    monkeypatch.setattr("allauth.mfa.webauthn.internal.auth.get_credentials", lambda user: [])
    client = Client()
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert client.get("/accounts/2fa/authenticate/").status_code == 200
    answer = client.post("/accounts/2fa/authenticate/", {"credential": credential})
    assert answer.status_code == 200
    assert client.get("/models/").status_code == 302


def test_a_passkey_is_no_way_in_by_itself(alice: User):
    """It would pass by the identity provider, and by the switch for passwords."""
    assert Client().get("/accounts/2fa/webauthn/login/").status_code == 404
    assert "asskey" not in Client().get("/accounts/login/").content.decode()


def test_names_are_anybodys_text(here: Client, alice: User):
    plant(alice, "‮<script>")
    page = here.get("/profile/").content.decode()
    assert "<bdi>‮&lt;script&gt;" in page
    key = plant(alice, "Laptop")
    rename = f"/accounts/2fa/webauthn/keys/{key.pk}/edit/"
    assert here.post(rename, {"name": "x" * 61}).status_code == 200
    assert here.post(rename, {"name": ""}).status_code == 200
    assert here.post(rename, {"name": "On\nme"}).status_code == 302
    assert Authenticator.objects.get(pk=key.pk).data["name"] == "On me"


def test_nobody_renames_or_removes_those_of_others(here: Client, bob: User):
    key = plant(bob)
    for what in ("edit", "remove"):
        assert here.post(f"/accounts/2fa/webauthn/keys/{key.pk}/{what}/", {"name": "mine"}).status_code == 404
    assert Authenticator.objects.get().data["name"] == "Laptop"


def test_a_role_that_needs_a_second_factor_keeps_its_last_passkey(here: Client, alice: User, settings):
    settings.MFA_REQUIRED_ROLES = ["manager"]
    first, second = plant(alice), plant(alice, "Phone")
    here.post(f"/accounts/2fa/webauthn/keys/{first.pk}/remove/")
    answer = here.post(f"/accounts/2fa/webauthn/keys/{second.pk}/remove/", follow=True)
    assert "Turn another one on before you remove this." in answer.content.decode()
    assert [each.data["name"] for each in Authenticator.objects.filter(type="webauthn")] == ["Phone"]


def test_adding_one_asks_who_is_there_after_a_while(alice: User):
    late: Any = Client()
    sign_in(late, alice, ago=16 * 60)
    assert late.get(ADD)["Location"].startswith("/accounts/reauthenticate/")


def test_a_wrong_proof_before_a_deletion_asks_again_and_keeps_where_one_was(here: Client, alice: User, monkeypatch):
    plant(alice)
    monkeypatch.setattr("allauth.mfa.webauthn.internal.auth.get_credentials", lambda user: [])
    address = "/accounts/2fa/webauthn/reauthenticate/"
    answer = here.post(address, {"credential": '{"id": "AA"}', "next": "/models/x/delete/"}, follow=True)
    assert answer.redirect_chain == [(f"{address}?next=%2Fmodels%2Fx%2Fdelete%2F", 302)]
    assert "Incorrect code." in answer.content.decode()


def test_wrong_passkeys_count_towards_the_lock(alice: User, monkeypatch: pytest.MonkeyPatch):
    plant(alice)
    monkeypatch.setattr("allauth.mfa.webauthn.internal.auth.get_credentials", lambda user: [])
    monkeypatch.setattr("allauth.mfa.webauthn.internal.auth.parse_authentication_response", lambda response: None)
    client = Client()
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    for _ in range(6):
        answer = client.post("/accounts/2fa/authenticate/", {"credential": json.dumps({"id": "AA"})})
    assert "Too many" in answer.content.decode()
