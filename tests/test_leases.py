"""Leases: one holder at a time, a fence against the late, and no lease for ever, whatever the clock does."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from models_ui import leases
from models_ui.actions import lock, settle
from models_ui.actions.context import Context
from models_ui.alerts.digest import delivery
from models_ui.bulk import jobs
from models_ui.bulk.claim import claim_item
from models_ui.mirror.state import mirror_state
from models_ui.mirror.sync import run_sync
from models_ui.models import BulkItem, BulkJob, Delivery, DigestReader, JobWorker, Lease
from sandbox import Sandbox
from tests.bulk.conftest import live_tunes, started, states, work
from tests.support import verbs


@contextmanager
def clock_set_back(**time: float) -> Iterator[None]:
    with time_machine.travel(timezone.now() - timedelta(**time), tick=True):
        yield


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_take_a_lease_at_once_one_gets_it():
    ready, tokens = threading.Barrier(10), []

    def take_it() -> None:
        try:
            ready.wait()
            tokens.append(leases.take_lease("sync", 60))
        finally:
            connection.close()

    threads = [threading.Thread(target=take_it) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 10
    (winner,) = filter(None, tokens)
    assert Lease.objects.get().token == winner


@pytest.mark.django_db
def test_a_lease_is_free_once_it_is_released_or_has_expired():
    token = leases.take_lease("sync", 60)
    assert leases.take_lease("sync", 60) is None
    assert leases.take_lease("another", 60)
    leases.release_lease("sync", "of-somebody-else")
    assert leases.is_taken("sync", 60)
    leases.release_lease("sync", token)
    assert not leases.is_taken("sync", 60)
    assert leases.take_lease("sync", 60)
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert leases.take_lease("sync", 60)


@pytest.mark.django_db
def test_a_renewed_lease_lasts_from_then_on_and_a_lost_one_cannot_be_renewed():
    token = leases.take_lease("sync", 60)
    with time_machine.travel(timezone.now() + timedelta(seconds=50)):
        assert leases.renew_lease("sync", token, 60)
    with time_machine.travel(timezone.now() + timedelta(seconds=100)):
        assert leases.take_lease("sync", 60) is None
    with time_machine.travel(timezone.now() + timedelta(seconds=111)):
        assert leases.take_lease("sync", 60)
    assert not leases.renew_lease("sync", token, 60)


@pytest.mark.django_db
def test_the_token_is_the_fence_for_one_who_comes_back_too_late():
    token = leases.take_lease("sync", 60)
    with transaction.atomic():
        leases.lock_lease("sync", token)
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        newer = leases.take_lease("sync", 60)
    with pytest.raises(leases.LeaseLost), transaction.atomic():
        leases.lock_lease("sync", token)
    leases.release_lease("sync", token)
    assert Lease.objects.get().token == newer


@pytest.mark.django_db
def test_a_lease_goes_to_the_next_who_waits_when_it_is_let_go():
    with pytest.raises(leases.LeaseTaken), leases.lease("x", 60), leases.lease("x", 60):
        pytest.fail("two hold it")
    assert not Lease.objects.exists()
    with leases.lease("x", 60), pytest.raises(leases.LeaseTaken), leases.lease("x", 60, patience=0.01):
        pytest.fail("two hold it")


# --- A clock set back


@pytest.mark.django_db
@pytest.mark.parametrize("back", [{"minutes": 2}, {"hours": 1}, {"days": 4000}])
def test_a_lease_from_before_the_clock_was_set_back_is_void(back: dict[str, float]):
    assert leases.take_lease("sync", 60)
    with clock_set_back(**back):
        assert not leases.is_taken("sync", 60)
        assert leases.take_lease("sync", 60)


@pytest.mark.django_db
def test_a_machine_whose_clock_is_some_seconds_behind_takes_no_lease_for_void():
    assert leases.take_lease("sync", 60)
    with clock_set_back(seconds=20):
        assert leases.take_lease("sync", 60) is None


def test_a_sync_and_an_action_go_on_after_the_clock_was_set_back(bob: User, synced, sandbox: Sandbox):
    tune = live_tunes(sandbox)[0]
    assert leases.take_lease("sync", 64)
    assert leases.take_lease(lock.lease_name(tune), lock.lock_time().total_seconds())
    with clock_set_back(hours=3):
        assert not mirror_state().sync_is_running
        assert verbs.archive_model(context=Context(actor=bob), model_id=tune).event.outcome == "succeeded"
        assert run_sync(asked_at=timezone.now() + timedelta(hours=4)).outcome == "synced"


def test_an_item_of_a_job_is_taken_up_again_after_the_clock_was_set_back(bob: User, synced, sandbox: Sandbox):
    job = started(bob, live_tunes(sandbox)[:1])
    assert claim_item(timezone.now()) is not None  # by a worker that is killed now
    assert work() == 0
    with clock_set_back(hours=3):
        assert work() == 1
    assert states(job) == ["done"]
    assert BulkItem.objects.get().lease_token == ""


def test_a_job_that_pauses_and_items_that_wait_go_on_after_the_clock_was_set_back(bob: User, synced, sandbox: Sandbox):
    pausing, waiting = (started(bob, [tune]) for tune in live_tunes(sandbox)[:2])
    soon = timezone.now() + timedelta(seconds=30)
    BulkJob.objects.filter(pk=pausing.pk).update(paused_until=soon, pauses=1, pause={"code": "rate_limited"})
    BulkItem.objects.filter(job=waiting).update(not_before=soon, tries=1)
    assert work() == 0
    with clock_set_back(hours=3):
        work()
    assert states(pausing) == states(waiting) == ["done"]


def test_a_pause_that_upstream_asked_for_is_kept_whole(bob: User, synced, sandbox: Sandbox):
    job = started(bob, live_tunes(sandbox)[:1])
    asked = {"code": "rate_limited", "retry_after": 7200}
    until = timezone.now() + timedelta(seconds=7200)
    BulkJob.objects.filter(pk=job.pk).update(paused_until=until, pauses=1, pause=asked)
    assert work() == 0
    assert BulkJob.objects.get().paused_until == until


def test_a_worker_that_was_killed_counts_as_gone_after_the_clock_was_set_back(db: None):
    jobs.write_heartbeat("killed")
    assert jobs.has_live_worker(timezone.now())
    with clock_set_back(hours=3):
        assert not jobs.has_live_worker(timezone.now())
        jobs.delete_leftovers()
        assert not JobWorker.objects.exists()
        jobs.write_heartbeat("alive")
        assert jobs.has_live_worker(timezone.now())


def test_an_unknown_outcome_is_settled_after_the_clock_was_set_back(alice: User, bob: User, synced, sandbox: Sandbox):
    tunes = live_tunes(sandbox)
    sandbox.faults.add("hang", verb="archive", times=1)
    done = verbs.archive_model(context=Context(actor=bob), model_id=tunes[0])
    assert done.event.outcome == "unknown"
    with clock_set_back(hours=3):
        # The write may still be under way, for all that a wrong clock tells.
        assert settle.settle_action(actor=bob, action_id=done.event.action_id).event.outcome == "unknown"
        verbs.protect_model(context=Context(actor=alice), model_id=tunes[1])
    with clock_set_back(hours=2, minutes=58):
        assert settle.settle_action(actor=bob, action_id=done.event.action_id).event.outcome == "failed"


def test_a_job_gives_up_looking_once_the_clock_tells_nothing(bob: User, synced, sandbox: Sandbox):
    sandbox.faults.add("504", verb="archive")
    job = started(bob, live_tunes(sandbox)[:1])
    work()
    assert states(job) == ["unsettled"]
    with clock_set_back(hours=3):
        work()
    assert states(job) == ["unknown"]


def test_a_digest_left_behind_is_noticed_after_the_clock_was_set_back(carol: User):
    reader = DigestReader.objects.create(name="person-1", owner=carol, language="en", since=timezone.now())
    Delivery.objects.create(reader=reader, items=1, claimed_at=timezone.now())
    assert leases.take_lease(f"digest:{reader.pk}", delivery.CLAIM_SECONDS)
    delivery.mark_left_claims_unknown()
    assert Delivery.objects.get().outcome == "claimed"
    with clock_set_back(hours=3):
        delivery.mark_left_claims_unknown()
        assert not delivery.is_under_way(reader)
    assert Delivery.objects.get().outcome == "unknown"


# --- From the version before


@pytest.mark.django_db(transaction=True)
def test_leases_that_are_held_during_the_migration_go_on_being_held():
    executor = MigrationExecutor(connection)
    latest = executor.loader.graph.leaf_nodes("models_ui")
    before = executor.loader.get_migration("models_ui", "0006_leases_and_limits").dependencies
    try:
        executor.migrate(before)
        old = executor.loader.project_state(before).apps
        soon, past = timezone.now() + timedelta(minutes=1), timezone.now() - timedelta(minutes=1)
        _fill(lambda name: old.get_model("models_ui", name), soon, past)
        executor = MigrationExecutor(connection)
        executor.migrate(latest)
        held = {lease.name: lease.expires_at for lease in Lease.objects.all()}
        reader = DigestReader.objects.get()
        assert held == {"sync": soon, "model:ft:a": soon, "model:ft:b": past, f"digest:{reader.pk}": soon}
        assert leases.take_lease("sync", 60) is None
        assert delivery.is_under_way(reader)
        assert leases.take_lease("model:ft:b", 60)
    finally:
        MigrationExecutor(connection).migrate(latest)
        Lease.objects.all().delete()
        DigestReader.objects.all().delete()


def _fill(table, soon: datetime, past: datetime) -> None:
    table("Mirror").objects.update_or_create(pk=1, defaults={"lease_token": "s", "lease_expires_at": soon})
    table("ActionLock").objects.create(model_id="ft:a", token="a", expires_at=soon)
    table("ActionLock").objects.create(model_id="ft:b", token="b", expires_at=past)
    reader = table("DigestReader").objects.create(name="webhook", language="en", since=past)
    for expires_at, outcome in ((past, "claimed"), (soon, "claimed"), (soon, "sent")):
        table("Delivery").objects.create(
            reader=reader, items=1, claimed_at=past, expires_at=expires_at, outcome=outcome
        )
