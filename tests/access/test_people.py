"""People in the admin: a superuser changes them, the history tells of it, and a Manager is always left."""

import re
import threading

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, User
from django.core import mail
from django.db import connection
from django.test import Client

from models_ui.access.roles import Role, role_of
from models_ui.audit import chain
from models_ui.models import AuditEvent
from tests.conftest import PASSWORD, person

USERS = "/admin/auth/user/"
LAST = "This is the last person with the Manager role. Make somebody else a Manager first."


def page_of(user: User) -> str:
    return f"{USERS}{user.pk}/change/"


def form_of(user: User, *roles: Role, is_active: bool = True, **changed: str) -> dict[str, object]:
    """What the form of a person sends, with these roles."""
    groups = [Group.objects.get(name=role.group_name).pk for role in roles]
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00"}
    fields = {"username": user.username, "email": user.email, "groups": groups, **joined, **changed}
    return fields | ({"is_active": "on"} if is_active else {})


def events() -> list[tuple[str, str, str, dict, dict]]:
    fields = ("kind", "actor", "label", "before", "after")
    return list(AuditEvent.objects.order_by("pk").values_list(*fields))


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root", "root@example.org", PASSWORD)


@pytest.fixture
def admin(root: User, client_of) -> Client:
    return client_of(root)


# --- Reaching it


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("is_staff", [True, False])
def test_the_admin_is_out_of_reach_and_out_of_the_menu_for_every_role(client_of, db, role: Role, is_staff: bool):
    user = person("dave", role)
    User.objects.filter(pk=user.pk).update(is_staff=is_staff)
    client = client_of(again(user))
    assert "/admin/" not in client.get("/models/").content.decode()
    for address in ("/admin/", USERS, f"{USERS}add/", page_of(user)):
        answer = client.get(address, follow=True)
        assert answer.status_code == 403 or answer.redirect_chain
        assert "dave@example.org" not in answer.content.decode()
    client.post(page_of(user), form_of(user, Role.MANAGER) | {"is_superuser": "on"})
    assert role_of(again(user)) is role
    assert not again(user).is_superuser


def test_a_superuser_who_signs_in_on_the_way_gets_there(client: Client, root: User):
    login = client.get("/admin/", follow=True).redirect_chain[-1][0]
    answer = client.post(login, {"login": "root", "password": PASSWORD, "next": "/admin/"}, follow=True)
    assert answer.status_code == 200
    assert USERS in answer.content.decode()


def test_there_is_no_admin_unless_it_is_asked_for(load):
    assert load()["DJANGO_ADMIN"] is False
    assert load(DJANGO_ADMIN="on")["DJANGO_ADMIN"] is True


# --- Looking after people


def test_a_superuser_adds_a_person_with_a_role_who_can_sign_in(admin: Client):
    editor = Group.objects.get(name="Editor").pk
    form = {"username": "dave", "email": "d@example.org", "groups": [editor], "usable_password": "true"}
    answer = admin.post(f"{USERS}add/", form | {"password1": PASSWORD, "password2": PASSWORD})
    assert answer.status_code == 302
    dave = User.objects.get(username="dave")
    assert role_of(dave) is Role.EDITOR
    assert (dave.is_staff, dave.is_superuser) == (False, False)
    assert Client().post("/accounts/login/", {"login": "dave", "password": PASSWORD}).status_code == 302
    assert events() == [("person.added", "root", "dave", {}, {"role": "editor", "is_active": True})]


def test_each_kind_of_change_is_an_event_of_its_own_and_the_chain_verifies(admin: Client, bob: User):
    assert admin.post(page_of(bob), form_of(bob, Role.VIEWER)).status_code == 302
    assert role_of(again(bob)) is Role.VIEWER
    admin.post(page_of(bob), form_of(bob, Role.VIEWER, is_active=False))
    admin.post(page_of(bob), form_of(bob, Role.VIEWER, username="bert", email="bert@example.org"))
    admin.post(page_of(bob), form_of(bob, Role.VIEWER, username="bert", email="bert@example.org"))  # nothing new
    new = {"password1": "another horse battery", "password2": "another horse battery", "usable_password": "true"}
    assert admin.post(f"{USERS}{bob.pk}/password/", new).status_code == 302
    assert admin.post(f"{USERS}{bob.pk}/delete/", {"post": "yes"}).status_code == 302
    assert events() == [
        ("person.role_changed", "root", "bob", {"role": "editor"}, {"role": "viewer"}),
        ("person.deactivated", "root", "bob", {"is_active": True}, {"is_active": False}),
        ("person.renamed", "root", "bert", {"username": "bob"}, {"username": "bert"}),
        ("person.activated", "root", "bert", {"is_active": False}, {"is_active": True}),
        ("person.email_changed", "root", "bert", {}, {}),
        ("person.password_changed", "root", "bert", {}, {}),
        ("person.deleted", "root", "bert", {"role": "viewer", "is_active": True}, {}),
    ]
    assert chain.verify_chain() == (7, None)
    assert "bert@example.org" not in str(list(AuditEvent.objects.values()))


def test_an_address_that_a_superuser_replaces_gets_no_new_password_any_more(admin: Client, carol: User, client: Client):
    EmailAddress.objects.create(user=carol, email=carol.email, primary=True, verified=True)
    admin.post(page_of(carol), form_of(carol, Role.VIEWER, email="carol.new@example.org"))
    client.post("/accounts/password/reset/", {"email": "carol@example.org"})
    client.post("/accounts/password/reset/", {"email": "carol.new@example.org"})
    links = [letter for letter in mail.outbox if "/reset/key/" in letter.body]
    assert [letter.to for letter in links] == [["carol.new@example.org"]]


def test_a_person_with_an_email_address_of_the_account_pages_can_be_deleted(admin: Client, carol: User):
    EmailAddress.objects.create(user=carol, email=carol.email, primary=True)  # as django-allauth keeps it
    assert admin.post(f"{USERS}{carol.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not User.objects.filter(username="carol").exists()


def test_activity_tells_of_people_in_words(admin: Client, alice: User, bob: User, viewer: Client):
    admin.post(page_of(bob), form_of(bob, Role.MANAGER))
    admin.post(page_of(bob), form_of(bob, Role.MANAGER, is_active=False))
    for client in (admin, viewer):
        text = re.sub(r"<[^>]+>|\s+", " ", client.get("/activity/").content.decode())
        text = re.sub(r" +", " ", text).replace("⁨", "").replace("⁩", "")
        assert "root changed the role of bob from Editor to Manager" in text
        assert "root took access away from bob" in text
    narrowed = admin.get("/activity/?kind=person.role_changed").content.decode()
    assert "Change a role" in narrowed
    assert "took access away" not in narrowed
    assert "changed the role of" in admin.get("/activity/?q=bob").content.decode()
    records = admin.get("/activity.json").json()["actions"]
    assert [record["action"] for record in records] == ["person.deactivated", "person.role_changed"]
    assert admin.get("/activity.csv").status_code == 200


def test_a_change_of_a_person_can_be_neither_undone_nor_checked(admin: Client, bob: User):
    admin.post(page_of(bob), form_of(bob, Role.VIEWER))
    action_id = AuditEvent.objects.get().action_id
    assert "Undo" not in admin.get("/activity/").content.decode()
    assert admin.get(f"/activity/{action_id}/undo/").status_code == 404
    assert admin.post(f"/activity/{action_id}/undo/").status_code == 404
    assert admin.post(f"/activity/{action_id}/settle/").status_code == 404


def test_the_three_roles_can_be_neither_renamed_nor_deleted(client_of, root: User):
    client, group = client_of(root), Group.objects.get(name="Manager")
    assert client.get("/admin/auth/group/").status_code == 200
    assert client.post(f"/admin/auth/group/{group.pk}/change/", {"name": "Boss"}).status_code == 403
    assert client.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code == 403
    picked = {"action": "delete_selected", "_selected_action": [str(group.pk)], "post": "yes"}
    client.post("/admin/auth/group/", picked)
    assert Group.objects.filter(name="Manager").exists()


def test_a_superuser_makes_a_superuser_and_the_history_says_so(client_of, root: User, bob: User):
    client_of(root).post(
        page_of(bob),
        form_of(bob, Role.EDITOR) | {"is_superuser": "on", "date_joined_0": "2026-01-01", "date_joined_1": "00:00"},
    )
    assert again(bob).is_superuser
    assert events() == [("person.role_changed", "root", "bob", {"role": "editor"}, {"role": "superuser"})]


# --- A Manager is left

WAYS_OUT = ["demoted", "deactivated", "deleted"]


def try_out(client: Client, user: User, way: str) -> str:
    if way == "deleted":
        return client.post(f"{USERS}{user.pk}/delete/", {"post": "yes"}, follow=True).content.decode()
    form = form_of(user, Role.EDITOR) if way == "demoted" else form_of(user, Role.MANAGER, is_active=False)
    return client.post(page_of(user), form, follow=True).content.decode()


@pytest.mark.parametrize("way", WAYS_OUT)
def test_the_last_manager_stays(admin: Client, alice: User, way: str):
    assert LAST in try_out(admin, alice, way)
    left = again(alice)
    assert left.is_active
    assert role_of(left) is Role.MANAGER
    assert events() == []


@pytest.mark.parametrize("way", WAYS_OUT)
def test_one_of_two_managers_may_go(admin: Client, alice: User, way: str):
    other = person("other", Role.MANAGER)
    assert LAST not in try_out(admin, alice, way)
    assert len(events()) == 1
    assert LAST in try_out(admin, other, way)


def test_a_manager_who_may_not_sign_in_is_none(admin: Client, alice: User):
    User.objects.filter(pk=person("other", Role.MANAGER).pk).update(is_active=False)
    assert LAST in try_out(admin, alice, "demoted")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", WAYS_OUT)
def test_two_managers_who_remove_each_other_at_once_leave_one(client_of, way: str):
    pair = [person("ann", Role.MANAGER), person("ben", Role.MANAGER)]
    roots = [User.objects.create_superuser(name, "", PASSWORD) for name in ("root", "toor")]
    clients, ready = [client_of(user) for user in roots], threading.Barrier(2)

    def remove(index: int) -> None:
        try:
            ready.wait()
            try_out(clients[index], pair[1 - index], way)
        finally:
            connection.close()

    threads = [threading.Thread(target=remove, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = User.objects.filter(is_active=True, groups__name="Manager")
    assert left.count() == 1
    assert AuditEvent.objects.count() == 1
    assert chain.verify_chain() == (1, None)
