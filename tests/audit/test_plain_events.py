"""Events that are no action on a model: each is in the history, once, in a sentence, and never with a secret."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone, translation

from models_ui.access import lockouts
from models_ui.actions.sentences import KINDS_WITHOUT_VERB
from models_ui.audit import chain
from models_ui.audit.plain_events import record_plain_event
from models_ui.models import AuditEvent
from tests.conftest import PASSWORD

LOGIN = "/accounts/login/"


def kinds() -> list[tuple[str, str, str]]:
    return list(AuditEvent.objects.order_by("pk").values_list("kind", "actor", "label"))


def lines(client: Client) -> list[str]:
    html = client.get("/activity/").content.decode()
    events = re.findall(r'<p class="told">(.*?)</p>', html, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", "", line)).split()) for line in events]


def guess(name: str, *, times: int = 6, address: str = "192.0.2.1") -> None:
    for number in range(times):
        Client(REMOTE_ADDR=address).post(LOGIN, {"login": name, "password": f"secret guess {number}"})


# --- Sentences


# What nobody does who is signed in: their sentences name nobody but the person it is about.
DONE_BY_NOBODY = {
    "sign_in.locked",
    "sign_in_link.made",
    "sign_in_link.used",
    "person.joined_by_sign_on",
    "person.linked",
    "person.renewed",
    "person.role_from_sign_on",
}


@pytest.mark.parametrize("kind", KINDS_WITHOUT_VERB)
def test_every_kind_is_a_sentence_of_the_history_and_a_value_of_its_filter(client_of, alice, kind: str):
    values = dict.fromkeys(("role", "username", "scope", "name"), "Something")
    record_plain_event(alice, kind, "Something", values, values)
    client = client_of(alice)
    (line,) = lines(client)
    assert "%(" not in line
    assert ("alice" in line) == (kind not in DONE_BY_NOBODY)
    assert client.get(f"/activity.json?kind={kind}").json()["total"] == 1
    assert chain.verify_chain() == (1, None)


def test_a_change_of_role_says_from_what_to_what(viewer, alice):
    record_plain_event(alice, "person.role_changed", "bob", {"role": "viewer"}, {"role": "superuser"})
    record_plain_event(alice, "person.renamed", "bert", {"username": "bob"}, {"username": "bert"})
    assert lines(viewer) == [
        "alice renamed the person bob to bert",
        "alice changed the role of bob from Viewer to superuser",
    ]


def test_a_kind_of_a_newer_version_is_shown_by_its_name(viewer, alice):
    entry = chain.Entry(
        action_id="1" * 32, kind="moon.landed", actor="alice", model_id="", label="x", before={}, after={}
    )
    chain.append_event(entry, chain.Outcome.SUCCEEDED)
    assert lines(viewer) == ["alice: moon.landed"]


# --- Private links and digests


def test_a_private_link_is_in_the_history_from_its_creation_to_its_end_without_its_secret(client_of, bob, synced):
    client = client_of(bob)
    page = client.get("/feeds/").content.decode()
    form_id = re.search(r'name="form_id" value="(\w+)"', page)[1]
    form = {"name": "Team calendar", "language": "en", "query": "", "form_id": form_id}
    made = client.post("/feeds/", form).content.decode()
    client.post("/feeds/", form)  # sent twice, it makes one
    secret = re.search(r"feed-[\w-]{43}", made)[0]
    client.post(re.search(r"/feeds/\d+/revoke/", made)[0])
    assert lines(client) == ["bob revoked a private link", "bob created a private link"]
    kept = str(list(AuditEvent.objects.values()))
    assert secret not in kept
    assert "Team calendar" not in kept  # nobody else's business


def test_another_choice_of_digest_is_in_the_history_and_the_same_again_is_not(client_of, bob, synced):
    client = client_of(bob)
    for scope, language in (("everything", "en"), ("everything", "fr"), ("watched", "en")):
        client.post("/watching/digest/", {"scope": scope, "language": language})
    translation.deactivate()
    assert lines(client) == [
        "bob changed what their digest tells, from everything to the watched models",
        "bob changed what their digest tells, from nothing to everything",
    ]


# --- Locks on signing in


def test_a_lock_on_signing_in_is_told_once_with_the_name_and_no_password(client_of, carol, alice):
    guess("Carol", times=5)
    assert kinds() == []
    guess("carol", times=4)
    assert kinds() == [("sign_in.locked", "", "carol")]
    assert "secret guess" not in str(list(AuditEvent.objects.values()))
    assert lines(client_of(alice)) == ["Signing in as carol was locked for some minutes: too many wrong passwords"]
    with time_machine.travel(timezone.now() + timedelta(seconds=301)):
        guess("carol@example.org")  # the same person, by another name: told, and without the address
    assert kinds() == [("sign_in.locked", "", "carol")] * 2
    assert chain.verify_chain() == (2, None)


def test_an_address_that_is_locked_says_nothing_of_a_name(carol):
    for number in range(20):
        guess(f"stranger {number}", times=1)
    guess("carol", times=3)
    assert kinds() == []


@pytest.mark.django_db
def test_names_that_nobody_has_fill_no_table():
    for number in range(lockouts.MOST_OF_STRANGERS + 20):
        lockouts.record_lockout(f"stranger {number}", seconds=300)
    assert AuditEvent.objects.count() == lockouts.MOST_OF_STRANGERS
    User.objects.create_user("dave", password=PASSWORD)
    lockouts.record_lockout("dave", seconds=300)
    assert kinds()[-1] == ("sign_in.locked", "", "dave")
    lockouts.record_lockout("x" * 5000 + "\x00", seconds=300)
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
        lockouts.record_lockout("x" * 5000 + "\x00", seconds=300)
    assert kinds()[-1] == ("sign_in.locked", "", "x" * lockouts.LONGEST_NAME)
