"""What a bulk job is called, how far it is, and why something in it was not done: sentences for people.

The sentences of each verb are in `access/verbs.py`.
"""

from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from models_ui.access.verbs import bulk_words_of
from models_ui.audit.outcome_detail import DenialDetail, detail_from_json
from models_ui.bulk.jobs import ItemState, JobState, Progress, jobs_under_way
from models_ui.models import BulkItem, BulkJob
from models_ui.text.isolation import fill

# In the order in which they matter to the reader.
_OTHER_STATES: Final[dict[str, Any]] = {
    ItemState.FAILED: ngettext_lazy("%d failed", "%d failed"),
    ItemState.REFUSED: ngettext_lazy("%d refused", "%d refused"),
    ItemState.UNKNOWN: ngettext_lazy("%d not known", "%d not known"),
    ItemState.CANCELLED: ngettext_lazy("%d not sent", "%d not sent"),
    ItemState.SKIPPED: ngettext_lazy("%d skipped", "%d skipped"),
}


def job_label(verb: str, number: int) -> str:
    """Return the job as a thing to do: the label of its button, its line in the list."""
    return str(bulk_words_of(verb).label % number)


def job_title(job: BulkJob, progress: Progress) -> str:
    """Return the page's title, which says how far the job is."""
    words, number = bulk_words_of(job.verb), progress.total
    if job.is_draft:
        return str(words.question % number if number else words.nothing)
    if not job.is_over:
        return str(words.running % number)
    if progress.of(ItemState.DONE) == number:
        return str(words.finished % number)
    return _title_of_ended(job, next(_summary_parts(job, progress)))


def _title_of_ended(job: BulkJob, so_far: str) -> str:
    if not job.was_started:
        return _("Cancelled before it started")
    if job.failure:
        return fill(_("Stopped: %(so_far)s"), {"so_far": so_far})
    return fill(_("Cancelled: %(so_far)s"), {"so_far": so_far}) if job.state == JobState.CANCELLED else so_far


def running_jobs_in_words() -> Iterator[tuple[BulkJob, str]]:
    """Yield each job that is not over with a sentence, for pages that show what it is changing."""
    for job, progress in jobs_under_way():
        words = {"job": job_title(job, progress), "who": job.started_by, "so_far": job_summary(job, progress)}
        yield job, fill(_("%(job)s for %(who)s: %(so_far)s."), words)


def job_summary(job: BulkJob, progress: Progress) -> str:
    """Return the progress in words: 12 of 40 archived, 1 failed, 2 skipped."""
    return ", ".join(_summary_parts(job, progress))


def _summary_parts(job: BulkJob, progress: Progress) -> Iterator[str]:
    words = bulk_words_of(job.verb)
    yield str(words.done % {"done": progress.of(ItemState.DONE), "total": progress.total})
    if same := progress.of(ItemState.SAME):
        yield str(words.same % same)
    for state, state_words in _OTHER_STATES.items():
        if progress.of(state):
            yield str(state_words % progress.of(state))


def item_state_label(item: BulkItem) -> str:
    """Return what became of an item, in a word."""
    if item.state == ItemState.DONE:
        return str(bulk_words_of(item.job.verb).item_done)
    return str(ItemState(item.state).label)


def item_reason(item: BulkItem) -> str:
    """Return why an item was skipped, refused or failed, as one or two sentences; "" without a reason."""
    detail = detail_from_json(item.failure)
    if item.state == ItemState.DONE and not isinstance(detail, DenialDetail):
        return ""
    if item.state == ItemState.UNKNOWN and not isinstance(detail, DenialDetail):
        return _("It was sent, and reading the model again does not tell whether it worked.")
    return detail.sentence()
