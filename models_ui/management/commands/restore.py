"""`manage.py restore FILE`: put a backup into an empty database, of the kind it came from or of another."""

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.color import no_style
from django.db import DatabaseError, connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from models_ui.audit.chain import verify_chain
from models_ui.management.backup_file import Backup, BrokenBackup, Part, read_backup
from models_ui.management.kept_tables import (
    FILLED_BY_ITSELF,
    columns_of,
    last_migrations,
    models_after,
    rows_by_table,
    unknown_migrations,
)
from models_ui.mirror.state import move_version

_AT_ONCE = 500
_LARGEST = 2**63 - 1  # the largest whole number in a column of either database


class Command(BaseCommand):
    help = "Put the content of a backup into the database that DATABASE_URL names, which must hold nothing yet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="what `backup` wrote")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            backup = read_backup(options["file"])
        except BrokenBackup as error:
            raise CommandError(f"{options['file']} cannot be restored. {error}") from None
        kept = _migrate_to(backup)
        try:
            with transaction.atomic():
                _fill(backup, kept)
        except BrokenBackup as error:
            raise CommandError(f"Nothing was restored: {error}") from None
        except DatabaseError as error:  # a row that points nowhere: it is noticed at the end
            raise CommandError(f"Nothing was restored: {_first_line(error)}.") from None
        call_command("migrate", verbosity=0)
        move_version()  # processes that serve this database read it anew
        count, tampering = verify_chain()
        if tampering is not None:
            raise CommandError(
                f"All rows are restored, and the history is not whole after {count} events, as it was in the backup. "
                "`verify_audit` says more."
            )
        rows = sum(backup.counts.values())
        self.stdout.write(f"{rows} rows of {len(backup.counts)} tables are restored, from {backup.header.made_at}.")
        self.stdout.write(f"The history of {count} events is whole. Everybody has to sign in anew.")


def _migrate_to(backup: Backup) -> list[type[models.Model]]:
    """Bring an empty database to the tables that the backup was made from, and return their models.

    Raise CommandError, before anything is written, for a database or a backup that cannot be brought together.
    """
    executor = MigrationExecutor(connection)
    theirs = {(app, name) for app, names in backup.header.migrations.items() for name in names}
    if newer := unknown_migrations(executor.loader, theirs):
        raise CommandError(
            f"The backup is of a newer version: this one does not know {newer[0]}. Install that version first."
        )
    _check_database(executor.loader, theirs)
    executor.migrate(last_migrations(executor.loader, theirs))
    return models_after(executor.loader, theirs)


def _check_database(loader: MigrationLoader, theirs: set[tuple[str, str]]) -> None:
    """Raise CommandError unless the database is without tables, or is ours, unused and not newer than the backup."""
    if not connection.introspection.table_names():
        return
    ours = set(loader.applied_migrations)
    if ("models_ui", "0001_initial") not in ours or any(app not in loader.migrated_apps for app, _ in ours - theirs):
        raise CommandError("The database holds tables of something else. Name an empty one in DATABASE_URL.")
    full = [table for table, rows in rows_by_table(models_after(loader, ours)).items() if rows]
    if in_use := [table for table in full if table not in FILLED_BY_ITSELF]:
        raise CommandError(
            f"The database is in use: {in_use[0]} has rows. A backup is restored into an empty database, so that "
            "nothing is overwritten. Name another one in DATABASE_URL."
        )
    if ours - theirs:
        raise CommandError(
            "The database is of a newer version than the backup. Name one without tables in DATABASE_URL: `restore` "
            "makes them as the backup has them, and brings them up to date afterwards."
        )


def _fill(backup: Backup, kept: Sequence[type[models.Model]]) -> None:
    by_label = {model._meta.label: model for model in kept}
    if lacking := sorted(by_label.keys() - backup.counts.keys()):
        raise BrokenBackup(f"It lacks the table {lacking[0]}.")
    for label in FILLED_BY_ITSELF & by_label.keys():
        by_label[label]._base_manager.all().delete()
    for (table, columns), parts in groupby(backup.rows(), key=itemgetter(0, 1)):
        if table not in by_label:
            raise BrokenBackup(f"It has a table {table!r}, which a backup of these migrations does not hold.")
        _insert(by_label[table], columns, parts)
    counts = rows_by_table(kept)
    wrong = [table for table, count in backup.counts.items() if counts.get(table, 0) != count]
    if wrong:
        raise BrokenBackup(f"{wrong[0]} has not as many rows as in the backup.")
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), kept):
            cursor.execute(statement)


def _insert(model: type[models.Model], columns: tuple[str, ...], parts: Iterator[Part]) -> None:
    """Insert rows as they are: no value is made anew, as saving a model would do."""
    fields = {field.attname: field for field in columns_of(model)}
    if set(columns) != fields.keys():
        raise BrokenBackup(f"{model._meta.label} has other columns than its migrations say.")
    quote = connection.ops.quote_name
    names = ", ".join(quote(fields[name].column) for name in columns)
    places = ", ".join(["%s"] * len(columns))
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({places})"  # noqa: S608  # our own names
    with connection.cursor() as cursor:
        while rows := [row for *_, row in islice(parts, _AT_ONCE)]:
            values = [_values(model, fields, columns, row) for row in rows]
            try:
                cursor.executemany(sql, values)
            except (DatabaseError, ValueError) as error:
                raise BrokenBackup(f"{model._meta.label} cannot be filled: {_first_line(error)}.") from None


def _first_line(error: Exception) -> str:
    """Return what is wrong without the row, which PostgreSQL quotes below it: it may hold the hash of a password."""
    return str(error).partition("\n")[0].rstrip(".")


def _values(model: type[models.Model], fields: dict[str, Any], columns: Sequence[str], row: Sequence[Any]) -> list[Any]:
    values = []
    for name, value in zip(columns, row, strict=True):
        try:
            values.append(_storable(fields[name], value))
        except (ValidationError, ArithmeticError, ValueError, TypeError):
            raise BrokenBackup(f"{model._meta.label} has a value of {name} that cannot be stored.") from None
    return values


def _storable(field: Any, value: Any) -> Any:
    if isinstance(value, int) and not -_LARGEST - 1 <= value <= _LARGEST:
        raise OverflowError
    return field.get_db_prep_save(field.to_python(value), connection)
