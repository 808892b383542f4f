"""`manage.py sync_models`: mirror upstream's list once, for cron."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from models_ui.mirror.sync import run_sync
from models_ui.services.stored_errors import stored_error_sentence


class Command(BaseCommand):
    help = "Fetch the list of models once. Exits with 1 when that failed; the known models stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--adopt", action="store_true", help="accept that the address differs from the rows' own")

    def handle(self, *args: Any, adopt: bool = False, **options: Any) -> None:
        result = run_sync(asked_by="sync_models", adopt=adopt)
        run = result.run
        if result.outcome == "failed" and run is not None:
            raise CommandError(stored_error_sentence(run.failure))
        if run is None:
            self.stdout.write("Another sync is under way or has just finished; nothing to do.")
            return
        self.stdout.write(
            f"{run.entries} entries: {run.added} models added, {run.changed} changed, {run.missing} missing."
        )
        if run.unreadable:
            self.stdout.write(f"Entries that could not be read: {run.unreadable}.")
