"""Whether an account exists is told by no sentence, and by no time that a person could measure."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils.http import int_to_base36

from models_ui.models import AuditEvent
from tests.conftest import PASSWORD, person

RESET = "/accounts/password/reset/"


class CountingHasher(MD5PasswordHasher):
    """Each run would take a tenth of a second of the real one: as often as it runs, so long an answer takes."""

    runs = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).runs += 1
        return super().encode(password, salt)


@pytest.fixture
def runs_of(settings) -> Iterator[Callable[[str, str], int]]:
    """How often a password is hashed while somebody tries to sign in."""
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]

    def count(name: str, password: str = "wrong") -> int:
        CountingHasher.runs = 0
        Client().post("/accounts/login/", {"login": name, "password": password})
        return CountingHasher.runs

    return count


@pytest.fixture
def nobodys(db: None) -> None:
    """People who cannot sign in with a password: one without access, one who signs in elsewhere."""
    User.objects.filter(pk=person("idle", None).pk).update(is_active=False)
    linked = person("linked", None)
    linked.set_unusable_password()
    linked.save()


def told(answer) -> str:
    """The page without what each request has of its own."""
    page = re.sub(r'value="\w{64}"|Request id.*', "", answer.content.decode())
    return re.sub(r"(?:carol|idle|linked|nobody)(?:@example\.org)?", "…", page)


def test_a_wrong_password_takes_as_long_whoever_it_is_for(runs_of, carol, nobodys):
    runs = {name: runs_of(name) for name in ("carol", "idle", "linked", "nobody")}
    assert len(set(runs.values())) == 1, runs
    runs = {name: runs_of(f"{name}@example.org") for name in ("carol", "idle", "linked", "nobody")}
    assert len(set(runs.values())) == 1, runs


def test_a_wrong_password_is_told_in_the_same_words_whoever_it_is_for(carol, nobodys):
    for form in ("{}", "{}@example.org"):
        pages = {
            told(Client().post("/accounts/login/", {"login": form.format(name), "password": "wrong"}))
            for name in ("carol", "idle", "linked", "nobody")
        }
        assert len(pages) == 1


def test_a_lock_is_told_in_the_same_words_whether_or_not_there_is_somebody(carol):
    pages = set()
    for name in ("carol", "nobody"):
        client = Client()
        for _ in range(6):
            answer = client.post("/accounts/login/", {"login": name, "password": PASSWORD + "?"})
        assert "Too many failed login attempts." in answer.content.decode()
        pages.add(told(answer))
    assert len(pages) == 1


def test_a_forgotten_password_is_answered_alike_and_a_link_is_mailed_to_who_may_use_it(carol, nobodys):
    answers = {}
    for name in ("carol", "idle", "linked", "nobody"):
        address = f"{name}@example.org"
        answer = Client().post(RESET, {"email": address}, follow=True)
        answers[name] = (answer.redirect_chain, told(answer))
    assert len({str(answer) for answer in answers.values()}) == 1
    with_links = {each.to[0] for each in mail.outbox if "/accounts/password/reset/key/" in each.body}
    assert "carol@example.org" in with_links
    assert not with_links & {"idle@example.org", "nobody@example.org"}
    assert not AuditEvent.objects.exists()


def test_a_forgotten_password_costs_one_mail_whoever_it_is_for(carol, nobodys):
    """Sending a mail is what takes time here."""
    for name in ("carol", "idle", "linked", "nobody"):
        Client().post(RESET, {"email": f"{name}@example.org"})
    assert sorted(each.to[0].partition("@")[0] for each in mail.outbox) == ["carol", "idle", "linked", "nobody"]


def test_a_spoiled_link_to_a_new_password_says_the_same_whoever_it_names(carol, nobodys):
    people = User.objects.order_by("pk")
    names = [f"{int_to_base36(each.pk)}-aaaaaa-{'0' * 32}" for each in people] + [f"zzzz-aaaaaa-{'0' * 32}"]
    pages = {told(Client().get(f"{RESET}key/{name}/", follow=True)).replace(name, "…") for name in names}
    assert len(names) > 3
    assert len(pages) == 1


def test_an_invitation_that_was_used_says_the_same_as_one_that_never_was(alice, client_of):
    answer = client_of(alice).post("/people/invite/", {"role": "editor", "email": ""})
    used = re.search(r"/invitation/invite-[\w-]+/", answer.content.decode())[0]
    fields = {"username": "dora", "email": "", "password1": "correct-horse-9", "password2": "correct-horse-9"}
    assert Client().post(used, fields).status_code == 302
    answers = [(address, Client().get(address)) for address in (used, f"/invitation/invite-{'x' * 43}/")]
    assert [answer.status_code for _, answer in answers] == [404, 404]
    assert len({told(answer).replace(address, "…") for address, answer in answers}) == 1
