"""Processes killed at any moment, while they sync, act, work on a bulk job and delete: nothing is lost or done twice."""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from models_ui.access.verbs import Verb
from models_ui.actions import deletions, settle
from models_ui.actions.context import Context
from models_ui.actions.deletion_states import State
from models_ui.audit import chain, history
from models_ui.bulk import jobs
from models_ui.leases import is_over
from models_ui.mirror.sync import run_sync
from models_ui.models import AuditEvent, BulkItem, BulkJob, CatalogModel, Lease, PlannedDeletion
from sandbox import Sandbox
from sandbox.calls import Call
from tests.installations.conftest import Installation
from tests.support.processes import until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

KILLS = int(os.environ.get("KILLS", "12"))
SEED = int(os.environ.get("KILLS_SEED", "17"))
PACE = 0.4  # seconds between two kills, on average
WRITES = {"update": "model.renamed", "archive": "model.archived", "delete": "model.deleted"}


class Crowd:
    """Processes that are started again when they were killed."""

    def __init__(self, homes: list[Installation], renamed: list[str]) -> None:
        rename = {"actor": "alice", "model_ids": renamed, "number": 8 * KILLS}
        self.chores = [("work", {}), ("work", {}), ("sync_for_ever", {}), ("rename_many", rename)]
        self.homes = [homes[place % len(homes)] for place in range(len(self.chores))]
        self.pids = [self._start(place) for place in range(len(self.chores))]

    def _start(self, place: int) -> int:
        chore, wish = self.chores[place]
        return self.homes[place].start(chore, **wish)

    def kill_and_replace(self, place: int) -> None:
        self.homes[place].kill(self.pids[place])
        self.pids[place] = self._start(place)

    def end(self) -> None:
        for home, pid in zip(self.homes, self.pids, strict=True):
            home.kill(pid)
            until(lambda home=home, pid=pid: not home.is_running(pid))


def plan_deletions(alice: User, model_ids: list[str], chance: random.Random) -> None:
    """Plan them for random moments of the killing, as if people had been warned long ago."""
    now = timezone.now()
    for model_id in model_ids:
        plan = deletions.plan_deletion(context=Context(actor=alice), model_id=model_id).plan
        due = now + timedelta(seconds=1 + chance.random() * KILLS * PACE)
        warned = {"first_warned_at": now, "last_warned_at": now}
        PlannedDeletion.objects.filter(pk=plan.pk).update(due_at=due, **warned)


def settle_what_is_open(alice: User) -> None:
    """Press *Check again* on each action whose outcome is not known, as a person would."""
    for event in history.latest_events().filter(outcome__in=("attempted", "unknown")):
        settle.settle_action(actor=alice, action_id=event.action_id)


def test_processes_killed_at_any_moment_lose_nothing_do_nothing_twice_and_heal(
    alice: User, sandbox: Sandbox, tunes: Callable[[int], list[str]], install, monkeypatch: pytest.MonkeyPatch
):
    chance, share = random.Random(SEED), max(KILLS, 8)
    ids = tunes(2 * share + 8)
    assert run_sync().outcome == "synced"
    in_bulk, deleted, renamed = ids[:share], ids[share : 2 * share], ids[2 * share :]
    before = len(sandbox.calls)
    plan_deletions(alice, deleted, chance)
    job = jobs.make_job(actor=alice, verb=Verb.ARCHIVE, model_ids=in_bulk)
    jobs.start_job(actor=alice, job_id=job.pk, reason="Last year’s trials")
    sandbox.faults.add("slow", verb="writes", seconds=0.15)
    homes = [install(), install()]
    crowd = Crowd(homes, renamed)
    for _ in range(KILLS):
        time.sleep(chance.random() * 2 * PACE)
        crowd.kill_and_replace(chance.randrange(len(crowd.pids)))
    until(lambda: BulkJob.objects.get(pk=job.pk).is_over, 60 + KILLS)
    over = (State.DONE, State.WAITS)
    until(lambda: not PlannedDeletion.objects.exclude(state__in=over).exists(), 60 + KILLS)
    crowd.end()

    monkeypatch.setattr(settle, "SETTLES_AFTER", timedelta(0))
    until(lambda: not Lease.objects.exclude(is_over("expires_at", timezone.now(), 600)).exists(), 30)
    settle_what_is_open(alice)
    assert run_sync().outcome == "synced"
    calls = [call for call in sandbox.calls[before:] if call.verb in WRITES and call.model in ids]
    check_history(calls)
    check_rows(sandbox, ids)
    assert Counter(BulkItem.objects.filter(job=job).values_list("state", flat=True)) == {"done": len(in_bulk)}
    assert len(calls) > KILLS, "too little happened to prove anything"
    sys.stderr.write(f"\n{KILLS} kills, {len(calls)} writes, {AuditEvent.objects.count()} events\n")


def check_history(calls: list[Call]) -> None:
    """Each write that upstream saw was noted before, and sent once; what took place is told as done, once."""
    seen, performed = (Counter(what_was_sent(call) for call in part) for part in (calls, filter(took_place, calls)))
    events = AuditEvent.objects.filter(kind__in=WRITES.values())
    attempted, told = (
        Counter((event.kind, event.model_id, event.after.get("name")) for event in events.filter(outcome=outcome))
        for outcome in ("attempted", "succeeded")
    )
    assert seen - attempted == Counter(), "sent, and not in the history, or sent twice"
    assert told == performed, "what took place is what is told"
    assert not history.latest_events().filter(outcome__in=("attempted", "unknown")).exists()
    assert chain.verify_chain() == (AuditEvent.objects.count(), None)


def what_was_sent(call: Call) -> tuple[str, str | None, str | None]:
    return WRITES[call.verb or ""], call.model, call.body["name"] if call.verb == "update" else None


def took_place(call: Call) -> bool:
    return call.performed


def check_rows(sandbox: Sandbox, ids: list[str]) -> None:
    """The mirror says what upstream says, and each model has one row."""
    entries = {entry["id"]: entry for entry in sandbox.catalog.entries() if entry["id"] in ids}
    rows = {row.model_id: row for row in CatalogModel.objects.filter(model_id__in=ids)}
    assert len(rows) == CatalogModel.objects.filter(model_id__in=ids).count() == len(ids)
    alive = {model_id for model_id, row in rows.items() if row.deleted_at is None}
    assert alive == set(entries)
    told = {model_id: (row.name, row.archived) for model_id, row in rows.items() if model_id in alive}
    assert told == {model_id: (entry["name"], entry["archived"]) for model_id, entry in entries.items()}
