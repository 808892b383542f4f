"""A database that the first version filled goes on where it was: nothing is lost, and what waited is confirmed."""

import hashlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from models_ui.actions import lock
from models_ui.actions.context import Context
from models_ui.audit import chain
from models_ui.bulk import runner
from models_ui.changes.sentences import change_sentence
from models_ui.mirror.sync import run_sync
from models_ui.models import (
    AuditEvent,
    BulkItem,
    BulkJob,
    CalendarEvent,
    CatalogChange,
    CatalogModel,
    Delivery,
    FeedAddress,
    Lease,
    Said,
    Watch,
)
from sandbox import Sandbox
from tests.support import verbs
from tests.support.clock import START, turned_by_hand, wait
from tests.support.entries import FLAGS, TUNE, listing, tune

FIRST_VERSION = [("models_ui", "0004_undone_events")]
NAMES = {3: "Hauptstraße"}
SECRET = "feed-" + "s" * 43
OTHER_TUNE = f"{TUNE}2"
EVENT_UID = uuid.UUID("12345678-1234-4234-8234-123456789abc")
RETIRES = "2026-12-31T12:00:00Z"
BEFORE = START - timedelta(hours=2)

# What waited in each model's `pending`, in the shape of the first version; what answers say; the news that follows.
WAITING: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("loses", {"capabilities": ["vision"]}, {"capabilities": {**FLAGS, "vision": False}}, "loses lost Vision."),
    (
        "shrinks",
        {"max_context_length": 32_768},
        {"max_context_length": 32_768},
        "The context length of shrinks is now 32,768 tokens, before 131,072.",
    ),
    ("withdrawn", {"deprecation": None}, {}, "withdrawn was to stop working on 31 Dec 2026; that date is withdrawn."),
    ("gains", {"untold": {"capabilities": {"vision": False}, "context": "either"}}, {}, "gains gained Vision."),
    ("grows", {"untold": {"context": 32_768}}, {}, "The context length of grows is now 131,072 tokens, before 32,768."),
    ("vanishes", {"absent_since": BEFORE.isoformat()}, {}, "vanishes is gone from Mistral’s list."),
    ("renumbered", {"model_id": "renumbered-2", "dropped": ["x"], "gained": ["y"], "meant": ["z"]}, {}, ""),
    ("described", {"description": "New", "name": None, "default_temperature": 0.7, "listed": True}, {}, ""),
    ("retires", {}, {"deprecation": RETIRES}, ""),
]
UPSTREAM_ERROR = {"code": "upstream_failed", "status": 503, "detail": "busy", "correlation_id": "c-1"}

# Each old shape of `failure`: kind, outcome, failure, what Activity says of it.
TOLD: list[tuple[str, str, dict[str, Any], str]] = [
    ("model.renamed", "succeeded", {}, "renamed"),
    (
        "model.renamed",
        "refused",
        {"reason": "Needs the %(role)s role", "words": {"role": "Manager"}},
        "Needs the Manager role.",
    ),
    ("model.archived", "refused", {"reason": "It has been deleted"}, "It has been deleted."),
    (
        "model.renamed",
        "refused",
        {"conflict": True, "theirs": "Theirs"},
        "Somebody had changed it in the meantime (to: “Theirs”), so nothing was written.",
    ),
    ("model.archived", "failed", UPSTREAM_ERROR, "The Models API is in trouble (503)"),
    (
        "model.renamed",
        "unknown",
        {"code": "timed_out", "outcome_unknown": True, "model_id": TUNE},
        "Whether the change was made is not known until the model is read again.",
    ),
    (
        "model.renamed",
        "failed",
        {"code": "timed_out", "outcome_unknown": True, "settled": True, "settled_by": "bob"},
        "Reading the model again showed that the change had not been made.",
    ),
    (
        "model.renamed",
        "succeeded",
        {"unconfirmed": True},
        "Mistral confirmed it, but the model could not be read again yet.",
    ),
    (
        "model.renamed",
        "succeeded",
        {"unconfirmed": True, "reads": "Elsewhere"},
        "Mistral confirmed it, but reading the model again shows something else: “Elsewhere”.",
    ),
    ("model.archived", "attempted", {}, "The dashboard stopped before an answer came."),
    ("model.archived", "failed", {"code": "code_of_old"}, "The Models API could not be used."),
]


def entries(*, now: bool) -> list[dict[str, Any]]:
    """Upstream's list: as the first version saw it, or as it is now."""
    listed: list[dict[str, Any]] = []
    for name, _pending, fields, _sentence in WAITING:
        if name != "vanishes" or not now:
            known = {"deprecation": RETIRES} if name == "withdrawn" and not now else {}
            listed += listing(name, name, **(fields if now or name == "retires" else known))
    return [*listed, tune(name="Support"), tune(OTHER_TUNE, name="Second")]


def migrate(targets: list[tuple[str, str]]) -> Any:
    """Migrate the database and return the tables of that state."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


@pytest.fixture
def newest(transactional_db: None) -> Iterator[list[tuple[str, str]]]:
    targets = [node for node in MigrationExecutor(connection).loader.graph.leaf_nodes() if node[0] == "models_ui"]
    yield targets
    migrate(targets)


@pytest.fixture
def _clock() -> Iterator[None]:
    with turned_by_hand():
        yield


@pytest.fixture
def upgraded(newest: list[tuple[str, str]], _clock: None, sandbox: Sandbox, alice: User) -> Sandbox:
    """A database of the first version, in the middle of everything it did, migrated to the newest."""
    sandbox.catalog.replace(entries(now=False))
    assert run_sync().outcome == "synced"
    tables = migrate(FIRST_VERSION)
    fill_as_first_version(lambda name: tables.get_model("models_ui", name).objects, alice.pk)
    migrate(newest)
    sandbox.catalog.replace(entries(now=True))
    return sandbox


def fill_as_first_version(rows_of: Any, owner: int) -> None:
    for name, pending, _fields, _sentence in WAITING:
        rows_of("CatalogModel").filter(model_id=name).update(pending=pending)
    previous, events = "", rows_of("AuditEvent")
    for number, (kind, outcome, failure, _sentence) in enumerate(TOLD):
        values = {"model.renamed": "name", "model.archived": "archived"}
        event = events.model(
            at=BEFORE + timedelta(minutes=number),
            action_id=f"action-{number}",
            kind=kind,
            outcome=outcome,
            actor="bob",
            model_id=TUNE,
            label="Support",
            before={values[kind]: None},
            after={values[kind]: NAMES.get(number, "Name") if kind == "model.renamed" else True},
            failure=failure,
            previous_hash=previous,
        )
        event.hash = previous = chain.hash_of(event)
        event.save()
    rows_of("AuditHead").update_or_create(pk=1, defaults={"last_hash": previous, "events": len(TOLD)})
    job = rows_of("BulkJob").create(
        id="job-1", verb="archive", state="running", made_by="alice", started_by="alice", maker_id=owner, actor_id=owner,
        created_at=BEFORE, started_at=BEFORE,
    )  # fmt: skip
    for position, (model_id, state) in enumerate([(TUNE, "done"), (OTHER_TUNE, "waiting"), ("gone", "failed")]):
        failure = UPSTREAM_ERROR if state == "failed" else {}
        rows_of("BulkItem").create(job_id=job.pk, position=position, model_id=model_id, state=state, failure=failure)
    rows_of("Watch").create(owner_id=owner, model_id="retires", created_at=BEFORE)
    rows_of("FeedAddress").create(
        owner_id=owner, digest=hashlib.sha256(SECRET.encode()).hexdigest(), form_id="f", name="Team", language="en",
        created_at=BEFORE, served={"models.ics": ["etag", BEFORE.isoformat()]},
    )  # fmt: skip
    rows_of("CalendarEvent").create(
        row_id=rows_of("CatalogModel").get(model_id="retires").pk, uid=EVENT_UID, at=datetime(2026, 12, 31, 12, tzinfo=UTC),
        sequence=3, facts="-", created_at=BEFORE, modified_at=BEFORE,
    )  # fmt: skip
    reader = rows_of("DigestReader").create(name="webhook", scope="everything", language="en", since=BEFORE)
    expires_at = START + timedelta(seconds=60)
    delivery = rows_of("Delivery").create(reader_id=reader.pk, items=1, claimed_at=START, expires_at=expires_at)
    rows_of("Said").create(reader_id=reader.pk, key="change:1", delivery_id=delivery.pk)
    rows_of("ActionLock").create(model_id=OTHER_TUNE, token="t", expires_at=expires_at)
    rows_of("Mirror").update(lease_token="s", lease_expires_at=expires_at)


def test_the_history_verifies_and_activity_says_the_same(upgraded: Sandbox, client_of, alice: User):
    assert chain.verify_chain() == (len(TOLD), None)
    call_command("verify_audit")
    page = unescape(client_of(alice).get("/activity/").content.decode()).replace("\u2068", "").replace("\u2069", "")
    assert [sentence for *_rest, sentence in TOLD if sentence not in page] == []
    found = client_of(alice).get("/activity/?q=hauptstrasse").content.decode()
    assert "Theirs" in found
    assert "Elsewhere" not in found


def test_a_pending_change_is_confirmed_by_the_next_answers_and_told_once(upgraded: Sandbox):
    for _ in range(4):
        wait(timedelta(minutes=16))
        assert run_sync().outcome == "synced"
    sentences = [change_sentence(change) for change in CatalogChange.objects.all()]
    assert sorted(sentences) == sorted(sentence for *_rest, sentence in WAITING if sentence)
    assert not CatalogModel.objects.get(model_id="loses").capabilities["vision"]
    assert CatalogModel.objects.get(model_id="vanishes").is_missing
    assert CatalogModel.objects.exclude(model_id="renumbered").exclude(pending={}).count() == 0


def test_a_held_lease_is_held_until_it_expires(upgraded: Sandbox, alice: User):
    reader = Delivery.objects.get().reader_id
    assert {lease.name for lease in Lease.objects.all()} == {"sync", f"model:{OTHER_TUNE}", f"digest:{reader}"}
    assert run_sync().outcome == "joined"
    context = Context(actor=alice)
    with pytest.raises(lock.Busy):
        verbs.archive_model(context=context, model_id=OTHER_TUNE)
    wait(timedelta(seconds=61))
    assert verbs.archive_model(context=context, model_id=OTHER_TUNE).event is not None
    assert run_sync().outcome == "synced"


def test_a_job_that_was_half_done_is_done_to_its_end(upgraded: Sandbox):
    wait(timedelta(seconds=61))
    while runner.run_one():
        pass
    assert [item.state for item in BulkItem.objects.order_by("position")] == ["done", "done", "failed"]
    assert BulkJob.objects.get().state == "done"
    assert BulkItem.objects.get(model_id="gone").failure == UPSTREAM_ERROR
    assert CatalogModel.objects.get(model_id=OTHER_TUNE).archived


def test_a_calendar_keeps_its_address_and_the_event_its_uid(upgraded: Sandbox, client):
    wait(timedelta(seconds=61))
    assert run_sync().outcome == "synced"
    calendar = client.get(f"/feeds/{SECRET}/models.ics").content.decode()
    assert f"UID:{EVENT_UID}" in calendar
    event = CalendarEvent.objects.get(uid=EVENT_UID)
    assert (event.row.model_id, event.sequence, event.inherited_from) == ("retires", 3, "")


def test_an_upgrade_loses_nothing_else(upgraded: Sandbox, alice: User):
    assert Watch.objects.get(owner=alice).model_id == "retires"
    assert FeedAddress.objects.get(owner=alice).name == "Team"
    assert (Delivery.objects.get().outcome, Said.objects.get().key) == ("claimed", "change:1")
    assert AuditEvent.objects.count() == len(TOLD)
    assert CatalogModel.objects.count() == len(WAITING) + 2
