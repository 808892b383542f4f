"""Reading the history: the filters of the page (`ActivityQuery`, held by the address bar), and its entries.

    /activity/?actor=bob&kind=model.archived&outcome=failed&from=2026-11-01&before=1234

One entry is one action: its last known outcome, with its steps. Pages follow the events' keys, so that a page does
not shift while others act.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, ClassVar, Final

from django.db.models import QuerySet
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from models_ui.access.policy import denial_reason
from models_ui.access.roles import Role, exports_everyones
from models_ui.access.verbs import VERB_OF_KIND, VERBS
from models_ui.actions import sentences
from models_ui.actions.context import UNSETTLED, can_be_undone
from models_ui.actions.model_row import rows_of
from models_ui.audit import history
from models_ui.catalog.links import address_of_id
from models_ui.listing.filters import Filters, ListPage, Option, read_day, read_key, read_model_id
from models_ui.listing.parameters import alternatives, one_of, parameter, read_text, text_up_to
from models_ui.listing.querystring import Ignored
from models_ui.models import AuditEvent, CatalogModel
from models_ui.text.diff import Piece, diff_words
from models_ui.text.folding import sort_key
from models_ui.text.sentence_html import fill_html, word_html

# The filter's values. An attempt without an outcome is one of unknown outcome.
OUTCOMES: Final = {
    "succeeded": ("succeeded",),
    "failed": ("failed",),
    "refused": ("refused",),
    "unknown": ("unknown", "attempted"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityQuery(Filters):
    """Filters and place. Values of one filter are alternatives. Days are UTC, both ends included."""

    q: str = parameter("", read_text)
    actor: tuple[str, ...] = alternatives(text_up_to(150))
    kind: tuple[str, ...] = alternatives(one_of((*VERB_OF_KIND, *sentences.KINDS_WITHOUT_VERB)))
    outcome: tuple[str, ...] = alternatives(one_of(OUTCOMES))
    model: str = parameter("", read_model_id)
    since: date | None = parameter(None, read_day, name="from")
    until: date | None = parameter(None, read_day, name="to")
    before: int | None = parameter(None, read_key, role="place")  # an event's key: older ones follow it

    page: ClassVar = "activity"

    def matches(self) -> QuerySet[AuditEvent]:
        """Return the last event of each action that fits, the newest first, of every page."""
        events = history.latest_events().order_by("-pk")
        if self.actor:
            events = events.filter(actor__in=self.actor)
        if self.kind:
            events = events.filter(kind__in=self.kind)
        if self.outcome:
            events = events.filter(outcome__in=[outcome for name in self.outcome for outcome in OUTCOMES[name]])
        if self.model:
            events = events.filter(model_id=self.model)
        return self.narrow(events)


# --- Entries


@dataclass(frozen=True, slots=True)
class ActionEntry:
    """One action as a page shows it."""

    event: AuditEvent  # the last one
    steps: Sequence[AuditEvent]
    may_undo: bool
    undone: AuditEvent | None  # the action that has taken it back

    @property
    def address(self) -> str:
        """The address of the model's page; "" where an action without an id was refused."""
        return address_of_id(self.event.model_id)

    @property
    def sentence(self) -> SafeString:
        """Who did what, with a link to the model."""
        subject = word_html(sentences.told_words(self.event)["subject"])
        return self._told_of(format_html('<a href="{}">{}</a>', self.address, subject) if self.address else subject)

    @property
    def sentence_on_model_page(self) -> SafeString:
        """Who did what to “this model”."""
        return self._told_of(conditional_escape(_("this model")))

    def _told_of(self, subject: SafeString) -> SafeString:
        words = {name: word_html(word) for name, word in sentences.told_words(self.event).items()}
        words |= {"who": format_html("<strong>{}</strong>", words["who"]), "model": subject, "subject": subject}
        return fill_html(sentences.told_sentence(self.event), words)

    @property
    def is_open(self) -> bool:
        """Whether a person should look what became of the action."""
        return self.event.outcome in UNSETTLED and not sentences.is_under_way(self.event)

    @property
    def outcome(self) -> str:
        return sentences.outcome_label(self.event)

    @property
    def diff(self) -> list[Piece]:
        words = sentences.change_words(self.event)
        return diff_words(*words) if words else []


def entries_of(events: Iterable[AuditEvent], role: Role) -> list[ActionEntry]:
    """Return an entry for the last event of each action, with all its steps and what this role may do about it."""
    events = list(events)
    ids = [event.action_id for event in events]
    steps, undone = history.steps_of(ids), history.undoings_of(ids)
    rows = rows_of(event.model_id for event in events if can_be_undone(event))
    return [
        ActionEntry(
            event,
            steps[event.action_id],
            may_undo=event.action_id not in undone and _may_undo(event, rows.get(event.model_id), role),
            undone=undone.get(event.action_id),
        )
        for event in events
    ]


def _may_undo(event: AuditEvent, row: CatalogModel | None, role: Role) -> bool:
    """Whether the action can be taken back, and this role may do so now."""
    if row is None or not can_be_undone(event):
        return False
    verb = VERBS[VERB_OF_KIND[event.kind]]
    if verb.field is None or verb.reverse is None:
        return False
    now, before = getattr(row, verb.field) or None, event.before.get(verb.field) or None
    return now != before and not denial_reason(role, row, verb.reverse)


# --- The page


class ActivityPage(ListPage[ActivityQuery, AuditEvent]):
    """One page of the history."""

    labels: ClassVar = {"actor": gettext_lazy("Who"), "kind": gettext_lazy("What"), "outcome": gettext_lazy("Outcome")}

    def __init__(self, query: ActivityQuery, ignored: Sequence[Ignored], role: Role) -> None:
        super().__init__(query, ignored, query.matches())
        self.entries = entries_of(self.shown, role)
        self.everyones = exports_everyones(role)

    @cached_property
    def is_empty(self) -> bool:
        """Whether the history is empty, which is another thing than no match."""
        return not self.total and not AuditEvent.objects.exists()

    def value_label(self, name: str, value: str) -> str:
        if name == "kind":
            return sentences.action_kind_label(value)
        return str(AuditEvent.Outcome(value).label) if name == "outcome" else value

    @property
    def actors(self) -> list[Option]:
        known = AuditEvent.objects.order_by("actor").values_list("actor", flat=True).distinct()
        return self.options("actor", sorted({*known, *self.query.actor}, key=sort_key))

    @property
    def kinds(self) -> list[Option]:
        return self.options("kind", (*VERB_OF_KIND, *sentences.KINDS_WITHOUT_VERB))

    @property
    def outcomes(self) -> list[Option]:
        return self.options("outcome", OUTCOMES)


# --- Exports

COLUMNS: Final = (
    "at",
    "actor",
    "action",
    "model_id",
    "model_name",
    "outcome",
    "before",
    "after",
    "reason",
    "why",
    "undoes",
    "job",
    "correlation_id",
    "request_id",
    "action_id",
    "hash",
)


def exported_events(query: ActivityQuery, role: Role, username: str) -> QuerySet[AuditEvent]:
    """Return the matches that this person may export: a Manager everyone's, others their own."""
    events = query.changed().matches()
    return events if exports_everyones(role) else events.filter(actor=username)


def action_record(event: AuditEvent) -> dict[str, Any]:
    """Return an action for machines, by the names of COLUMNS: its last event, and in words why it ended so."""
    return {
        "at": event.at,
        "actor": event.actor,
        "action": event.kind,
        "model_id": event.model_id,
        "model_name": event.label or None,
        "outcome": event.outcome,
        "before": event.before,
        "after": event.after,
        "reason": event.reason or None,
        "why": sentences.outcome_reason(event) or None,
        "undoes": event.undoes or None,
        "job": event.job or None,
        "correlation_id": event.correlation_id or None,
        "request_id": event.request_id or None,
        "action_id": event.action_id,
        "hash": event.hash,
    }


def record_cells(record: dict[str, Any]) -> list[Any]:
    """Return a record for a spreadsheet: the one value before and after, not the object around it."""
    return [_flat_cell(value) if isinstance(value, dict) else value for value in record.values()]


def _flat_cell(values: dict[str, Any]) -> Any:
    return next(iter(values.values())) if len(values) == 1 else json.dumps(values, ensure_ascii=False) if values else ""
