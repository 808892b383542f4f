"""What is not restored is refused in a sentence, and leaves the database as it was."""

import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from models_ui.management.backup_file import BrokenBackup, read_backup
from tests.support import ROOT

OLDER = "0014_names_of_bulk_jobs"
PERSON = """
from django.db import connection as c
c.cursor().execute("INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, "
    "is_active, date_joined) VALUES ('', false, 'ann', '', '', '', false, true, '2026-01-01 00:00:00')")
"""


class Installation:
    """A SQLite database that commands are run over, each in a process of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.path = folder / f"{name}.sqlite3"

    def manage(self, *arguments: object) -> str:
        """Return what the command wrote, on either stream. A traceback is a fault."""
        settings = {
            "VAR_DIR": str(self.folder / "var"),
            "DATABASE_URL": f"sqlite:///{self.path}",
            "MISTRAL_API_KEY": "unused",
        }
        command = [sys.executable, "manage.py", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True, timeout=120
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout + done.stderr

    def dump(self) -> list[str]:
        with sqlite3.connect(self.path) as database:
            return list(database.iterdump())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("backups")


@pytest.fixture(scope="module")
def tables(folder: Path) -> Path:
    """A database whose tables were made by the migrations, and are empty."""
    made = Installation(folder, "tables")
    made.manage("migrate", "--verbosity=0")
    return made.path


@pytest.fixture(scope="module")
def whole(folder: Path, tables: Path) -> Path:
    """A backup of an installation with one person."""
    used = Installation(folder, "used")
    shutil.copy(tables, used.path)
    used.manage("shell", "--verbosity=0", "--command", PERSON)
    path = folder / "whole.backup"
    assert "rows of" in used.manage("backup", path)
    return path


@pytest.fixture
def empty(tmp_path: Path) -> Installation:
    return Installation(tmp_path, "empty")


@pytest.fixture
def migrated(empty: Installation, tables: Path) -> Installation:
    """An installation with empty tables: for tests that are not about making them."""
    shutil.copy(tables, empty.path)
    return empty


@pytest.fixture
def changed(whole: Path, tmp_path: Path) -> Callable[[Callable[[list[Any]], object]], Path]:
    """Return a backup whose lines were changed by somebody who knows how to sign them."""

    def make(change: Callable[[list[Any]], object]) -> Path:
        lines = [json.loads(line) for line in gzip.decompress(whole.read_bytes()).splitlines()]
        change(lines)
        text = "".join(json.dumps(line) + "\n" for line in lines[:-1]).encode()
        last = {**lines[-1], "sha256": sha256(text).hexdigest()}
        path = tmp_path / "changed.backup"
        path.write_bytes(gzip.compress(text + json.dumps(last).encode() + b"\n"))
        return path

    return make


def place_of(lines: list[Any], table: str) -> int:
    """Return where the line of a table is; its rows follow."""
    return next(place for place, line in enumerate(lines) if isinstance(line, dict) and line.get("table") == table)


def test_an_older_database_in_use_is_not_even_migrated(whole, empty):
    empty.manage("migrate", "--verbosity=0", "models_ui", OLDER)
    empty.manage("shell", "--verbosity=0", "--command", PERSON)
    before = empty.dump()
    assert "The database is in use: auth.User has rows." in empty.manage("restore", whole)
    assert empty.dump() == before


@pytest.mark.parametrize("app", ["auth", "blog"])
def test_a_database_of_another_django_project_is_left_as_it_is(whole, empty, app):
    empty.manage("migrate", "--verbosity=0", "auth")
    with sqlite3.connect(empty.path) as database:
        database.execute("CREATE TABLE blog_entry (id integer)")
        database.execute(
            f"INSERT INTO django_migrations (app, name, applied) VALUES ('{app}', '0001_initial', '2026-01-01')"
        )
    before = empty.dump()
    assert "The database holds tables of something else." in empty.manage("restore", whole)
    assert empty.dump() == before


@pytest.mark.parametrize(
    "header",
    [
        {"made_at": None},
        {"made_at": "\x1b[2J"},
        {"migrations": ["models_ui"]},
        {"migrations": {"models_ui": [["0001_initial"]]}},
        {"migrations": {"models_ui": ["\x1b[2J"]}},
        {"database": 7},
    ],
)
def test_a_header_of_other_shapes_is_no_backup(changed, header):
    with pytest.raises(BrokenBackup, match=r"^It is no backup of this dashboard\.$"):
        read_backup(changed(lambda lines: lines[0].update(header)))


@pytest.mark.parametrize("columns", [7, ["id", 7], [{}], "id", None])
def test_columns_of_other_shapes_are_no_backup(changed, columns):
    def change(lines: list[Any]) -> None:
        lines[place_of(lines, "auth.User")]["columns"] = columns

    with pytest.raises(BrokenBackup, match=r"^It is no backup of this dashboard\.$"):
        read_backup(changed(change))


@pytest.mark.parametrize("value", ["no date", 10**400, {"a": []}, [[]]])
@pytest.mark.parametrize("column", ["id", "date_joined"])
def test_a_value_that_a_column_cannot_hold_is_named_by_table_and_column(changed, migrated, column, value):
    def change(lines: list[Any]) -> None:
        place = place_of(lines, "auth.User")
        lines[place + 1][lines[place]["columns"].index(column)] = value

    told = migrated.manage("restore", changed(change))
    assert f"Nothing was restored: auth.User has a value of {column} that cannot be stored." in told
    with sqlite3.connect(migrated.path) as database:
        assert database.execute("SELECT count(*) FROM auth_user").fetchone() == (0,)


def test_a_row_that_the_database_refuses_is_named_by_its_table_and_not_shown(changed, transactional_db):
    def change(lines: list[Any]) -> None:
        place = place_of(lines, "auth.User")
        columns, row = lines[place]["columns"], lines[place + 1]
        row[columns.index("password")], row[columns.index("username")] = "hash-of-a-password", None

    with pytest.raises(CommandError) as refusal:
        call_command("restore", changed(change))
    assert str(refusal.value).startswith("Nothing was restored: auth.User cannot be filled: ")
    assert "hash-of-a-password" not in str(refusal.value)
    assert not User.objects.exists()


def test_two_rows_for_one_are_refused_and_not_shown(changed, transactional_db):
    def change(lines: list[Any]) -> None:
        place = place_of(lines, "auth.User")
        columns, row = lines[place]["columns"], lines[place + 1]
        row[columns.index("username")] = "a-name-twice"
        lines.insert(place + 1, [99 if name == "id" else value for name, value in zip(columns, row, strict=True)])
        lines[-1]["counts"]["auth.User"] = 2

    with pytest.raises(CommandError) as refusal:
        call_command("restore", changed(change))
    assert str(refusal.value).startswith("Nothing was restored: auth.User cannot be filled: ")
    assert "a-name-twice" not in str(refusal.value)
    assert not User.objects.exists()


def test_a_row_that_points_nowhere_is_refused(changed, transactional_db):
    def change(lines: list[Any]) -> None:
        place = place_of(lines, "models_ui.Watch")
        values = {"id": 1, "owner_id": 77, "model_id": "m", "acknowledged": "", "created_at": "2026-01-01T00:00:00Z"}
        lines.insert(place + 1, [values.get(name) for name in lines[place]["columns"]])
        lines[-1]["counts"]["models_ui.Watch"] = 1

    with pytest.raises(CommandError, match=r"^Nothing was restored: ") as refusal:
        call_command("restore", changed(change))
    assert "\n" not in str(refusal.value)
    assert not User.objects.exists()


def test_a_backup_without_one_of_its_tables_is_refused(changed, migrated):
    def change(lines: list[Any]) -> None:
        place = place_of(lines, "auth.User")
        del lines[place : place + 2]
        del lines[-1]["counts"]["auth.User"]

    assert "Nothing was restored: It lacks the table auth.User." in migrated.manage("restore", changed(change))


def test_a_backup_of_a_newer_library_is_refused_by_name(changed, empty):
    told = empty.manage("restore", changed(lambda lines: lines[0]["migrations"]["account"].append("0999_newer")))
    assert "The backup is of a newer version: this one does not know account.0999_newer." in told
    assert not empty.path.exists() or empty.dump() == ["BEGIN TRANSACTION;", "COMMIT;"]


def test_a_database_that_waits_for_migrations_is_backed_up_as_it_is(empty, tmp_path):
    empty.manage("migrate", "--verbosity=0", "models_ui", OLDER)
    empty.manage("shell", "--verbosity=0", "--command", PERSON)
    assert "rows of" in empty.manage("backup", tmp_path / "older.backup")
    backup = read_backup(tmp_path / "older.backup")
    assert (backup.header.migrations["models_ui"][-1], backup.counts["auth.User"]) == (OLDER, 1)
    later = Installation(tmp_path, "later")
    assert "are restored" in later.manage("restore", tmp_path / "older.backup")
    assert "No migrations to apply" in later.manage("migrate")


def test_a_database_without_tables_has_nothing_to_back_up(empty, tmp_path):
    told = empty.manage("backup", tmp_path / "none.backup")
    assert "The database holds nothing of the dashboard yet." in told
    assert not (tmp_path / "none.backup").exists()


def test_a_database_of_a_newer_version_is_not_backed_up(migrated, tmp_path):
    with sqlite3.connect(migrated.path) as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('models_ui', '0999_new', '2026-01-01')"
        )
    told = migrated.manage("backup", tmp_path / "newer.backup")
    assert "The database is of a newer version: this one does not know models_ui.0999_new." in told
    assert not (tmp_path / "newer.backup").exists()
