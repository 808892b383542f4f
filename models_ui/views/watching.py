"""Watching: the page of a person's watch list and digest, and the buttons on it and on a model's page."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from models_ui.alerts import watch_list as lists
from models_ui.alerts.digest.forms import DigestForm
from models_ui.alerts.digest.readers import last_lost, last_sent, reader_of
from models_ui.alerts.digest.readers import store_digest_choice as remember_digest
from models_ui.alerts.watch_list import SNOOZES, HasChanged, TooManyWatches, UnknownModel, Watched
from models_ui.catalog.store import load_index
from models_ui.models import DigestReader, Watch
from models_ui.retirements.page import EndingLine, RiskLine, ending_line, risk_line
from models_ui.text.isolation import fill
from models_ui.web.request import Request, is_own_address


@dataclass(frozen=True, slots=True)
class WatchLine:
    """One entry as the page shows it."""

    entry: Watched
    ending: EndingLine | None
    risk: RiskLine | None


@require_safe
def watching(request: Request) -> HttpResponse:
    return _watching_page(request, None)


@require_POST
def choose_digest(request: Request) -> HttpResponse:
    form = DigestForm(request.POST)
    if not form.is_valid():
        return _watching_page(request, form, status=422)
    reader = remember_digest(owner=request.user, now=timezone.now(), **form.cleaned_data)
    if reader.scope == DigestReader.Scope.NOTHING:
        messages.success(request, _("You will not receive digests."))
    elif not request.user.email:
        messages.warning(request, _("Your digest is set, and waits for an e-mail address to be sent to."))
    else:
        messages.success(request, _("Your digest is set. It is sent when there is something to say."))
    return redirect("watching")


@require_POST
def add_watch(request: Request) -> HttpResponseRedirect:
    now = timezone.now()
    index = load_index(now)
    try:
        watch = lists.put_on_list(owner=request.user, model_id=request.POST.get("model_id", ""), index=index, now=now)
    except UnknownModel:
        raise Http404 from None
    except TooManyWatches:
        words = {"most": lists.MOST_WATCHES}
        messages.error(request, _("You watch %(most)d models, as many as one may. Stop watching one first.") % words)
    else:
        messages.success(
            request, fill(_("You are now watching %(model)s."), {"model": Watched(watch, index, now).label})
        )
    return _back_to_page(request)


@require_POST
def stop_watch(request: Request, pk: int) -> HttpResponseRedirect:
    entry = _own_entry(request, pk)
    lists.take_off_list(entry.watch)
    messages.success(request, fill(_("You no longer watch %(model)s."), {"model": entry.label}))
    return _back_to_page(request)


@require_POST
def acknowledge_watch(request: Request, pk: int) -> HttpResponseRedirect:
    entry = _own_entry(request, pk)
    words = {"model": entry.label}
    try:
        lists.acknowledge_concern(entry, seen=request.POST.get("concern", ""))
    except HasChanged:
        messages.error(request, fill(_("What there is to know of %(model)s has changed meanwhile. Look again."), words))
    else:
        messages.success(request, fill(_("%(model)s is acknowledged: it is quiet until something changes."), words))
    return _back_to_page(request)


@require_POST
def snooze_watch(request: Request, pk: int) -> HttpResponseRedirect:
    entry = _own_entry(request, pk)
    days = next((days for days in SNOOZES if request.POST.get("days") == str(days)), SNOOZES[0])
    lists.snooze_concerns(entry, days=days)
    sentence = ngettext("%(model)s is quiet for %(days)d day.", "%(model)s is quiet for %(days)d days.", days)
    messages.success(request, fill(sentence, {"model": entry.label, "days": days}))
    return _back_to_page(request)


@require_POST
def resume_watch(request: Request, pk: int) -> HttpResponseRedirect:
    entry = _own_entry(request, pk)
    lists.resume_warnings(entry.watch)
    messages.success(request, fill(_("Warnings about %(model)s are on again."), {"model": entry.label}))
    return _back_to_page(request)


def _own(request: Request, pk: int) -> Watch:
    """Return the person's own watch. Raise Http404 for one of somebody else."""
    return get_object_or_404(lists.watches_of(request.user), pk=pk)


def _own_entry(request: Request, pk: int) -> Watched:
    now = timezone.now()
    return Watched(_own(request, pk), load_index(now), now)


def _back_to_page(request: Request) -> HttpResponseRedirect:
    """Redirect to the page that the button was on."""
    where = request.POST.get("next", "")
    return redirect(where if is_own_address(request, where) else "watching")


def _watching_page(request: Request, form: DigestForm | None, status: int = 200) -> HttpResponse:
    now = timezone.now()
    index = load_index(now)
    entries = lists.watch_list(lists.watches_of(request.user), index, now)
    reader = reader_of(request.user)
    context: dict[str, Any] = {
        "form": form or DigestForm.of(reader),
        "sections": list(_sections(entries)),
        "snoozes": SNOOZES,
        "wants_digest": reader is not None and reader.scope != DigestReader.Scope.NOTHING,
        "last_sent": last_sent(reader),
        "last_lost": last_lost(reader, now),
    }
    return render(request, "models_ui/watching.html", context, status=status)


def _sections(entries: list[Watched]) -> Iterator[tuple[str, list[WatchLine]]]:
    """Yield each standing with its entries."""
    for standing, group in groupby(entries, key=lambda entry: entry.standing):
        yield standing, [_watch_line(entry) for entry in group]


def _watch_line(entry: Watched) -> WatchLine:
    ending = entry.concern.ending if entry.concern else None
    risk = entry.concern.risk if entry.concern else None
    return WatchLine(
        entry,
        ending_line(ending, entry.index) if ending else None,
        risk_line(risk, entry.index) if risk else None,
    )
