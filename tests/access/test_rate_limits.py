"""What is limited, such as guessing passwords: counted by all processes together, and not forgotten before its time."""

import threading
from datetime import timedelta

import pytest
import time_machine
from allauth.core.internal import ratelimit
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from models_ui.access import rate_limits
from models_ui.access.roles import Role
from models_ui.models import RateCount
from tests.conftest import PASSWORD, person

LOGIN = "/accounts/login/"
LOCKED = "Too many failed login attempts. Try again later."
DUMMY = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def sign_in(client: Client, name: str = "carol", password: str = PASSWORD, **more: str):
    return client.post(LOGIN, {"login": name, "password": password}, **more)


def is_locked(name: str = "carol") -> bool:
    return LOCKED in sign_in(Client(REMOTE_ADDR="192.0.2.77"), name, "wrong").content.decode()


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every password that was compared with the right one."""
    passwords, compare = [], User.check_password

    def noted(self: User, password: str) -> bool:
        passwords.append(password)
        return compare(self, password)

    monkeypatch.setattr(User, "check_password", noted)
    return passwords


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("cached", [True, False])
def test_of_fourteen_wrong_passwords_at_once_five_are_looked_at(looked_at: list[str], settings, cached: bool):
    if not cached:
        settings.CACHES = DUMMY
    person("carol", Role.VIEWER)
    ready, answers = threading.Barrier(14), []

    def guess(number: int) -> None:
        client = Client(REMOTE_ADDR=f"192.0.2.{number}")
        try:
            ready.wait()
            answers.append(sign_in(client, password=f"guess {number}").content.decode())
        finally:
            connection.close()

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looked_at) == 5
    assert sum(LOCKED in answer for answer in answers) == 9


@pytest.mark.django_db(transaction=True)
def test_of_forty_guesses_at_once_from_one_address_twenty_are_looked_at(looked_at: list[str]):
    for number in range(10):
        person(f"person-{number}", Role.VIEWER)
    ready = threading.Barrier(10)

    def guess(number: int) -> None:
        try:
            ready.wait()
            for again in range(4):
                sign_in(Client(), f"person-{number}", f"guess {again}")
        finally:
            connection.close()

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looked_at) == 20


@pytest.mark.django_db
def test_failures_of_five_thousand_strangers_do_not_open_a_lock(carol: User):
    for _ in range(5):
        sign_in(Client(), password="wrong")
    assert is_locked()
    until = timezone.now() + timedelta(seconds=300)
    RateCount.objects.bulk_create(RateCount(key=f"earlier-{number}", expires_at=until) for number in range(4500))
    request = RequestFactory().post(LOGIN, REMOTE_ADDR="192.0.2.1")
    for number in range(500):
        assert ratelimit.consume(
            request, app="allauth.account", action="x", config={"x": "5/300s/key"}, key=f"stranger-{number}"
        )
    assert RateCount.objects.count() > 5000
    assert is_locked()


@pytest.mark.django_db
def test_counts_that_are_over_are_removed(carol: User):
    for number in range(300):
        RateCount.objects.create(key=f"old-{number}", expires_at=timezone.now() - timedelta(seconds=1))
    sign_in(Client(), password="wrong")
    sign_in(Client(), password="wrong")
    assert not RateCount.objects.filter(pk__startswith="old-").exists()
    with time_machine.travel(timezone.now() + timedelta(seconds=301)):
        rate_limits.remove_expired()
    assert not RateCount.objects.exists()


@pytest.mark.django_db
def test_a_lock_ends_when_it_should_and_not_before(carol: User):
    now = timezone.now()
    for second in range(5):
        with time_machine.travel(now + timedelta(seconds=second), tick=False):
            sign_in(Client(), password="wrong")
    with time_machine.travel(now + timedelta(seconds=299), tick=False):
        assert is_locked()
    with time_machine.travel(now + timedelta(seconds=301), tick=False):
        assert sign_in(Client()).status_code == 302


@pytest.mark.django_db
def test_a_lock_does_not_outlast_a_clock_that_is_set_back(carol: User):
    for _ in range(5):
        sign_in(Client(), password="wrong")
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        assert sign_in(Client()).status_code == 302


@pytest.mark.django_db
def test_right_passwords_use_nothing_up(carol: User):
    for _ in range(8):
        assert sign_in(Client()).status_code == 302
    assert not is_locked()


@pytest.mark.django_db
@pytest.mark.parametrize("vary", ["host", "case"])
def test_another_spelling_of_host_or_name_gets_no_guesses_of_its_own(
    carol: User, looked_at: list[str], settings, vary: str
):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    for number in range(8):
        name = "carol" if vary == "host" else "carol"[:number].upper() + "carol"[number:]
        host = f"localhost:{8000 + number}" if vary == "host" else "localhost"
        sign_in(Client(REMOTE_ADDR=f"192.0.2.{number}"), name, "wrong", HTTP_HOST=host)
    assert len(looked_at) == 5


@pytest.mark.django_db
def test_the_table_of_counts_names_nobody(carol: User):
    sign_in(Client(REMOTE_ADDR="192.0.2.99"), password="wrong")
    kept = str(list(RateCount.objects.values()))
    assert "carol" not in kept
    assert "192.0.2" not in kept


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "limit"), [("/accounts/password/reset/", 5)])
def test_every_other_limit_of_the_account_is_counted_there_too(carol: User, settings, path: str, limit: int):
    settings.CACHES = DUMMY
    statuses = [Client().post(path, {"email": "carol@example.org"}).status_code for _ in range(limit + 1)]
    assert statuses == [302] * limit + [429]
