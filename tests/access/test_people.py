"""The admin: out of reach of every role, and nothing but tables to look at for superusers."""

import re

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group, User
from django.test import Client

from models_ui.access.roles import Role, role_of
from models_ui.models import AuditEvent
from tests.conftest import PASSWORD, person

USERS = "/admin/auth/user/"


def page_of(user: User) -> str:
    return f"{USERS}{user.pk}/change/"


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root", "root@example.org", PASSWORD)


@pytest.fixture
def admin(root: User, client_of) -> Client:
    return client_of(root)


@pytest.fixture
def manager(alice: User, client_of) -> Client:
    return client_of(alice)


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
    client.post(page_of(user), {"username": "dave", "is_superuser": "on", "is_active": "on"})
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


# --- Looking at people


def test_a_superuser_sees_people_with_their_roles_and_no_password(admin: Client, bob: User):
    for address in (USERS, page_of(bob), "/admin/auth/group/"):
        html = admin.get(address).content.decode()
        assert "Editor" in html
        assert again(bob).password not in html
        assert 'type="submit" value="Save"' not in html
    assert "bob@example.org" in admin.get(page_of(bob)).content.decode()
    assert admin.get("/admin/").status_code == 200


@pytest.mark.parametrize("way", ["demoted", "deactivated", "renamed", "promoted", "deleted", "deleted with others"])
def test_nothing_changes_a_person_here_so_the_last_manager_stays(admin: Client, alice: User, way: str):
    whole = {"username": "alice", "is_active": "on", "groups": [Group.objects.get(name="Manager").pk]}
    requests = {
        "demoted": (page_of(alice), whole | {"groups": []}),
        "deactivated": (page_of(alice), {"username": "alice", "groups": whole["groups"]}),
        "renamed": (page_of(alice), whole | {"username": "mallory"}),
        "promoted": (page_of(alice), whole | {"is_superuser": "on"}),
        "deleted": (f"{USERS}{alice.pk}/delete/", {"post": "yes"}),
        "deleted with others": (
            USERS,
            {"action": "delete_selected", "_selected_action": [str(alice.pk)], "post": "yes"},
        ),
    }
    admin.post(*requests[way])
    left = again(alice)
    assert (left.username, left.is_active, left.is_superuser) == ("alice", True, False)
    assert role_of(left) is Role.MANAGER
    assert not AuditEvent.objects.exists()


def test_nobody_is_added_and_no_password_is_set_here(admin: Client, bob: User):
    new = {"password1": "another horse battery", "password2": "another horse battery", "usable_password": "true"}
    assert admin.post(f"{USERS}add/", {"username": "dave", **new}).status_code == 403
    admin.post(f"{USERS}{bob.pk}/password/", new)
    assert not User.objects.filter(username="dave").exists()
    assert again(bob).check_password(PASSWORD)


def test_the_three_roles_can_be_neither_renamed_nor_deleted(admin: Client):
    group = Group.objects.get(name="Manager")
    assert admin.post(f"/admin/auth/group/{group.pk}/change/", {"name": "Boss"}).status_code == 403
    assert admin.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code == 403
    admin.post("/admin/auth/group/", {"action": "delete_selected", "_selected_action": [str(group.pk)], "post": "yes"})
    assert Group.objects.filter(name="Manager").exists()


def test_no_table_of_the_admin_can_be_written(admin: Client, root: User, rf):
    request = rf.get("/admin/")
    request.user = root
    assert len(site._registry) == 5
    for table in site._registry.values():
        assert table.get_model_perms(request) == {"add": False, "change": False, "delete": False, "view": True}


# --- In words


def test_activity_tells_of_people_in_words(manager: Client, bob: User, viewer: Client):
    manager.post(f"/people/{bob.pk}/role/", {"role": "manager"})
    manager.post(f"/people/{bob.pk}/deactivate/")
    for client in (manager, viewer):
        text = re.sub(r"<[^>]+>|\s+", " ", client.get("/activity/").content.decode())
        text = re.sub(r" +", " ", text).replace("\u2068", "").replace("\u2069", "")
        assert "alice changed the role of bob from Editor to Manager" in text
        assert "alice took access away from bob" in text
    narrowed = manager.get("/activity/?kind=person.role_changed").content.decode()
    assert "Change a role" in narrowed
    assert "took access away" not in narrowed
    assert "changed the role of" in manager.get("/activity/?q=bob").content.decode()
    records = manager.get("/activity.json").json()["actions"]
    assert [record["action"] for record in records] == ["person.deactivated", "person.role_changed"]
    assert manager.get("/activity.csv").status_code == 200


def test_a_change_of_a_person_can_be_neither_undone_nor_checked(manager: Client, bob: User):
    manager.post(f"/people/{bob.pk}/role/", {"role": "viewer"})
    action_id = AuditEvent.objects.get().action_id
    assert "Undo" not in manager.get("/activity/").content.decode()
    assert manager.get(f"/activity/{action_id}/undo/").status_code == 404
    assert manager.post(f"/activity/{action_id}/undo/").status_code == 404
    assert manager.post(f"/activity/{action_id}/settle/").status_code == 404
