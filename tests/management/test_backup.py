"""Backup and restore: all that is kept goes into a file and comes out of it, in either kind of database."""

import gzip
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from models_ui.access.roles import Role
from models_ui.access.verbs import Verb
from models_ui.actions.context import Context
from models_ui.actions.perform import edit_text, keep_value
from models_ui.audit.chain import verify_chain
from models_ui.bulk.jobs import make_job, start_job
from models_ui.bulk.runner import run_one
from models_ui.management import backup_file
from models_ui.management.backup_file import read_backup
from models_ui.management.kept_tables import LEFT_OUT, columns_of, kept_models
from models_ui.mirror.sync import run_sync
from models_ui.models import AuditEvent, CatalogModel, Mirror
from models_ui.people.invitations import invite
from sandbox import Sandbox
from tests.conftest import person
from tests.support import ROOT
from tests.support.processes import address_of_the_test_database

OLDER = "0016_warnings_of_deletions"


@pytest.fixture
def filled(transactional_db: None, sandbox: Sandbox, tmp_path: Path) -> Path:
    """A backup of an installation that people have used."""
    run_sync()
    alice, bob = person("alice", Role.MANAGER), person("bob", Role.EDITOR)
    tune, other = CatalogModel.objects.filter(type="fine-tuned", archived=False, protected=False).order_by("pk")[:2]
    edit_text(Context(actor=bob), Verb.RENAME, tune.model_id, text="Ünïcode 🦊 “quoted”", seen=tune.name)
    keep_value(Context(actor=bob), Verb.TAG, tune.model_id, value=["prod", "été"], seen=[])
    job = make_job(actor=bob, verb=Verb.ARCHIVE, model_ids=[other.model_id])
    start_job(actor=bob, job_id=job.pk)
    while run_one():
        pass
    invite(actor=alice, role=Role.VIEWER, email="new@example.org", now=timezone.now())
    call_command("backup", tmp_path / "first.backup")
    return tmp_path / "first.backup"


@pytest.fixture
def manage(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command over another database, in a process of its own."""

    def run(database: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        settings = {"VAR_DIR": str(tmp_path / "var"), "DATABASE_URL": database, "MISTRAL_API_KEY": "unused"}
        command = [sys.executable, "manage.py", *map(str, arguments)]
        return subprocess.run(
            command, cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True, timeout=120
        )

    return run


@pytest.fixture
def elsewhere(tmp_path: Path) -> str:
    """The address of an empty SQLite database."""
    return f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}"


@pytest.fixture
def same_kind(tmp_path: Path, transactional_db: None) -> Iterator[str]:
    """The address of an empty database of the kind that the tests run on."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'same-kind.sqlite3'}"
        return
    name = f"restored_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield address_of_the_test_database().rpartition("/")[0] + f"/{name}"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def content_of(path: Path) -> list[tuple[str, dict[str, object]]]:
    """Return every row of a backup, without the token that a restore changes."""
    rows = [(table, dict(zip(columns, row, strict=True))) for table, columns, row in read_backup(path).rows()]
    return [(table, row | {"version": ""} if table == "models_ui.Mirror" else row) for table, row in rows]


def changed(path: Path, change: Callable[[list[dict]], object]) -> Path:
    """Return a copy of a backup whose lines were changed by hand."""
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    change(lines)
    copy = path.with_name("changed.backup")
    copy.write_bytes(gzip.compress("".join(f"{json.dumps(line)}\n" for line in lines).encode()))
    return copy


def test_it_comes_out_as_it_went_in_and_goes_on(filled, manage, elsewhere, same_kind, tmp_path):
    done = manage(elsewhere, "restore", filled)
    assert done.returncode == 0, done.stderr
    assert "The history of" in done.stdout
    assert "events, the chain is whole" in manage(elsewhere, "verify_audit").stdout
    assert manage(elsewhere, "backup", tmp_path / "second.backup").returncode == 0
    assert content_of(tmp_path / "second.backup") == content_of(filled)
    # ... and from there into a database of the kind that it came from.
    done = manage(same_kind, "restore", tmp_path / "second.backup")
    assert done.returncode == 0, done.stderr
    assert manage(same_kind, "backup", tmp_path / "third.backup").returncode == 0
    assert content_of(tmp_path / "third.backup") == content_of(filled)
    # A row that comes next gets a key of its own.
    code = "from django.contrib.auth.models import User; print(User.objects.create_user('next').pk)"
    done = manage(same_kind, "shell", "--command", code)
    assert done.returncode == 0, done.stderr


def test_it_holds_each_table_but_those_that_are_named(filled):
    held = set(read_backup(filled).counts)
    every = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert held | LEFT_OUT == every
    assert not held & LEFT_OUT
    assert read_backup(filled).counts["models_ui.AuditEvent"] == AuditEvent.objects.count() > 4


def test_it_is_for_its_owner_alone_and_holds_no_key(filled, settings):
    assert stat.S_IMODE(filled.stat().st_mode) == 0o600
    text = gzip.decompress(filled.read_bytes()).decode()
    assert settings.MISTRAL_API_KEY not in text
    assert settings.SECRET_KEY not in text


def test_it_shows_one_moment_while_others_write(transactional_db, sandbox, tmp_path, monkeypatch):
    run_sync()
    bob = person("bob", Role.EDITOR)
    tune = CatalogModel.objects.filter(type="fine-tuned", archived=False).first()

    def write() -> None:
        keep_value(Context(actor=bob), Verb.NOTE, tune.model_id, value="written meanwhile", seen="")
        connection.close()

    write_table, written = backup_file.BackupWriter.write_table, []

    def write_table_slowly(writer, table, columns, rows) -> None:
        write_table(writer, table, columns, rows)
        if not written:
            written.append(table)
            thread = threading.Thread(target=write)
            thread.start()
            thread.join(20)
            assert not thread.is_alive(), "a writer waits for the backup"

    monkeypatch.setattr(backup_file.BackupWriter, "write_table", write_table_slowly)
    call_command("backup", tmp_path / "file")
    assert AuditEvent.objects.count() == 1
    assert read_backup(tmp_path / "file").counts["models_ui.AuditEvent"] == 0
    assert "written meanwhile" not in gzip.decompress((tmp_path / "file").read_bytes()).decode()


def test_a_file_that_is_there_is_not_overwritten(filled):
    before = filled.read_bytes()
    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", filled)
    assert filled.read_bytes() == before


def test_a_backup_that_fails_leaves_no_file(transactional_db, tmp_path, monkeypatch):
    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup_file.BackupWriter, "finish", fail)
    with pytest.raises(CommandError, match="No space left on device"):
        call_command("backup", tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def test_a_database_in_use_is_left_as_it_is(filled):
    before = (verify_chain(), CatalogModel.objects.count(), Mirror.objects.get().version)
    with pytest.raises(CommandError, match="The database is in use"):
        call_command("restore", filled)
    assert (verify_chain(), CatalogModel.objects.count(), Mirror.objects.get().version) == before


def test_a_database_of_something_else_is_left_as_it_is(filled, manage, elsewhere):
    manage(
        elsewhere,
        "shell",
        "--command",
        "from django.db import connection as c; c.cursor().execute('CREATE TABLE x (y int)')",
    )
    done = manage(elsewhere, "restore", filled)
    assert "The database holds tables of something else" in done.stderr


def test_a_backup_of_a_newer_version_is_refused_by_name(filled, manage, elsewhere):
    def add_migration(lines: list[dict]) -> None:
        lines[0]["migrations"]["models_ui"].append("0999_from_the_future")
        sign(lines)

    done = manage(elsewhere, "restore", changed(filled, add_migration))
    assert "does not know models_ui.0999_from_the_future" in done.stderr
    done = manage(elsewhere, "restore", changed(filled, lambda lines: (lines[0].update(format=2), sign(lines))))
    assert "It has format 2; this version reads format 1 alone." in done.stderr


def test_an_older_backup_goes_into_the_tables_that_it_knew_and_these_are_brought_up_to_date(filled, manage, elsewhere):
    loader = MigrationLoader(connection)
    leaves = [key for key in loader.graph.leaf_nodes() if key[0] != "models_ui"]
    state = loader.project_state([*leaves, ("models_ui", OLDER)]).apps
    columns = {model._meta.label: {field.attname for field in columns_of(model)} for model in kept_models(state)}

    def make_older(lines: list[dict]) -> None:
        header, *rest, last = lines
        header["migrations"]["models_ui"] = [name for name in header["migrations"]["models_ui"] if name <= OLDER]
        lines[1:-1] = []
        table, places = "", []
        for line in rest:
            if isinstance(line, dict):
                table = line["table"]
                places = [place for place, name in enumerate(line["columns"]) if name in columns.get(table, ())]
                line["columns"] = [line["columns"][place] for place in places]
            if table in columns:
                lines.insert(-1, line if isinstance(line, dict) else [line[place] for place in places])
        last["counts"] = {table: count for table, count in last["counts"].items() if table in columns}
        sign(lines)

    older = changed(filled, make_older)
    done = manage(elsewhere, "restore", older)
    assert done.returncode == 0, done.stderr
    assert "No migrations to apply" in manage(elsewhere, "migrate").stdout
    assert "the chain is whole" in manage(elsewhere, "verify_audit").stdout


def test_a_database_of_a_newer_version_than_the_backup_is_refused(filled, manage, elsewhere):
    def drop_migration(lines: list[dict]) -> None:
        lines[0]["migrations"]["models_ui"].pop()
        sign(lines)

    assert manage(elsewhere, "migrate").returncode == 0
    done = manage(elsewhere, "restore", changed(filled, drop_migration))
    assert "The database is of a newer version than the backup" in done.stderr


def sign(lines: list[dict]) -> None:
    """Give changed lines the digest that a backup of them would have."""
    whole = "".join(json.dumps(line) + "\n" for line in lines[:-1])
    lines[-1]["sha256"] = backup_file.sha256(whole.encode()).hexdigest()


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda content: content[: len(content) // 2], "Its end is missing"),
        (lambda content: b"", "It is empty"),
        (lambda content: b"no backup at all", "It cannot be read as a backup"),
        (lambda content: gzip.compress(b'{"project": "another"}\n'), "It is no backup of this dashboard"),
        (lambda content: gzip.compress(b"[" * 100_000 + b"\n"), "It is no backup of this dashboard"),
        (lambda content: gzip.compress(gzip.decompress(content).replace(b"alice", b"mallo")), "damaged or changed"),
        (lambda content: gzip.compress(gzip.decompress(content) + b"[1]\n"), "It goes on after its end"),
        (lambda content: gzip.compress(gzip.decompress(content).rsplit(b"\n", 2)[0] + b"\n"), "Its end is missing"),
    ],
)
def test_a_file_that_is_not_whole_is_refused_in_words(filled, manage, elsewhere, tmp_path, damage, sentence):
    broken = tmp_path / "broken.backup"
    broken.write_bytes(damage(filled.read_bytes()))
    with pytest.raises(CommandError, match=sentence):
        call_command("restore", broken)


def test_a_table_that_a_backup_does_not_hold_is_not_written(filled, manage, elsewhere):
    def add_sessions(lines: list[dict]) -> None:
        lines[-1:-1] = [{"table": "sessions.Session", "columns": ["session_key"]}, ["stolen"]]
        lines[-1]["counts"]["sessions.Session"] = 1
        sign(lines)

    done = manage(elsewhere, "restore", changed(filled, add_sessions))
    assert "It has a table 'sessions.Session'" in done.stderr
    code = "from django.contrib.auth.models import User; print(User.objects.count())"
    assert manage(elsewhere, "shell", "--verbosity=0", "--command", code).stdout.split()[-1] == "0"


def test_a_missing_file_is_named(transactional_db, tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("restore", tmp_path / "none")


def test_tables_between_two_others_are_held(db):
    assert "auth.User_groups" in {model._meta.label for model in kept_models(apps)}
