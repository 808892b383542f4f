"""Second factors: turned on and off, asked for after the password, demanded of roles, and taken away by a Manager."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from models_ui.models import AuditEvent
from tests.conftest import PASSWORD
from tests.support.sign_in import code_of, sign_in

NOON = datetime(2026, 11, 27, 12, 0, 5, tzinfo=UTC)


def turn_on(client: Client, at: datetime) -> tuple[str, list[str]]:
    """Turn an authenticator app on. Return its key and the recovery codes."""
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    secret = re.search(r'<code class="secret">([A-Z2-7]+)</code>', page)[1]
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret, at)}, follow=True)
    codes = re.findall(r"<li><code>(\d{8})</code>", answer.content.decode())
    assert len(codes) == 10
    return secret, codes


def enter_password(name: str, **more: str) -> tuple[Client, str]:
    """Return a browser in which somebody typed name and password, and where that has led."""
    client = Client(**more)
    answer = client.post("/accounts/login/", {"login": name, "password": PASSWORD})
    return client, answer.get("Location", "")


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def protected(clock, alice: User) -> tuple[str, list[str]]:
    """The key and the recovery codes of alice, a Manager."""
    client = Client()
    sign_in(client, alice)
    return turn_on(client, NOON)


def test_after_the_password_the_code_of_the_app_is_asked_for(protected, clock):
    secret, _ = protected
    clock.shift(timedelta(minutes=5))
    client, where = enter_password("alice")
    assert where.startswith("/accounts/2fa/authenticate/")
    assert client.get("/models/").status_code == 302  # the password alone opens nothing
    page = client.get("/accounts/2fa/authenticate/").content.decode()
    assert "Type the code that your authenticator app shows now" in page
    answer = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "Incorrect code." in answer.content.decode()
    answer = client.post("/accounts/2fa/authenticate/", {"code": code_of(secret, NOON + timedelta(minutes=5))})
    assert answer.status_code == 302
    assert client.get("/models/").status_code == 200


def test_a_code_is_good_once_also_in_another_process(protected, clock):
    secret, _ = protected
    clock.shift(timedelta(minutes=5))
    code = code_of(secret, NOON + timedelta(minutes=5))
    for is_first in (True, False):
        client, _ = enter_password("alice")
        cache.clear()  # which belongs to one process
        client.post("/accounts/2fa/authenticate/", {"code": code})
        assert (client.get("/models/").status_code == 200) == is_first


def test_a_recovery_code_lets_in_once(protected, clock):
    _, codes = protected
    for is_first in (True, False):
        client, _ = enter_password("alice")
        client.post("/accounts/2fa/authenticate/", {"code": codes[3]})
        assert (client.get("/models/").status_code == 200) == is_first
    client = Client()
    sign_in(client, User.objects.get(username="alice"))
    assert "9 left" in client.get("/profile/").content.decode()


def test_many_wrong_codes_lock_the_account_for_a_while(protected, clock):
    secret, _ = protected
    clock.shift(timedelta(minutes=5))
    client, _ = enter_password("alice")
    for _attempt in range(6):
        answer = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "Too many" in answer.content.decode()
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret, NOON + timedelta(minutes=5))})
    assert client.get("/models/").status_code == 302


def test_the_table_holds_no_secret_that_can_be_read(protected):
    secret, codes = protected
    stored = " ".join(str(each.data) for each in Authenticator.objects.all())
    assert secret not in stored
    assert not any(code in stored for code in codes)


def test_after_a_new_secret_key_no_code_is_right_and_the_log_says_why(protected, settings, caplog):
    secret, codes = protected
    settings.SECRET_KEY = "another" * 10
    client, _ = enter_password("alice")
    for code in (code_of(secret, NOON), codes[0], "000000"):
        assert "Incorrect code." in client.post("/accounts/2fa/authenticate/", {"code": code}).content.decode()
    assert "was stored under another SECRET_KEY" in caplog.text


def test_turning_it_on_and_off_is_in_the_history(protected, clock, alice):
    client = Client()
    sign_in(client, alice)
    assert client.post("/accounts/2fa/totp/deactivate/").status_code == 302
    kinds = list(AuditEvent.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["settings.second_factor_added", "settings.second_factor_removed"]
    page = client.get("/activity/").content.decode()
    assert "turned a second factor off" in page
    assert "Add an app…" in client.get("/profile/").content.decode()


# --- Demanded of roles


def test_a_role_that_needs_one_can_do_nothing_else_before(settings, clock, alice: User, carol: User):
    settings.MFA_REQUIRED_ROLES = ["manager"]
    client = Client()
    sign_in(client, alice)
    for address in ("/", "/models/", "/people/", "/activity.csv"):
        assert client.get(address)["Location"] == "/accounts/2fa/totp/activate/"
    answer = client.post("/people/1/role/", {"role": "viewer"}, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == "/accounts/2fa/totp/activate/"
    assert client.get("/profile/").status_code == 200
    turn_on(client, NOON)
    assert client.get("/people/").status_code == 200
    others = Client()
    sign_in(others, carol)
    assert others.get("/models/").status_code == 200


def test_a_role_that_needs_one_cannot_turn_the_last_one_off(protected, settings, alice):
    settings.MFA_REQUIRED_ROLES = ["editor"]  # and so a Manager as well
    client = Client()
    sign_in(client, alice)
    client.post("/accounts/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(user=alice, type="totp").exists()


# --- Lost


def test_a_manager_takes_it_away_from_somebody_who_is_told(clock, alice: User, bob: User):
    theirs, managers = Client(), Client()
    sign_in(theirs, bob)
    sign_in(managers, alice)
    turn_on(theirs, NOON)
    assert "Take the second factor away" in managers.get("/people/").content.decode()
    mail.outbox.clear()
    answer = managers.post(f"/people/{bob.pk}/reset-second-factor/", follow=True)
    assert "bob has no second factor any more" in re.sub(r"<[^>]+>|[\u2068\u2069]", "", answer.content.decode())
    assert [each.to for each in mail.outbox] == [["bob@example.org"]]
    assert "signs in" not in mail.outbox[0].subject
    assert AuditEvent.objects.latest("pk").kind == "person.second_factor_reset"
    client, _ = enter_password("bob")
    assert client.get("/models/").status_code == 200


def test_the_terminal_takes_it_away_as_well(protected, alice):
    call_command("reset_second_factor", "alice")
    client, _ = enter_password("alice")
    assert client.get("/models/").status_code == 200
    with pytest.raises(CommandError, match="alice has no second factor"):
        call_command("reset_second_factor", "alice")
    with pytest.raises(CommandError, match="nobody called mallory"):
        call_command("reset_second_factor", "mallory")
