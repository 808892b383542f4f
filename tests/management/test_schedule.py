"""The schedule of run_jobs: one of all workers does the work, late perhaps and never early, and again where it failed."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client

from models_ui.alerts.digest.run import send_digests
from models_ui.management import schedule
from models_ui.management.schedule import AGAIN_AFTER, DAY, SYNC_EVERY, run_due_task
from models_ui.models import DigestReader, Lease, SyncRun, Watch
from sandbox import Sandbox
from tests.conftest import PASSWORD

MORNING = datetime(2026, 11, 26, 6, 59, tzinfo=UTC)


def run_all() -> None:
    while run_due_task():
        pass


def syncs() -> int:
    return SyncRun.objects.filter(asked_by="schedule").count()


def test_it_syncs_every_ten_minutes_and_never_sooner(db: None, sandbox: Sandbox):
    with time_machine.travel(MORNING, tick=False) as clock:
        run_all()
        assert syncs() == 1
        clock.shift(SYNC_EVERY - timedelta(seconds=1))
        run_all()
        assert syncs() == 1
        clock.shift(timedelta(seconds=1))
        run_all()
        assert syncs() == 2
        clock.shift(timedelta(hours=5))  # the worker was away: once, not thirty times
        run_all()
        assert syncs() == 3


def test_a_sync_that_failed_is_tried_again_soon(db: None, sandbox: Sandbox):
    sandbox.faults.add("500", times=10)
    with time_machine.travel(MORNING, tick=False) as clock:
        run_all()
        assert SyncRun.objects.latest("pk").failure
        sandbox.faults.clear()
        run_all()
        assert syncs() == 1
        clock.shift(AGAIN_AFTER)
        run_all()
        assert not SyncRun.objects.latest("pk").failure
        assert syncs() == 2


def test_whatever_goes_wrong_is_logged_and_stops_nothing_else(db: None, sandbox: Sandbox, monkeypatch, caplog):
    def broken() -> bool:
        raise RuntimeError("no luck")

    tasks = [schedule.ScheduledTask("broken", DAY, broken), *schedule.TASKS]
    monkeypatch.setattr(schedule, "TASKS", tasks)
    run_all()
    assert syncs() == 1
    assert "schedule: broken went wrong" in caplog.text
    assert Lease.objects.filter(name="schedule:broken").exists()


def test_the_digest_is_sent_once_a_day_after_its_hour(db: None, sandbox: Sandbox, carol: User, settings):
    settings.DIGEST_HOUR = 7
    User.objects.filter(pk=carol.pk).update(email="carol@example.org")
    with time_machine.travel(MORNING, tick=False) as clock:
        run_all()  # the first run of all is late by hours, perhaps
        Watch.objects.create(owner=carol, model_id="mistral-medium-2508", created_at=MORNING)
        DigestReader.objects.create(owner=carol, scope="watched", language="en", since=MORNING)
        run_all()
        assert mail.outbox == []
        clock.shift(timedelta(minutes=2))
        run_all()
        assert [message.to for message in mail.outbox] == [["carol@example.org"]]
        clock.shift(timedelta(hours=23))
        run_all()
        assert len(mail.outbox) == 1
        assert [report.outcome for report in send_digests(dry_run=True)] == ["nothing"]


def test_old_sessions_are_cleared_with_their_records(db: None, sandbox: Sandbox, carol: User):
    client = Client()
    client.post("/accounts/login/", {"login": "carol", "password": PASSWORD})
    assert UserSession.objects.count() == 1
    Session.objects.update(expire_date=datetime(2020, 1, 1, tzinfo=UTC))
    run_all()
    assert not Session.objects.exists()
    assert not UserSession.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_several_workers_one_does_the_work(sandbox: Sandbox):
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        run_all()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert syncs() == 1
    assert sum(call.verb == "list" for call in sandbox.calls) == 1
