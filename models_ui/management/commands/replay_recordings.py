"""`manage.py replay_recordings DIR`: recorded list answers through the real sync, and the story that they tell."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from models_ui.changes.sentences import change_sentence
from models_ui.mirror.detect_changes import names_to_announce
from models_ui.mirror.recordings import UPSTREAM, NoRecording, Recording, read_recording, sort_recordings
from models_ui.mirror.state import mirror_state
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogChange, CatalogModel, Mirror
from models_ui.services.stored_errors import stored_error_sentence
from models_ui.text.isolation import isolate
from models_ui.text.plain import plain_text

LONGEST_LINE: Final = 2_000  # characters


class Command(BaseCommand):
    help = (
        "Take the list answers recorded in DIR (*.json) through the real sync, in order and at their own dates, and "
        "print what changed. The mirror must be empty or filled by replays; what it has seen already is left out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", metavar="DIR", type=Path)
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="tell the story from an empty mirror on, whatever this one holds, and keep nothing of it",
        )

    def handle(self, *args: Any, directory: Path, dry_run: bool = False, **options: Any) -> None:
        recordings = self._read(directory)
        with _quiet_sync():
            if not dry_run:
                self._check_mirror()
                self._tell(recordings)
                return
            with transaction.atomic():
                _empty_mirror()
                self._tell(recordings)
                transaction.set_rollback(True)
        self.stdout.write("Nothing of this was kept.")

    def _read(self, directory: Path) -> list[Recording]:
        if not directory.is_dir():
            raise CommandError(f"{directory} is no directory.")
        recordings = []
        for path in sorted(directory.glob("*.json")):
            try:
                recordings.append(read_recording(path))
            except (NoRecording, OSError) as error:
                self.stderr.write(f"{_one_line(path.name)} is left out: {_one_line(str(error))}")
        if not recordings:
            raise CommandError(f"There is no recorded list answer (*.json) in {directory}.")
        return recordings

    def _check_mirror(self) -> None:
        mirror = mirror_state()
        if mirror.upstream != UPSTREAM and CatalogModel.objects.exists():
            raise CommandError(
                f"This mirror holds models from {mirror.upstream or 'elsewhere'}, and recordings never mix with them: "
                "use --dry-run, or another database (DATABASE_URL=sqlite:///replay.sqlite3, then `manage.py migrate`)."
            )

    def _tell(self, recordings: list[Recording]) -> None:
        seen = mirror_state().last_synced_at if CatalogModel.objects.exists() else None
        following = list(sort_recordings(recordings, seen))
        if left_out := len(recordings) - len(following):
            self.stdout.write(
                f"Left out: {left_out} that this mirror has seen, or that are older than what it has seen."
            )
        total = sum(self._take(recording) for recording in following)
        self.stdout.write(f"Changes: {total}, in answers: {len(following)}.")
        if following:
            self._tell_unconfirmed()

    def _take(self, recording: Recording) -> int:
        """Sync one recording and print its changes. Return how many there were."""
        last = CatalogChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        result = run_sync(asked_by="replay_recordings", source=recording)
        if result.run is None:
            raise CommandError("Another sync is under way: try again.")
        if result.outcome == "failed":
            self._line(recording, f"not taken in. {stored_error_sentence(result.run.failure)}")
            return 0
        news = list(CatalogChange.objects.filter(pk__gt=last).order_by("pk"))
        models = CatalogModel.objects.filter(missing_since=None).count()
        came = "The story starts here." if recording.is_start else f"Changes: {len(news)}."
        self._line(recording, f"{len(recording.entries)} entries, {models} models. {came}")
        for change in news:
            more = f" ({_one_line(change.model_id)})" if change.label not in ("", change.model_id) else ""
            self.stdout.write(f"  {change.kind:22} {_one_line(change_sentence(change))}{more}")
        return len(news)

    def _line(self, recording: Recording, words: str) -> None:
        self.stdout.write(f"{recording.at:%Y-%m-%d %H:%M:%S} UTC  {_one_line(recording.name)}: {words}")

    def _tell_unconfirmed(self) -> None:
        for row in CatalogModel.objects.exclude(pending={}).order_by("model_id"):
            if names := names_to_announce(row):
                words = f"{_one_line(row.model_id)} ({_one_line(', '.join(names))})"
                self.stdout.write(f"Not confirmed yet, so not told: {words}")


def _one_line(text: str) -> str:
    """Return the text so that it neither turns its surroundings nor says anything to a terminal."""
    return plain_text(isolate(text), LONGEST_LINE, isolated=True)


@contextmanager
def _quiet_sync() -> Iterator[None]:
    """Silence the sync's log lines, which would hide the story."""
    log = logging.getLogger("models_ui.mirror.sync")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def _empty_mirror() -> None:
    """Delete all models and the state of the mirror, until the transaction is rolled back."""
    rows = CatalogModel.objects.all()
    rows._raw_delete(rows.db)  # without looking for what hangs on each row
    Mirror.objects.all().delete()
