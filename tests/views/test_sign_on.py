"""Single sign-on over real HTTP, against an identity provider on loopback that can be wrong."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from models_ui.access.roles import Role, role_of
from models_ui.models import AuditEvent, CatalogModel
from models_ui.services import openid
from tests.conftest import PASSWORD, person
from tests.support.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider

pytestmark = pytest.mark.django_db

ROLES = {"ml-admins": "Manager", "ml-team": "Editor", "*": "Viewer"}
DORA = {
    "sub": "dora-0815",
    "preferred_username": "dora",
    "name": "Dora Maar",
    "email": "dora@example.org",
    "email_verified": True,
    "groups": ["ml-team", "skiing"],
}


@pytest.fixture
def provider(settings) -> Iterator[IdentityProvider]:
    """The dashboard is set up for this provider, as by the environment."""
    with IdentityProvider(people={"dora": dict(DORA)}) as running:
        settings.OIDC_ISSUER = running.issuer
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
        settings.OIDC_NAME, settings.OIDC_ROLES = "Acme ID", dict(ROLES)
        yield running


def begin(client: Client, **form: str) -> str:
    """Press the button, and return the address that the browser is led to."""
    answer = client.post("/sign-on/", form)
    assert answer.status_code == 200, answer.content.decode()
    return answer["Refresh"].removeprefix("0; url=")


def sign_on(client: Client, provider: IdentityProvider, who: str | None = "dora", **form: str):
    """Sign in at the provider, and return what the dashboard answers to who comes back."""
    address = begin(client, **form)
    back = provider.decide(dict(parse_qsl(urlsplit(address).query)), who)
    assert urlsplit(back).path == "/sign-on/callback/"
    return client.get(back)


def is_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def told() -> list[tuple[str, str, str]]:
    return list(AuditEvent.objects.order_by("pk").values_list("kind", "actor", "label"))


# --- Who comes in


def test_the_first_sign_on_makes_the_person_with_the_role_of_their_groups(client: Client, provider):
    answer = sign_on(client, provider)
    assert (answer.status_code, answer["Location"]) == (302, "/models/")
    assert is_in(client)
    dora = User.objects.get()
    assert (dora.username, dora.get_full_name(), dora.email) == ("dora", "Dora Maar", "dora@example.org")
    assert role_of(dora) is Role.EDITOR
    assert not dora.has_usable_password()
    assert told() == [("person.joined_by_sign_on", "", "dora")]


def test_the_second_sign_on_is_the_same_person_whatever_they_call_themselves(client: Client, provider):
    sign_on(client, provider)
    provider.people["dora"] |= {"preferred_username": "dm", "name": "Dora M. Maar", "email": "dm@example.org"}
    sign_on(Client(), provider)
    dora = User.objects.get()
    assert (dora.username, dora.get_full_name(), dora.email) == ("dora", "Dora M. Maar", "dm@example.org")
    assert told()[-1] == ("person.renewed", "", "dora")


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["ml-admins", "ml-team"], Role.MANAGER),
        ("ml-admins", Role.MANAGER),
        ([], Role.VIEWER),
        ([7, None], Role.VIEWER),
    ],
)
def test_the_highest_role_of_the_groups_counts(client: Client, provider, groups: object, role: Role):
    provider.people["dora"]["groups"] = groups
    sign_on(client, provider)
    assert role_of(User.objects.get()) is role


def test_groups_may_be_a_claim_inside_of_another(client: Client, provider, settings):
    settings.OIDC_GROUPS_CLAIM = "realm_access.roles"
    provider.people["dora"]["realm_access"] = {"roles": ["ml-admins"]}
    sign_on(client, provider)
    assert role_of(User.objects.get()) is Role.MANAGER


def test_the_role_is_renewed_at_each_sign_on_and_activity_tells_so(client: Client, provider, alice, client_of):
    sign_on(client, provider)
    provider.people["dora"]["groups"] = ["ml-admins"]
    sign_on(client, provider)
    assert role_of(User.objects.get(username="dora")) is Role.MANAGER
    assert told()[-1] == ("person.role_from_sign_on", "", "dora")
    provider.people["dora"]["groups"] = []
    sign_on(client, provider)
    assert role_of(User.objects.get(username="dora")) is Role.VIEWER
    page = text_of(client_of(alice).get("/activity/"))
    assert "Sign-on changed the role of dora from Manager to Viewer" in page
    assert "dora came in by sign-on for the first time, with the role Editor" in page


def test_whose_groups_have_no_role_is_refused_and_out_everywhere(client: Client, provider, settings):
    del settings.OIDC_ROLES["*"]
    sign_on(client, provider)
    assert is_in(client)
    provider.people["dora"]["groups"] = ["skiing"]
    answer = sign_on(Client(), provider)
    assert answer.status_code == 403
    assert "none of your groups has access to this dashboard" in text_of(answer)
    assert not is_in(client)
    provider.people["eve"] = {"sub": "eve"}
    assert sign_on(Client(), provider, "eve").status_code == 403
    assert not User.objects.filter(username="eve").exists()


def test_without_roles_in_the_settings_people_come_as_viewers_and_managers_give_roles(
    client: Client, provider, settings, alice, client_of
):
    settings.OIDC_ROLES = {}
    sign_on(client, provider)
    dora = User.objects.get(username="dora")
    assert role_of(dora) is Role.VIEWER
    client_of(alice).post(f"/people/{dora.pk}/role/", {"role": "editor"})
    sign_on(client, provider)
    assert role_of(User.objects.get(pk=dora.pk)) is Role.EDITOR


def test_the_last_manager_stays_one_and_is_told(client: Client, provider, caplog):
    provider.people["dora"]["groups"] = ["ml-admins"]
    sign_on(client, provider)
    provider.people["dora"]["groups"] = ["ml-team"]
    answer = client.get(sign_on(client, provider)["Location"])
    assert "You keep it until somebody else has it" in text_of(answer)
    assert role_of(User.objects.get()) is Role.MANAGER
    assert "Sign-on leaves the role Manager to person" in caplog.text
    alice = person("alice", Role.MANAGER)
    sign_on(client, provider)
    assert role_of(User.objects.get(username="dora")) is Role.EDITOR
    assert role_of(alice) is Role.MANAGER


def test_a_person_without_access_does_not_come_in(client: Client, provider):
    sign_on(client, provider)
    User.objects.update(is_active=False)
    answer = sign_on(Client(), provider)
    assert answer.status_code == 403
    assert "Your access to this dashboard was taken away." in text_of(answer)


# --- Names and addresses that others have


@pytest.mark.parametrize("taken", ["dora", "Dora"])
def test_a_name_that_is_taken_gets_a_number(client: Client, provider, taken: str):
    User.objects.create_user(taken, "other@example.org", PASSWORD)
    sign_on(client, provider)
    assert User.objects.filter(username="dora-2").exists()


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("ACME\\dora", "ACME-dora"),
        ("dora maar", "dora-maar"),
        ("<script>", "script"),
        ("me", "me-2"),
        ("", "dora"),
        ("d\u202eora", "d-ora"),
        ("x" * 400, "x" * 145),
        ({"a": 1}, "dora"),
    ],
)
def test_a_name_becomes_one_that_a_person_can_have(client: Client, provider, theirs: object, ours: str):
    provider.people["dora"]["preferred_username"] = theirs
    sign_on(client, provider)
    assert User.objects.get().username == ours


def test_a_name_that_is_anothers_address_gets_a_number(client: Client, provider, carol):
    provider.people["dora"]["preferred_username"] = "carol@example.org"
    sign_on(client, provider)
    assert User.objects.filter(username="carol@example.org-2").exists()


@pytest.mark.parametrize("verified", [True, None])
def test_an_address_that_a_local_account_has_opens_it_not(client: Client, provider, carol, verified: bool | None):
    provider.people["dora"] |= {"email": "Carol@example.org", "email_verified": verified}
    answer = sign_on(client, provider)
    assert answer.status_code == 403
    assert "An account with your e-mail address is here already" in text_of(answer)
    assert not is_in(client)
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 1


def test_with_the_setting_an_address_that_the_provider_vouches_for_links_the_account(
    client: Client, provider, settings, carol, client_of
):
    settings.OIDC_LINK_BY_EMAIL = True
    elsewhere = client_of(carol)
    assert is_in(elsewhere)
    provider.people["dora"] |= {"email": "carol@example.org"}
    sign_on(client, provider)
    assert "carol" in text_of(client.get("/profile/"))
    carol.refresh_from_db()
    assert SocialAccount.objects.get().user == carol
    assert role_of(carol) is Role.EDITOR
    assert not carol.has_usable_password()
    assert not is_in(elsewhere)
    assert ("person.linked", "", "carol") in told()


def test_of_an_account_that_is_linked_no_session_of_before_is_left(client: Client, provider, settings, carol):
    settings.OIDC_LINK_BY_EMAIL = True
    Client().post("/accounts/login/", {"login": "carol", "password": PASSWORD})
    provider.people["dora"] |= {"email": "carol@example.org"}
    sign_on(client, provider)
    assert "Where you are signed in 1 " in text_of(client.get("/profile/"))


def test_an_account_that_another_provider_knew_is_linked_as_any_other(client: Client, provider, settings):
    settings.OIDC_LINK_BY_EMAIL = True
    there = Client()
    sign_on(there, provider)
    with IdentityProvider(people={"dora": DORA | {"sub": "another"}}) as other:
        settings.OIDC_ISSUER = other.issuer
        sign_on(client, other)
    assert User.objects.count() == 1
    assert not is_in(there)
    assert told()[-1] == ("person.linked", "", "dora")


@pytest.mark.parametrize("claim", [False, "false", None, "yes", 1])
def test_with_the_setting_an_address_that_nobody_vouches_for_links_nothing(
    client: Client, provider, settings, carol, claim: object
):
    settings.OIDC_LINK_BY_EMAIL = True
    provider.people["dora"] |= {"email": "carol@example.org", "email_verified": claim}
    sign_on(client, provider)
    assert not SocialAccount.objects.filter(user=carol).exists()


def test_no_address_links_a_superuser(client: Client, provider, settings):
    settings.OIDC_LINK_BY_EMAIL = True
    User.objects.create_superuser("root", "dora@example.org", PASSWORD)
    assert sign_on(client, provider).status_code == 403


def test_a_new_address_that_somebody_else_has_is_not_taken(client: Client, provider, carol):
    sign_on(client, provider)
    provider.people["dora"]["email"] = "carol@example.org"
    assert sign_on(client, provider).status_code == 302
    assert User.objects.get(username="dora").email == "dora@example.org"


def test_the_same_subject_of_another_issuer_is_another_person(client: Client, provider, settings):
    sign_on(client, provider)
    with IdentityProvider(people={"dora": {"sub": DORA["sub"]}}) as other:
        settings.OIDC_ISSUER = other.issuer
        sign_on(Client(), other)
    assert User.objects.count() == 2


# --- What a provider may get wrong

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


# --- What is asked, kept and shown


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


# --- Passwords


def test_the_sign_in_page_offers_both_ways(client: Client, provider, settings):
    page = text_of(client.get("/accounts/login/"))
    assert "Sign in with Acme ID" in page
    assert "Or with a password" in page
    settings.OIDC_NAME = ""
    assert "Sign in with single sign-on" in text_of(client.get("/accounts/login/"))


@pytest.fixture
def without_passwords(provider, settings) -> None:
    settings.PASSWORD_SIGN_IN = False


def test_passwords_that_are_off_are_neither_asked_for_nor_taken(client: Client, without_passwords, carol):
    page = client.get("/accounts/login/").content.decode()
    assert 'type="password"' not in page
    assert "Sign in with Acme ID" in text_of(client.get("/accounts/login/"))
    answer = client.post("/accounts/login/", {"login": "carol", "password": PASSWORD})
    assert answer.status_code == 403
    assert "Nobody signs in with a password here." in text_of(answer)
    assert not is_in(client)
    assert not client.login(username="carol", password=PASSWORD)


@pytest.mark.parametrize("path", ["password/change/", "password/set/", "password/reset/", "password/reset/done/"])
def test_pages_about_passwords_are_gone_where_passwords_are_off(viewer: Client, without_passwords, path: str):
    assert viewer.get(f"/accounts/{path}").status_code == 404
    assert viewer.post(f"/accounts/{path}").status_code == 404


def test_who_signs_in_there_has_no_password_here(client: Client, provider):
    sign_on(client, provider)
    dora = User.objects.get()
    dora.set_password(PASSWORD)  # as manage.py changepassword would
    dora.save()
    assert Client().post("/accounts/login/", {"login": "dora", "password": PASSWORD}).status_code == 200
    sign_on(client, provider)
    answer = client.get("/accounts/password/change/")
    assert answer.status_code == 403
    assert "You sign in with Acme ID, so there is no password of yours here." in text_of(answer)


def test_a_reset_by_mail_gives_no_password_to_who_signs_in_there(client: Client, provider):
    sign_on(client, provider)
    form = Client()
    form.post("/accounts/password/reset/", {"email": "dora@example.org"})
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", mail.outbox[0].body)[1]
    path = form.get(link, follow=True).redirect_chain[-1][0]
    answer = form.post(path, {"password1": "another-Horse-1", "password2": "another-Horse-1"})
    assert answer.status_code == 403
    assert not User.objects.get().has_usable_password()


def test_a_text_that_was_written_while_signed_out_stays_beside_the_button(client: Client, without_passwords, synced):
    answer = client.post("/models/mistral-large-latest/note/", {"value": "Ask legal first"})
    page = answer.content.decode()
    assert "Ask legal first" in page
    assert re.search(r'<form method="post" action="/sign-on/"[^>]*target="_blank"', page)


def test_the_profile_says_where_name_and_address_come_from(client: Client, provider):
    sign_on(client, provider)
    page = client.get("/profile/")
    assert "Your name, your e-mail address and your role come from Acme ID" in text_of(page)
    assert "Change password" not in text_of(page)
    assert client.post("/profile/name/", {"name": "Somebody"}).status_code == 403
    assert client.post("/profile/email/", {"email": "x@example.org", "password": "x"}).status_code in (403, 404)
    assert User.objects.get().get_full_name() == "Dora Maar"


def test_a_lower_role_from_sign_on_ends_the_sessions_elsewhere_and_a_higher_one_does_not(client, provider, alice):
    there = Client()
    sign_on(there, provider)
    provider.people["dora"]["groups"] = ["ml-admins"]
    sign_on(client, provider)
    assert is_in(there)
    provider.people["dora"]["groups"] = ["skiing"]
    here = Client()
    sign_on(here, provider)
    assert [is_in(here), is_in(client), is_in(there)] == [True, False, False]


def test_before_a_deletion_a_fresh_sign_on_is_the_proof_and_leads_back(client: Client, provider, synced):
    tune = CatalogModel.objects.filter(type="fine-tuned", archived=False, protected=False).first().model_id
    form = f"/models/{tune}/delete/"
    provider.people["dora"]["groups"] = ["ml-admins"]
    sign_on(client, provider)
    assert client.get(form).status_code == 200
    grow_old(client)
    where = client.get(form)["Location"]
    assert where.startswith("/sign-on/reauthenticate/?next=")
    page = client.get(where)
    assert "Sign in with Acme ID" in text_of(page)
    assert f'name="next" value="{form}"' in page.content.decode()
    answer = sign_on(client, provider, next=form)
    assert answer["Location"] == form
    assert client.get(form).status_code == 200
    elsewhere = client.get("/sign-on/reauthenticate/?next=https://evil.example/").content.decode()
    assert 'name="next" value="/models/"' in elsewhere
    assert 'value="https://evil' not in elsewhere


def test_a_sign_on_of_somebody_else_is_no_proof(client: Client, provider, synced):
    provider.people["eve"] = {**DORA, "sub": "eve-1", "preferred_username": "eve", "email": "eve@example.org"}
    sign_on(client, provider)
    grow_old(client)
    sign_on(client, provider, "eve", next="/profile/")
    assert "eve" in text_of(client.get("/profile/"))
    assert "dora" not in text_of(client.get("/profile/"))


def grow_old(client: Client) -> None:
    """The session is as if the person had signed in an hour ago."""
    session = client.session
    for record in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        record["at"] -= 3600
    session.save()


# --- The page of people


def test_a_role_from_sign_on_is_shown_and_cannot_be_changed(client: Client, provider, alice, client_of):
    sign_on(client, provider)
    dora = User.objects.get(username="dora")
    manager = client_of(alice)
    assert "Editor from sign-on" in text_of(manager.get("/people/"))
    answer = manager.post(f"/people/{dora.pk}/role/", {"role": "manager"}, follow=True)
    assert "This role comes from single sign-on" in text_of(answer)
    assert role_of(dora) is Role.EDITOR
    manager.post(f"/people/{dora.pk}/deactivate/")
    assert not is_in(client)


def test_an_invitation_makes_no_account_where_passwords_are_off(provider, alice, client_of, settings):
    page = client_of(alice).post("/people/invite/", {"role": "editor", "email": ""}).content.decode()
    link = re.search(r"(/invitation/invite-[\w-]+/)", page)[1]
    settings.PASSWORD_SIGN_IN = False
    assert "Create the invitation" not in text_of(client_of(alice).get("/people/"))
    assert client_of(alice).post("/people/invite/", {"role": "editor", "email": ""}).status_code == 403
    assert Client().get(link).status_code == 404
    form = {"username": "eve", "email": "", "password1": PASSWORD, "password2": PASSWORD}
    assert Client().post(link, form).status_code == 404
    assert not User.objects.filter(username="eve").exists()


# --- The way back in


def link_for(name: str, capsys) -> str:
    call_command("sign_in_link", name)
    return urlsplit(capsys.readouterr().out.strip()).path


def test_a_link_from_the_terminal_lets_a_manager_in_once(without_passwords, provider, alice, capsys):
    provider.stop()
    client = Client()
    failed = text_of(client.post("/sign-on/"))
    assert "whoever runs the dashboard can let a Manager in with “manage.py sign_in_link”" in failed
    link = link_for("alice", capsys)
    page = client.get(link)
    assert "Sign in as alice" in text_of(page)
    assert not is_in(client)
    assert client.post(link)["Location"] == "/models/"
    assert is_in(client)
    assert Client().post(link).status_code == 404
    assert "This link does not work any more" in text_of(Client().get(link))
    assert [kind for kind, *_ in told()] == ["sign_in_link.made", "sign_in_link.used"]
    page = text_of(client.get("/activity/"))
    assert "A one-time link to sign in as alice was made in a terminal" in page


def test_a_link_from_the_terminal_lasts_an_hour(alice, capsys):
    link = link_for("alice", capsys)
    with time_machine.travel(timezone.now() + timedelta(minutes=59)):
        assert Client().get(link).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert Client().post(link).status_code == 404


def test_a_link_from_the_terminal_dies_with_the_role_and_the_access(alice, bob, capsys):
    link = link_for("alice", capsys)
    alice.groups.set(Group.objects.filter(name="Editor"))
    assert Client().post(link).status_code == 404
    alice.groups.set(Group.objects.filter(name="Manager"))
    assert Client().get(link).status_code == 200
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert Client().post(link).status_code == 404


@pytest.mark.parametrize("name", ["bob", "nobody"])
def test_a_link_is_made_for_managers_alone(bob, name: str):
    with pytest.raises(CommandError, match="Nobody of this name is a Manager with access"):
        call_command("sign_in_link", name)


@pytest.mark.parametrize("secret", ["1", "1-", "x-y", "99999999999999999999-abc", "1-abc-def", "٣-abc"])
def test_a_link_that_nobody_made_leads_nowhere(client: Client, alice, secret: str):
    assert client.get(f"/sign-in-link/{secret}/").status_code == 404
    assert client.post(f"/sign-in-link/{secret}/").status_code == 404


def test_a_link_from_the_terminal_lets_a_superuser_in(capsys):
    User.objects.create_superuser("root", "", PASSWORD)
    assert Client().post(link_for("root", capsys)).status_code == 302


def test_no_setup_link_is_made_where_passwords_are_off(without_passwords, settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="PASSWORD_SIGN_IN is off"):
        call_command("setup_link")
