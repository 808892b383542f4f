"""The page of a bulk job."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from django.contrib.auth.models import User
from django.utils import timezone

from models_ui.access.policy import ActionDenied, check_permission
from models_ui.access.roles import Role
from models_ui.access.verbs import VERBS, Verb
from models_ui.actions.deletion_sentences import notes_of_actions
from models_ui.bulk import jobs, sentences
from models_ui.bulk.jobs import ItemState, Progress
from models_ui.catalog.query import CatalogQuery
from models_ui.models import BulkItem, BulkJob
from models_ui.services.stored_errors import stored_error_sentence


class JobPage:
    """A job as its page and the list show it to one person."""

    def __init__(self, user: User, role: Role, job: BulkJob, progress: Progress | None = None) -> None:
        self.user = user
        self.role = role
        self.job = job
        self.now: datetime = timezone.now()
        self.progress = progress or jobs.progress_of([job])[job.pk]
        self.announce = False
        self._announced = -1

    def announce_since(self, quarter: int) -> None:
        """Announce a new quarter, if there is one since that which the browser announced last.

        A screen reader is told of the start, of each 25 % and of the end, and of nothing between.
        """
        self._announced, self.announce = quarter, self.quarter > quarter

    # --- Words

    @property
    def title(self) -> str:
        return sentences.job_title(self.job, self.progress)

    @property
    def summary(self) -> str:
        return sentences.job_summary(self.job, self.progress)

    @property
    def job_label(self) -> str:
        return sentences.job_label(self.job.verb, self.progress.total)

    @property
    def verb(self) -> str:
        return str(VERBS[Verb(self.job.verb)].label)

    @property
    def explanation(self) -> str:
        return str(VERBS[Verb(self.job.verb)].explanation)

    @property
    def undo_label(self) -> str:
        return sentences.job_label(jobs.reverse_of(self.job), self.progress.of(ItemState.DONE))

    @property
    def stopped_because(self) -> str:
        return stored_error_sentence(self.job.failure) if self.job.failure else ""

    @property
    def pause_reason(self) -> str:
        """Why nothing is sent right now; "" when items are sent."""
        until = self.job.paused_until
        return stored_error_sentence(self.job.pause) if not self.job.is_over and until and until > self.now else ""

    @cached_property
    def lacks_worker(self) -> bool:
        waits = self.job.was_started and not self.job.is_over
        return waits and not jobs.has_live_worker(self.now)

    # --- Items

    def _items_in(self, states: Sequence[str]) -> list[BulkItem]:
        items = list(self.job.items.filter(state__in=states))
        for item in items:
            item.job = self.job
        return items

    @cached_property
    def to_do(self) -> list[BulkItem]:
        return self._items_in([ItemState.WAITING])

    @cached_property
    def skipped(self) -> list[BulkItem]:
        return self._items_in([ItemState.SKIPPED])

    @cached_property
    def in_vain(self) -> list[BulkItem]:
        return self._items_in(jobs.TRIED_IN_VAIN)

    @cached_property
    def all_items(self) -> list[BulkItem]:
        items = self._items_in(list(ItemState))
        notes = notes_of_actions(item.action_id for item in items if item.state == ItemState.DONE)
        for item in items:
            item.deletion_note = notes.get(item.action_id, "")
        return items

    # --- How far it is

    @property
    def polling_state(self) -> str:
        """A short text for the polled piece: the piece is the same where this is the same."""
        counts = "-".join(str(self.progress.of(state)) for state in ItemState)
        return f"{self.job.state}-{counts}-{'p' * bool(self.pause_reason)}{'n' * self.lacks_worker}"

    @property
    def announced(self) -> int:
        """The last quarter that a screen reader has been told of once this is on the page; -1 before the first."""
        return self.quarter if self.announce else self._announced

    @property
    def quarter(self) -> int:
        return 4 * self.progress.handled // (self.progress.total or 1)

    # --- What this person may do

    @cached_property
    def may_run(self) -> bool:
        """Whether this person may start, stop and repeat this job."""
        try:
            jobs.check_may_run(self.user, self.job, self.role)
        except ActionDenied:
            return False
        return True

    @cached_property
    def may_act(self) -> bool:
        return self.may_run and not self.denial

    @cached_property
    def denial(self) -> str:
        try:
            check_permission(self.role, Verb(self.job.verb))
            jobs.check_may_run(self.user, self.job, self.role)
        except ActionDenied as denied:
            return denied.reason
        return ""

    @cached_property
    def undone_by(self) -> BulkJob | None:
        """The job that took this one back, or is about to."""
        return BulkJob.objects.filter(undoes=self.job.pk).exclude(started_at=None).order_by("-created_at").first()

    @property
    def may_undo(self) -> bool:
        changed = self.job.is_over and self.progress.of(ItemState.DONE)
        return bool(changed) and self.role >= Role.EDITOR and self.undone_by is None

    # --- Where it came from

    @property
    def query(self) -> CatalogQuery:
        return CatalogQuery.parse(self.job.query).query
