"""Bulk jobs that did not do all they should have done, for those who may put that right."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from models_ui.bulk.jobs import TRIED_IN_VAIN, Progress, progress_of
from models_ui.bulk.sentences import job_label, job_summary
from models_ui.models import BulkItem, BulkJob

MOST_FAILURES: Final = 3
_MATTER_FOR: Final = timedelta(days=7)


class FailedJob:
    """A job with models that were tried in vain, as a line of another page."""

    def __init__(self, job: BulkJob, progress: Progress) -> None:
        self.job = job
        self.job_label = job_label(job.verb, progress.total)
        self.summary = job_summary(job, progress)
        self.address = reverse("bulk_job", args=[job.pk])


def failed_jobs(now: datetime) -> Sequence[FailedJob]:
    """Return the jobs that lately ended with models that failed, the newest first."""
    tried_in_vain = BulkItem.objects.filter(job=OuterRef("pk"), state__in=TRIED_IN_VAIN)
    jobs = list(
        BulkJob.objects.filter(Q(Exists(tried_in_vain)) | ~Q(failure={}), finished_at__gte=now - _MATTER_FOR).order_by(
            "-finished_at"
        )[:MOST_FAILURES]
    )
    progress = progress_of(jobs) if jobs else {}
    return [FailedJob(job, progress[job.pk]) for job in jobs]
