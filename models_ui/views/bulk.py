"""What the bar of the catalog does with the chosen models: archive and restore are jobs, watch and compare are not.

Choosing leads to a review, the review to a job, and the job's page shows how far it is.

POST /bulk/ -> GET /bulk/<job>/ (review) -> POST /bulk/<job>/start/ -> GET /bulk/<job>/ (progress, polled)
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from models_ui.access.policy import ActionDenied, check_permission
from models_ui.access.roles import Role
from models_ui.access.verbs import BULK_VERBS, Verb
from models_ui.actions.forms import ReasonForm
from models_ui.alerts.watch_list import MOST_WATCHES, TooManyWatches, UnknownModel, put_on_list
from models_ui.bulk import jobs
from models_ui.bulk.forms import NamesForm, start_form_of
from models_ui.bulk.jobs import BadSelection, JobState, WrongState
from models_ui.bulk.page import JobPage
from models_ui.bulk.selection import Expired, read_choice
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.store import load_index
from models_ui.listing.querystring import with_query
from models_ui.models import BulkJob
from models_ui.text.isolation import fill
from models_ui.web.request import Request, role_of_request, wants_fragment

RECENT = 100
STOPS_POLLING = 286  # htmx's word for "do not ask again"


@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: Request) -> HttpResponse:
    """The recent jobs; a POST makes one of the models that were chosen in the catalog."""
    if request.method == "POST":
        return _make_job(request)
    mine = Q(maker=request.user, state=JobState.DRAFT)
    recent = list(BulkJob.objects.filter(~Q(started_at=None) | mine).order_by("-created_at")[:RECENT])
    progress = jobs.progress_of(recent)
    role = role_of_request(request)
    pages = [JobPage(request.user, role, job, progress[job.pk]) for job in recent]
    return render(request, "models_ui/bulk.html", {"pages": pages, "may_choose": role >= Role.EDITOR})


@require_safe
def bulk_job(request: Request, job_id: str) -> HttpResponse:
    """The review of a draft, else how far the job is. htmx asks again and again, and gets only what is new."""
    page = _page_of(request, job_id)
    if not wants_fragment(request):
        return _render_job(request, page)
    seen, announced = request.GET.get("seen", ""), _parse_quarter(request.GET.get("told", ""))
    page.announce_since(announced)
    if page.job.is_over:
        response = render(request, "models_ui/bulk.html#job", {"page": page}, status=STOPS_POLLING)
        response["HX-Retarget"], response["HX-Reswap"] = "#job", "outerHTML"
        return response
    if seen == page.polling_state and not page.announce:
        return HttpResponse(status=204)
    return render(request, "models_ui/bulk.html#progress", {"page": page})


@require_POST
def bulk_start(request: Request, job_id: str) -> HttpResponse:
    form = start_form_of(_find_job(job_id))(request.POST)
    page = _page_of(request, job_id)
    if page.may_act and not form.is_valid():
        return _render_job(request, page, form, status=422)
    chosen = {"reason": form.cleaned_data["reason"]} if page.may_act else {}
    if isinstance(form, NamesForm) and page.may_act:
        chosen["names"] = form.names
    return _act_on_job(request, job_id, jobs.start_job, **chosen, request_id=request.request_id)


@require_POST
def bulk_cancel(request: Request, job_id: str) -> HttpResponse:
    """Cancel the job. A draft leads back to the list that it came from."""
    job = _find_job(job_id)
    response = _act_on_job(request, job_id, jobs.cancel_job)
    if job.is_draft and response.status_code == 303:
        return HttpResponseRedirect(with_query(reverse("catalog"), job.query), status=303)
    return response


@require_POST
def bulk_retry(request: Request, job_id: str) -> HttpResponse:
    return _act_on_job(request, job_id, jobs.retry_job, request_id=request.request_id)


@require_POST
def bulk_resume(request: Request, job_id: str) -> HttpResponse:
    return _act_on_job(request, job_id, jobs.resume_job, request_id=request.request_id)


@require_POST
def bulk_undo(request: Request, job_id: str) -> HttpResponse:
    """A new job that takes this one back, to be reviewed and started like any other."""
    return _act_on_job(request, job_id, jobs.undo_job)


def _make_job(request: Request) -> HttpResponse:
    """Freeze the chosen models: those that are reviewed from here on are those that will be acted on."""
    verb = request.POST.get("verb", "")
    if verb == "watch":
        return _watch_chosen(request)
    if verb == "compare":
        chosen = urlencode([("model", model_id) for model_id in request.POST.getlist("model")])
        return HttpResponseRedirect(with_query(reverse("compare"), chosen), status=303)
    if verb not in BULK_VERBS:
        return _answer_problem(request, _("Choose whether to archive or to restore."))
    try:
        check_permission(role_of_request(request), Verb(verb))
        job = jobs.make_job(actor=request.user, verb=Verb(verb), **_chosen_models(request))
    except ActionDenied as denied:
        raise PermissionDenied(fill(_("%(reason)s."), {"reason": denied.reason})) from None
    except Expired:
        return _answer_problem(request, _("The list was open for too long. Load it again, then choose once more."))
    except BadSelection as bad:
        return _answer_problem(request, str(bad))
    return _redirect_to_job(job.pk)


def _watch_chosen(request: Request) -> HttpResponse:
    """Put the chosen models on the person's watch list, and lead back to the list that they stand in."""
    chosen, now = _chosen_models(request), timezone.now()
    index = load_index(now)
    watched = 0
    try:
        for model_id in chosen["model_ids"]:
            with suppress(UnknownModel):
                put_on_list(owner=request.user, model_id=model_id, index=index, now=now)
                watched += 1
    except TooManyWatches:
        words = {"most": MOST_WATCHES}
        messages.error(request, _("You watch %(most)d models, as many as one may. Stop watching one first.") % words)
    if watched:
        sentence = ngettext("You are now watching %(count)d model.", "You are now watching %(count)d models.", watched)
        messages.success(request, sentence % {"count": watched})
    return HttpResponseRedirect(with_query(reverse("catalog"), chosen["query"]), status=303)


def _chosen_models(request: Request) -> dict[str, Any]:
    token = request.POST.get("all", "")
    if not token:
        query, _ignored = CatalogQuery.parse(request.POST.get("query", ""))
        return {"model_ids": request.POST.getlist("model"), "query": query.serialize()}
    now = timezone.now()
    choice = read_choice(token, load_index(now), now)
    return {"model_ids": choice.ids, "query": choice.query, "moved": choice.moved, "whole": True}


def _act_on_job(request: Request, job_id: str, act: Callable[..., BulkJob], **more: Any) -> HttpResponse:
    """Do something to a job. Where its state does not allow it, answer with its page, which shows that state."""
    job = _find_job(job_id)
    try:
        return _redirect_to_job(act(actor=request.user, job_id=job.pk, **more).pk)
    except ActionDenied as denied:
        raise PermissionDenied(fill(_("%(reason)s."), {"reason": denied.reason})) from None
    except WrongState as wrong:
        messages.error(request, f"{wrong}.")
        return _render_job(request, _page_of(request, job_id), status=409)


def _find_job(job_id: str) -> BulkJob:
    job = BulkJob.objects.filter(pk=job_id).first()
    if job is None:
        raise Http404
    return job


def _redirect_to_job(job_id: str) -> HttpResponse:
    return HttpResponseRedirect(reverse("bulk_job", args=[job_id]), status=303)


def _answer_problem(request: Request, sentence: str) -> HttpResponse:
    context = {"title": _("Nothing was chosen"), "sentence": sentence, "request_id": request.request_id}
    return render(request, "error.html", context, status=422)


def _parse_quarter(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 3 else -1


def _page_of(request: Request, job_id: str) -> JobPage:
    return JobPage(request.user, role_of_request(request), _find_job(job_id))


def _render_job(request: Request, page: JobPage, form: ReasonForm | None = None, status: int = 200) -> HttpResponse:
    context = {"page": page, "form": form or start_form_of(page.job).new()}
    return render(request, "models_ui/bulk.html", context, status=status)
