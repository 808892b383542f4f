"""People and roles: a Manager looks after them, the history tells of it, and a Manager is always left."""

import re
import threading

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission, User
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
    fields = {"username": user.username, "email": user.email, "groups": groups, **changed}
    return fields | ({"is_active": "on"} if is_active else {})


def events() -> list[tuple[str, str, str, dict, dict]]:
    fields = ("kind", "actor", "label", "before", "after")
    return list(AuditEvent.objects.order_by("pk").values_list(*fields))


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)


@pytest.fixture
def manager(alice: User, client_of) -> Client:
    """Alice, who has the Manager role, and is neither staff nor superuser."""
    return client_of(alice)


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root", "root@example.org", PASSWORD)


# --- Reaching it


def test_a_manager_reaches_people_and_roles_from_the_menu(manager: Client, bob: User):
    assert '<a href="/people/">People</a>' in manager.get("/models/").content.decode()
    admin = manager.get("/admin/").content.decode()
    assert USERS in admin
    assert "/admin/models_ui/" not in admin
    people = manager.get(USERS).content.decode()
    assert "bob@example.org" in people
    assert "Editor" in people


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
@pytest.mark.parametrize("is_staff", [True, False])
def test_the_admin_of_people_is_out_of_reach_and_out_of_the_menu_for_others(client_of, db, role: Role, is_staff: bool):
    user = person("dave", role)
    User.objects.filter(pk=user.pk).update(is_staff=is_staff)
    client = client_of(again(user))
    assert 'href="/people/"' not in client.get("/models/").content.decode()
    for address in ("/admin/", USERS, f"{USERS}add/", page_of(user)):
        answer = client.get(address, follow=True)
        assert answer.status_code == 403 or answer.redirect_chain
        assert "dave@example.org" not in answer.content.decode()
    client.post(page_of(user), form_of(user, Role.MANAGER))
    assert role_of(again(user)) is role


def test_a_manager_who_signs_in_on_the_way_gets_there(client: Client, alice: User):
    login = client.get("/admin/", follow=True).redirect_chain[-1][0]
    answer = client.post(login, {"login": "alice", "password": PASSWORD, "next": "/admin/"}, follow=True)
    assert answer.status_code == 200
    assert USERS in answer.content.decode()


# --- Looking after people


def test_a_manager_adds_a_person_with_a_role_who_can_sign_in(manager: Client):
    editor = Group.objects.get(name="Editor").pk
    form = {"username": "dave", "email": "d@example.org", "groups": [editor], "usable_password": "true"}
    answer = manager.post(f"{USERS}add/", form | {"password1": PASSWORD, "password2": PASSWORD})
    assert answer.status_code == 302
    dave = User.objects.get(username="dave")
    assert role_of(dave) is Role.EDITOR
    assert (dave.is_staff, dave.is_superuser) == (False, False)
    assert Client().post("/accounts/login/", {"login": "dave", "password": PASSWORD}).status_code == 302
    assert events() == [("person.added", "alice", "dave", {}, {"role": "editor", "is_active": True})]


def test_each_kind_of_change_is_an_event_of_its_own_and_the_chain_verifies(manager: Client, bob: User):
    assert manager.post(page_of(bob), form_of(bob, Role.VIEWER)).status_code == 302
    assert role_of(again(bob)) is Role.VIEWER
    manager.post(page_of(bob), form_of(bob, Role.VIEWER, is_active=False))
    manager.post(page_of(bob), form_of(bob, Role.VIEWER, username="bert", email="bert@example.org"))
    manager.post(page_of(bob), form_of(bob, Role.VIEWER, username="bert", email="bert@example.org"))  # nothing new
    new = {"password1": "another horse battery", "password2": "another horse battery", "usable_password": "true"}
    assert manager.post(f"{USERS}{bob.pk}/password/", new).status_code == 302
    assert manager.post(f"{USERS}{bob.pk}/delete/", {"post": "yes"}).status_code == 302
    assert events() == [
        ("person.role_changed", "alice", "bob", {"role": "editor"}, {"role": "viewer"}),
        ("person.deactivated", "alice", "bob", {"is_active": True}, {"is_active": False}),
        ("person.renamed", "alice", "bert", {"username": "bob"}, {"username": "bert"}),
        ("person.activated", "alice", "bert", {"is_active": False}, {"is_active": True}),
        ("person.email_changed", "alice", "bert", {}, {}),
        ("person.password_changed", "alice", "bert", {}, {}),
        ("person.deleted", "alice", "bert", {"role": "viewer", "is_active": True}, {}),
    ]
    assert chain.verify_chain() == (7, None)
    assert "bert@example.org" not in str(list(AuditEvent.objects.values()))


def test_a_person_with_an_email_address_of_the_account_pages_can_be_deleted(manager: Client, carol: User):
    EmailAddress.objects.create(user=carol, email=carol.email, primary=True)  # as django-allauth keeps it
    assert manager.post(f"{USERS}{carol.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not User.objects.filter(username="carol").exists()


def test_activity_tells_of_people_in_words(manager: Client, bob: User, viewer: Client):
    manager.post(page_of(bob), form_of(bob, Role.MANAGER))
    manager.post(page_of(bob), form_of(bob, Role.MANAGER, is_active=False))
    for client in (manager, viewer):
        text = re.sub(r"<[^>]+>|\s+", " ", client.get("/activity/").content.decode())
        text = re.sub(r" +", " ", text).replace("⁨", "").replace("⁩", "")
        assert "alice changed the role of bob" in text
        assert "Editor → Manager" in text
        assert "alice took access away from bob" in text
    narrowed = manager.get("/activity/?kind=person.role_changed").content.decode()
    assert "Change a role" in narrowed
    assert "took access away" not in narrowed
    assert "changed the role of" in manager.get("/activity/?q=bob").content.decode()
    records = manager.get("/activity.json").json()["actions"]
    assert [record["action"] for record in records] == ["person.deactivated", "person.role_changed"]
    assert manager.get("/activity.csv").status_code == 200


def test_a_change_of_a_person_can_be_neither_undone_nor_checked(manager: Client, bob: User):
    manager.post(page_of(bob), form_of(bob, Role.VIEWER))
    action_id = AuditEvent.objects.get().action_id
    assert "Undo" not in manager.get("/activity/").content.decode()
    assert manager.get(f"/activity/{action_id}/undo/").status_code == 404
    assert manager.post(f"/activity/{action_id}/undo/").status_code == 404
    assert manager.post(f"/activity/{action_id}/settle/").status_code == 404


# --- Nobody makes more of themselves than they are


def test_a_manager_makes_nobody_a_superuser(manager: Client, alice: User, bob: User):
    rights = [str(pk) for pk in Permission.objects.values_list("pk", flat=True)]
    more = {"is_superuser": "on", "is_staff": "on", "user_permissions": rights}
    manager.post(page_of(alice), form_of(alice, Role.MANAGER) | more)
    manager.post(page_of(bob), form_of(bob, Role.EDITOR) | more)
    passwords = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    manager.post(f"{USERS}add/", {"username": "mallory", **more, **passwords})
    assert User.objects.filter(username="mallory").exists()
    assert not User.objects.filter(is_superuser=True).exists()
    assert not User.objects.filter(is_staff=True).exists()
    assert not User.objects.filter(user_permissions__isnull=False).exists()
    page = manager.get(page_of(alice)).content.decode()
    assert "is_superuser" not in page
    assert "user_permissions" not in page


def test_a_manager_may_look_at_a_superuser_and_change_nothing(manager: Client, root: User):
    page = manager.get(page_of(root))
    assert page.status_code == 200
    assert "_save" not in page.content.decode()
    assert "md5" not in page.content.decode()
    new = {"password1": "another horse battery", "password2": "another horse battery", "usable_password": "true"}
    assert manager.post(page_of(root), form_of(root, is_active=False)).status_code == 403
    assert manager.post(f"{USERS}{root.pk}/delete/", {"post": "yes"}).status_code == 403
    assert manager.get(f"{USERS}{root.pk}/password/").status_code == 403
    assert manager.post(f"{USERS}{root.pk}/password/", new).status_code == 403
    picked = {"action": "delete_selected", "_selected_action": [str(root.pk)], "post": "yes"}
    manager.post(USERS, picked)
    assert again(root).is_active
    assert again(root).check_password(PASSWORD)
    assert events() == []


def test_a_manager_hands_out_roles_and_no_other_group(manager: Client, bob: User, alice: User):
    powerful = Group.objects.create(name="Powerful")
    powerful.permissions.set(Permission.objects.all())
    manager.post(page_of(alice), form_of(alice, Role.MANAGER) | {"groups": [powerful.pk]})
    assert not powerful.user_set.exists()
    bob.groups.add(powerful)  # by a superuser
    assert manager.post(page_of(bob), form_of(bob, Role.VIEWER)).status_code == 302
    assert {group.name for group in again(bob).groups.all()} == {"Viewer", "Powerful"}


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
    more = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00"}
    return client.post(page_of(user), form | more, follow=True).content.decode()


@pytest.mark.parametrize("way", WAYS_OUT)
@pytest.mark.parametrize("by", ["alice", "root"])
def test_the_last_manager_stays_whoever_asks(client_of, alice: User, root: User, way: str, by: str):
    client = client_of(alice if by == "alice" else root)
    assert LAST in try_out(client, alice, way)
    left = again(alice)
    assert left.is_active
    assert role_of(left) is Role.MANAGER
    assert events() == []


@pytest.mark.parametrize("way", WAYS_OUT)
def test_one_of_two_managers_may_go(client_of, alice: User, way: str):
    other = person("other", Role.MANAGER)
    assert LAST not in try_out(client_of(alice), alice, way)
    assert len(events()) == 1
    assert LAST in try_out(client_of(other), other, way)


def test_a_manager_who_may_not_sign_in_is_none(client_of, alice: User):
    User.objects.filter(pk=person("other", Role.MANAGER).pk).update(is_active=False)
    assert LAST in try_out(client_of(alice), alice, "demoted")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", WAYS_OUT)
def test_two_managers_who_remove_each_other_at_once_leave_one(client_of, way: str):
    pair = [person("ann", Role.MANAGER), person("ben", Role.MANAGER)]
    clients, ready = [client_of(user) for user in pair], threading.Barrier(2)

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
