"""Reading the history: the filters of the page (`ActivityQuery`, held by the address bar), its lines, and exports.

    /activity/?actor=bob&kind=model.archived&outcome=failed&period=7&before=1234

Pages follow the events' keys, so that a page does not shift while others act.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any, ClassVar, Final, Self

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from models_ui.access.roles import Role, exports_everyones
from models_ui.access.verbs import VERB_OF_KIND
from models_ui.actions import sentences
from models_ui.actions.entries import DayOfEntries, days_of, lines_of
from models_ui.audit import history
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.spelling import catalog_speller
from models_ui.catalog.store import load_index
from models_ui.listing.filters import (
    PERIODS,
    Filters,
    HistoryFacet,
    ListPage,
    ReadQuery,
    Switch,
    read_day,
    read_key,
    read_model_id,
)
from models_ui.listing.history_counts import CrossCounts, HistoryCounts
from models_ui.listing.history_search import ColumnWords, words_of_column
from models_ui.listing.parameters import alternatives, one_of, parameter, read_text, text_up_to
from models_ui.listing.querystring import Ignored
from models_ui.models import AuditEvent
from models_ui.text.folding import sort_key

# The filter's values. An attempt without an outcome is one of unknown outcome.
OUTCOMES: Final = {
    "succeeded": ("succeeded",),
    "failed": ("failed",),
    "refused": ("refused",),
    "unknown": ("unknown", "attempted"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityQuery(Filters):
    """Filters and place. Values of one filter are alternatives. Both ends of the days are included."""

    q: str = parameter("", read_text)
    actor: tuple[str, ...] = alternatives(text_up_to(150))
    kind: tuple[str, ...] = alternatives(one_of((*VERB_OF_KIND, *sentences.KINDS_WITHOUT_VERB)))
    outcome: tuple[str, ...] = alternatives(one_of(OUTCOMES))
    model: str = parameter("", read_model_id)
    period: str = parameter("", one_of(PERIODS))
    since: date | None = parameter(None, read_day, name="from")
    until: date | None = parameter(None, read_day, name="to")
    before: int | None = parameter(None, read_key, role="place")  # an event's key: older ones follow it

    page: ClassVar = "activity"

    def matches(self, last_visit: datetime | None = None) -> QuerySet[AuditEvent]:
        """Return the last event of each action that fits, the newest first, of every page."""
        events = history.latest_events().order_by("-pk")
        if self.actor:
            events = events.filter(actor__in=self.actor)
        if self.kind:
            events = events.filter(kind__in=self.kind)
        if self.outcome:
            events = events.filter(outcome__in=self.stored_outcomes)
        if self.model:
            events = events.filter(model_id=self.model)
        return self.narrow(events, last_visit)

    @staticmethod
    def searched_columns() -> Sequence[ColumnWords]:
        return _searched_columns()

    def read(self) -> ReadQuery[Self]:
        """Return the query with the typos of its words mended."""
        return self.mend_typos(AuditEvent.objects.all(), catalog_speller(_load_index, _usernames))

    @property
    def stored_outcomes(self) -> list[str]:
        return [outcome for name in self.outcome for outcome in OUTCOMES[name]]


@cache
def _searched_columns() -> Sequence[ColumnWords]:
    kinds = (*VERB_OF_KIND, *sentences.KINDS_WITHOUT_VERB)
    outcomes = AuditEvent.Outcome
    return (
        words_of_column("kind", kinds, sentences.kind_words),
        words_of_column("outcome", outcomes.values, lambda outcome: [str(outcomes(outcome).label)]),
    )


def _load_index() -> CatalogIndex:
    return load_index(timezone.now())


def _usernames() -> Iterable[str]:
    return User.objects.values_list("username", flat=True)


# --- The page


@dataclass(frozen=True, slots=True)
class Reader:
    """The person who reads the history."""

    names: tuple[str, ...]  # the present username, then former ones
    role: Role
    last_visit: datetime | None = None


class ActivityPage(ListPage[ActivityQuery, AuditEvent]):
    """One page of the history: a line for each action, and one for all that a bulk job did."""

    labels: ClassVar = {"actor": gettext_lazy("Who"), "kind": gettext_lazy("What"), "outcome": gettext_lazy("Outcome")}

    def __init__(self, query: ActivityQuery, ignored: Sequence[Ignored], reader: Reader) -> None:
        self.read = query.read()
        matching = self.read.query.matches(reader.last_visit)
        listed = history.last_of_jobs(matching)
        super().__init__(query, ignored, matching, last_visit=reader.last_visit, listed=listed)
        self.lines = lines_of(self.shown, matching, reader.role, self.read.words)
        self.everyones = exports_everyones(reader.role)
        self.reader = reader

    @property
    def tabs(self) -> list[Switch]:
        """Everyone's activity and the reader's own, each with its number."""
        actors = self._counts_of("actor")
        mine = self.reader.names
        return [
            Switch(_("Everyone"), self.query.changed(actor=()).address(), not self.query.actor, actors.total_of(())),
            Switch(
                pgettext("what a person has done", "Mine"),
                self.query.changed(actor=mine).address(),
                self.query.actor == mine,
                actors.total_of(mine),
            ),
        ]

    @property
    def days(self) -> list[DayOfEntries]:
        return days_of(self.lines)

    @cached_property
    def is_empty(self) -> bool:
        """Whether the history is empty, which is another thing than no match."""
        return not self.total and not AuditEvent.objects.exists()

    def value_label(self, name: str, value: str) -> str:
        if name == "kind":
            return sentences.action_kind_label(value)
        return str(AuditEvent.Outcome(value).label) if name == "outcome" else value

    @property
    def facets(self) -> list[HistoryFacet]:
        actors = self._counts_of("actor")
        known_actors = {*actors.numbers, *self.query.actor} - {""}
        return [
            self.facet("kind", (*VERB_OF_KIND, *sentences.KINDS_WITHOUT_VERB), self._counts_of("kind")),
            self.facet("actor", sorted(known_actors, key=sort_key), actors),
            self.facet("outcome", OUTCOMES, _outcome_counts(self._counts_of("outcome"))),
        ]

    def _counts_of(self, name: str) -> HistoryCounts:
        chosen = {"actor": self.query.actor, "kind": self.query.kind, "outcome": self.query.stored_outcomes}
        return self._cross_counts.counts_of(name, chosen)

    @cached_property
    def _cross_counts(self) -> CrossCounts:
        unfiltered = replace(self.read.query, actor=(), kind=(), outcome=())
        return CrossCounts(unfiltered.matches(self.last_visit), ("actor", "kind", "outcome"))


def _outcome_counts(stored: HistoryCounts) -> HistoryCounts:
    """Return the counts by the values of the filter, of which one stands for two stored outcomes."""
    numbers = {name: sum(stored.numbers.get(each, 0) for each in outcomes) for name, outcomes in OUTCOMES.items()}
    return HistoryCounts(numbers, stored.is_whole)


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


def exported_events(query: ActivityQuery, reader: Reader) -> QuerySet[AuditEvent]:
    """Return the matches that this person may export: a Manager everyone's, others their own."""
    events = query.changed().read().query.matches(reader.last_visit)
    return events if exports_everyones(reader.role) else events.filter(actor__in=reader.names)


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
