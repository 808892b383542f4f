"""What the page of a bulk job shows."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from django.contrib.auth.models import User
from django.utils import timezone

from models_ui.access.policy import ActionDenied, check_permission
from models_ui.access.roles import Role
from models_ui.access.verbs import REVERSE, Verb
from models_ui.actions.sentences import verb_label, what_it_does
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
        self._told = -1

    def hear(self, told: int) -> None:
        """The browser says which quarter it told last: start, each 25 % and the end are told, nothing between."""
        self._told, self.announce = told, self.quarter > told

    # --- Words

    @property
    def title(self) -> str:
        return sentences.title(self.job, self.progress)

    @property
    def summary(self) -> str:
        return sentences.summary(self.job, self.progress)

    @property
    def what(self) -> str:
        return sentences.what(self.job.verb, self.progress.total)

    @property
    def verb(self) -> str:
        return verb_label(Verb(self.job.verb))

    @property
    def explanation(self) -> str:
        return what_it_does(Verb(self.job.verb))

    @property
    def undo_label(self) -> str:
        return sentences.what(REVERSE[Verb(self.job.verb)], self.progress.of(ItemState.DONE))

    @property
    def stopped_because(self) -> str:
        return stored_error_sentence(self.job.failure) if self.job.failure else ""

    @property
    def pause_reason(self) -> str:
        """Why nothing is sent right now; empty when it is."""
        until = self.job.paused_until
        return stored_error_sentence(self.job.pause) if not self.job.is_over and until and until > self.now else ""

    @cached_property
    def nobody_works(self) -> bool:
        waits = self.job.was_started and not self.job.is_over
        return waits and not jobs.somebody_works(self.now)

    # --- Items

    def _in(self, states: Sequence[str]) -> list[BulkItem]:
        found = list(self.job.items.filter(state__in=states))
        for item in found:
            item.job = self.job
        return found

    @cached_property
    def to_do(self) -> list[BulkItem]:
        return self._in([ItemState.WAITING])

    @cached_property
    def skipped(self) -> list[BulkItem]:
        return self._in([ItemState.SKIPPED])

    @cached_property
    def in_vain(self) -> list[BulkItem]:
        return self._in(jobs.TRIED_IN_VAIN)

    @cached_property
    def all_items(self) -> list[BulkItem]:
        return self._in(list(ItemState))

    # --- How far it is

    @property
    def digest(self) -> str:
        """What the polled piece shows, in short: the same digest, the same piece."""
        counts = "-".join(str(self.progress.of(state)) for state in ItemState)
        return f"{self.job.state}-{counts}-{'p' * bool(self.pause_reason)}{'n' * self.nobody_works}"

    @property
    def told(self) -> int:
        """What a screen reader has been told once this is on the page: nothing by a page that just arrived."""
        return self.quarter if self.announce else self._told

    @property
    def quarter(self) -> int:
        return 4 * self.progress.handled // (self.progress.total or 1)

    # --- What this person may do

    @cached_property
    def runs(self) -> bool:
        """Whether this person may start, stop and repeat this job."""
        try:
            jobs.check_may_run(self.user, self.job, self.role)
        except ActionDenied:
            return False
        return True

    @cached_property
    def acts(self) -> bool:
        return self.runs and not self.denial

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
