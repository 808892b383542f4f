"""The header of pages, which is rendered once and kept: it always belongs to the person who looks, as they are now."""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client

from models_ui.access.roles import Role, give_role
from models_ui.people.preferences import store_preferences
from tests.conftest import person

pytestmark = pytest.mark.usefixtures("synced")


def header_of(client: Client, address: str = "/models/") -> str:
    header, found, _ = client.get(address).content.decode().partition("</header>")
    assert found
    return header.partition('<header class="top">')[2]


def test_people_who_look_in_turn_each_see_their_own_name_and_role(alice, carol, client_of):
    dave = person("dave", Role.VIEWER)
    for _ in range(2):
        manager, viewer = header_of(client_of(alice)), header_of(client_of(carol))
        assert 'dave <span class="role">Viewer</span>' in header_of(client_of(dave))
        assert 'alice <span class="role">Manager</span>' in manager
        assert 'carol <span class="role">Viewer</span>' in viewer
        assert 'href="/people/"' in manager
        assert 'href="/people/"' not in viewer


def rename(user: User) -> None:
    user.first_name, user.last_name = "Carol", "Danvers"
    user.save()


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (rename, 'Carol Danvers <span class="role">'),
        (lambda user: give_role(user, Role.MANAGER), 'href="/people/"'),
        (lambda user: store_preferences(user, theme="dark"), 'value="dark" aria-pressed="true"'),
        (lambda user: store_preferences(user, default_tab="base"), 'href="/models/?type=base"'),
    ],
    ids=["name", "role", "theme", "default view"],
)
def test_a_change_of_a_person_is_seen_on_their_next_page(carol, client_of, change: Callable, shown: str):
    client = client_of(carol)
    assert shown not in header_of(client)
    change(carol)
    assert shown in header_of(client)


def test_each_language_and_page_has_its_own(viewer: Client):
    for _ in range(2):
        assert 'href="/activity/" aria-current="page"' in header_of(viewer, "/activity/")
        assert 'href="/activity/" aria-current="page"' not in header_of(viewer)
    viewer.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "fr"
    assert "Vue d’ensemble" in header_of(viewer)
    assert 'value="en"' in header_of(viewer)


def test_what_is_kept_holds_no_token(viewer: Client):
    for _ in range(2):
        header = header_of(viewer)
        assert "csrfmiddlewaretoken" not in header
        assert viewer.cookies[django_settings.CSRF_COOKIE_NAME].value not in header


def form_of(page: str, button: str) -> dict[str, str]:
    """Return what the form sends that the button with this text in its tag belongs to."""
    tag = next(tag for tag in re.findall(r"<button[^>]*>", page) if button in tag)
    name = re.search(r'form="([^"]+)"', tag)[1]
    inside = page.partition(f'<form id="{name}"')[2].partition("</form>")[0]
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', inside))


def test_another_language_leads_back_to_the_page(carol):
    client = Client(enforce_csrf_checks=True)
    client.force_login(carol)
    sent = form_of(client.get("/models/?type=base").content.decode(), 'value="fr"')
    assert client.post("/language/", {**sent, "language": "fr"})["Location"] == "/models/?type=base"
    assert 'lang="fr"' in client.get("/models/").content.decode()


def test_signing_out_tells_nobody_which_page_it_was(carol):
    client = Client(enforce_csrf_checks=True)
    client.force_login(carol)
    sent = form_of(client.get("/models/?q=secret").content.decode(), 'id="sign-out"')
    assert "secret" not in client.post("/accounts/logout/", sent)["Location"]
    assert client.get("/models/").status_code == 302


@pytest.mark.parametrize("address", ["/", "/models/", "/profile/", "/watching/", "/feeds/"])
def test_no_two_elements_of_a_page_share_an_id(viewer: Client, address: str):
    ids = re.findall(r'\sid="([^"]+)"', viewer.get(address).content.decode())
    assert [each for each, count in Counter(ids).items() if count > 1] == []
