"""Saved views: the page that lists them, the form for a new one, the form that changes one, and its buttons."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from models_ui.audit.plain_events import record_refused_event
from models_ui.catalog.chips import filter_chips
from models_ui.catalog.forms import SavedListForm
from models_ui.catalog.links import catalog_address
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.saved_lists import (
    BadName,
    BadQuery,
    NameTaken,
    TooManyLists,
    change_list,
    delete_list,
    lists_seen_by,
    may_change,
    may_share,
    query_of_list,
    save_list,
    update_list,
)
from models_ui.catalog.saved_tabs import SavedTab, saved_views
from models_ui.catalog.store import load_index
from models_ui.listing.filters import Chip, ignored_sentences
from models_ui.listing.querystring import Ignored
from models_ui.models import SavedList
from models_ui.people.preferences import preferences_of, store_preferences
from models_ui.text.isolation import fill
from models_ui.web.request import Request, query_string, role_of_request

REFUSALS = (BadName, BadQuery, NameTaken, TooManyLists)


@dataclass(frozen=True, slots=True)
class SavedLine:
    """A saved view as its page shows it."""

    tab: SavedTab
    chips: Sequence[Chip]
    is_default: bool
    may_change: bool


@require_safe
def saved_lists(request: Request) -> HttpResponse:
    lines = list(_lines(request))
    own, others = [line for line in lines if line.tab.is_mine], [line for line in lines if not line.tab.is_mine]
    context: dict[str, Any] = {"sections": [("mine", own), ("everyone", others)], "is_empty": not lines}
    return render(request, "models_ui/saved_lists.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_saved_list(request: Request) -> HttpResponse:
    """Show the form for a view of the filters in the address, or save it."""
    shares = may_share(role_of_request(request))
    if request.method != "POST":
        query, ignored = CatalogQuery.parse(query_string(request))
        form = SavedListForm(initial={"query": query.changed(view=None).serialize()}, may_share=shares)
        return _new_page(request, form, ignored=ignored)
    form = SavedListForm(request.POST, may_share=shares)
    if not form.is_valid():
        return _new_page(request, form, status=422)
    words = {"name": form.cleaned_data["name"], "shared": form.shares, "query": form.catalog_query}
    try:
        saved = save_list(owner=request.user, now=timezone.now(), **words)
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        return _new_page(request, form, status=422)
    if form.cleaned_data["is_default"]:
        _make_default(request, saved)
    messages.success(request, fill(_("The view “%(name)s” is saved."), {"name": saved.name}))
    return redirect(catalog_address(query_of_list(saved)))


@require_http_methods(["GET", "HEAD", "POST"])
def saved_list(request: Request, pk: int) -> HttpResponse:
    """Show the form that renames or shares a view, or do what it says."""
    saved = _changeable(request, pk, "view.renamed" if request.method == "POST" else "")
    shares = may_share(role_of_request(request)) and saved.owner_id == request.user.pk
    if request.method != "POST":
        is_default = preferences_of(request.user).default_list_id == saved.pk
        initial = {"name": saved.name, "shared": saved.shared, "is_default": is_default}
        return _change_page(request, saved, SavedListForm(initial=initial, may_share=shares))
    form = SavedListForm(request.POST, may_share=shares)
    if not form.is_valid():
        return _change_page(request, saved, form, status=422)
    shared = form.shares if shares else saved.shared
    try:
        change_list(saved, actor=request.user, name=form.cleaned_data["name"], shared=shared, now=timezone.now())
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        return _change_page(request, saved, form, status=422)
    _set_default(request, saved, form.cleaned_data["is_default"])
    messages.success(request, fill(_("The view “%(name)s” is saved."), {"name": saved.name}))
    return redirect("saved_lists")


@require_POST
def update_saved_list(request: Request, pk: int) -> HttpResponse:
    """Give a view the filters that the form sends."""
    saved = _changeable(request, pk, "view.updated")
    try:
        update_list(
            saved,
            actor=request.user,
            query=CatalogQuery.parse(request.POST.get("query", "")).query,
            now=timezone.now(),
        )
    except BadQuery:
        messages.error(request, _("A view needs some filters that can be kept, so nothing was changed."))
    else:
        messages.success(request, fill(_("The view “%(name)s” has these filters now."), {"name": saved.name}))
    return redirect(catalog_address(query_of_list(saved)))


@require_POST
def delete_saved_list(request: Request, pk: int) -> HttpResponseRedirect:
    saved = _changeable(request, pk, "view.deleted")
    delete_list(saved, actor=request.user)
    messages.success(
        request, fill(_("The view “%(name)s” is deleted. Its models are not touched."), {"name": saved.name})
    )
    return redirect("saved_lists")


def _changeable(request: Request, pk: int, kind: str) -> SavedList:
    """Return a view that the person may change. Raise Http404 for one that they do not see.

    A refused change is recorded under its kind.
    """
    saved = lists_seen_by(request.user).filter(pk=pk).first()
    if saved is None:
        raise Http404
    if not may_change(saved, request.user, role_of_request(request)):
        if kind:
            record_refused_event(request.user, kind, saved.name)
        raise PermissionDenied(
            _("Only an Editor who made this view, and Managers, may change it. Save a view of your own.")
        )
    return saved


def _set_default(request: Request, saved: SavedList, wanted: bool) -> None:
    is_default = preferences_of(request.user).default_list_id == saved.pk
    if wanted and not is_default:
        _make_default(request, saved)
    elif is_default and not wanted:
        store_preferences(request.user, default_list=None)


def _make_default(request: Request, saved: SavedList) -> None:
    store_preferences(request.user, default_list=saved, default_tab="")


def _lines(request: Request) -> Iterator[SavedLine]:
    role, default = role_of_request(request), preferences_of(request.user).default_list_id
    index = load_index(timezone.now())
    for tab in saved_views(request.user, role, CatalogQuery(), index).tabs:
        may = may_change(tab.saved, request.user, role)
        yield SavedLine(tab, filter_chips(tab.query), tab.saved.pk == default, may)


def _new_page(
    request: Request, form: SavedListForm, *, ignored: Sequence[Ignored] = (), status: int = 200
) -> HttpResponse:
    query, index = form.catalog_query, load_index(timezone.now())
    context: dict[str, Any] = {
        "form": form,
        "query": query,
        "chips": filter_chips(query),
        "total": index.count(index.as_shown(query)),
        "ignored": ignored_sentences(ignored),
    }
    return render(request, "models_ui/saved_list_form.html", context, status=status)


def _change_page(request: Request, saved: SavedList, form: SavedListForm, status: int = 200) -> HttpResponse:
    query = query_of_list(saved)
    context: dict[str, Any] = {"form": form, "saved": saved, "query": query, "chips": filter_chips(query)}
    return render(request, "models_ui/saved_list_form.html", context, status=status)
