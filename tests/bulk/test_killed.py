"""Real workers, killed for real: processes of their own on a database in a file, in front of a real sandbox."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from models_ui.access.verbs import Verb
from models_ui.audit import chain, history
from models_ui.bulk import jobs
from models_ui.mirror.sync import run_sync
from models_ui.models import AuditEvent, BulkItem, BulkJob, JobWorker
from sandbox import Sandbox
from tests.bulk.conftest import WRITES, live_tunes, now_of, performed, started, states
from tests.support import ROOT
from tests.support.processes import address_of_the_test_database, until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


Worker = Callable[..., subprocess.Popen]


@pytest.fixture
def worker(sandbox: Sandbox, tmp_path: Path) -> Iterator[Worker]:
    """Start a worker: `worker("--threads=4")`. Whatever is left of it ends with the test."""
    running: list[subprocess.Popen] = []
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"} | {
        "DATABASE_URL": address_of_the_test_database(),
        "VAR_DIR": str(tmp_path / "var"),
        "MISTRAL_API_KEY": sandbox.key,
        "MODELS_API_BASE_URL": sandbox.url,
        "MODELS_API_TIMEOUT": "0.5",
        "MODELS_API_TOTAL_TIMEOUT": "1",
        "LOG_LEVEL": "CRITICAL",
        "SECRET_KEY": django_settings.SECRET_KEY,
    }

    def start(*options: str, patient: bool = False) -> subprocess.Popen:
        module = ["manage.py", "run_jobs"] if patient else ["-m", "tests.bulk.impatient"]
        running.append(subprocess.Popen([sys.executable, *module, *options], cwd=ROOT, env=environment))
        return running[-1]

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait()


def many(sandbox: Sandbox, number: int) -> list[str]:
    """So many live fine-tunes, in a mirror that knows them."""
    pattern = sandbox.catalog.find(live_tunes(sandbox)[0])
    ids = [f"ft:open-mistral-7b:many:20260101:{place:04d}" for place in range(number)]
    sandbox.catalog.add(*({**pattern, "id": each, "name": f"Model {each[-4:]}"} for each in ids))
    assert run_sync().outcome == "synced"
    return ids


def writes(sandbox: Sandbox) -> int:
    return sum(sandbox.counts[verb] for verb in WRITES)


def check_whole(job: BulkJob, ids: list[str], sandbox: Sandbox) -> None:
    """Every model done, exactly once, and each in the history."""
    assert Counter(states(job)) == {"done": len(ids)}
    assert sorted(performed(sandbox)) == sorted(ids)
    assert all(sandbox.catalog.find(each)["archived"] for each in ids)
    succeeded = AuditEvent.objects.filter(job=job.pk, outcome="succeeded")
    assert sorted(succeeded.values_list("model_id", flat=True)) == sorted(ids)
    assert set(succeeded.values_list("action_id", flat=True)) == set(
        BulkItem.objects.filter(job=job).values_list("action_id", flat=True)
    )
    left_open = history.latest_events().filter(job=job.pk, outcome__in=("attempted", "unknown"))
    assert not left_open.exists()
    assert chain.verify_chain() == (AuditEvent.objects.count(), None)
    assert (now_of(job).state, now_of(job).is_over) == ("done", True)


def test_the_command_itself_works_and_ends_when_it_is_told(bob, sandbox, worker):
    ids = many(sandbox, 6)
    process = worker(patient=True)
    job = started(bob, ids)
    until(lambda: now_of(job).is_over)
    check_whole(job, ids, sandbox)
    assert JobWorker.objects.count() == 1
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert not JobWorker.objects.exists()


def test_a_worker_run_once_ends_by_itself_when_nothing_is_left(bob, sandbox, worker):
    ids = many(sandbox, 4)
    job = started(bob, ids)
    assert worker("--once", patient=True).wait(15) == 0
    check_whole(job, ids, sandbox)


def test_a_worker_told_to_end_finishes_what_it_has_begun_and_nothing_more(bob, sandbox, worker):
    ids = many(sandbox, 12)
    sandbox.faults.add("slow", verb="archive", seconds=0.3)
    job = started(bob, ids)
    process = worker("--threads=2", patient=True)
    until(lambda: writes(sandbox) >= 2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert set(states(job)) == {"done", "waiting"}
    assert states(job).count("done") == len(performed(sandbox)) < 12


@pytest.mark.parametrize("after", [False, True])
def test_a_worker_killed_while_upstream_is_asked_loses_nothing_and_does_nothing_twice(bob, sandbox, worker, after):
    """In the worst of moments: the change was sent, and has been made (`after`) or not."""
    ids = many(sandbox, 6)
    sandbox.faults.add("hang", verb="archive", after=after, times=2, seconds=30)
    job = started(bob, ids)
    first = worker("--threads=2")
    until(lambda: writes(sandbox) >= 2)
    first.kill()
    first.wait()
    assert states(job).count("working") == 2
    assert worker("--once").wait(30) == 0
    check_whole(job, ids, sandbox)


def test_two_workers_share_the_work_and_do_nothing_twice(bob, alice, sandbox, worker):
    ids = many(sandbox, 60)
    first, second = started(bob, ids), started(alice, ids)
    processes = [worker("--once"), worker("--once")]
    assert [each.wait(40) for each in processes] == [0, 0]
    assert sorted(performed(sandbox)) == sorted(ids)
    counted = Counter(states(first)) + Counter(states(second))
    assert counted == {"done": 60, "same": 60}
    assert AuditEvent.objects.filter(outcome="succeeded").count() == 60
    assert chain.verify_chain()[1] is None


def test_five_hundred_are_archived_through_every_kind_of_trouble_and_two_kills(bob, sandbox, worker):
    """Random 429, 500, 503, timeouts and cut connections, on reads and writes, before and after the change."""
    ids = many(sandbox, 500)
    for kind, more in (
        ("429", {"chance": 0.02}),
        ("429", {"chance": 0.01, "retry_after": 1}),
        ("500", {"chance": 0.02}),
        ("500", {"chance": 0.01, "after": True}),
        ("503", {"chance": 0.01}),
        ("504", {"chance": 0.01}),
        ("504", {"chance": 0.01, "after": True}),
        ("cut", {"chance": 0.01}),
        ("cut", {"chance": 0.01, "after": True}),
        ("hang", {"chance": 0.005, "seconds": 3}),
        ("hang", {"chance": 0.005, "after": True, "seconds": 3}),
    ):
        sandbox.faults.add(kind, verb="writes", **more)
    for kind, chance in (("429", 0.01), ("503", 0.01), ("500", 0.005), ("cut", 0.01), ("hang", 0.002)):
        sandbox.faults.add(kind, verb="retrieve", chance=chance, seconds=3)
    job = jobs.make_job(actor=bob, verb=Verb.ARCHIVE, model_ids=ids)
    jobs.start_job(actor=bob, job_id=job.pk, reason="All of last year’s trials")
    for share in (120, 280):
        process = worker()
        until(lambda share=share: len(performed(sandbox)) >= share, 40)
        process.kill()
        process.wait()
        assert not now_of(job).is_over
    processes = [worker("--once"), worker("--once")]
    assert [each.wait(50) for each in processes] == [0, 0]

    # A model that met five failures in a row has failed, and says so: that is what the button is for.
    tried = Counter(states(job))
    assert tried["done"] + tried["failed"] == 500
    if tried["failed"]:
        jobs.retry_job(actor=bob, job_id=job.pk)
        assert worker("--once").wait(20) == 0
    check_whole(job, ids, sandbox)
    trouble = Counter(call.fault for call in sandbox.calls if call.fault)
    assert {"status", "cut", "hang"} <= set(trouble)
    assert AuditEvent.objects.filter(job=job.pk, reason="All of last year’s trials", actor="bob").count() >= 1000
