"""How people get in and out: no sign-up, a lock against guessing, and back to where they wanted to go."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from models_ui.access.roles import Role, role_of
from tests.conftest import PASSWORD

LOGIN = "/accounts/login/"
LOCKED = "Too many failed login attempts. Try again later."

pytestmark = pytest.mark.django_db


def sign_in(client: Client, name: str = "carol", password: str = PASSWORD, path: str = LOGIN, **more: str):
    return client.post(path, {"login": name, "password": password, **more})


def is_in(client: Client) -> bool:
    return client.get("/models/").status_code == 200


def assert_page_of_ours(answer) -> str:
    page = answer.content.decode()
    assert '<a class="skip" href="#main">' in page
    assert "Menu:" not in page  # of django-allauth's bare layout
    return page


def test_signing_up_is_closed(client: Client):
    page = assert_page_of_ours(client.get("/accounts/signup/"))
    assert "Sign Up Closed" in page
    given = {"username": "mallory", "password1": PASSWORD, "password2": PASSWORD, "email": "m@example.org"}
    client.post("/accounts/signup/", given)
    assert not User.objects.exists()
    assert "signup" not in client.get(LOGIN).content.decode()


def test_name_or_email_and_password_lead_to_the_models(client: Client, carol: User):
    for login in ("carol", "carol@example.org"):
        answer = sign_in(Client(), login)
        assert (answer.status_code, answer["Location"]) == (302, "/models/")


def test_a_wrong_password_says_so_and_lets_nobody_in(client: Client, carol: User):
    page = assert_page_of_ours(sign_in(client, password="wrong"))
    assert "The username and/or password you specified are not correct." in page
    assert "wrong" not in page.replace("wrongly", "")
    assert not is_in(client)


def test_an_unknown_person_gets_the_same_answer_as_a_wrong_password(client: Client, carol: User):
    def told(name: str) -> str:
        page = sign_in(Client(), name, "wrong").content.decode()
        page = re.sub(r'value="\w{64}"|Request id.*', "", page)
        return page.replace(name, "…")

    assert told("carol") == told("nobody-of-that-name")


@pytest.mark.parametrize("path", [LOGIN, "/admin/login/"])
def test_five_wrong_passwords_lock_the_account_for_both_doors_and_all_addresses(client: Client, alice: User, path: str):
    for _ in range(5):
        sign_in(client, "alice", "wrong")
    assert LOCKED in sign_in(client, "alice").content.decode()
    stranger = Client(REMOTE_ADDR="192.0.2.7")
    answer = stranger.post(path, {"login": "alice", "username": "alice", "password": PASSWORD}, follow=True)
    assert not is_in(stranger)
    assert stranger.get("/admin/").status_code == 302
    assert answer.status_code == 200
    with time_machine.travel(timezone.now() + timedelta(seconds=301)):
        assert sign_in(stranger, "alice").status_code == 302
        assert is_in(stranger)


def test_the_lock_on_one_person_is_none_on_another(client: Client, carol: User, bob: User):
    for _ in range(6):
        sign_in(client, "carol", "wrong")
    assert sign_in(client, "bob").status_code == 302


def test_many_names_from_one_address_are_slowed_down_with_a_page_of_ours(client: Client):
    answers = [sign_in(client, f"guess-{number}", "x") for number in range(31)]
    assert answers[-1].status_code == 429
    assert "Too many attempts" in assert_page_of_ours(answers[-1])


WANTED = "/models/?type=base&type=fine-tuned&caps=vision&q=a%26b%3Dc+d&q=%C3%A9"


def test_login_leads_to_the_address_that_was_asked_for_with_all_of_its_query(client: Client, carol: User):
    asked = client.get(WANTED)
    assert parse_qs(urlsplit(asked["Location"]).query)["next"] == [WANTED]
    page = client.get(asked["Location"]).content.decode().partition('<form method="post" action="/accounts/login/"')[2]
    carried = re.search(r'<input type="hidden" name="next" value="([^"]*)"', page)[1].replace("&amp;", "&")
    assert carried == WANTED
    refused = sign_in(client, password="wrong", path=asked["Location"], next=carried).content.decode()
    assert f'value="{WANTED.replace("&", "&amp;")}"' in refused
    assert sign_in(client, path=asked["Location"], next=carried)["Location"] == WANTED


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "\thttps://evil.example",
    ],
)
def test_login_and_logout_lead_nowhere_else(client: Client, carol: User, elsewhere: str):
    path = f"{LOGIN}?{urlencode({'next': elsewhere})}"
    assert sign_in(client, path=path, next=elsewhere)["Location"] == "/models/"
    assert client.get(path)["Location"] == "/models/"  # who is in already
    assert urlsplit(client.post("/accounts/logout/", {"next": elsewhere})["Location"]).netloc == ""


def test_logging_out_takes_a_post(viewer: Client):
    assert assert_page_of_ours(viewer.get("/accounts/logout/")).count("csrfmiddlewaretoken") >= 1
    assert is_in(viewer)
    viewer.post("/accounts/logout/")
    assert not is_in(viewer)


def test_a_new_session_begins_at_login(client: Client, carol: User):
    client.cookies[django_settings.SESSION_COOKIE_NAME] = "planted-by-somebody-else-000000"
    sign_in(client)
    assert client.cookies[django_settings.SESSION_COOKIE_NAME].value != "planted-by-somebody-else-000000"


@pytest.mark.parametrize("https", [False, True])
def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(client: Client, carol, settings, https: bool):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = https
    client.get(LOGIN, secure=https)
    answer = client.post(LOGIN, {"login": "carol", "password": PASSWORD}, secure=https)
    session = answer.cookies[django_settings.SESSION_COOKIE_NAME]
    assert session["httponly"] is True
    assert session["samesite"] == "Lax"
    assert bool(session["secure"]) is https
    assert bool(client.cookies[django_settings.CSRF_COOKIE_NAME]["secure"]) is https


def test_an_inactive_person_does_not_get_in(client: Client, carol: User):
    carol.is_active = False
    carol.save()
    answer = client.post(LOGIN, {"login": "carol", "password": PASSWORD}, follow=True)
    assert_page_of_ours(answer)
    assert not is_in(client)


def test_a_person_who_becomes_inactive_is_out_at_once(viewer: Client, carol: User):
    assert is_in(viewer)
    User.objects.filter(pk=carol.pk).update(is_active=False)
    assert not is_in(viewer)


def test_the_password_can_be_changed(viewer: Client, carol: User):
    assert_page_of_ours(viewer.get("/accounts/password/change/"))
    wrong = viewer.post(
        "/accounts/password/change/", {"oldpassword": "wrong", "password1": "a-New-1-pass", "password2": "a-New-1-pass"}
    )
    assert "Please type your current password." in assert_page_of_ours(wrong)
    weak = viewer.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "1234", "password2": "1234"}
    )
    assert "too short" in assert_page_of_ours(weak)
    new = "another horse battery staple"
    viewer.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert is_in(viewer)
    assert sign_in(Client(), password=PASSWORD).status_code == 200
    assert sign_in(Client(), password=new).status_code == 302


def test_a_forgotten_password_is_reset_by_mail(client: Client, carol: User):
    assert_page_of_ours(client.get("/accounts/password/reset/"))
    done = client.post("/accounts/password/reset/", {"email": "carol@example.org"}, follow=True)
    assert_page_of_ours(done)
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", mail.outbox[0].body)[1]
    form = client.get(link, follow=True)
    assert_page_of_ours(form)
    new = "another horse battery staple"
    path = form.redirect_chain[-1][0]
    assert_page_of_ours(client.post(path, {"password1": new, "password2": new}, follow=True))
    assert sign_in(Client(), password=new).status_code == 302
    assert_page_of_ours(Client().get(link, follow=True))  # the link works once


def test_whether_an_address_is_known_is_not_told_by_the_reset(client: Client, carol: User):
    def told(email: str) -> str:
        page = client.post("/accounts/password/reset/", {"email": email}, follow=True).content.decode()
        return re.sub(r'value="\w{64}"', "", page)

    assert told("carol@example.org") == told("nobody@example.org")


@pytest.mark.parametrize(
    "path",
    ["inactive/", "email/", "confirm-email/", "reauthenticate/", "password/set/", "confirm-email/nonsense/"],
)
def test_every_other_page_of_the_account_has_our_layout(viewer: Client, path: str):
    answer = viewer.get(f"/accounts/{path}", follow=True)
    assert answer.status_code == 200
    assert_page_of_ours(answer)


def test_a_person_made_on_the_command_line_is_a_manager(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--noinput", username="ann", email="ann@example.org", verbosity=0)
    assert role_of(User.objects.get(username="ann")) is Role.MANAGER
    sign_in(client, "ann")
    assert "Manager" in client.get("/models/").content.decode()
    assert client.get("/admin/").status_code == 200


def test_a_person_without_a_group_is_a_viewer(client: Client):
    User.objects.create_user("dave", "", PASSWORD)
    sign_in(client, "dave")
    assert re.search(r'dave <span class="role">Viewer</span>', client.get("/models/").content.decode())


def test_a_person_who_is_no_superuser_meets_a_readable_refusal_at_the_admin(viewer: Client):
    answer = viewer.get("/admin/", follow=True)
    assert answer.status_code == 403
    assert "You may not do this" in assert_page_of_ours(answer)


def test_the_demos_people_are_on_the_login_page_in_the_demo_alone(client: Client, settings):
    settings.DEMO_PASSWORD = "open-sesame"
    settings.DEMO = False
    page = client.get(LOGIN).content.decode()
    assert "open-sesame" not in page
    assert "This is the demo" not in page
    settings.DEMO = True
    page = client.get(LOGIN).content.decode()
    assert page.count("open-sesame") == 4
    settings.DEMO_PASSWORD = ""  # a server that was not started by `serve`
    assert "This is the demo" not in client.get(LOGIN).content.decode()
