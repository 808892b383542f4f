"""The page of people: Managers give roles and invite; an invitation's link makes one account, once."""

import re
import threading
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from models_ui.access.roles import Role, role_of
from models_ui.audit import chain
from models_ui.models import AuditEvent, Invitation
from models_ui.people.invitations import make_setup_link
from tests.conftest import PASSWORD, person

NEW_PASSWORD = "correct-horse-battery-9"


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def kinds() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("kind", flat=True))


def invite(manager: Client, **fields: str) -> str:
    """Return the path of a new invitation's link."""
    answer = manager.post("/people/invite/", {"role": "editor", "email": "", **fields})
    assert answer.status_code == 200
    return re.search(r"(/invitation/invite-[\w-]+/)", answer.content.decode())[1]


def account(name: str = "dora") -> dict[str, str]:
    return {"username": name, "email": "", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}


# --- Roles


def test_a_manager_sees_everybody_with_role_and_what_each_role_may_do(manager, bob, carol):
    User.objects.create_superuser("root", "", PASSWORD)
    page = text_of(manager.get("/people/"))
    for words in ("alice you", "bob", "carol", "Manager (system)", "What each role may do", "Reads everything"):
        assert words in page


def test_a_person_is_named_as_they_call_themselves_and_was_last_seen_when_they_last_looked(
    manager, bob, client_of, long_sessions
):
    editor = client_of(bob)
    User.objects.filter(pk=bob.pk).update(first_name="Bob <Martin>", last_login=timezone.now() - timedelta(days=300))
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        seen = f"{timezone.now():%-d %b %Y}"
        editor.get("/watching/")
    row = manager.get("/people/").content.decode().partition("Bob &lt;Martin&gt;")[2].partition("</tr>")[0]
    assert seen in row


def test_the_roster_costs_a_handful_of_queries_however_many_people(manager, django_assert_max_num_queries):
    for number in range(20):
        person(f"p{number}", Role.VIEWER)
    manager.get("/people/")
    with django_assert_max_num_queries(9):
        manager.get("/people/")


def test_a_renewed_invitation_is_mailed_again_with_its_new_link(manager):
    former = invite(manager, email="dora@example.org")
    answer = manager.post(f"/people/invitations/{Invitation.objects.get().pk}/renew/")
    link = re.search(r"(/invitation/invite-[\w-]+/)", answer.content.decode())[1]
    assert link != former
    assert link in mail.outbox[-1].body
    assert Client().get(former).status_code == 404
    assert kinds() == ["person.invited", "invitation.renewed"]
    assert "made a new link for an invitation" in text_of(manager.get("/activity/"))


def test_a_manager_gives_a_role_at_once_and_activity_tells_it(manager, bob):
    answer = manager.post(f"/people/{bob.pk}/role/", {"role": "manager"}, follow=True)
    assert "bob now has the role Manager." in text_of(answer)
    assert role_of(again(bob)) == Role.MANAGER
    assert "alice changed the role of bob" in text_of(manager.get("/activity/"))
    assert chain.verify_chain()[1] is None


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("role/", "person.role_changed"),
        ("deactivate/", "person.deactivated"),
        ("reactivate/", "person.activated"),
    ],
)
def test_a_forged_request_of_a_viewer_changes_nothing_and_is_recorded(viewer, bob, path, kind):
    answer = viewer.post(f"/people/{bob.pk}/{path}", {"role": "viewer"})
    assert answer.status_code == 403
    assert role_of(again(bob)) == Role.EDITOR and again(bob).is_active
    event = AuditEvent.objects.get()
    assert (event.kind, event.actor, event.outcome) == (kind, "carol", "refused")
    assert "Needs the Manager role" in text_of(viewer.get("/activity/"))


def test_the_last_manager_keeps_role_and_access_and_is_told_why(manager, alice):
    for path in ("role/", "deactivate/"):
        answer = manager.post(f"/people/{alice.pk}/{path}", {"role": "viewer"}, follow=True)
        assert "This is the last person with the Manager role." in text_of(answer)
    assert role_of(again(alice)) == Role.MANAGER and again(alice).is_active


def test_a_superuser_counts_as_no_manager_and_is_not_changed_here(manager, alice):
    root = User.objects.create_superuser("root", "", PASSWORD)
    manager.post(f"/people/{alice.pk}/role/", {"role": "viewer"})
    assert role_of(again(alice)) == Role.MANAGER
    answer = manager.post(f"/people/{root.pk}/deactivate/", follow=True)
    assert "This account was made in a terminal" in text_of(answer)
    assert again(root).is_active


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["role/", "deactivate/"])
def test_two_managers_who_take_each_others_role_at_once_leave_one(client_of, path):
    managers = [person(name, Role.MANAGER) for name in ("alice", "abby")]
    clients = [client_of(manager) for manager in managers]

    def take(index: int) -> None:
        clients[index].post(f"/people/{managers[1 - index].pk}/{path}", {"role": "viewer"})
        connection.close()

    threads = [threading.Thread(target=take, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = [each for each in map(again, managers) if each.is_active and role_of(each) == Role.MANAGER]
    assert len(left) == 1


def test_access_is_taken_away_ends_the_session_and_comes_back(manager, bob, client_of):
    editor = client_of(bob)
    assert editor.get("/models/").status_code == 200
    manager.post(f"/people/{bob.pk}/deactivate/")
    assert editor.get("/models/").status_code == 302
    page = manager.get("/people/").content.decode()
    assert "<s>bob</s>" in page
    answer = manager.post(f"/people/{bob.pk}/reactivate/", follow=True)
    assert "bob can sign in again." in text_of(answer)
    assert kinds() == ["person.deactivated", "person.activated"]


# --- Invitations


def test_an_invitation_makes_one_account_with_its_role_and_signs_the_person_in(manager, client):
    link = invite(manager)
    assert "alice invites you. Your role is Editor." in text_of(client.get(link))
    answer = client.post(link, account(), follow=True)
    dora = User.objects.get(username="dora")
    assert role_of(dora) == Role.EDITOR and dora.check_password(NEW_PASSWORD)
    assert "dora" in text_of(answer)
    assert "dora accepted the invitation of alice" in text_of(manager.get("/activity/"))
    assert "alice" in text_of(manager.get("/people/")).partition("dora")[2]
    again_answer = Client().post(link, account("eve"))
    assert again_answer.status_code == 404
    assert not User.objects.filter(username="eve").exists()


def test_looking_at_the_link_spends_nothing(manager, client):
    link = invite(manager)
    for _look in range(3):
        assert client.get(link).status_code == 200
        assert client.head(link).status_code == 200
    assert client.post(link, account()).status_code == 302


def test_a_weak_password_or_a_name_that_is_taken_is_said_and_the_link_still_works(manager, client, bob):
    link = invite(manager)
    weak = client.post(link, account() | {"password1": "12345678", "password2": "12345678"})
    assert weak.status_code == 422 and "too common" in text_of(weak)
    taken = client.post(link, account("BOB"))
    assert taken.status_code == 422 and "already exists" in text_of(taken)
    assert client.post(link, account()).status_code == 302


@pytest.mark.parametrize(
    "spoiled", ["expired", "revoked", "renewed", "the maker is an Editor now", "the maker is gone"]
)
def test_a_link_that_was_spoiled_makes_no_account_and_says_what_to_do(manager, alice, client, spoiled):
    link = invite(manager)
    invitation = Invitation.objects.get()
    if spoiled == "expired":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif spoiled == "revoked":
        manager.post(f"/people/invitations/{invitation.pk}/revoke/")
    elif spoiled == "renewed":
        manager.post(f"/people/invitations/{invitation.pk}/renew/")
    elif spoiled == "the maker is gone":
        alice.delete()
    else:
        alice.groups.clear()
    for answer in (client.get(link), client.post(link, account())):
        assert answer.status_code == 404
        assert "ask for a new link" in text_of(answer)
    assert not User.objects.filter(username="dora").exists()


def test_two_who_use_one_link_at_once_make_one_account(manager, transactional_db):
    link = invite(manager)

    def join(name: str) -> None:
        Client().post(link, account(name))
        connection.close()

    threads = [threading.Thread(target=join, args=(name,)) for name in ("dora", "eve", "fay")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.filter(username__in=["dora", "eve", "fay"]).count() == 1


def test_the_link_is_mailed_where_mail_is_set_up(manager, settings):
    link = invite(manager, email="dora@example.org")
    assert [letter.to for letter in mail.outbox] == [["dora@example.org"]]
    assert link in mail.outbox[0].body
    client = Client()
    client.post(link, account())
    assert User.objects.get(username="dora").email == "dora@example.org"


def test_no_table_and_no_log_holds_the_link(manager, client, caplog):
    link = invite(manager)
    secret = link.split("/")[2]
    client.get(link)
    client.get(f"/invitation/{secret}x/")
    client.post(link, account())
    assert secret not in caplog.text
    assert secret not in str(list(Invitation.objects.values())) + str(list(AuditEvent.objects.values()))
    page = Client().get(link)
    assert page["Referrer-Policy"] == "strict-origin"


def test_a_viewer_sees_no_page_of_people_and_no_link_to_it(viewer, bob):
    assert viewer.get("/people/").status_code == 403
    assert 'href="/people/"' not in viewer.get("/models/").content.decode()
    assert viewer.post("/people/invite/", {"role": "manager"}).status_code == 403
    assert not Invitation.objects.exists()


# --- The first Manager


def test_two_who_use_the_setup_link_at_once_make_one_manager(transactional_db):
    secret = make_setup_link(timezone.now())

    def join(name: str) -> None:
        Client().post(f"/invitation/{secret}/", account(name))
        connection.close()

    threads = [threading.Thread(target=join, args=(name,)) for name in ("dora", "eve", "fay")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.count() == 1
    assert chain.verify_chain() == (1, None)


def test_the_setup_link_makes_the_first_manager_and_only_the_first(db, client):
    former = make_setup_link(timezone.now())
    secret = make_setup_link(timezone.now())
    assert client.get(f"/invitation/{former}/").status_code == 404
    assert "Set this dashboard up" in text_of(client.get(f"/invitation/{secret}/"))
    client.post(f"/invitation/{secret}/", account("ana"))
    ana = User.objects.get()
    assert role_of(ana) == Role.MANAGER and not ana.is_superuser
    assert make_setup_link(timezone.now()) is None
    assert chain.verify_chain()[1] is None


def test_a_setup_link_that_was_spoiled_says_how_to_get_another(db, client):
    secret = make_setup_link(timezone.now())
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    for answer in (client.get(f"/invitation/{secret}/"), client.post(f"/invitation/{secret}/", account("eve"))):
        assert answer.status_code == 404
        assert "prints a new link with “manage.py setup_link”" in text_of(answer)
    assert not User.objects.exists()
    person("alice", Role.MANAGER)
    assert "setup_link" not in text_of(client.get(f"/invitation/{secret}/"))


def test_the_setup_link_dies_when_somebody_is_there(db, client):
    secret = make_setup_link(timezone.now())
    person("alice", Role.MANAGER)
    assert client.post(f"/invitation/{secret}/", account("eve")).status_code == 404
