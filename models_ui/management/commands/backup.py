"""`manage.py backup FILE`: write all that the dashboard keeps into one file, from one moment, while it is in use."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from models_ui.management.backup_file import BackupWriter, Header, whole_file
from models_ui.management.kept_tables import applied_migrations, columns_of, models_after, unknown_migrations

_AT_ONCE = 500


class Command(BaseCommand):
    help = (
        "Write the mirror, the history, people, views and what is kept of models into FILE, for `restore` into "
        "PostgreSQL or SQLite. It holds hashes of passwords and no API key: keep it as the database itself."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="a path that does not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if path.exists():
            raise CommandError(f"{path} is there already. Name another file.")
        try:
            with whole_file(path) as file, _one_moment():
                header = Header(
                    made_at=timezone.now().isoformat(), database=connection.vendor, migrations=applied_migrations()
                )
                writer = BackupWriter(file, header)
                for model in _models_of_the_database():
                    writer.write_table(model._meta.label, [field.attname for field in columns_of(model)], _rows(model))
                writer.finish()
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"{sum(writer.counts.values())} rows of {len(writer.counts)} tables are in {path}.")
        self.stdout.write(
            "It holds people's addresses, and hashes of their passwords and of their feeds' addresses: keep it where "
            "nobody else reads."
        )


def _models_of_the_database() -> list[type[models.Model]]:
    """Return the models as the database has them, which may wait for migrations. Raise CommandError for a newer one."""
    loader = MigrationLoader(connection)
    if newer := unknown_migrations(loader, loader.applied_migrations):
        raise CommandError(
            f"The database is of a newer version: this one does not know {newer[0]}. Back it up with that version."
        )
    if ("models_ui", "0001_initial") not in loader.applied_migrations:
        raise CommandError("The database holds nothing of the dashboard yet.")
    return models_after(loader, loader.applied_migrations)


def _rows(model: type[models.Model]) -> Iterator[tuple[Any, ...]]:
    names = [field.attname for field in columns_of(model)]
    return model._base_manager.order_by("pk").values_list(*names).iterator(_AT_ONCE)


@contextmanager
def _one_moment() -> Iterator[None]:
    """Let every query inside read the database as it was when the first one did. Nobody waits for it."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")  # Django would begin as a writer, and keep all others waiting
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
