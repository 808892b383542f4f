"""What the tests of bulk jobs share: fine-tunes to choose, a worker in the test's own process, and words for both."""

from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from models_ui.access.verbs import Verb
from models_ui.bulk import jobs, pauses, runner
from models_ui.mirror.sync import SyncResult
from models_ui.models import AuditEvent, BulkItem, BulkJob, CatalogModel
from sandbox import Sandbox

WRITES = ("archive", "unarchive")


def live_tunes(sandbox: Sandbox) -> list[str]:
    return [each["id"] for each in sandbox.catalog.entries() if each["id"].startswith("ft:") and not each["archived"]]


@pytest.fixture
def tunes(synced: SyncResult, sandbox: Sandbox) -> list[str]:
    """Five live fine-tunes."""
    return live_tunes(sandbox)[:5]


@pytest.fixture
def archived_tune(synced: SyncResult, sandbox: Sandbox) -> str:
    return next(each["id"] for each in sandbox.catalog.entries() if each.get("archived"))


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-offs take no time, unless a test is about them."""
    monkeypatch.setattr(pauses, "BACK_OFF", 0.0)


def started(actor: User, ids: Iterable[str], verb: Verb = Verb.ARCHIVE, **more: str) -> BulkJob:
    """A job under way, as after the review."""
    job = jobs.make_job(actor=actor, verb=verb, model_ids=ids)
    return jobs.start_job(actor=actor, job_id=job.pk, **more)


def work(most: int = 200) -> int:
    """Do what is due, as a worker would; how many turns that took."""
    turns = 0
    while runner.run_one():
        turns += 1
        assert turns < most, "it never ends"
    return turns


def now_of(job: BulkJob) -> BulkJob:
    return BulkJob.objects.get(pk=job.pk)


def states(job: BulkJob) -> list[str]:
    """The state of each item, in order."""
    return list(BulkItem.objects.filter(job=job).order_by("position").values_list("state", flat=True))


def item_of(job: BulkJob, model_id: str) -> BulkItem:
    return BulkItem.objects.get(job=job, model_id=model_id)


def row_of(model_id: str) -> CatalogModel:
    return CatalogModel.objects.get(model_id=model_id)


def outcomes(model_id: str) -> list[str]:
    return list(AuditEvent.objects.filter(model_id=model_id).order_by("pk").values_list("outcome", flat=True))


def performed(sandbox: Sandbox, *verbs: str) -> list[str]:
    """The ids on which a write took place upstream, whatever the client was told."""
    return [call.model for call in sandbox.calls if call.verb in (verbs or WRITES) and call.performed]


@pytest.fixture
def sent(sandbox: Sandbox) -> Callable[[], list[str]]:
    """The ids of the writes that reached upstream, in order."""
    return lambda: [call.model for call in sandbox.calls if call.verb in WRITES]


def in_the_past(**ago: float) -> object:
    return timezone.now() - timedelta(**ago)
