"""Two real workers, killed fifty times around the moments at which deletions are due, in front of a real sandbox."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from models_ui.access.policy import ActionDenied
from models_ui.actions import deletions
from models_ui.actions.context import Context
from models_ui.actions.deletion_states import State
from models_ui.audit import chain
from models_ui.mirror.sync import run_sync
from models_ui.models import AuditEvent, CatalogModel, PlannedDeletion
from sandbox import Sandbox
from tests.support import ROOT
from tests.support.processes import address_of_the_test_database, until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MODELS = 40
KILLS = 50
SEED = 13
SPREAD = 8.0  # seconds in which they are due

Start = Callable[[], int]


@pytest.fixture
def start(sandbox: Sandbox, tmp_path: Path) -> Iterator[Start]:
    """Start a worker and return its process id. All of them end with the test."""
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"} | {
        "DATABASE_URL": address_of_the_test_database(),
        "VAR_DIR": str(tmp_path / "var"),
        "MISTRAL_API_KEY": sandbox.key,
        "MODELS_API_BASE_URL": sandbox.url,
        "MODELS_API_DIALECT": "platform",
        "MODELS_API_TIMEOUT": "0.5",
        "MODELS_API_TOTAL_TIMEOUT": "1",
        "EMAIL_URL": "dummymail://",
        "LOG_LEVEL": "CRITICAL",
        "SECRET_KEY": django_settings.SECRET_KEY,
    }
    command = [sys.executable, "-m", "tests.actions.forked_workers"]
    pipe = subprocess.PIPE
    nursery = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True)
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    started: list[int] = []

    def begin() -> int:
        nursery.stdin.write("\n")
        nursery.stdin.flush()
        started.append(int(nursery.stdout.readline()))
        return started[-1]

    yield begin
    for pid in started:
        kill(pid)
    nursery.stdin.close()
    nursery.wait(10)
    nursery.stdout.close()


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def plan_many(alice: User, sandbox: Sandbox) -> list[PlannedDeletion]:
    """Plan deletions of archived and of live models."""
    pattern = next(each for each in sandbox.catalog.entries() if each["id"].startswith("ft:"))
    ids = [f"ft:open-mistral-7b:many:20260101:{place:04d}" for place in range(MODELS)]
    models = ({**pattern, "id": each, "name": f"Model {each[-4:]}", "archived": each[-1] != "0"} for each in ids)
    sandbox.catalog.add(*models)
    assert run_sync().outcome == "synced"
    plans = [deletions.plan_deletion(context=Context(actor=alice), model_id=each).plan for each in ids]
    return [plan for plan in plans if plan is not None]


def make_due(plans: list[PlannedDeletion], chance: random.Random) -> None:
    """Make them due at random moments of the next seconds, as if people had been warned long ago."""
    now = timezone.now()
    for plan in plans:
        plan.due_at = now + timedelta(seconds=1 + chance.random() * SPREAD)
        warned = {"first_warned_at": now, "last_warned_at": now}
        PlannedDeletion.objects.filter(pk=plan.pk).update(due_at=plan.due_at, **warned)


@pytest.fixture
def deleted(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    """When each model was deleted upstream."""
    moments: dict[str, datetime] = {}
    remove = sandbox.catalog.remove

    def noted(model_id: str) -> None:
        moments.setdefault(model_id, timezone.now())
        remove(model_id)

    monkeypatch.setattr(sandbox.catalog, "remove", noted)
    return moments


def take_some_back(plans: list[PlannedDeletion], bob: User, chance: random.Random, kept: set[str]) -> None:
    """Take every third one back, around the moment at which it is due."""
    try:
        for plan in sorted(plans[::3], key=lambda plan: plan.due_at):
            wait = (plan.due_at - timezone.now()).total_seconds() + chance.uniform(-0.4, 0.2)
            time.sleep(max(wait, 0))
            try:
                deletions.take_back_deletion(context=Context(actor=bob), model_id=plan.model_id)
            except ActionDenied:  # too late
                continue
            kept.add(plan.model_id)
    finally:
        connection.close()


def test_killed_workers_never_delete_early_twice_or_what_was_taken_back(
    alice, bob, sandbox: Sandbox, start: Start, deleted: dict[str, datetime]
):
    chance, kept = random.Random(SEED), set[str]()
    plans = plan_many(alice, sandbox)
    assert len(plans) == MODELS
    sandbox.faults.add("slow", verb="delete", seconds=0.1)
    make_due(plans, chance)
    keeper = threading.Thread(target=take_some_back, args=(plans, bob, random.Random(SEED), kept))
    keeper.start()
    workers = [start(), start()]
    for number in range(KILLS):
        time.sleep(chance.random() * 2 * SPREAD / KILLS)
        victim = number % 2
        kill(workers[victim])
        workers[victim] = start()
    keeper.join()
    over = (State.DONE, State.TAKEN_BACK, State.WAITS)
    until(lambda: not PlannedDeletion.objects.exclude(state__in=over).exists(), 90)
    for pid in workers:
        kill(pid)

    due = {plan.model_id: plan.due_at for plan in plans}
    states = dict(PlannedDeletion.objects.values_list("model_id", "state"))
    asked = Counter(call.model for call in sandbox.calls if call.verb == "delete")
    assert [model_id for model_id, moment in deleted.items() if moment < due[model_id]] == [], "early"
    assert {model_id: times for model_id, times in asked.items() if times > 1} == {}, "twice"
    assert kept & set(asked) == set(), "taken back, and deleted"
    assert {model_id for model_id, state in states.items() if state == State.TAKEN_BACK} == kept
    assert {model_id for model_id, state in states.items() if state == State.DONE} == set(deleted)
    assert all(model_id in sandbox.catalog.ids() for model_id, state in states.items() if state == State.WAITS)
    assert len(deleted) > MODELS // 3
    assert kept
    check_records(set(deleted), kept, states)


def check_records(deleted: set[str], kept: set[str], states: dict[str, str]) -> None:
    """No record is lost: each deletion and each taking back is in the history, once, and the chain is whole."""
    told = AuditEvent.objects.filter(outcome="succeeded")
    assert sorted(told.filter(kind="model.deleted").values_list("model_id", flat=True)) == sorted(deleted)
    assert sorted(told.filter(kind="deletion.taken_back").values_list("model_id", flat=True)) == sorted(kept)
    assert told.filter(kind="deletion.planned").count() == MODELS
    marked = CatalogModel.objects.exclude(deleted_at=None).values_list("model_id", flat=True)
    assert set(marked) == deleted
    assert not CatalogModel.objects.exclude(deletion_due_at=None).exists()
    failed = {model_id for model_id, state in states.items() if state == State.WAITS}
    unsure = AuditEvent.objects.filter(kind="model.deleted", outcome__in=("failed", "unknown", "refused"))
    assert failed <= set(unsure.values_list("model_id", flat=True))
    assert chain.verify_chain() == (AuditEvent.objects.count(), None)
