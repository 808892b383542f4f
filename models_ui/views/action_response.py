"""How an action is answered, on whichever surface the person is."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from models_ui.access.policy import NO_SUCH_MODEL, NOTHING_TO_UNDO, ActionDenied, check_role, denial_reason
from models_ui.access.verbs import VERBS, Verb
from models_ui.actions.care_forms import text_form_of
from models_ui.actions.context import UNSETTLED, Context, Done, EditConflict, OpenQuestion, can_be_undone
from models_ui.actions.deletion_sentences import notes_of_actions
from models_ui.actions.forms import TextForm, UndoForm
from models_ui.actions.lock import Busy
from models_ui.actions.model_row import none_for_empty
from models_ui.actions.perform import refuse_attempt
from models_ui.actions.sentences import already_sentence, outcome_sentence, still_unknown_sentence, verb_label
from models_ui.audit.chain import Outcome
from models_ui.audit.outcome_detail import detail_from_json
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.links import address_of
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.row import Row, kept_values
from models_ui.catalog.rows import RowStyle, row_fragment, view_of
from models_ui.catalog.store import load_index
from models_ui.models import AuditEvent
from models_ui.text.isolation import fill
from models_ui.views.errors import BUSY_PAUSE
from models_ui.views.model_page import article_context
from models_ui.views.row_style import row_style_of
from models_ui.vocabulary import FINE_TUNED
from models_ui.web.message_bar import OfferKind, add_action_message
from models_ui.web.request import Request, is_own_address, lead_to, role_of_request, wants_fragment

# The status of the answer by the code of upstream's failure; every other failure is upstream's trouble, 502.
_STATUS_OF_CODE = {
    "timed_out": 504,
    "connect_timed_out": 504,
    "too_busy": 503,
    "invalid": 422,
    "name_cannot_be_cleared": 422,
    "conflict": 409,
    "model_not_found": 404,
    "model_retired": 404,
}


def _status_of(error_facts: Mapping[str, Any]) -> int:
    return _STATUS_OF_CODE.get(error_facts.get("code", ""), 502)


class ActionResponse:
    """The answer to one action on one model, on whichever surface: the row, the model's page, or a page of its own."""

    def __init__(
        self,
        request: Request,
        model_id: str,
        verb: Verb,
        *,
        undoes: AuditEvent | None = None,
        settles: bool = False,
    ) -> None:
        self.request = request
        self.verb = verb
        self.undoes = undoes
        self.settles = settles
        self.in_message = settles or undoes is not None  # acted upon from a message or the history
        self.now = timezone.now()
        self.model_id = model_id
        self.correlation_id = ""  # of the call that failed
        self._load()
        self.role = role_of_request(request)
        self.needed = VERBS[verb].role

    def _load(self) -> None:
        self.index: CatalogIndex = load_index(self.now)
        rows = [row for row in self.index.find(self.model_id) if row.model_id == self.model_id]
        if not rows:
            if self.request.method == "POST" and not self.settles:
                self._refuse_attempt(ActionDenied(NO_SUCH_MODEL))
            raise Http404
        self.row: Row = next((row for row in rows if row.type == FINE_TUNED), rows[0])

    def _refuse_attempt(self, denied: ActionDenied) -> None:
        context = Context(actor=self.request.user, request_id=self.request.request_id)
        refuse_attempt(denied, context=context, verb=self.verb, model_id=self.model_id)

    @property
    def address(self) -> str:
        return address_of(self.row, self.index)

    @property
    def back(self) -> str:
        """Where the person came from, if that is a page of ours to return to; else the model's page."""
        request = self.request
        for where in (request.POST.get("next", ""), request.headers.get("Referer", "")):
            elsewhere = (request.path, reverse("account_login"))
            if is_own_address(request, where) and not urlsplit(where).path.startswith(elsewhere):
                return where
        return self.address

    @property
    def current_values(self) -> dict[str, Any]:
        """The fields that actions change, as the catalog shows them."""
        fields = {verb.field for verb in VERBS.values() if verb.field and not verb.is_local}
        values = {field: none_for_empty(getattr(self.row, field)) for field in fields}
        return values | kept_values(self.row)

    def context_of(self, form: Any) -> Context:
        """Return who acts, and why, as a valid form has it."""
        return Context(
            actor=self.request.user,
            role=self.role,
            action_id=form.cleaned_data.get("action_id", ""),
            reason=form.cleaned_data.get("reason", ""),
            request_id=self.request.request_id,
        )

    def answer(self, act: Callable[[], Done], form: Any) -> HttpResponse:
        """Act, and answer with what came of it."""
        try:
            done = act()
        except ActionDenied as denied:
            return self._report_problem(403, fill(_("%(reason)s."), {"reason": denied.reason}), form)
        except Busy:
            busy = _("Somebody else is changing this model right now. Try again in a moment.")
            return self._report_problem(409, busy, form)
        except EditConflict as conflict:
            return self._ask_about_conflict(conflict)
        self._load()
        if done.event is None:
            messages.info(self.request, already_sentence(self.verb, self.row.label))
            return self._return_to_model()
        if done.outcome == Outcome.SUCCEEDED:
            offer = OfferKind.UNDO if can_be_undone(done.event) else None
            told = f"{outcome_sentence(done.event)} {self._note_on_deletion(done.event)}".strip()
            add_action_message(self.request, messages.SUCCESS, told, done.event, offer)
            return self._return_to_model()
        return self._report_outcome(done.event, done.question, form)

    def _note_on_deletion(self, event: AuditEvent) -> str:
        """Return what the action has done to a planned deletion of the model."""
        return notes_of_actions([event.action_id]).get(event.action_id, "") if self.row.type == FINE_TUNED else ""

    def _report_outcome(self, event: AuditEvent, question: OpenQuestion | None, form: Any) -> HttpResponse:
        """Answer after anything but a success; `question` is what a look at an unknown outcome has left open."""
        if self.settles and question is not None:
            status = _status_of(question.error_facts) if question.error_facts else 200
            return self._report_problem(status, still_unknown_sentence(question), form, event)
        facts = detail_from_json(event.failure).error_facts
        status = 200 if event.outcome == Outcome.REFUSED else _status_of(facts)
        return self._report_problem(status, outcome_sentence(event, question), form, event)

    def _return_to_model(self) -> HttpResponse:
        if wants_fragment(self.request):
            return self.show_model()
        return HttpResponseRedirect(self.back)

    def _report_problem(self, status: int, sentence: str, form: Any, event: AuditEvent | None = None) -> HttpResponse:
        """Answer with a message that says what went wrong. The text that the person had typed stays."""
        if event is None:
            messages.error(self.request, sentence)
        else:
            offer = OfferKind.SETTLE if event.outcome in UNSETTLED else None
            add_action_message(self.request, messages.ERROR, sentence, event, offer)
            self.correlation_id = event.correlation_id
        response = self._show_again(status, sentence, form)
        if response.status_code == 503:
            response["Retry-After"] = str(BUSY_PAUSE)
        return response

    def _show_again(self, status: int, sentence: str, form: Any) -> HttpResponse:
        fragment = wants_fragment(self.request)
        if self.settles and not fragment:
            return HttpResponseRedirect(self.back)
        if fragment and not form.keeps_text:
            return self.show_model(status)
        if form.keeps_text and form.dialog:
            form.add_error(None, sentence)  # over the page stands the dialog, and the message is behind it
        return self.show_form(form.again() if form.is_bound else form, status=status)

    def _ask_about_conflict(self, conflict: EditConflict) -> HttpResponse:
        """Show both values, and the choice."""
        self._load()
        if self.in_message and wants_fragment(self.request):
            return lead_to(self.request, self.request.path)  # the page asks, where there is room for it
        form: Any = UndoForm.over(conflict.theirs)
        if self.undoes is None:
            form = text_form_of(self.verb).over(conflict.theirs, conflict.mine)
        return self.show_form(form, conflict=conflict, status=409)

    def show_invalid(self, form: Any) -> HttpResponse:
        """Answer with the form and what is wrong with it."""
        self.record_forged_form()
        return self.show_form(form, status=422)

    def record_forged_form(self) -> None:
        """Record that somebody sent a form above their role, where it is too incomplete to act upon."""
        try:
            check_role(self.role, self.needed)
        except ActionDenied as denied:
            self._refuse_attempt(denied)

    def show_form(self, form: Any, *, conflict: EditConflict | None = None, status: int = 200) -> HttpResponse:
        """Answer with the form, where the person is: in the row, on the model's page, or on a page of its own."""
        why_not = self._denial_reason()
        inline = wants_fragment(self.request) and (isinstance(form, TextForm) or bool(form.dialog))
        if isinstance(form, TextForm):
            form.give_ids(f"of-{self.row.pk}-%s")  # by the model: several rows may be edited at a time
            form.offer(self.row, self.index, self.now)
        if why_not and status in (200, 422):
            status = 403
            if inline and not form.is_bound:
                messages.error(self.request, fill(_("%(reason)s."), {"reason": why_not}))
                return self.show_model(status)
        context = {
            "form": form,
            "inline": inline,
            "conflict": conflict,
            "verb": self.verb,
            "title": self.title,
            "explanation": str(VERBS[self.verb].explanation),
            "denial": why_not,
            "undoes": self.undoes,
            "back": self.back,
            "action_address": self.request.path,
            "correlation_id": self.correlation_id,
        }
        context |= self.more_context(form)
        if inline:
            # The field of a form that has one takes the focus; a dialog gives it back to the button.
            return self.show_model(status, context, focus=None if form.dialog else "")
        context |= {"each": view_of(self.row, self.index, self.now), "nav": "catalog"}
        return render(self.request, "models_ui/action.html", context, status=status)

    @property
    def title(self) -> str:
        return _("Undo") if self.undoes else verb_label(self.verb)

    def more_context(self, form: Any) -> dict[str, Any]:
        """Return what else the form's template shows."""
        return {}

    def _denial_reason(self) -> str:
        if self.undoes is not None and not can_be_undone(self.undoes):
            return str(NOTHING_TO_UNDO)
        return denial_reason(self.role, self.row, self.verb)

    def show_model(
        self, status: int = 200, editing: dict[str, Any] | None = None, focus: str | None = None
    ) -> HttpResponse:
        """Answer with the row or the model's page again, whichever htmx is going to replace.

        The focus is on the button of the verb, or as `focus` says. An action from a message may concern any model of
        the page: the answer says where to get that model again, and the others stay as they are.
        """
        if self.in_message:
            if not self.row.routable:
                return HttpResponse(status=status)  # nothing can have been done to it
            changed = {"id": self.model_id, "address": reverse("row", args=[self.model_id])}
            return trigger_client_event(HttpResponse(status=status), "model-changed", changed)
        context = {"focus": self.verb if focus is None else focus, **(editing or {})}
        context["focus_on_name"] = self.verb == Verb.RENAME
        if self.request.htmx.target == "model":
            context |= article_context(self.request, self.row, self.index, self.now)
            return render(self.request, "models_ui/model.html#article", context, status=status)
        html = row_fragment(self.index, self.row, self.now, self.role, self._row_style, self.request, context)
        return HttpResponse(html, status=status)

    @property
    def _row_style(self) -> RowStyle:
        """The style of the rows in the list that the person acts in."""
        query = urlsplit(self.request.htmx.current_url_abs_path or "").query
        return row_style_of(self.request.user, CatalogQuery.parse(query).query, self.index, self.now)
