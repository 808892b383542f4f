"""Who somebody is that the identity provider names, whatever it says of them and however many come at once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from models_ui.access.roles import Role, role_of
from models_ui.people.sign_in_links import make_sign_in_link
from models_ui.people.sign_on import Identity, NotAdmitted, admit_person
from tests.conftest import person
from tests.services.test_openid import ANYTHING

ISSUER = "https://id.example.org"


@pytest.fixture(autouse=True)
def _provider(settings) -> None:
    settings.OIDC_ISSUER = ISSUER
    settings.OIDC_ROLES = {"admins": "Manager", "*": "Viewer"}


def identity(**claims: Any) -> Identity:
    return Identity.of_claims({"sub": "1", "preferred_username": "dora", **claims})


def admitted(told: Identity) -> int:
    return admit_person(told).account.user_id


def at_once(act: Callable[[Any], object], *each_with: object) -> list[object]:
    """Do it in as many threads, and return what came of each."""
    outcomes: list[object] = []
    ready = threading.Barrier(len(each_with))

    def do(this: object) -> None:
        try:
            ready.wait(10)
            outcomes.append(act(this))
        except Exception as error:
            outcomes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(this,)) for this in each_with]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_one_person_in_two_browsers_is_one_person():
    outcomes = at_once(admitted, identity(), identity(), identity())
    assert outcomes == [User.objects.get().pk] * 3


@pytest.mark.django_db(transaction=True)
def test_two_people_of_one_name_get_two_names():
    at_once(admitted, identity(), identity(sub="2"))
    assert set(User.objects.values_list("username", flat=True)) == {"dora", "dora-2"}


@pytest.mark.django_db(transaction=True)
def test_of_two_last_managers_who_lose_their_groups_at_once_one_stays():
    admit_person(identity(groups=["admins"]))
    admit_person(identity(sub="2", groups=["admins"]))
    at_once(admitted, identity(), identity(sub="2"))
    assert sorted(role_of(user) for user in User.objects.all()) == [Role.VIEWER, Role.MANAGER]


@pytest.mark.django_db
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    claims=st.dictionaries(
        st.sampled_from(["preferred_username", "name", "email", "email_verified", "groups"]), ANYTHING
    )
)
def test_whatever_it_says_of_a_person_there_is_one_account_that_can_be_stored(claims: dict[str, Any]):
    User.objects.all().delete()
    told = Identity.of_claims({"sub": "1", **claims})
    first, second = admit_person(told), admit_person(told)
    assert first.account.user == second.account.user == User.objects.get()
    User.objects.get().full_clean(exclude=["password"])


@pytest.mark.django_db
def test_a_superuser_keeps_what_the_terminal_gave():
    root = admit_person(identity()).account.user
    root.is_superuser = True
    root.save()
    admit_person(identity())
    assert role_of(User.objects.get()) is Role.MANAGER
    assert not Group.objects.filter(name="Manager", user=root).exists()


@pytest.mark.django_db
def test_a_manager_by_hand_beside_a_superuser_is_still_the_last_one(settings):
    """As on the page of people: an account of the terminal does not count."""
    User.objects.create_superuser("root", "", "x")
    admit_person(identity(groups=["admins"]))
    assert admit_person(identity()).kept_manager
    person("alice", Role.MANAGER)
    assert not admit_person(identity()).kept_manager


@pytest.mark.django_db
def test_the_last_manager_without_any_role_comes_in_all_the_same(settings):
    admit_person(identity(groups=["admins"]))
    settings.OIDC_ROLES = {"admins": "Manager"}
    assert admit_person(identity()).kept_manager
    person("alice", Role.MANAGER)
    with pytest.raises(NotAdmitted):
        admit_person(identity())


@pytest.mark.django_db
def test_an_address_given_to_somebody_else_there_opens_no_account_that_is_linked(settings):
    settings.OIDC_LINK_BY_EMAIL = True
    told = {"email": "dora@example.org", "email_verified": True}
    admit_person(identity(**told))
    with pytest.raises(NotAdmitted):
        admit_person(identity(sub="2", **told))


@pytest.mark.django_db
def test_an_address_that_waited_for_its_link_is_forgotten_when_the_account_is_linked(settings):
    settings.OIDC_LINK_BY_EMAIL = True
    carol = person("carol", Role.VIEWER)
    EmailAddress.objects.create(user=carol, email="mallory@example.org", verified=False)
    admit_person(identity(email="carol@example.org", email_verified=True))
    assert not EmailAddress.objects.filter(user=carol).exists()


@pytest.mark.django_db(transaction=True)
def test_a_link_from_a_terminal_that_is_opened_in_several_browsers_at_once_lets_one_in():
    alice = person("alice", Role.MANAGER)
    link = f"/sign-in-link/{make_sign_in_link(alice.username)}/"
    statuses = at_once(lambda browser: browser.post(link).status_code, *(Client() for _ in range(4)))
    assert sorted(statuses) == [302, 404, 404, 404]


@pytest.mark.django_db
def test_the_links_from_a_terminal_are_in_no_log(client, caplog):
    client.get("/sign-in-link/1-abcdef-0123456789/")
    assert "0123456789" not in caplog.text
    assert "/sign-in-link/" in caplog.text
