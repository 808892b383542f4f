"""Single sign-on over real HTTP: who comes in, with which role, and under which name and address."""

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.test import Client

from models_ui.access.roles import Role, role_of
from tests.conftest import PASSWORD, person
from tests.support.identity_provider import IdentityProvider
from tests.support.sign_on import DORA, is_in, sign_on, text_of, told

pytestmark = pytest.mark.django_db


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
