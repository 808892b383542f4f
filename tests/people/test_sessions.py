"""How long a session lasts, and what ends all sessions of a person: no use, age, a new password, less access."""

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import call_command
from django.test import Client

from models_ui.access.roles import Role
from models_ui.models import AuditEvent
from models_ui.people.sessions import clear_sessions
from tests.conftest import PASSWORD, person
from tests.support.pages import text_of

MORNING = datetime(2026, 11, 26, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEW_PASSWORD = "another correct horse"
ENDED = "You were signed out after some time. Sign in to go on."

SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def sign_in(db: None) -> SignIn:
    def sign_in_with(user: User) -> Client:
        client = Client()
        answer = client.post("/accounts/login/", {"login": user.get_username(), "password": PASSWORD})
        assert answer.status_code == 302
        return client

    return sign_in_with


@pytest.fixture
def dora(db: None) -> User:
    """A Manager beside alice, so that alice is not the last one."""
    return person("dora", Role.MANAGER)


def is_in(client: Client) -> bool:
    return client.get("/watching/").status_code == 200


# --- How long it lasts


def test_a_session_that_nobody_uses_ends_and_the_sign_in_page_says_why_and_leads_back(sign_in, carol, clock):
    client = sign_in(carol)
    clock.shift(11 * HOUR)
    assert is_in(client)
    clock.shift(12 * HOUR + timedelta(minutes=5))
    answer = client.get("/changes/?kind=added", follow=True)
    where, _ = answer.redirect_chain[0]
    assert parse_qs(urlsplit(where).query)["next"] == ["/changes/?kind=added"]
    assert ENDED in text_of(answer.content.decode())


def test_a_session_in_use_ends_when_it_is_old(sign_in, carol, clock):
    client = sign_in(carol)
    for _ in range(30):
        clock.shift(11 * HOUR)
        assert is_in(client)
    clock.shift(11 * HOUR)
    assert not is_in(client)


def test_an_old_session_is_not_made_younger_by_what_is_stored_in_it(sign_in, carol, clock, settings):
    settings.SESSION_IDLE_HOURS = 24 * 30
    client = sign_in(carol)
    clock.shift(13 * DAY)
    assert is_in(client)
    session = client.session
    session["anything"] = "as allauth keeps some things"
    session.save()
    assert Session.objects.get().expire_date > MORNING + 26 * DAY
    clock.shift(DAY - timedelta(seconds=1))
    assert is_in(client)
    clock.shift(timedelta(seconds=1))
    assert not is_in(client)


def test_both_limits_are_settings(sign_in, carol, clock, settings):
    settings.SESSION_IDLE_HOURS, settings.SESSION_MAX_DAYS = 1, 1
    client = sign_in(carol)
    for _ in range(28):
        clock.shift(timedelta(minutes=50))
        assert is_in(client)
    clock.shift(timedelta(minutes=39))
    assert is_in(client)
    clock.shift(timedelta(minutes=1))
    assert not is_in(client)
    again = sign_in(carol)
    clock.shift(timedelta(minutes=61))
    assert not is_in(again)


def test_what_ended_stays_ended_whatever_the_limit_becomes(sign_in, carol, clock, settings):
    client = sign_in(carol)
    key = client.session.session_key
    clock.shift(13 * HOUR)
    assert not is_in(client)
    settings.SESSION_IDLE_HOURS = 100
    stolen = Client()
    stolen.cookies[settings.SESSION_COOKIE_NAME] = key
    assert not is_in(stolen)


def test_an_idle_session_without_its_record_has_ended_all_the_same(sign_in, carol, clock):
    client = sign_in(carol)
    clock.shift(13 * HOUR)
    UserSession.objects.all().delete()
    assert not is_in(client)


def test_a_session_that_does_not_say_when_it_began_has_ended(sign_in, carol):
    """Those from before the limits."""
    client = sign_in(carol)
    session = client.session
    del session["signed_in_at"]
    session.save()
    assert not is_in(client)


def test_htmx_is_led_to_the_sign_in_page_and_back_to_the_page_in_sight(sign_in, carol, clock):
    client = sign_in(carol)
    clock.shift(13 * HOUR)
    htmx = {"HX-Request": "true", "HX-Current-URL": "http://testserver/models/?type=base"}
    answer = client.get("/models/?type=base&page=2", headers=htmx)
    assert answer.status_code == 204
    assert parse_qs(urlsplit(answer["HX-Redirect"]).query)["next"] == ["/models/?type=base"]
    assert ENDED in text_of(client.get(answer["HX-Redirect"]).content.decode())


def test_a_form_sent_too_late_does_nothing_and_says_so(sign_in, carol, clock):
    client = sign_in(carol)
    clock.shift(13 * HOUR)
    answer = client.post("/profile/choose/", {"theme": "dark"}, follow=True)
    assert "You were signed out, so nothing was done." in text_of(answer.content.decode())


def test_a_session_that_has_ended_is_not_on_the_profile(sign_in, carol, clock):
    sign_in(carol)
    clock.shift(13 * HOUR)
    assert "Where you are signed in 1" in text_of(sign_in(carol).get("/profile/").content.decode())


def test_old_and_idle_sessions_are_cleared_and_others_stay(sign_in, carol, bob, clock):
    sign_in(carol)
    clock.shift(10 * HOUR)
    used = sign_in(bob)
    clock.shift(3 * HOUR)
    clear_sessions()
    assert [record.user for record in UserSession.objects.all()] == [bob]
    assert Session.objects.count() == 1
    assert is_in(used)


# --- What ends all of a person's


def test_a_lost_role_ends_all_sessions_and_a_higher_one_none(sign_in, alice, bob):
    manager, here, there = sign_in(alice), sign_in(bob), sign_in(bob)
    manager.post(f"/people/{bob.pk}/role/", {"role": "manager"})
    assert [is_in(here), is_in(there)] == [True, True]
    manager.post(f"/people/{bob.pk}/role/", {"role": "editor"})
    assert [is_in(here), is_in(there)] == [False, False]
    assert is_in(sign_in(bob))


def test_a_manager_who_gives_the_role_up_is_signed_out_with_a_sentence(sign_in, alice, dora):
    manager = sign_in(alice)
    answer = manager.post(f"/people/{alice.pk}/role/", {"role": "viewer"}, follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/")
    assert "alice now has the role Viewer." in text_of(answer.content.decode())


def test_access_that_was_taken_away_and_given_back_brings_no_session_back(sign_in, alice, bob):
    manager, editor = sign_in(alice), sign_in(bob)
    manager.post(f"/people/{bob.pk}/deactivate/")
    assert not Session.objects.filter(session_key=editor.session.session_key).exists()
    manager.post(f"/people/{bob.pk}/reactivate/")
    assert not is_in(editor)
    assert [event.kind for event in AuditEvent.objects.order_by("pk")] == ["person.deactivated", "person.activated"]


def test_a_password_that_was_reset_by_mail_ends_every_session(sign_in, carol):
    EmailAddress.objects.create(user=carol, email=carol.email, verified=True, primary=True)
    here, there, stranger = sign_in(carol), sign_in(carol), Client()
    stranger.post("/accounts/password/reset/", {"email": carol.email})
    link = re.search(r"/accounts/password/reset/key/\S+", mail.outbox[-1].body)[0]
    form = stranger.get(link, follow=True).redirect_chain[-1][0]
    stranger.post(form, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    assert [is_in(here), is_in(there)] == [False, False]


def test_a_password_from_the_terminal_ends_every_session(sign_in, carol):
    client = sign_in(carol)
    carol.set_password(NEW_PASSWORD)  # as changepassword does
    carol.save()
    assert not is_in(client)


@pytest.mark.parametrize("options", [["--no-superuser"], ["--no-access"]])
def test_less_access_from_the_terminal_ends_every_session(sign_in, options: list[str]):
    root = User.objects.create_superuser("root", "", PASSWORD)
    client = sign_in(root)
    call_command("account", "root", *options, stdout=io.StringIO())
    assert not is_in(client)
    call_command("account", "root", "--access", "--superuser", stdout=io.StringIO())
    assert not is_in(client)
