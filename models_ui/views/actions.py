"""What people do to a fine-tune, from its row, its page or a page of its own. One address and one view each.

Every action has a GET page with a form that works by itself. Where htmx sends it from a row or from the model's
page, the answer is that row or page again, with a message beside it.
"""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_safe

from models_ui.access.verbs import REVERSE, VERBS, Verb
from models_ui.actions import perform
from models_ui.actions import settle as actions_settle
from models_ui.actions import undo as actions_undo
from models_ui.actions.context import Context, Done
from models_ui.actions.forms import DeleteForm, DescribeForm, ReasonForm, RenameForm, TextForm, UndoForm
from models_ui.audit import history
from models_ui.bulk import jobs
from models_ui.catalog.row import Row
from models_ui.models import AuditEvent
from models_ui.views.action_response import ActionPage
from models_ui.web.request import Request, wants_fragment

form_or_action = require_http_methods(["GET", "HEAD", "POST"])


@form_or_action
def rename(request: Request, model_id: str) -> HttpResponse:
    def act(form: TextForm) -> Done:
        seen, name = form.cleaned_data["seen"], form.cleaned_data["value"]
        return perform.rename_model(context=_context(request, form), model_id=model_id, name=name, seen=seen)

    return _edit(request, model_id, RenameForm, act)


@form_or_action
def describe(request: Request, model_id: str) -> HttpResponse:
    def act(form: TextForm) -> Done:
        seen, text = form.cleaned_data["seen"], form.cleaned_data["value"]
        return perform.describe_model(context=_context(request, form), model_id=model_id, description=text, seen=seen)

    return _edit(request, model_id, DescribeForm, act)


@form_or_action
def archive(request: Request, model_id: str) -> HttpResponse:
    return _one_click(request, model_id, Verb.ARCHIVE, perform.archive_model)


@form_or_action
def unarchive(request: Request, model_id: str) -> HttpResponse:
    return _one_click(request, model_id, Verb.UNARCHIVE, perform.unarchive_model)


@form_or_action
def protect(request: Request, model_id: str) -> HttpResponse:
    return _one_click(request, model_id, Verb.PROTECT, perform.protect_model)


@form_or_action
def unprotect(request: Request, model_id: str) -> HttpResponse:
    return _one_click(request, model_id, Verb.UNPROTECT, perform.unprotect_model)


@form_or_action
def delete(request: Request, model_id: str) -> HttpResponse:
    """A dialog over the row or the model's page, or a page of its own: the one thing that cannot be put right."""
    page = ActionPage(request, model_id, Verb.DELETE)
    form = (
        DeleteForm(request.POST, model_id=model_id) if request.method == "POST" else DeleteForm.new(model_id=model_id)
    )
    if request.method != "POST" or not form.is_valid():
        return page.form(form, status=422 if request.method == "POST" else 200)
    return page.run(lambda: perform.delete_model(context=_context(request, form), model_id=model_id), form)


@form_or_action
def undo(request: Request, action_id: str) -> HttpResponse:
    """Take an action back. After a conflict the person is asked, and may insist."""
    event = _event(action_id)
    verb = VERBS[event.kind]
    page = ActionPage(request, event.model_id, REVERSE.get(verb, verb), undoes=event)
    if request.method != "POST":
        conflict = (
            actions_undo.undo_conflict(event, **_current(page.row)) if actions_undo.can_be_undone(event) else None
        )
        return page.form(UndoForm.over(conflict.theirs) if conflict else UndoForm.new(), conflict=conflict)
    form = UndoForm(request.POST)
    if not form.is_valid():
        return page.form(form, status=422)
    insist, seen = form.cleaned_data["insist"], form.cleaned_data["seen"]
    context = _context(request, form)
    return page.run(lambda: actions_undo.undo(context=context, action_id=action_id, insist=insist, seen=seen), form)


@require_http_methods(["POST"])
def settle(request: Request, action_id: str) -> HttpResponse:
    """Look what became of an action whose outcome is unknown. Anybody may look."""
    event = _event(action_id)
    page = ActionPage(request, event.model_id, VERBS[event.kind], settles=True)

    def look() -> Done:
        done = actions_settle.settle(actor=request.user, action_id=action_id)
        if done.event is not None:
            jobs.note_settled(done.event)
        return done

    return page.run(look, ReasonForm.new())


@require_safe
def row(request: Request, model_id: str) -> HttpResponse:
    """The row as it is: what Cancel puts back. Without htmx there is no row to put it into."""
    page = ActionPage(request, model_id, Verb.RENAME)
    return page.face(focus="") if wants_fragment(request) else HttpResponseRedirect(page.address)


def _edit(request: Request, model_id: str, form_class: type[TextForm], act: Callable[[TextForm], Done]) -> HttpResponse:
    page = ActionPage(request, model_id, form_class.verb)
    current = page.row.name if form_class.verb is Verb.RENAME else page.row.description
    if request.method != "POST":
        return page.form(form_class.on(current))
    form = form_class(request.POST, auto_id=page.auto_id)
    if not form.is_valid():
        return page.form(form, status=422)
    return page.run(lambda: act(form), form)


def _one_click(request: Request, model_id: str, verb: Verb, act: Callable[..., Done]) -> HttpResponse:
    page = ActionPage(request, model_id, verb)
    form = ReasonForm(request.POST) if request.method == "POST" else ReasonForm.new()
    if request.method != "POST" or not form.is_valid():
        return page.form(form, status=422 if request.method == "POST" else 200)
    return page.run(lambda: act(context=_context(request, form), model_id=model_id), form)


def _event(action_id: str) -> AuditEvent:
    event = history.action(action_id)
    if event is None or event.kind not in VERBS:
        raise Http404
    return event


def _current(row: Row) -> dict[str, Any]:
    """What is known of the fields that actions change."""
    return {"name": row.name or None, "description": row.description or None, "archived": row.archived}


def _context(request: Request, form: Any) -> Context:
    return Context(
        actor=request.user,
        action_id=form.cleaned_data.get("action_id", ""),
        reason=form.cleaned_data.get("reason", ""),
        request_id=request.request_id,
    )
