"""Installations that old commits filled are upgraded by the commands of an operator, and nothing of them is lost.

old_installations/README.md says what is in them and how they were made.
"""

import gzip
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import icalendar
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from models_ui.access.roles import Role, role_of
from models_ui.actions.sentences import outcome_sentence
from models_ui.alerts.digest.run import send_digests
from models_ui.audit.chain import verify_chain
from models_ui.bulk.runner import run_one
from models_ui.changes.sentences import change_sentence
from models_ui.management.backup_file import read_backup
from models_ui.mirror.sync import run_sync
from models_ui.models import AuditEvent, AuditHead, BulkItem, BulkJob, CatalogChange, CatalogModel, Mirror, Said, Watch
from sandbox import Sandbox
from tests.conftest import PASSWORD
from tests.support import ROOT
from tests.support.clock import turned_by_hand, wait

FOLDER = Path(__file__).parent / "old_installations"
LATER = datetime(2026, 11, 23, 9, 20, tzinfo=UTC)  # a quarter of an hour after the old version's last word
CALENDAR = f"/feeds/feed-{'s' * 43}/models.ics"
# What a verb is called now, where an old version had another word.
NEW_WORDS = {
    "Describe, ": "Edit description, ",
    "in time: try again in a minute. Whether": "in time. Whether",
}


class Installation:
    """An old installation in a folder of its own, and the present commands over it."""

    def __init__(self, name: str, folder: Path) -> None:
        self.folder = folder
        self.said: dict[str, Any] = json.loads(gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()))
        self.dump = gzip.decompress((FOLDER / f"{name}.sql.gz").read_bytes()).decode()
        with sqlite3.connect(folder / "old.sqlite3") as database:
            database.executescript(self.dump)

    def manage(self, *arguments: object, database: str = "old") -> str:
        settings = {
            "VAR_DIR": str(self.folder / "var"),
            "DATABASE_URL": f"sqlite:///{self.folder / database}.sqlite3",
            "MISTRAL_API_KEY": "unused",
        }
        command = [sys.executable, "manage.py", *map(str, arguments)]
        environment = {**os.environ, **settings}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module", params=["first", "tenth"])
def old(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The installation, upgraded as operations.md says: backed up, migrated, backed up again."""
    installation = Installation(request.param, tmp_path_factory.mktemp(request.param))
    installation.manage("backup", installation.folder / "before.backup")
    installation.manage("migrate", "--verbosity=0")
    installation.manage("backup", installation.folder / "after.backup")
    return installation


@pytest.fixture
def upgraded(old: Installation, transactional_db: None, sandbox: Sandbox) -> Iterator[Sandbox]:
    """The upgraded installation in the tests' database, of either kind, a few minutes after it was stopped."""
    with turned_by_hand(LATER):
        call_command("restore", old.folder / "after.backup")
        sandbox.catalog.replace(old.said["upstream"])
        Mirror.objects.update(upstream=sandbox.url)  # the same service, on the port that it has today
        yield sandbox


def content_of(path: Path) -> list[tuple[str, dict[str, object]]]:
    """Return every row of a backup, without the token that a restore changes."""
    rows = [(table, dict(zip(columns, row, strict=True))) for table, columns, row in read_backup(path).rows()]
    return [(table, row | {"version": ""} if table == "models_ui.Mirror" else row) for table, row in rows]


def times_by_uid(calendar: str) -> dict[str, tuple[datetime, int]]:
    events = icalendar.Calendar.from_ical(calendar).walk("VEVENT")
    return {str(event["UID"]): (event["DTSTART"].dt, event["SEQUENCE"]) for event in events}


def test_the_history_verifies_and_ends_with_the_hash_that_it_had(old):
    told = old.manage("verify_audit")
    assert f"{old.said['events']} events, the chain is whole." in told
    assert old.said["last_hash"] in told


def test_a_backup_from_before_the_upgrade_restores_to_the_same_as_the_upgrade(old):
    assert "is whole" in old.manage("restore", old.folder / "before.backup", database="new")
    old.manage("backup", old.folder / "new.backup", database="new")
    assert content_of(old.folder / "new.backup") == content_of(old.folder / "after.backup")


def test_a_restore_changes_the_token_by_which_processes_know_their_index(old, upgraded):
    rows = read_backup(old.folder / "after.backup").rows()
    (before,) = [row[columns.index("version")] for table, columns, row in rows if table == "models_ui.Mirror"]
    assert Mirror.objects.get().version != before


def test_activity_says_of_each_action_what_it_said(old, upgraded):
    assert verify_chain() == (old.said["events"], None)
    assert AuditHead.objects.get().last_hash == old.said["last_hash"]
    for key, sentence in old.said["actions"]:
        for before, now in NEW_WORDS.items():
            sentence = sentence.replace(before, now)
        assert outcome_sentence(AuditEvent.objects.get(pk=key)) == sentence
    client = Client()
    assert client.login(username="alice", password=PASSWORD)
    page = unescape(client.get("/activity/").content.decode())
    for words in ("Hauptstraße 🦊 “quoted”", "Invoice fields", "Needs the Editor role", "Somebody had changed it"):
        assert words in page


def test_people_keep_their_roles_and_passwords(old, upgraded):
    roles = {user.username: role_of(user) for user in User.objects.all()}
    assert roles == {
        "alice": Role.MANAGER,
        "bob": Role.EDITOR,
        "carol": Role.VIEWER,
        "dave": Role.EDITOR,
        "root": Role.MANAGER,
    }
    signed_in = {name for name in roles if Client().login(username=name, password=PASSWORD)}
    assert signed_in == {"alice", "bob", "carol", "root"}
    assert User.objects.get(username="bob").get_full_name() == "O’Bob"
    client = Client()
    client.force_login(User.objects.get(username="alice"))
    page = unescape(client.get("/people/").content.decode())
    assert [name for name in roles if f"{name}@example.org" not in page] == []


def test_calendars_keep_their_address_and_the_uid_and_time_of_each_event(old, upgraded):
    page = Client().get(CALENDAR)
    assert page.status_code == 200
    before, now = times_by_uid(old.said["calendar"]), times_by_uid(page.content.decode())
    assert before
    assert {uid: now[uid][0] for uid in before} == {uid: time for uid, (time, _) in before.items()}
    assert all(now[uid][1] >= sequence for uid, (_, sequence) in before.items())


def test_losses_that_waited_are_confirmed_and_told_once(old, upgraded):
    gone, blind = old.said["lost"]["gone"], old.said["lost"]["blind"]
    assert not CatalogModel.objects.get(model_id=gone).is_missing
    assert CatalogModel.objects.get(model_id=blind).capabilities["vision"]
    for _ in range(4):
        wait(timedelta(minutes=16))
        assert run_sync().outcome == "synced"
    assert CatalogModel.objects.get(model_id=gone).is_missing
    assert not CatalogModel.objects.get(model_id=blind).capabilities["vision"]
    sentences = [change_sentence(change) for change in CatalogChange.objects.all()]
    assert sorted(sentences) == [f"{gone} is gone from Mistral’s list.", f"{blind} lost Vision."]


def test_a_job_that_was_stopped_is_done_to_its_end(old, upgraded):
    assert [[item.model_id, item.state] for item in BulkItem.objects.order_by("position")] == old.said["items"]
    while run_one():
        pass
    assert {item.state for item in BulkItem.objects.all()} == {"done"}
    assert BulkJob.objects.get().state == "done"
    assert upgraded.counts["archive"] == len([state for _, state in old.said["items"] if state == "waiting"])
    assert verify_chain()[1] is None


def test_a_watch_is_kept_and_a_digest_says_nothing_twice(old, upgraded):
    assert Watch.objects.get().owner.username == "alice"
    said = Said.objects.count()
    assert said > 0
    assert {report.outcome for report in send_digests()} == {"nothing"}
    assert Said.objects.count() == said
