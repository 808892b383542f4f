"""What a bulk job is called, how far it is, and why something in it was not done: sentences for people."""

from collections.abc import Iterator
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from models_ui.access.policy import reason_of
from models_ui.access.verbs import Verb
from models_ui.bulk import jobs
from models_ui.bulk.jobs import ItemState, JobState, Progress
from models_ui.models import BulkItem, BulkJob
from models_ui.services.stored_errors import stored_error_sentence
from models_ui.text.isolation import fill

ARCHIVE: Final = Verb.ARCHIVE

_DONE: dict[str, Any] = {
    Verb.ARCHIVE: ngettext_lazy("%(done)d of %(total)d archived", "%(done)d of %(total)d archived", "done"),
    Verb.UNARCHIVE: ngettext_lazy("%(done)d of %(total)d restored", "%(done)d of %(total)d restored", "done"),
}
_SAME: dict[str, Any] = {
    Verb.ARCHIVE: ngettext_lazy("%d already archived", "%d already archived"),
    Verb.UNARCHIVE: ngettext_lazy("%d already live", "%d already live"),
}
# In the order in which they matter to whoever reads them.
_REST: dict[str, Any] = {
    ItemState.FAILED: ngettext_lazy("%d failed", "%d failed"),
    ItemState.REFUSED: ngettext_lazy("%d refused", "%d refused"),
    ItemState.UNKNOWN: ngettext_lazy("%d not known", "%d not known"),
    ItemState.CANCELLED: ngettext_lazy("%d not sent", "%d not sent"),
    ItemState.SKIPPED: ngettext_lazy("%d skipped", "%d skipped"),
}
_ITEM_DONE: dict[str, str | Promise] = {
    Verb.ARCHIVE: gettext_lazy("archived"),
    Verb.UNARCHIVE: gettext_lazy("restored"),
}


def models(number: int) -> str:
    return ngettext("%d model", "%d models", number) % number


def what(verb: str, number: int) -> str:
    """The job as a thing to do: the label of its button, its line in the list."""
    if verb == ARCHIVE:
        return ngettext("Archive %d model", "Archive %d models", number) % number
    return ngettext("Restore %d model", "Restore %d models", number) % number


def title(job: BulkJob, progress: Progress) -> str:
    """What the page is about, by how far the job is."""
    archives = job.verb == ARCHIVE
    number = progress.total
    if job.is_draft:
        if not number:
            return _("There is nothing to archive") if archives else _("There is nothing to restore")
        words = (
            ngettext("Archive %d model?", "Archive %d models?", number)
            if archives
            else ngettext("Restore %d model?", "Restore %d models?", number)
        )
        return words % number
    if not job.is_over:
        words = (
            ngettext("Archiving %d model", "Archiving %d models", number)
            if archives
            else ngettext("Restoring %d model", "Restoring %d models", number)
        )
        return words % number
    if progress.of(ItemState.DONE) == number:
        words = (
            ngettext("%d model is archived", "%d models are archived", number)
            if archives
            else ngettext("%d model is restored", "%d models are restored", number)
        )
        return words % number
    return _ended(job, next(_parts(job, progress)))


def _ended(job: BulkJob, so_far: str) -> str:
    if not job.was_started:
        return _("Cancelled before it started")
    if job.failure:
        return fill(_("Stopped: %(so_far)s"), {"so_far": so_far})
    return fill(_("Cancelled: %(so_far)s"), {"so_far": so_far}) if job.state == JobState.CANCELLED else so_far


def under_way() -> Iterator[tuple[BulkJob, str]]:
    """Each job that is not over, and a sentence for pages that show what it is changing."""
    for job, progress in jobs.under_way():
        words = {"job": title(job, progress), "who": job.started_by, "so_far": summary(job, progress)}
        yield job, fill(_("%(job)s for %(who)s: %(so_far)s."), words)


def summary(job: BulkJob, progress: Progress) -> str:
    """12 of 40 archived, 1 failed, 2 skipped."""
    return ", ".join(_parts(job, progress))


def _parts(job: BulkJob, progress: Progress) -> Iterator[str]:
    yield _DONE[job.verb] % {"done": progress.of(ItemState.DONE), "total": progress.total}
    if same := progress.of(ItemState.SAME):
        yield _SAME[job.verb] % same
    for state, words in _REST.items():
        if progress.of(state):
            yield words % progress.of(state)


def item_state(item: BulkItem) -> str:
    """What became of an item, in a word."""
    if item.state == ItemState.DONE:
        return str(_ITEM_DONE[item.job.verb])
    return str(ItemState(item.state).label)


def why(item: BulkItem) -> str:
    """Why an item was skipped, refused or failed, as one or two sentences; empty where there is nothing to explain."""
    failure = item.failure
    if "reason" in failure:
        return f"{reason_of(failure)}."
    if item.state == ItemState.DONE:
        return ""
    if item.state == ItemState.UNKNOWN:
        return _("It was sent, and reading the model again does not tell whether it worked.")
    if failure.get("settled"):
        return _("Reading the model again showed that the change had not been made.")
    return stored_error_sentence(failure) if "code" in failure else ""
