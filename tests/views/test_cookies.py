"""Cookies: no name that another installation on the same host has as well."""

import pytest
from django.conf import settings as django_settings
from django.contrib.messages import get_messages
from django.contrib.messages.storage import default_storage
from django.http import HttpResponse
from django.test import Client, RequestFactory

from tests.conftest import PASSWORD

LOGIN = {"login": "carol", "password": PASSWORD}


@pytest.mark.django_db
def test_every_cookie_carries_the_mark_of_its_installation(carol):
    client = Client()
    client.get("/accounts/login/")
    client.post("/accounts/login/", LOGIN)
    client.post("/language/", {"language": "fr"})
    assert len(client.cookies) == 3
    assert all(name.endswith(f"_{django_settings.INSTALLATION}") for name in client.cookies)


def test_a_message_waits_in_a_cookie_with_that_mark():
    request, response = RequestFactory().get("/"), HttpResponse()
    request.session = {}
    request._messages = default_storage(request)
    request._messages.add(20, "Done.")
    request._messages.update(response)
    (name,) = response.cookies
    assert name == f"messages_{django_settings.INSTALLATION}"
    following = RequestFactory().get("/")
    following.COOKIES[name] = response.cookies[name].value
    following.session = {}
    following._messages = default_storage(following)
    assert [str(message) for message in get_messages(following)] == ["Done."]


@pytest.mark.django_db
def test_two_installations_side_by_side_leave_each_others_sessions_alone(carol, settings):
    """One browser, which sends every cookie of the host to both."""
    client, ours = Client(), settings.SESSION_COOKIE_NAME
    client.post("/accounts/login/", LOGIN)
    settings.SESSION_COOKIE_NAME = "sessionid_other"
    assert client.get("/models/").status_code == 302
    client.post("/accounts/login/", LOGIN)
    client.post("/accounts/logout/")
    settings.SESSION_COOKIE_NAME = ours
    assert client.get("/models/").status_code == 200
