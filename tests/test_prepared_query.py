"""Queries whose SQL is made once: what they answer is what the same query answers otherwise."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from models_ui.access.roles import Role, role_of
from models_ui.mirror.state import mirror_state
from models_ui.models import Mirror, Preferences, SavedList
from models_ui.prepared_query import PreparedQuery
from models_ui.web.account_backend import AccountBackend
from tests.conftest import person


def test_each_call_has_its_own_values(db: None):
    users = {name: person(name, None) for name in ("ann", "ben")}
    by_name = PreparedQuery(lambda name: User.objects.filter(username=name).values_list("pk", "is_active"), name="x")
    for _ in range(2):
        for name, user in users.items():
            assert by_name.first(name=name) == (user.pk, True)
    assert by_name.first(name="nobody") is None


def test_a_value_that_is_no_parameter_of_its_own_is_a_mistake(db: None):
    twice = PreparedQuery(
        lambda first, last: User.objects.filter(username=first).values_list("pk"), first="a", last="b"
    )
    with pytest.raises(AssertionError):
        twice.first(first="a", last="b")


def test_columns_come_as_the_types_of_their_fields(db: None):
    mirror_state()
    Mirror.objects.update(failure={"code": "timed_out"}, last_synced_at=timezone.now())
    assert mirror_state().failure == {"code": "timed_out"}
    assert mirror_state().last_synced_at == Mirror.objects.get().last_synced_at


@pytest.mark.parametrize("role", [None, *Role])
def test_a_role_is_that_of_the_highest_group(db: None, role: Role | None):
    user = person("ann", role)
    assert role_of(user) == (role or Role.VIEWER)
    user.groups.add(Group.objects.get(name="Editor"))
    assert role_of(user) == max(role or Role.VIEWER, Role.EDITOR)


def test_a_session_that_is_over_signs_nobody_in(viewer: Client, synced):
    assert viewer.get("/models/").status_code == 200
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert viewer.get("/models/").status_code == 302


def test_a_page_of_models_asks_seven_small_queries_at_most(viewer: Client, synced):
    viewer.get("/models/")
    with CaptureQueriesContext(connection) as captured:
        viewer.get("/models/")
    assert len(captured) <= 7


def test_the_person_of_a_session_comes_with_what_they_prefer(carol: User, bob: User):
    saved = SavedList.objects.create(
        owner=carol, name="Vision", folded_name="vision", created_at=timezone.now(), changed_at=timezone.now()
    )
    Preferences.objects.create(owner=carol, theme="dark", default_list=saved)
    for _ in range(2):
        person = AccountBackend().get_user(carol.pk)
        other = AccountBackend().get_user(bob.pk)
    with CaptureQueriesContext(connection) as captured:
        assert (person, person.email, person.date_joined) == (carol, carol.email, carol.date_joined)
        assert (person.preferences.theme, person.preferences.owner) == ("dark", carol)
        assert person.preferences.default_list == saved
        with pytest.raises(Preferences.DoesNotExist):
            other.preferences  # noqa: B018
    assert len(captured) == 0
    person.first_name = "Carol"
    person.save()
    assert User.objects.get(pk=carol.pk).first_name == "Carol"
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert AccountBackend().get_user(bob.pk) is None
    assert AccountBackend().get_user(0) is None
