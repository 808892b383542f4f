"""The actions on a model, other than its deletion (`deletions.py`). `urls.py` gives each action an address.

`rename` to `unprotect` are for fine-tunes. `care` and `take` are for every model; `care` serves four verbs: assign,
tag, note and plan. `undo` and `settle` are about an earlier action.

GET shows a form on a page of its own, which works without scripts; `take` and `settle` are buttons and accept POST
alone. Where htmx sends the form from a row or from the model's page, the answer is that row or page again, with a
message beside it.
"""

from functools import partial

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_safe

from models_ui.access.verbs import VERB_OF_KIND, VERBS, Verb
from models_ui.actions import perform
from models_ui.actions.care_forms import text_form_of
from models_ui.actions.context import Done, can_be_undone
from models_ui.actions.forms import ArchiveForm, ReasonForm, UndoForm
from models_ui.actions.settle import settle_action
from models_ui.actions.undo import undo_action, undo_conflict
from models_ui.audit.chain import latest_event
from models_ui.bulk.jobs import note_settled
from models_ui.models import AuditEvent
from models_ui.text.keepers import keeper_of
from models_ui.views.action_response import ActionResponse
from models_ui.vocabulary import make_storable
from models_ui.web.request import Request, wants_fragment

form_or_action = require_http_methods(["GET", "HEAD", "POST"])


@form_or_action
def rename(request: Request, model_id: str) -> HttpResponse:
    return _answer_edit(request, model_id, Verb.RENAME)


@form_or_action
def describe(request: Request, model_id: str) -> HttpResponse:
    return _answer_edit(request, model_id, Verb.DESCRIBE)


@form_or_action
def archive(request: Request, model_id: str) -> HttpResponse:
    return _answer_state_change(request, model_id, Verb.ARCHIVE)


@form_or_action
def unarchive(request: Request, model_id: str) -> HttpResponse:
    return _answer_state_change(request, model_id, Verb.UNARCHIVE)


@form_or_action
def protect(request: Request, model_id: str) -> HttpResponse:
    return _answer_state_change(request, model_id, Verb.PROTECT)


@form_or_action
def unprotect(request: Request, model_id: str) -> HttpResponse:
    return _answer_state_change(request, model_id, Verb.UNPROTECT)


@form_or_action
def care(request: Request, model_id: str, verb: Verb) -> HttpResponse:
    """Change who looks after a model, its tags, its note or its plan. The dashboard keeps these for every model."""
    return _answer_edit(request, model_id, verb)


@require_http_methods(["POST"])
def take(request: Request, model_id: str) -> HttpResponse:
    """Add the signed-in person to those who look after the model."""
    response, form = ActionResponse(request, model_id, Verb.ASSIGN), ReasonForm(request.POST)
    if not form.is_valid():
        return response.show_invalid(form)
    context, mine = response.context_of(form), keeper_of(request.user.get_username())
    act = partial(perform.change_names, context, Verb.ASSIGN, model_id, add=[mine], remove=[])
    return response.answer(act, form)


@form_or_action
def undo(request: Request, action_id: str) -> HttpResponse:
    """Take an action back. After a conflict the person is asked, and may insist."""
    event = _find_event(action_id)
    verb = VERB_OF_KIND[event.kind]
    response = ActionResponse(request, event.model_id, VERBS[verb].reverse or verb, undoes=event)
    if request.method != "POST":
        conflict = undo_conflict(event, **response.current_values) if can_be_undone(event) else None
        return response.show_form(UndoForm.over(conflict.theirs) if conflict else UndoForm.new(), conflict=conflict)
    form = UndoForm(request.POST)
    if not form.is_valid():
        return response.show_invalid(form)
    insist, seen = form.cleaned_data["insist"], form.cleaned_data["seen"]
    act = partial(undo_action, context=response.context_of(form), action_id=event.action_id, insist=insist, seen=seen)
    return response.answer(act, form)


@require_http_methods(["POST"])
def settle(request: Request, action_id: str) -> HttpResponse:
    """Try to find out the outcome of an action whose outcome is unknown. Every role may do so."""
    event = _find_event(action_id)
    response = ActionResponse(request, event.model_id, VERB_OF_KIND[event.kind], settles=True)

    def look() -> Done:
        done = settle_action(actor=request.user, action_id=event.action_id)
        if done.event is not None:
            note_settled(done.event)
        return done

    return response.answer(look, ReasonForm.new())


@require_safe
def row(request: Request, model_id: str) -> HttpResponse:
    """Return the row without a form, for the Cancel button. Without htmx, redirect to the model's page."""
    response = ActionResponse(request, model_id, Verb.RENAME)
    return response.show_model(focus="") if wants_fragment(request) else HttpResponseRedirect(response.address)


def _answer_edit(request: Request, model_id: str, verb: Verb) -> HttpResponse:
    response, form_class = ActionResponse(request, model_id, verb), text_form_of(verb)
    if request.method != "POST":
        return response.show_form(form_class.on(response.current_values[VERBS[verb].field or ""]))
    form = form_class(request.POST)
    if not form.is_valid():
        return response.show_invalid(form)
    context, text, seen = response.context_of(form), form.cleaned_data["value"], form.cleaned_data["seen"]
    if VERBS[verb].is_care:
        return response.answer(partial(perform.keep_value, context, verb, model_id, value=text, seen=seen), form)
    return response.answer(partial(perform.edit_text, context, verb, model_id, text=text, seen=seen), form)


def _answer_state_change(request: Request, model_id: str, verb: Verb) -> HttpResponse:
    response = ActionResponse(request, model_id, verb)
    if request.method != "POST":
        return response.show_form(ArchiveForm.new() if verb is Verb.ARCHIVE else ReasonForm.new())
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return response.show_invalid(form)
    return response.answer(partial(perform.set_state, response.context_of(form), verb, model_id), form)


def _find_event(action_id: str) -> AuditEvent:
    event = latest_event(make_storable(action_id))
    if event is None or event.kind not in VERB_OF_KIND:
        raise Http404
    return event
