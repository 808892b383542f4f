"""Bulk archive and restore: choosing leads to a review, the review to a job, and the job's page shows how far it is.

POST /bulk/ -> GET /bulk/<job>/ (review) -> POST /bulk/<job>/start/ -> GET /bulk/<job>/ (progress, polled)
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from models_ui import job_wording, jobs
from models_ui.access.policy import ActionDenied, check_permission
from models_ui.access.roles import Role
from models_ui.access.verbs import REVERSE, Verb
from models_ui.actions.forms import ReasonForm
from models_ui.actions.sentences import verb_label, what_it_does
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.selection import Expired, choice
from models_ui.catalog.store import current_index
from models_ui.failures import sentence_of
from models_ui.http import Request, role_in, wants_fragment
from models_ui.jobs import BULK_VERBS, BadSelection, ItemState, JobState, Progress, WrongState
from models_ui.listing.querystring import with_query
from models_ui.mirror.state import mirror_state
from models_ui.models import BulkItem, BulkJob
from models_ui.text.isolation import fill

RECENT = 100
STOPS_POLLING = 286  # htmx's word for "do not ask again"


@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: Request) -> HttpResponse:
    """The recent jobs; a POST makes one of the models that were chosen in the catalog."""
    if request.method == "POST":
        return _make(request)
    mine = Q(maker=request.user, state=JobState.DRAFT)
    recent = list(BulkJob.objects.filter(~Q(started_at=None) | mine).order_by("-created_at")[:RECENT])
    progress = jobs.progress_of(recent)
    pages = [JobPage(request, job, progress[job.pk]) for job in recent]
    return render(request, "models_ui/bulk.html", {"pages": pages, "may_choose": role_in(request) >= Role.EDITOR})


@require_safe
def bulk_job(request: Request, job_id: str) -> HttpResponse:
    """The review of a draft, else how far the job is. htmx asks again and again, and gets only what is new."""
    page = JobPage(request, _job(job_id))
    if not wants_fragment(request):
        return page.render()
    seen, told = request.GET.get("seen", ""), _number(request.GET.get("told", ""))
    page.hear(told)
    if page.job.is_over:
        response = render(request, "models_ui/bulk.html#job", {"page": page}, status=STOPS_POLLING)
        response["HX-Retarget"], response["HX-Reswap"] = "#job", "outerHTML"
        return response
    if seen == page.digest and not page.announce:
        return HttpResponse(status=204)
    return render(request, "models_ui/bulk.html#progress", {"page": page})


@require_POST
def bulk_start(request: Request, job_id: str) -> HttpResponse:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return JobPage(request, _job(job_id)).render(form, status=422)
    reason = form.cleaned_data["reason"]
    return _act(request, job_id, jobs.start_job, reason=reason, request_id=request.request_id)


@require_POST
def bulk_cancel(request: Request, job_id: str) -> HttpResponse:
    """Of a review that leads to nothing, back to the list it came from."""
    job = _job(job_id)
    response = _act(request, job_id, jobs.cancel_job)
    if job.is_draft and response.status_code == 303:
        return HttpResponseRedirect(with_query(reverse("catalog"), job.query), status=303)
    return response


@require_POST
def bulk_retry(request: Request, job_id: str) -> HttpResponse:
    return _act(request, job_id, jobs.retry_job, request_id=request.request_id)


@require_POST
def bulk_resume(request: Request, job_id: str) -> HttpResponse:
    return _act(request, job_id, jobs.resume_job, request_id=request.request_id)


@require_POST
def bulk_undo(request: Request, job_id: str) -> HttpResponse:
    """A new job that takes this one back, to be reviewed and started like any other."""
    return _act(request, job_id, jobs.undo_job)


def _make(request: Request) -> HttpResponse:
    """Freeze what was chosen. What is reviewed from here on is what will be acted on."""
    verb = request.POST.get("verb", "")
    if verb not in BULK_VERBS:
        return _problem(request, _("Choose whether to archive or to restore."))
    try:
        check_permission(role_in(request), Verb(verb))
        job = jobs.make_job(actor=request.user, verb=Verb(verb), **_chosen(request))
    except ActionDenied as denied:
        raise PermissionDenied(fill(_("%(reason)s."), {"reason": denied.reason})) from None
    except Expired:
        return _problem(request, _("The list was open for too long. Load it again, then choose once more."))
    except BadSelection as bad:
        return _problem(request, str(bad))
    return _see(job.pk)


def _chosen(request: Request) -> dict[str, Any]:
    token = request.POST.get("all", "")
    if not token:
        query, _ignored = CatalogQuery.parse(request.POST.get("query", ""))
        return {"model_ids": request.POST.getlist("model"), "query": query.serialize()}
    found = choice(token, current_index(mirror_state(), timezone.now()))
    return {"model_ids": found.ids, "query": found.query, "moved": found.moved, "whole": True}


def _act(request: Request, job_id: str, act: Callable[..., BulkJob], **more: Any) -> HttpResponse:
    """Do something to a job. What its state does not allow is told on its page, which shows that state."""
    job = _job(job_id)
    try:
        return _see(act(actor=request.user, job_id=job.pk, **more).pk)
    except ActionDenied as denied:
        raise PermissionDenied(fill(_("%(reason)s."), {"reason": denied.reason})) from None
    except WrongState as wrong:
        messages.error(request, f"{wrong}.")
        return JobPage(request, _job(job_id)).render(status=409)


def _job(job_id: str) -> BulkJob:
    job = BulkJob.objects.filter(pk=job_id).first()
    if job is None:
        raise Http404
    return job


def _see(job_id: str) -> HttpResponse:
    return HttpResponseRedirect(reverse("bulk_job", args=[job_id]), status=303)


def _problem(request: Request, sentence: str) -> HttpResponse:
    context = {"title": _("Nothing was chosen"), "sentence": sentence, "request_id": request.request_id}
    return render(request, "error.html", context, status=422)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 3 else -1


class JobPage:
    """A job as its page and the list show it to one person."""

    def __init__(self, request: Request, job: BulkJob, progress: Progress | None = None) -> None:
        self.request = request
        self.job = job
        self.now: datetime = timezone.now()
        self.progress = progress or jobs.progress_of([job])[job.pk]
        self.role = role_in(request)
        self.announce = False
        self._told = -1

    def hear(self, told: int) -> None:
        """The browser says which quarter it told last: start, each 25 % and the end are told, nothing between."""
        self._told, self.announce = told, self.quarter > told

    def render(self, form: ReasonForm | None = None, status: int = 200) -> HttpResponse:
        context = {"page": self, "form": form or ReasonForm.new()}
        return render(self.request, "models_ui/bulk.html", context, status=status)

    # --- Words

    @property
    def title(self) -> str:
        return job_wording.title(self.job, self.progress)

    @property
    def summary(self) -> str:
        return job_wording.summary(self.job, self.progress)

    @property
    def what(self) -> str:
        return job_wording.what(self.job.verb, self.progress.total)

    @property
    def verb(self) -> str:
        return verb_label(Verb(self.job.verb))

    @property
    def explanation(self) -> str:
        return what_it_does(Verb(self.job.verb))

    @property
    def undo_label(self) -> str:
        return job_wording.what(REVERSE[Verb(self.job.verb)], self.progress.of(ItemState.DONE))

    @property
    def stopped_because(self) -> str:
        return sentence_of(self.job.failure) if self.job.failure else ""

    @property
    def pause_reason(self) -> str:
        """Why nothing is sent right now; empty when it is."""
        until = self.job.paused_until
        return sentence_of(self.job.pause) if not self.job.is_over and until and until > self.now else ""

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
            jobs.check_may_run(self.request.user, self.job, self.role)
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
            jobs.check_may_run(self.request.user, self.job, self.role)
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
