"""Replacing the name of a renamed person in bulk jobs that are not over."""

from typing import Any

from models_ui.access.verbs import Verb
from models_ui.models import BulkJob
from models_ui.text.keepers import rename_keeper

_NOT_OVER = (BulkJob.State.DRAFT, BulkJob.State.QUEUED, BulkJob.State.RUNNING, BulkJob.State.CANCELLED)


def rename_in_jobs(*, before: str, after: str, **_: Any) -> None:
    """Replace the name among those that a job adds or removes. A cancelled job counts, since it may be resumed."""
    for job in BulkJob.objects.select_for_update().filter(verb=Verb.ASSIGN, state__in=_NOT_OVER).order_by("pk"):
        names = {side: rename_keeper(keepers, before, after) for side, keepers in job.names.items()}
        if names != job.names:
            BulkJob.objects.filter(pk=job.pk).update(names=names)
