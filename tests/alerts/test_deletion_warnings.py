"""The two warnings before a deletion: to whom, when, at least once, and a day later where one could not be sent."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from models_ui.actions import deletions
from models_ui.actions.context import Context
from models_ui.actions.deletion_states import State
from models_ui.actions.due_deletions import run_due_deletion
from models_ui.alerts.deletion_warnings import run_deletion_warning
from models_ui.alerts.watch_list import put_on_list
from models_ui.catalog.store import load_index
from models_ui.models import AuditEvent, CatalogModel, DigestReader, PlannedDeletion
from models_ui.text.humanize import long_day
from sandbox import Sandbox

Plan = Callable[[], PlannedDeletion]


@pytest.fixture
def tune(synced, sandbox: Sandbox) -> str:
    return sandbox.catalog.fine_tunes()[0]


@pytest.fixture
def plan(alice: User, bob: User, carol: User, tune: str) -> Plan:
    """Plan the deletion of a model that Bob watches and Carol looks after."""
    now = timezone.now()
    put_on_list(owner=bob, model_id=tune, index=load_index(now), now=now)
    CatalogModel.objects.filter(model_id=tune).update(keepers=["@carol", "Support team"])

    def make() -> PlannedDeletion:
        planned = deletions.plan_deletion(context=Context(actor=alice, reason="Not in use"), model_id=tune).plan
        assert planned is not None
        return planned

    return make


def work_after(*, days: float) -> None:
    """Do what a worker finds to do so many days from now."""
    with time_machine.travel(timezone.now() + timedelta(days=days), tick=True):
        while run_deletion_warning() or run_due_deletion():
            pass


def told() -> list[str]:
    return sorted(message.to[0].partition("@")[0] for message in mail.outbox)


def now_of(planned: PlannedDeletion) -> PlannedDeletion:
    return PlannedDeletion.objects.get(pk=planned.pk)


def is_about(found: datetime | None, expected: datetime) -> bool:
    return found is not None and abs(found - expected) < timedelta(minutes=1)


def test_a_first_warning_that_takes_until_the_last_is_due_does_not_stand_for_it(plan: Plan, monkeypatch):
    """The mail server is slow: when the first warning is out, the last one has come due."""
    planned, start, send = plan(), timezone.now(), EmailBackend.send_messages
    late = start + timedelta(days=6, minutes=1)
    slow = time_machine.travel(late, tick=True)

    def send_slowly(backend: EmailBackend, messages: list) -> int:
        if timezone.now() < start + timedelta(days=6):
            slow.start()
        return send(backend, messages)

    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "send_messages", send_slowly)
        run_deletion_warning()
    slow.stop()
    assert is_about(now_of(planned).first_warned_at, late)
    assert now_of(planned).last_warned_at is None
    work_after(days=6.01)
    assert told() == ["bob", "bob", "carol", "carol"]


def test_whoever_watches_it_or_looks_after_it_hears_at_once_and_a_day_before(plan: Plan, sandbox: Sandbox):
    planned = plan()
    work_after(days=0)
    assert told() == ["bob", "carol"]
    work_after(days=5.9)
    assert told() == ["bob", "carol"]
    work_after(days=6.01)
    assert told() == ["bob", "bob", "carol", "carol"]
    work_after(days=6.9)
    assert (len(mail.outbox), sandbox.counts["delete"]) == (4, 0)
    work_after(days=7.01)
    assert (len(mail.outbox), sandbox.counts["delete"]) == (4, 1)
    assert now_of(planned).state == State.DONE


def test_the_mail_says_what_when_who_why_and_where_to_keep_it(plan: Plan, tune: str, settings):
    settings.DASHBOARD_URL = "https://models.example.org"
    planned = plan()
    work_after(days=0)
    letter = mail.outbox[0]
    day = long_day(planned.due_at)
    assert letter.subject == f"Support triage is deleted on {day}"
    assert f"Support triage ({tune}) is archived, and is deleted on {day}. alice has decided that." in letter.body
    assert "Reason: Not in use" in letter.body
    assert f"https://models.example.org/models/{tune}/" in letter.body


def test_each_reads_it_in_the_language_of_their_digest(plan: Plan, bob: User):
    DigestReader.objects.create(name="bob", owner=bob, language="fr", since=timezone.now())
    plan()
    work_after(days=0)
    letters = {letter.to[0]: letter.subject for letter in mail.outbox}
    assert "sera supprimé le" in letters["bob@example.org"]
    assert "is deleted on" in letters["carol@example.org"]


def test_people_without_an_address_or_access_are_not_waited_for(plan: Plan, bob: User, carol: User, sandbox: Sandbox):
    User.objects.filter(pk=bob.pk).update(email="")
    User.objects.filter(pk=carol.pk).update(is_active=False)
    plan()
    for days in (0, 6.01, 7.01):
        work_after(days=days)
    assert (mail.outbox, sandbox.counts["delete"]) == ([], 1)


class Refusing(EmailBackend):
    """A mail server that takes nothing for Carol."""

    def send_messages(self, letters) -> int:
        if any("carol" in letter.to[0] for letter in letters):
            raise OSError("no such mailbox")
        return super().send_messages(letters)


@pytest.fixture
def refusing(settings) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"


def test_a_warning_that_cannot_be_sent_puts_the_deletion_off_by_a_day(plan: Plan, refusing, settings, sandbox, tune):
    planned = plan()
    start = timezone.now()
    work_after(days=0)
    assert told() == ["bob"]
    work_after(days=7.01)
    assert sandbox.counts["delete"] == 0
    assert is_about(now_of(planned).due_at, start + timedelta(days=8.01))
    assert CatalogModel.objects.get(model_id=tune).deletion_due_at == now_of(planned).due_at
    assert AuditEvent.objects.last().kind == "deletion.put_off"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    work_after(days=7.5)
    assert "carol" in told()
    assert is_about(now_of(planned).due_at, start + timedelta(days=8.5))
    work_after(days=8.4)
    assert sandbox.counts["delete"] == 0
    work_after(days=8.51)
    assert (sandbox.counts["delete"], now_of(planned).state) == (1, State.DONE)


def test_nobody_who_got_a_warning_gets_it_again_because_another_one_failed(plan: Plan, refusing):
    plan()
    work_after(days=0)
    work_after(days=0.001)
    assert told() == ["bob"]
    for days in (0.1, 0.2):
        work_after(days=days)
    assert told() == ["bob"]


def test_a_worker_that_was_away_warns_first_and_deletes_a_day_later(plan: Plan, sandbox: Sandbox):
    planned = plan()
    start = timezone.now()
    work_after(days=30)
    assert (told(), sandbox.counts["delete"]) == (["bob", "carol"], 0)
    assert is_about(now_of(planned).due_at, start + timedelta(days=31))
    work_after(days=30.9)
    assert sandbox.counts["delete"] == 0
    work_after(days=31.01)
    assert (len(mail.outbox), sandbox.counts["delete"]) == (2, 1)


def test_a_worker_that_dies_after_sending_leaves_the_warning_to_be_sent_again(plan: Plan, monkeypatch):
    planned = plan()

    class Killed(BaseException):
        pass

    def killed(*args):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr("models_ui.alerts.deletion_warnings.note_told", killed)
        work_after(days=0)
    work_after(days=0.01)
    assert told() == ["bob", "bob", "carol"]
    assert now_of(planned).told == {"first": ["bob", "carol"]}


def test_what_was_taken_back_is_not_warned_of(plan: Plan, bob: User, tune: str):
    plan()
    deletions.take_back_deletion(context=Context(actor=bob), model_id=tune)
    work_after(days=6.01)
    assert mail.outbox == []


def test_with_one_day_of_grace_one_warning_is_enough(settings, plan: Plan, sandbox: Sandbox):
    settings.DELETE_GRACE_DAYS = 1
    plan()
    work_after(days=0)
    assert told() == ["bob", "carol"]
    work_after(days=1.01)
    assert (len(mail.outbox), sandbox.counts["delete"]) == (2, 1)
    assert not AuditEvent.objects.filter(kind="deletion.put_off").exists()
