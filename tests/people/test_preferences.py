"""What people choose is kept with them, costs no query, and their visits are told apart."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client

from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.saved_lists import delete_list, save_list
from models_ui.models import AuditEvent, Preferences
from models_ui.people.preferences import (
    default_query,
    known_zones,
    note_visit,
    preferences_of,
    store_preferences,
    store_preferences_form,
    zone_of,
)
from models_ui.web import middleware

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
VISION = CatalogQuery(capability=("vision",))


def kept(user: User) -> Preferences:
    """The preferences as the next request finds them."""
    return preferences_of(User.objects.get(pk=user.pk))


# --- Choices


def test_a_person_who_never_chose_has_the_defaults(carol: User):
    preferences = kept(carol)
    assert (preferences.theme, preferences.density, preferences.keyboard_shortcuts) == ("system", "compact", True)
    assert default_query(preferences) == CatalogQuery()
    assert zone_of(preferences) is UTC


def test_one_choice_leaves_the_others_as_they_are(carol: User):
    store_preferences(carol, theme="dark")
    store_preferences(carol, density="roomy")
    assert preferences_of(carol).theme == "dark"  # the same request sees it
    assert (kept(carol).theme, kept(carol).density) == ("dark", "roomy")


def test_preferences_are_each_persons_own(carol: User, bob: User):
    store_preferences(carol, theme="dark")
    assert kept(bob).theme == "system"


def test_a_deleted_account_leaves_no_preferences(carol: User):
    store_preferences(carol, theme="dark")
    carol.delete()
    assert not Preferences.objects.exists()


def test_activity_tells_that_preferences_changed_and_not_how(carol: User):
    store_preferences_form(carol, {"theme": "dark", "density": "compact"})
    store_preferences_form(carol, {"theme": "dark", "density": "compact"})  # nothing new
    event = AuditEvent.objects.get()
    assert (event.kind, event.actor, event.label) == ("settings.preferences_changed", "carol", "")
    assert (event.before, event.after) == ({}, {"changed": ["theme"]})


def test_preferences_cost_a_page_no_query(viewer: Client, carol: User, django_assert_num_queries):
    viewer.get("/watching/")  # notes the visit
    person = viewer.get("/watching/").wsgi_request.user
    with django_assert_num_queries(0):
        preferences = preferences_of(person)
        assert preferences.seen_at is not None
        assert default_query(preferences) == CatalogQuery()


# --- The view that Models opens with


def test_models_opens_with_a_chosen_tab(carol: User):
    store_preferences(carol, default_tab="fine-tuned")
    assert default_query(kept(carol)) == CatalogQuery(type=("fine-tuned",))


def test_models_opens_with_a_chosen_view_as_long_as_one_sees_it(carol: User, bob: User):
    saved = save_list(owner=bob, name="Sees", query=VISION, shared=True, now=NOON)
    store_preferences(carol, default_list=saved)
    assert default_query(kept(carol)) == replace(VISION, view=saved.pk)
    type(saved).objects.filter(pk=saved.pk).update(shared=False)
    assert default_query(kept(carol)) == CatalogQuery()


def test_models_opens_with_all_once_the_chosen_view_is_deleted(carol: User, bob: User):
    saved = save_list(owner=bob, name="Sees", query=VISION, shared=True, now=NOON)
    store_preferences(carol, default_list=saved, theme="dark")
    delete_list(saved, actor=bob)
    assert default_query(kept(carol)) == CatalogQuery()
    assert kept(carol).theme == "dark"


# --- Time zones


@pytest.mark.parametrize("name", ["Europe/Paris", "Asia/Kolkata", "America/Argentina/Ushuaia"])
def test_places_where_people_live_are_time_zones(carol: User, name: str):
    assert name in known_zones()
    store_preferences(carol, time_zone=name)
    assert str(zone_of(kept(carol))) == name


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "\0", "", "Europe/paris"])
def test_a_zone_that_nobody_knows_is_utc(carol: User, name: str):
    assert zone_of(Preferences(owner=carol, time_zone=name)) is UTC


@pytest.mark.parametrize("name", ["Etc/GMT+3", "EST5EDT", "US/Eastern", "UTC"])
def test_zones_where_nobody_lives_are_not_offered(name: str):
    assert name not in known_zones()


# --- Visits


class Visitor:
    """A person who looks at a page now and then."""

    def __init__(self, client: Client, person: User) -> None:
        self.client, self.person = client, person

    def look(self, at: datetime) -> datetime | None:
        """Look at a page, and return when the page says the last visit was."""
        with time_machine.travel(at, tick=False):
            return self.client.get("/watching/").context["preferences"].last_visit_at


@pytest.fixture
def visitor(carol: User, client_of, long_sessions) -> Visitor:
    with time_machine.travel(NOON, tick=False):
        return Visitor(client_of(carol), carol)


def test_the_first_visit_has_none_before_it(visitor: Visitor):
    assert visitor.look(NOON) is None
    assert visitor.look(NOON + timedelta(minutes=20)) is None


def test_half_an_hour_without_a_look_ends_a_visit(visitor: Visitor):
    visitor.look(NOON)
    visitor.look(NOON + timedelta(minutes=10))
    later = NOON + timedelta(minutes=41)
    assert visitor.look(later) == NOON + timedelta(minutes=10)
    assert visitor.look(later + timedelta(minutes=29)) == NOON + timedelta(minutes=10)  # still the same visit
    assert visitor.look(later + timedelta(days=2)) == later + timedelta(minutes=29)


def test_a_visit_is_noted_once_in_five_minutes(visitor: Visitor):
    visitor.look(NOON)
    visitor.look(NOON + timedelta(minutes=4, seconds=59))
    assert kept(visitor.person).seen_at == NOON
    visitor.look(NOON + timedelta(minutes=5))
    assert kept(visitor.person).seen_at == NOON + timedelta(minutes=5)


def test_two_requests_at_the_start_of_a_visit_note_one(carol: User):
    note_visit(carol, NOON)
    first, second = (User.objects.get(pk=carol.pk) for _ in range(2))
    assert (preferences_of(first).seen_at, preferences_of(second).seen_at) == (NOON, NOON)
    note_visit(first, NOON + timedelta(hours=1))
    note_visit(second, NOON + timedelta(hours=1, seconds=1))
    assert kept(carol).last_visit_at == NOON
    assert kept(carol).seen_at == NOON + timedelta(hours=1)


def test_pages_are_shown_while_visits_cannot_be_written(viewer: Client, carol: User, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(middleware, "note_visit", fail)
    assert viewer.get("/watching/").status_code == 200


def test_a_machine_that_reads_a_feed_is_no_visit(client: Client, carol: User):
    client.get("/feeds/feed-nothing/models.ics")
    assert not Preferences.objects.exists()
