"""Deleting a fine-tune: at once, or after days in which it can be taken back; asking for that, and deciding on it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from models_ui.access.policy import DELETION_ROLES, ActionDenied, check_policy, check_role
from models_ui.access.verbs import VERBS, Verb
from models_ui.actions import deletions
from models_ui.actions.context import can_be_undone
from models_ui.actions.deletion_sentences import decided_sentence, not_planned_sentence
from models_ui.actions.deletion_states import State, next_due, open_deletion_of
from models_ui.actions.deletions import Decided
from models_ui.actions.forms import (
    AskDeletionForm,
    DecideDeletionForm,
    DeleteForm,
    PlanDeletionForm,
    ReasonForm,
)
from models_ui.actions.lock import Busy
from models_ui.actions.perform import delete_model
from models_ui.actions.sentences import outcome_sentence
from models_ui.audit.chain import Outcome
from models_ui.bulk.jobs import has_live_worker
from models_ui.text.isolation import fill
from models_ui.views.action_response import ActionResponse
from models_ui.web.fresh_sign_in import needs_fresh_sign_in
from models_ui.web.message_bar import OfferKind, add_action_message
from models_ui.web.request import Request

_BEGINNINGS = ("deletion.asked", "deletion.planned")  # the steps that begin a deletion


@require_http_methods(["GET", "HEAD", "POST"])
@needs_fresh_sign_in("GET", "POST")
def delete(request: Request, model_id: str) -> HttpResponse:
    """Archive a model now and delete it on a later day. Without days of grace, delete it at once."""
    if settings.DELETE_GRACE_DAYS == 0 and not settings.DELETE_NEEDS_TWO:
        return _delete_at_once(request, ActionResponse(request, model_id, Verb.DELETE), delete_model)
    response = DeletionResponse(request, model_id, "deletion.planned")
    if request.method != "POST":
        return response.show_form(PlanDeletionForm.new())
    form = PlanDeletionForm(request.POST)
    if not form.is_valid():
        return response.show_invalid(form)
    context = response.context_of(form)
    return response.decide(lambda: deletions.plan_deletion(context=context, model_id=model_id), form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs_fresh_sign_in("GET", "POST")
def delete_now(request: Request, model_id: str) -> HttpResponse:
    """Delete an archived model for ever: the one thing that cannot be put right."""
    response = DeletionResponse(request, model_id, VERBS[Verb.DELETE].kind)
    return _delete_at_once(request, response, deletions.delete_now)


@require_http_methods(["GET", "HEAD", "POST"])
def ask_deletion(request: Request, model_id: str) -> HttpResponse:
    response = DeletionResponse(request, model_id, "deletion.asked")
    if request.method != "POST":
        return response.show_form(AskDeletionForm.new())
    form = AskDeletionForm(request.POST)
    if not form.is_valid():
        return response.show_invalid(form)
    context = response.context_of(form)
    return response.decide(lambda: deletions.ask_for_deletion(context=context, model_id=model_id), form)


@require_http_methods(["POST"])
@needs_fresh_sign_in("POST")
def decide_deletion(request: Request, model_id: str) -> HttpResponse:
    """Accept or decline what somebody asked for."""
    form = DecideDeletionForm(request.POST)
    accepts = form.is_valid() and form.cleaned_data["decision"] == "accept"
    response = DeletionResponse(request, model_id, "deletion.accepted" if accepts else "deletion.declined")
    if not form.is_valid():
        return response.refuse_form(form)
    context, words = response.context_of(form), form.cleaned_data["words"]
    decide = deletions.accept_deletion if accepts else deletions.decline_deletion
    return response.decide(lambda: decide(context=context, model_id=model_id, words=words), form)


@require_http_methods(["POST"])
def keep_model(request: Request, model_id: str) -> HttpResponse:
    """Take a deletion back, and restore the model if it was live."""
    response, form = DeletionResponse(request, model_id, "deletion.taken_back"), ReasonForm(request.POST)
    if not form.is_valid():
        return response.refuse_form(form)
    context = response.context_of(form)
    return response.decide(lambda: deletions.take_back_deletion(context=context, model_id=model_id), form)


def _delete_at_once(request: Request, response: ActionResponse, act: Callable[..., Any]) -> HttpResponse:
    model_id = response.model_id
    if request.method != "POST":
        return response.show_form(DeleteForm.new(model_id=model_id))
    form = DeleteForm(request.POST, model_id=model_id)
    if not form.is_valid():
        return response.show_invalid(form)
    return response.answer(lambda: act(context=response.context_of(form), model_id=model_id), form)


class DeletionResponse(ActionResponse):
    """The answer to one step of a deletion. `kind` is that of its event, in DELETION_ROLES."""

    def __init__(self, request: Request, model_id: str, kind: str) -> None:
        super().__init__(request, model_id, Verb.DELETE)
        self.kind, self.needed = kind, DELETION_ROLES[kind]
        self.denied = ""

    def decide(self, act: Callable[[], Decided], form: Any) -> HttpResponse:
        """Decide, and answer with what is so from now on."""
        try:
            decided = act()
        except ActionDenied as denied:
            self.denied = denied.reason
            return self._report_problem(403, fill(_("%(reason)s."), {"reason": denied.reason}), form)
        except Busy:
            busy = _("Somebody else is changing this model right now. Try again in a moment.")
            return self._report_problem(409, busy, form)
        self._load()
        done = decided.done
        if decided.plan is None:
            assert done is not None and done.event is not None
            problem = f"{outcome_sentence(done.event)} {not_planned_sentence()}"
            return self._report_problem(502, problem, form, done.event)
        sentence = decided_sentence(decided.plan, self.row.label)
        if done is None or done.event is None:
            messages.success(self.request, sentence)
        elif done.outcome != Outcome.SUCCEEDED:
            add_action_message(self.request, messages.ERROR, f"{sentence} {outcome_sentence(done.event)}", done.event)
        else:
            offer = OfferKind.UNDO if can_be_undone(done.event) and decided.plan.state == State.PLANNED else None
            add_action_message(self.request, messages.SUCCESS, sentence, done.event, offer)
        return self._return_to_model()

    def refuse_form(self, form: Any) -> HttpResponse:
        """Answer a form that has no page of its own and is not complete."""
        self.record_forged_form()
        return self._report_problem(422, " ".join(error for errors in form.errors.values() for error in errors), form)

    @property
    def title(self) -> str:
        return _("Decide on a deletion")

    def more_context(self, form: Any) -> dict[str, Any]:
        may_delete_now = self.kind in _BEGINNINGS and self.row.archived and self.role >= VERBS[Verb.DELETE].role
        return {
            "due_at": next_due(),
            "grace_days": settings.DELETE_GRACE_DAYS,
            "needs_two": settings.DELETE_NEEDS_TWO,
            "may_delete_now": may_delete_now,
            "worker_is_away": not has_live_worker(self.now),
        }

    def _denial_reason(self) -> str:
        if self.denied:
            return self.denied
        try:
            check_role(self.role, self.needed)
            check_policy(self.row, Verb.DELETE)
            if self.kind in _BEGINNINGS:
                deletions.check_may_begin(self.row.pk, self.request.user, asks=self.kind == "deletion.asked")
            if self.kind == VERBS[Verb.DELETE].kind:
                deletions.check_at_once(self.row, open_deletion_of(self.row.pk), self.request.user)
        except ActionDenied as denied:
            return denied.reason
        return ""
