"""The profile: one's name, e-mail address and sessions, and never anybody else's."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client

from models_ui.mirror.state import move_version
from models_ui.models import AuditEvent, CatalogModel
from models_ui.text.keepers import keeper_of
from tests.conftest import PASSWORD
from tests.support.pages import text_of

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1"


def page(client: Client) -> str:
    answer = client.get("/profile/")
    assert answer.status_code == 200
    return answer.content.decode()


def section(client: Client, heading: str) -> str:
    found = re.search(rf'<section[^>]*aria-labelledby="{heading}".*?</section>', page(client), re.DOTALL)
    assert found
    return text_of(found[0])


@pytest.fixture
def sign_in(carol: User):
    """Sign somebody in with a password, from a browser of this kind."""

    def sign_in_with(user: User = carol, browser: str = FIREFOX) -> Client:
        client = Client(HTTP_USER_AGENT=browser)
        answer = client.post("/accounts/login/", {"login": user.get_username(), "password": PASSWORD})
        assert answer.status_code == 302
        return client

    return sign_in_with


# --- Who one is


def test_a_name_is_shown_instead_of_the_user_name_and_the_history_tells_that(viewer: Client, carol: User):
    assert viewer.post("/profile/name/", {"name": "Carol <b>Martin</b>"}).status_code == 302
    html = page(viewer)
    assert "Carol &lt;b&gt;Martin&lt;/b&gt;" in html
    assert "<b>Martin" not in html
    event = AuditEvent.objects.get(kind="settings.name_changed")
    assert (event.actor, event.after) == ("carol", {})
    viewer.post("/profile/name/", {"name": ""})
    assert "carol" in section(viewer, "account")
    carol.refresh_from_db()
    assert carol.get_full_name() == ""


def test_a_name_that_is_too_long_is_told_and_kept_in_its_field(viewer: Client):
    answer = viewer.post("/profile/name/", {"name": "x" * 151})
    assert answer.status_code == 422
    assert f'value="{"x" * 151}"' in answer.content.decode()


def test_an_address_is_changed_only_when_its_link_is_followed_and_confirmed(viewer: Client, carol: User):
    User.objects.filter(pk=carol.pk).update(email="old@example.org")
    viewer.post("/accounts/email/", {"action_add": "", "email": "new@example.org"})
    assert "old@example.org" in section(viewer, "account")
    link = re.search(r"https?://\S+(/accounts/confirm-email/\S+)", mail.outbox[-1].body)
    assert mail.outbox[-1].to == ["new@example.org"]
    assert link
    assert viewer.get(link[1]).status_code == 200
    assert "old@example.org" in section(viewer, "account")  # looking changes nothing
    viewer.post(link[1])
    assert "new@example.org" in section(viewer, "account")
    carol.refresh_from_db()
    assert carol.email == "new@example.org"
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [("new@example.org", True, True)]
    event = AuditEvent.objects.get(kind="settings.email_changed")
    assert "example.org" not in str(event.__dict__)


# --- Where one is signed in


def test_each_session_says_which_browser_it_is_and_the_present_one_is_marked(sign_in):
    here = sign_in()
    sign_in(browser=EDGE)
    sign_in(browser=IPHONE)
    sign_in(browser="curl/8.0 <script>")
    text = section(here, "signed-in")
    assert "Where you are signed in 4" in text
    assert "Firefox on Linux this one" in text
    assert "Edge on Windows last seen" in text
    assert "Safari on iPhone last seen" in text
    assert "A browser that is not known last seen" in text
    assert "<script>" not in page(here)


def test_a_session_is_ended_and_is_signed_out_with_its_next_click(sign_in, carol: User):
    here, there = sign_in(), sign_in(browser=EDGE)
    other = UserSession.objects.get(user_agent=EDGE)
    assert there.get("/models/").status_code == 200
    assert here.post(f"/profile/sessions/{other.pk}/end/").status_code == 302
    assert there.get("/models/").status_code == 302
    assert here.get("/models/").status_code == 200
    assert AuditEvent.objects.get(kind="session.ended").actor == "carol"


def test_all_others_are_ended_together(sign_in):
    here, *others = sign_in(), sign_in(), sign_in(browser=EDGE)
    assert here.post("/profile/sessions/end-others/").status_code == 302
    assert [client.get("/models/").status_code for client in (here, *others)] == [200, 302, 302]
    assert "Where you are signed in 1" in section(here, "signed-in")
    here.post("/profile/sessions/end-others/")
    assert AuditEvent.objects.filter(kind="session.ended").count() == 1


def test_sessions_of_others_are_neither_shown_nor_ended(sign_in, bob: User):
    here, theirs = sign_in(), sign_in(bob, EDGE)
    assert "Edge" not in page(here)
    other = UserSession.objects.get(user=bob)
    assert here.post(f"/profile/sessions/{other.pk}/end/").status_code == 404
    here.post("/profile/sessions/end-others/")
    assert theirs.get("/models/").status_code == 200


def test_no_page_and_no_record_of_the_history_holds_the_key_of_a_session(sign_in):
    here = sign_in()
    sign_in(browser=EDGE)
    keys = list(Session.objects.values_list("session_key", flat=True))
    assert len(keys) == 2
    html = page(here)
    here.post("/profile/sessions/end-others/")
    told = str(list(AuditEvent.objects.values()))
    assert not [key for key in keys if key in html or key in told]


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(sign_in):
    here, there = sign_in(), sign_in(browser=EDGE)
    new = "another correct horse"
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert here.get("/models/").status_code == 200
    assert there.get("/models/").status_code == 302
    assert "Where you are signed in 1" in section(here, "signed-in")


# --- What is one's own


def test_the_models_that_one_looks_after_are_named_with_their_status(viewer: Client, synced, carol: User):
    assert "No model yet." in section(viewer, "mine")
    tune = CatalogModel.objects.get(model_id__contains="parcel-damage")
    CatalogModel.objects.filter(pk=tune.pk).update(keepers=[keeper_of("carol")])
    move_version()
    assert "What I look after 1 Parcel damage At risk" in section(viewer, "mine")
    assert 'href="/models/?keeper=me"' in page(viewer)


def test_the_former_address_leads_here(viewer: Client):
    assert viewer.get("/preferences/")["Location"] == "/profile/"
