"""The history as lines: one for each action, with its last known outcome and its steps, and one for each bulk job."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from models_ui.access.policy import denial_reason
from models_ui.access.roles import Role
from models_ui.access.verbs import VERB_OF_KIND, VERBS
from models_ui.actions import sentences
from models_ui.actions.context import UNSETTLED, can_be_undone
from models_ui.actions.model_row import rows_of
from models_ui.audit import history
from models_ui.audit.chain import Outcome
from models_ui.catalog.links import address_of_id
from models_ui.models import AuditEvent, CatalogModel
from models_ui.text.diff import Piece, diff_words
from models_ui.text.sentence_html import fill_html, word_html

JOB_ENTRIES: Final = 10  # of one job in the list; the job's page has all


@dataclass(frozen=True, slots=True)
class ActionEntry:
    """One action as a page shows it."""

    event: AuditEvent  # the last one
    steps: Sequence[AuditEvent]
    may_undo: bool
    undone: AuditEvent | None  # the action that has taken it back
    words: Sequence[str] = ()  # folded; what a search marks

    @property
    def at(self) -> datetime:
        return self.event.at

    @property
    def address(self) -> str:
        """The address of the model's page; "" where an action without an id was refused."""
        return address_of_id(self.event.model_id)

    @property
    def subject(self) -> SafeString:
        """What it was done to, with a link to the model."""
        subject = word_html(sentences.told_words(self.event)["subject"], self.words)
        return format_html('<a href="{}">{}</a>', self.address, subject) if self.address else subject

    @property
    def sentence(self) -> SafeString:
        """Who did what, with a link to the model."""
        return self._told_of(self.subject)

    @property
    def sentence_on_model_page(self) -> SafeString:
        """Who did what to “this model”."""
        return self._told_of(conditional_escape(_("this model")))

    def _told_of(self, subject: SafeString) -> SafeString:
        words = {name: word_html(word, self.words) for name, word in sentences.told_words(self.event).items()}
        words |= {"who": _name_of(self.event, self.words), "model": subject, "subject": subject}
        return fill_html(sentences.told_sentence(self.event), words)

    @property
    def is_open(self) -> bool:
        """Whether a person should look what became of the action."""
        return self.event.outcome in UNSETTLED and not sentences.is_under_way(self.event)

    @property
    def outcome(self) -> str:
        """The outcome in a word; "" for a success, which the sentence tells."""
        return "" if self.event.outcome == Outcome.SUCCEEDED else sentences.outcome_label(self.event)

    @property
    def diff(self) -> list[Piece]:
        """What became of a text; the sentences of other changes say it all."""
        verb = VERB_OF_KIND.get(self.event.kind)
        words = sentences.change_words(self.event) if verb and VERBS[verb].takes_text else None
        return diff_words(*words) if words else []


@dataclass(frozen=True, slots=True)
class JobEntry:
    """What one bulk job did, as a page shows it: its newest actions, and how many there are by outcome."""

    event: AuditEvent  # the newest
    numbers: Mapping[str, int]
    entries: Sequence[ActionEntry]
    words: Sequence[str] = ()

    @property
    def at(self) -> datetime:
        return self.event.at

    @property
    def sentence(self) -> SafeString:
        """Who did what to how many models."""
        name = _name_of(self.event, self.words)
        return fill_html(sentences.told_job_sentence(self.event.kind, self.numbers), {"who": name})

    @property
    def outcome(self) -> str:
        """How many of its actions did not succeed, in words; "" where all did."""
        return ", ".join(sentences.outcome_count_words(self.numbers))

    @property
    def total(self) -> int:
        return sum(self.numbers.values())

    @property
    def rest(self) -> int:
        """How many of its actions are not among its entries."""
        return self.total - len(self.entries)


@dataclass(frozen=True, slots=True)
class DayOfEntries:
    """The lines of one day of the reader's time zone."""

    day: date
    lines: Sequence[ActionEntry | JobEntry]


def entries_of(events: Iterable[AuditEvent], role: Role, words: Sequence[str] = ()) -> list[ActionEntry]:
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
            words=words,
        )
        for event in events
    ]


def lines_of(
    events: Sequence[AuditEvent], matching: QuerySet[AuditEvent], role: Role, words: Sequence[str] = ()
) -> list[ActionEntry | JobEntry]:
    """Return a line for each of the events; that of a job tells of all its `matching` events, if there are several.

    `words` are folded ones, which are marked in the lines.
    """
    jobs = {event.job for event in events if event.job}
    numbers = history.count_outcomes(matching, jobs) if jobs else {}
    several = [job for job in jobs if sum(numbers[job].values()) > 1]
    of_jobs = list(history.newest_of_jobs(matching, several, JOB_ENTRIES)) if several else []
    alone = [event for event in events if event.job not in several]
    entries = {entry.event.pk: entry for entry in entries_of([*alone, *of_jobs], role, words)}
    by_job: dict[str, list[ActionEntry]] = {job: [] for job in several}
    for event in of_jobs:
        by_job[event.job].append(entries[event.pk])
    return [
        JobEntry(event, numbers[event.job], by_job[event.job], words) if event.job in by_job else entries[event.pk]
        for event in events
    ]


def days_of(lines: Iterable[ActionEntry | JobEntry]) -> list[DayOfEntries]:
    by_day = groupby(lines, key=lambda line: timezone.localdate(line.at))
    return [DayOfEntries(day, list(of_day)) for day, of_day in by_day]


def _name_of(event: AuditEvent, words: Sequence[str]) -> SafeString:
    return format_html("<strong>{}</strong>", word_html(sentences.actor_name(event), words))


def _may_undo(event: AuditEvent, row: CatalogModel | None, role: Role) -> bool:
    """Whether the action can be taken back, and this role may do so now."""
    if row is None or not can_be_undone(event):
        return False
    verb = VERBS[VERB_OF_KIND[event.kind]]
    if verb.field is None or verb.reverse is None:
        return False
    now, before = getattr(row, verb.field) or None, event.before.get(verb.field) or None
    return now != before and not denial_reason(role, row, verb.reverse)
