"""Text that came with a form and could not be saved: shown once more, escaped, and kept nowhere."""

import logging

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from models_ui.models import AuditEvent
from tests.conftest import PASSWORD

TEXT = '</textarea><script>alert("kept?")</script>'
ESCAPED = "&lt;/textarea&gt;&lt;script&gt;alert(&quot;kept?&quot;)&lt;/script&gt;"
LOGIN = "/accounts/login/"

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/models/m-1/rename/", {"value": TEXT, "seen": "x", "action_id": "a"}),
        ("/models/m-1/describe/", {"value": TEXT}),
        ("/models/m-1/archive/", {"reason": TEXT}),
        ("/models/m-1/delete/", {"typed_id": "m-1", "reason": TEXT}),
        ("/activity/a/undo/", {"reason": TEXT, "insist": "True"}),
        ("/bulk/some/start/", {"reason": TEXT}),
        ("/feeds/", {"name": TEXT, "language": "fr"}),
    ],
)
def test_the_sign_in_page_shows_it_escaped_and_nothing_keeps_it(client: Client, caplog, address, form):
    with caplog.at_level(logging.DEBUG):
        answer = client.post(address, form, headers={"Referer": f"http://testserver{address}"})
    html = answer.content.decode()
    assert "You were signed out, so nothing was done. Sign in, then do it again." in html
    assert ESCAPED in html
    assert TEXT not in html
    assert f'<input type="hidden" name="next" value="http://testserver{address}">' in html
    assert not answer.has_header("Location")
    assert "kept?" not in caplog.text
    assert "kept?" not in str(answer.cookies)
    assert not Session.objects.exists()
    assert not AuditEvent.objects.exists()


def test_a_mistyped_password_does_not_take_it_away_and_the_right_one_leads_back(client: Client, carol):
    form = {"login": "carol", "password": "wrong", "next": "/feeds/", "typed_name": TEXT, "typed_typed_id": "m-1"}
    html = client.post(LOGIN, form).content.decode()
    assert ESCAPED in html
    assert 'name="typed_name"' in html and 'name="typed_typed_id"' in html
    assert "wrong" not in html
    assert client.post(LOGIN, form | {"password": PASSWORD})["Location"] == "/feeds/"
    assert all("kept?" not in session.session_data for session in Session.objects.all())


@pytest.mark.parametrize("name", ["password", "oldpassword", "password1", "new_Password", "api_key", "token"])
def test_secrets_are_never_shown(client: Client, name):
    answer = client.post("/accounts/password/change/", {name: "s3cret-of-mine"})
    assert "s3cret-of-mine" not in answer.content.decode()
    assert "s3cret-of-mine" not in answer.headers.get("Location", "")


def test_a_form_without_text_leads_to_the_sign_in_page_as_ever(client: Client):
    answer = client.post("/models/m-1/archive/", {"reason": "  ", "next": "/models/", "action_id": "a"})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/models/")


def test_where_our_script_runs_the_page_is_left_as_it_is(client: Client):
    answer = client.post("/models/m-1/rename/", {"value": TEXT, "with_script": "1"})
    assert (answer.status_code, answer.content) == (204, b"")
    asked = client.post("/models/m-1/rename/", {"value": TEXT, "with_script": "1"}, headers={"HX-Request": "true"})
    assert (asked.status_code, asked["HX-Redirect"][: len(LOGIN)]) == (204, LOGIN)


def test_an_error_page_shows_it_too(client_of, bob):
    answer = client_of(bob).post("/models/no-such-model/rename/", {"value": TEXT})
    html = answer.content.decode()
    assert answer.status_code == 404
    assert ESCAPED in html
    assert TEXT not in html
    assert "What you had written" not in client_of(bob).get("/models/no-such-model/rename/").content.decode()


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "application/x-www-form-urlencoded; charset=rot13", "text/plain", ""]
)
def test_a_body_that_cannot_be_read_holds_no_text_and_breaks_nothing(client: Client, content_type):
    answer = client.generic("POST", "/models/m-1/rename/", b"value=x\xff", content_type=content_type)
    assert answer.status_code in (302, 400, 413, 415)
