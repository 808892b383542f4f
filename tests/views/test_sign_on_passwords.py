"""Single sign-on beside passwords and in their place, what it proves, and the way back in without it."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.contrib.auth.models import Group, User
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from models_ui.access.roles import Role, role_of
from models_ui.models import CatalogModel
from tests.conftest import PASSWORD
from tests.support.sign_on import DORA, is_in, sign_on, text_of, told

pytestmark = pytest.mark.django_db


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
