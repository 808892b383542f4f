"""`manage.py check_usage`: the guard for CI, with the mirror as its catalog. See `docs/check-usage.md`."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from check_usage.catalog import Catalog, Model
from check_usage.cli import DESCRIPTION, UsageError, add_arguments, check
from models_ui.catalog.row import Row
from models_ui.catalog.store import load_rows
from models_ui.vocabulary import BASE


class Command(BaseCommand):
    help = DESCRIPTION
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        assert isinstance(parser, ArgumentParser)
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = load_rows()
        except DatabaseError as error:
            raise CommandError(f"The mirror cannot be read: {error}", returncode=2) from error
        if not rows:
            raise CommandError("The mirror holds no models yet. Run manage.py sync_models first.", returncode=2)
        try:
            code = check(options, Catalog(map(_to_catalog_model, rows)), self.stdout)  # type: ignore[arg-type]
        except UsageError as error:
            raise CommandError(str(error), returncode=2) from error
        if code:
            sys.exit(code)


def _to_catalog_model(row: Row) -> Model:
    return Model(
        model_id=row.model_id,
        aliases=row.aliases,
        name=row.name or "" if row.type == BASE else "",
        deprecation=row.deprecation,
        replacement=row.replacement,
        missing_since=row.missing_since,
    )
