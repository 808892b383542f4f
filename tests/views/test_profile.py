"""The profile: one's name, e-mail address and sessions, and never anybody else's."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

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


# --- The e-mail address


def ask(client: Client, email: str = "new@example.org", password: str = PASSWORD):
    """Ask for a new address, and return the answer."""
    return client.post("/profile/email/", {"email": email, "password": password})


def mailed_link() -> str:
    bodies = "\n".join(letter.body for letter in mail.outbox)
    return re.findall(r"https?://[^/\s]+(/accounts/confirm-email/\S+)", bodies)[-1]


def address_of(person: User) -> str:
    return User.objects.get(pk=person.pk).email


def test_an_address_is_changed_only_when_its_link_is_followed_and_confirmed(viewer: Client, carol: User):
    assert "A link was mailed to new@example.org." in text_of(
        viewer.post("/profile/email/", {"email": "new@example.org", "password": PASSWORD}, follow=True).content.decode()
    )
    assert mail.outbox[-1].to == ["new@example.org"]
    assert "new@example.org becomes your address when you follow the link" in section(viewer, "account")
    assert viewer.get(mailed_link()).status_code == 200
    assert address_of(carol) == "carol@example.org"  # looking changes nothing
    assert viewer.post(mailed_link())["Location"] == "/profile/"
    assert address_of(carol) == "new@example.org"
    assert "becomes your address" not in section(viewer, "account")
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [("new@example.org", True, True)]
    event = AuditEvent.objects.get(kind="settings.email_changed")
    assert event.actor == "carol"
    assert "example.org" not in str(event.__dict__)


def test_a_link_works_once_and_a_newer_one_takes_its_place(viewer: Client, carol: User):
    ask(viewer, "first@example.org")
    former = mailed_link()
    ask(viewer, "second@example.org")
    assert viewer.post(former).status_code == 404
    viewer.post(mailed_link())
    viewer.post(mailed_link())
    assert address_of(carol) == "second@example.org"
    assert AuditEvent.objects.filter(kind="settings.email_changed").count() == 1
    ask(viewer, "third@example.org")
    viewer.post("/profile/email/keep/")
    assert viewer.post(mailed_link()).status_code == 404
    assert address_of(carol) == "second@example.org"


def test_whoever_reads_a_mistyped_address_cannot_confirm_it(viewer: Client, carol: User, bob: User, client_of):
    ask(viewer)
    bobs = client_of(bob)
    for stranger in (Client(), bobs):
        stranger.get(mailed_link())
        assert address_of(carol) == "carol@example.org"
        assert stranger.post(mailed_link())["Location"].startswith("/accounts/login/")
        assert address_of(carol) == "carol@example.org"
    assert bobs.get("/watching/").status_code == 200  # and the link signs nobody out
    assert not AuditEvent.objects.filter(kind="settings.email_changed").exists()


def test_the_link_of_somebody_who_is_signed_out_leads_on_after_signing_in(viewer: Client, carol: User):
    ask(viewer)
    elsewhere = Client()
    login = elsewhere.get(mailed_link())["Location"]
    answer = elsewhere.post(login, {"login": "carol", "password": PASSWORD, "next": mailed_link()})
    assert answer["Location"] == mailed_link()
    elsewhere.post(mailed_link())
    assert address_of(carol) == "new@example.org"


def test_the_former_address_is_told_of_the_change(viewer: Client, carol: User):
    ask(viewer)
    viewer.post(mailed_link())
    letter = mail.outbox[-1]
    assert letter.to == ["carol@example.org"]
    assert "If that was not you, tell a Manager" in letter.body
    assert "new@example.org" not in letter.body


@pytest.mark.parametrize("action", ["action_add", "action_primary", "action_remove", "action_send"])
def test_no_forged_request_makes_an_address_ones_own_before_it_is_confirmed(viewer: Client, carol: User, action: str):
    ask(viewer)
    for email in ("new@example.org", "carol@example.org", "other@example.org"):
        assert viewer.post("/accounts/email/", {action: "", "email": email})["Location"] == "/profile/"
    assert address_of(carol) == "carol@example.org"
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("email", "password", "words"),
    [
        ("new@example.org", "wrong", "This is not your password."),
        ("new@example.org", "", "This field is required."),
        ("nonsense", PASSWORD, "Enter a valid email address."),
        ("CAROL@example.org", PASSWORD, "This is your address already."),
        ("new@example.org\nBcc: eve@example.org", PASSWORD, "Enter a valid email address."),
    ],
)
def test_what_cannot_be_an_address_or_lacks_the_password_mails_nothing(viewer: Client, email, password, words):
    answer = ask(viewer, email, password)
    assert answer.status_code == 422
    assert words in text_of(answer.content.decode())
    assert PASSWORD not in answer.content.decode()
    assert mail.outbox == []
    assert not EmailAddress.objects.exists()


def test_a_password_is_not_guessed_here(viewer: Client):
    for _ in range(5):
        ask(viewer, password="wrong")
    assert "You have tried this too often." in text_of(ask(viewer).content.decode())
    assert mail.outbox == []


def test_without_a_mail_server_the_profile_says_so_and_no_log_gets_a_link(viewer: Client, settings, capsys):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "This dashboard sends no mail" in section(viewer, "account")
    assert ask(viewer).status_code == 404
    assert "confirm-email" not in capsys.readouterr().out


def test_a_mail_server_that_is_down_is_told_and_nothing_waits(viewer: Client, settings, carol: User):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    ask(viewer)
    text = section(viewer, "account")
    assert "becomes your address" not in text
    assert address_of(carol) == "carol@example.org"


def test_no_log_holds_the_links_of_accounts(viewer: Client, caplog):
    ask(viewer)
    key = mailed_link().split("/")[3]
    viewer.post(mailed_link())
    viewer.post(mailed_link())
    viewer.post("/accounts/password/reset/", {"email": "new@example.org"})
    reset = re.search(r"/accounts/password/reset/key/([^/\s]+)/", mail.outbox[-1].body)[1]
    viewer.get(f"/accounts/password/reset/key/{reset}/nowhere/")
    viewer.get(f"/accounts/confirm-email/{key}/nowhere/")
    assert "Not Found" in caplog.text
    assert key not in caplog.text
    assert reset not in caplog.text


# --- Where one is signed in


def record_of(client: Client) -> UserSession:
    return UserSession.objects.get(session_key=client.session.session_key)


def tomorrow(minute: int, second: int = 0) -> datetime:
    """A moment of tomorrow morning."""
    day = datetime.now(UTC) + timedelta(days=1)
    return day.replace(hour=10, minute=minute, second=second, microsecond=0)


def test_of_a_session_only_the_kind_of_browser_and_a_rounded_time_are_kept(sign_in, carol: User, long_sessions):
    here = sign_in(browser=EDGE)
    with time_machine.travel(tomorrow(58, 31), tick=False):
        here.get("/watching/")
        record = record_of(here)
    assert (record.ip, record.user_agent) == ("0.0.0.0", "")
    assert record.data == {"browser": "Edge", "system": "Windows"}
    assert record.last_seen_at == tomorrow(55)


def test_each_session_tells_when_it_was_seen_itself_whatever_the_others_do(sign_in, long_sessions):
    first, second = sign_in(), sign_in(browser=EDGE)
    for minute in (0, 4, 8):
        with time_machine.travel(tomorrow(minute), tick=False):
            first.get("/watching/")
            if minute == 4:
                second.get("/watching/")
    assert record_of(first).last_seen_at.minute == 5
    assert record_of(second).last_seen_at.minute == 0


def test_a_page_soon_after_another_writes_nothing_of_sessions(sign_in):
    here = sign_in()
    here.get("/watching/")
    with CaptureQueriesContext(connection) as queries:
        here.get("/watching/")
    assert not [each for each in queries if "usersession" in each["sql"] and not each["sql"].startswith("SELECT")]


def test_a_session_from_before_there_were_records_is_listed_with_its_next_click_and_ended_without(sign_in):
    here, used, unused = sign_in(), sign_in(browser=EDGE), sign_in(browser=IPHONE)
    UserSession.objects.exclude(pk=record_of(here).pk).delete()
    used.get("/watching/")
    assert "Edge on Windows" in section(here, "signed-in")
    assert "iPhone" not in section(here, "signed-in")
    here.post("/profile/sessions/end-others/")
    assert [client.get("/watching/").status_code for client in (here, used, unused)] == [200, 302, 302]


def test_ending_the_session_that_asks_signs_out(sign_in):
    here = sign_in()
    answer = here.post(f"/profile/sessions/{record_of(here).pk}/end/", follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/login/?next=/profile/"


def test_a_new_password_is_in_the_history(sign_in):
    here = sign_in()
    new = "another correct horse"
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    event = AuditEvent.objects.get()
    assert (event.kind, event.actor, event.after) == ("person.password_changed", "carol", {})
    assert "carol changed their password" in text_of(here.get("/activity/").content.decode())


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
    other = record_of(there)
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


def test_a_model_that_one_looks_after_and_does_not_watch_is_told_apart(viewer: Client, synced, carol: User):
    tune = CatalogModel.objects.get(model_id__contains="parcel-damage")
    CatalogModel.objects.filter(pk=tune.pk).update(keepers=[keeper_of("carol")])
    move_version()
    assert "not on your watch list" in section(viewer, "mine")
    viewer.post("/watching/add/", {"model_id": tune.model_id})
    assert "not on your watch list" not in section(viewer, "mine")


def test_the_profile_tells_what_the_digest_covers_and_leads_to_its_choice(viewer: Client, synced):
    assert "Digest by e-mail Nothing" in section(viewer, "mine")
    choice = viewer.get("/watching/").content.decode()
    assert '<option value="looked_after">what I look after</option>' in choice
    viewer.post("/watching/digest/", {"scope": "looked_after", "language": "en"})
    assert "Digest by e-mail What I look after" in section(viewer, "mine")
    assert 'href="/watching/#digest"' in page(viewer)
    assert "from nothing to the models they look after" in text_of(viewer.get("/activity/").content.decode())


def test_the_former_address_leads_here(viewer: Client):
    assert viewer.get("/preferences/")["Location"] == "/profile/"


def test_the_language_is_chosen_here(viewer: Client):
    form = page(viewer).partition('aria-labelledby="account"')[2].partition("</section>")[0]
    assert 'action="/language/"' in form
    assert re.search(r'name="language" value="en" lang="en" aria-pressed="true"', form)
    answer = viewer.post("/language/", {"language": "fr", "next": "/profile/"}, follow=True)
    assert answer.redirect_chain == [("/profile/", 302)]
    assert "Profil" in answer.content.decode()
