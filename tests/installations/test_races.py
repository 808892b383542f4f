"""Two installations on one database that do the same at the same moment: it is done once, and each is told so."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from models_ui.access.verbs import Verb
from models_ui.actions import deletions
from models_ui.actions.context import Context
from models_ui.actions.deletion_states import State
from models_ui.actions.perform import edit_text
from models_ui.audit import chain
from models_ui.bulk import jobs
from models_ui.mirror.sync import run_sync
from models_ui.models import AuditEvent, BulkItem, BulkJob, CatalogModel, PlannedDeletion, SyncRun
from sandbox import Sandbox
from sandbox.calls import Call
from tests.installations.conftest import Installation
from tests.support.processes import until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

HEAD_START = 1.0  # seconds until both begin, for both to be there


@pytest.fixture
def both(install: Callable[[], Installation]) -> tuple[Installation, Installation]:
    """Two installations, each with settings and files of its own."""
    return install(), install()


@pytest.fixture
def model_ids(sandbox: Sandbox, tunes: Callable[[int], list[str]]) -> list[str]:
    ids = tunes(12)
    assert run_sync().outcome == "synced"
    return ids


def race(both: tuple[Installation, Installation], chore: str, **wish: str) -> list[str]:
    """Let both do the same at one moment; return what each was told."""
    at = time.time() + HEAD_START
    pids = [installation.start(chore, at=at, **wish) for installation in both]
    return [installation.result(pid) for installation, pid in zip(both, pids, strict=True)]


def writes(sandbox: Sandbox, verb: str) -> list[Call]:
    return [call for call in sandbox.calls if call.verb == verb]


def test_a_sync_that_two_want_runs_once(both, model_ids: list[str], sandbox: Sandbox):
    before, runs = sandbox.counts["list"], SyncRun.objects.count()
    sandbox.faults.add("slow", verb="list", seconds=0.8)
    assert sorted(race(both, "sync")) == ["joined", "synced"]
    assert sandbox.counts["list"] - before == 1
    assert SyncRun.objects.count() - runs == 1


def test_an_action_that_two_send_is_done_once(both, alice: User, model_ids: list[str], sandbox: Sandbox):
    sandbox.faults.add("slow", verb="update", seconds=0.1)
    told = race(both, "rename", actor="alice", model_id=model_ids[0], text="New", action_id="the-same-form")
    assert told == ["succeeded", "succeeded"]
    assert len(writes(sandbox, "update")) == 1
    assert list(AuditEvent.objects.values_list("outcome", flat=True)) == ["attempted", "succeeded"]


def test_an_undo_that_two_want_is_done_once(both, alice: User, model_ids: list[str], sandbox: Sandbox):
    was = CatalogModel.objects.get(model_id=model_ids[0]).name
    context = Context(actor=alice, action_id="renamed")
    edit_text(context, Verb.RENAME, model_ids[0], text="New", seen=was)
    sandbox.faults.add("slow", verb="update", seconds=0.1)
    told = race(both, "undo", actor="alice", of="renamed", action_id="undone")
    assert told == ["succeeded", "succeeded"]
    assert len(writes(sandbox, "update")) == 2, "the rename and its undo"
    assert CatalogModel.objects.get(model_id=model_ids[0]).name == was
    assert chain.verify_chain() == (AuditEvent.objects.count(), None)


def test_a_bulk_job_that_two_work_on_does_each_model_once(both, alice: User, model_ids: list[str], sandbox: Sandbox):
    sandbox.faults.add("slow", verb="archive", seconds=0.1)
    job = jobs.make_job(actor=alice, verb=Verb.ARCHIVE, model_ids=model_ids)
    jobs.start_job(actor=alice, job_id=job.pk)
    race(both, "work", once=True)
    assert BulkJob.objects.get(pk=job.pk).is_over
    assert Counter(BulkItem.objects.filter(job=job).values_list("state", flat=True)) == {"done": len(model_ids)}
    assert Counter(call.model for call in writes(sandbox, "archive")) == dict.fromkeys(model_ids, 1)
    assert AuditEvent.objects.filter(outcome="succeeded").count() == len(model_ids)


def test_a_deletion_that_is_due_for_two_is_done_once(both, alice: User, model_ids: list[str], sandbox: Sandbox):
    for model_id in model_ids:
        deletions.plan_deletion(context=Context(actor=alice), model_id=model_id)
    now = timezone.now()
    warned = {"first_warned_at": now, "last_warned_at": now}
    PlannedDeletion.objects.update(due_at=now - timedelta(seconds=1), **warned)
    sandbox.faults.add("slow", verb="delete", seconds=0.1)
    at = time.time() + HEAD_START
    for installation in both:
        installation.start("work", at=at)
    until(lambda: not PlannedDeletion.objects.exclude(state=State.DONE).exists(), 60)
    assert Counter(call.model for call in writes(sandbox, "delete")) == dict.fromkeys(model_ids, 1)
    told = AuditEvent.objects.filter(kind="model.deleted", outcome="succeeded")
    assert sorted(told.values_list("model_id", flat=True)) == model_ids
    assert not set(model_ids) & set(sandbox.catalog.ids())
