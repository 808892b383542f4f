"""How an action is answered, on whichever surface the person is."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from models_ui.access.policy import NOTHING_TO_UNDO, ActionDenied, denial
from models_ui.access.verbs import Verb
from models_ui.actions import context as actions_context
from models_ui.actions import perform
from models_ui.actions import undo as actions_undo
from models_ui.actions.context import Conflict, Context, Done
from models_ui.actions.forms import DeleteForm, DescribeForm, RenameForm, TextForm, UndoForm
from models_ui.actions.perform import Busy
from models_ui.actions.sentences import already, outcome_sentence, still_unknown, verb_label, what_it_does
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.links import address_of
from models_ui.catalog.row import Row
from models_ui.catalog.rows import row_fragment, view_of
from models_ui.catalog.store import load_index
from models_ui.models import AuditEvent
from models_ui.text.isolation import fill, isolate
from models_ui.views.errors import BUSY_PAUSE
from models_ui.views.model import article_context
from models_ui.web.request import Request, is_ours, role_in, wants_fragment

# What upstream's failures are to a browser; whatever else it may be is upstream's trouble, 502.
_STATUS = {
    "timed_out": 504,
    "connect_timed_out": 504,
    "too_busy": 503,
    "invalid": 422,
    "name_cannot_be_cleared": 422,
    "conflict": 409,
    "model_not_found": 404,
    "model_retired": 404,
}


def _status(failure: dict[str, Any]) -> int:
    return _STATUS.get(failure.get("code", ""), 502)


class ActionPage:
    """One action on one model, on whichever surface: the row, the model's page, or the action's own page."""

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
        self._load()
        self.role = role_in(request)

    def _load(self) -> None:
        self.index: CatalogIndex = load_index(self.now)
        found = [row for row in self.index.find(self.model_id) if row.model_id == self.model_id]
        if not found:
            if self.request.method == "POST" and not self.settles:
                context = Context(actor=self.request.user, request_id=self.request.request_id)
                perform.refuse_unknown(context=context, verb=self.verb, model_id=self.model_id)
            raise Http404
        self.row: Row = next((row for row in found if row.type == "fine-tuned"), found[0])

    @property
    def address(self) -> str:
        return address_of(self.row, self.index)

    @property
    def auto_id(self) -> str:
        """The pattern of a form's ids, by the model: several rows may be edited at a time."""
        return f"of-{self.row.pk}-%s"

    @property
    def back(self) -> str:
        """Where the person came from, if that is a page of ours to return to; else the model's page."""
        request = self.request
        for where in (request.POST.get("next", ""), request.headers.get("Referer", "")):
            elsewhere = (request.path, reverse("account_login"))
            if is_ours(request, where) and not urlsplit(where).path.startswith(elsewhere):
                return where
        return self.address

    def run(self, act: Callable[[], Done], form: Any) -> HttpResponse:
        """Act, and answer with what came of it."""
        try:
            done = act()
        except ActionDenied as denied:
            return self._say(403, fill(_("%(reason)s."), {"reason": denied.reason}), form)
        except Busy:
            return self._say(409, _("Somebody else is changing this model right now. Try again in a moment."), form)
        except Conflict as conflict:
            return self._conflict(conflict)
        self._load()
        event = done.event
        if event is None:
            messages.info(self.request, already(self.verb, self.row.label))
            return self._done()
        if event.outcome == AuditEvent.Outcome.SUCCEEDED:
            tags = f"undo:{event.action_id}" if actions_undo.can_be_undone(event) else ""
            messages.success(self.request, outcome_sentence(event), extra_tags=tags)
            return self._done()
        tags = f"settle:{event.action_id}" if event.outcome in actions_context.UNSETTLED else ""
        if self.settles and done.looked:
            status = _status(done.looked.failure) if done.looked.failure else 200
            return self._say(status, still_unknown(done.looked), form, tags)
        status = 200 if event.outcome == AuditEvent.Outcome.REFUSED else _status(event.failure)
        return self._say(status, outcome_sentence(event), form, tags, event.correlation_id)

    def _done(self) -> HttpResponse:
        if wants_fragment(self.request):
            return self.face()
        return HttpResponseRedirect(self.back)

    def _say(self, status: int, sentence: str, form: Any, tags: str = "", correlation_id: str = "") -> HttpResponse:
        """Something went wrong: the message says what, and what the person had typed stays."""
        response = self._said(status, sentence, form, tags, correlation_id)
        if response.status_code == 503:
            response["Retry-After"] = str(BUSY_PAUSE)
        return response

    def _said(self, status: int, sentence: str, form: Any, tags: str, correlation_id: str) -> HttpResponse:
        if correlation_id:
            sentence = f"{sentence} {_('Correlation id:')} {isolate(correlation_id)}"
        messages.error(self.request, sentence, extra_tags=tags)
        fragment = wants_fragment(self.request)
        if self.settles and not fragment:
            return HttpResponseRedirect(self.back)
        if fragment and not isinstance(form, (TextForm, DeleteForm)):
            return self.face(status)
        if isinstance(form, DeleteForm):
            form.add_error(None, sentence)  # over the page stands the dialog, and the message is behind it
        return self.form(form.again() if form.is_bound else form, status=status)

    def _conflict(self, conflict: Conflict) -> HttpResponse:
        """Both values, and the choice."""
        self._load()
        if self.in_message and wants_fragment(self.request):
            asking = HttpResponse(status=204)
            asking["HX-Redirect"] = self.request.path  # the page asks, where there is room for it
            return asking
        form: Any = UndoForm.over(conflict.theirs)
        if self.undoes is None:
            kind = RenameForm if self.verb is Verb.RENAME else DescribeForm
            form = kind.over(conflict.theirs, conflict.mine)
        return self.form(form, conflict=conflict, status=409)

    def form(self, form: Any, *, conflict: Conflict | None = None, status: int = 200) -> HttpResponse:
        """The form, where the person is: in the row, on the model's page, or on a page of its own."""
        why_not = self._denial()
        inline = wants_fragment(self.request) and isinstance(form, (TextForm, DeleteForm))
        if isinstance(form, TextForm):
            form.auto_id = self.auto_id
        if why_not and status in (200, 422):
            status = 403
            if inline and not form.is_bound:
                messages.error(self.request, fill(_("%(reason)s."), {"reason": why_not}))
                return self.face(status)
        context = {
            "form": form,
            "inline": inline,
            "conflict": conflict,
            "verb": self.verb,
            "title": _("Undo") if self.undoes else verb_label(self.verb),
            "explanation": what_it_does(self.verb),
            "denial": why_not,
            "undoes": self.undoes,
            "back": self.back,
            "action_address": self.request.path,
        }
        if inline:
            return self.face(status, context)
        context |= {"each": view_of(self.row, self.index, self.now), "nav": "catalog"}
        return render(self.request, "models_ui/action.html", context, status=status)

    def _denial(self) -> str:
        if self.undoes is not None and not actions_undo.can_be_undone(self.undoes):
            return str(NOTHING_TO_UNDO)
        return denial(self.role, self.row, self.verb)

    def face(self, status: int = 200, editing: dict[str, Any] | None = None, focus: str | None = None) -> HttpResponse:
        """The row or the model's page again, whichever htmx is going to replace, with the focus on the button of what
        was done, or as `focus` says. What was done from a message may concern any model of the page, which is told
        where to get that one again: the others stay as they are."""
        if self.in_message:
            if not self.row.routable:
                return HttpResponse(status=status)  # nothing can have been done to it
            changed = {"id": self.model_id, "address": reverse("row", args=[self.model_id])}
            return trigger_client_event(HttpResponse(status=status), "model-changed", changed)
        context = {"focus": self.verb if focus is None else focus, **(editing or {})}
        if self.request.htmx.target == "model":
            context |= article_context(self.request, self.row, self.index, self.now)
            return render(self.request, "models_ui/model.html#article", context, status=status)
        html = row_fragment(self.index, self.row, self.now, self.role, self.request, context)
        return HttpResponse(html, status=status)
