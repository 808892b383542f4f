"""One write to upstream: read, compare, write, read again, and record the outcome.

No database transaction is open while upstream is asked. The API has no conditional writes: a change that somebody
else makes between our read and our write is overwritten. The history keeps the value that was read, so that it can be
put back.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from django.db import transaction

from models_ui.access.policy import ActionDenied, check_action
from models_ui.access.roles import Role
from models_ui.access.verbs import VERBS, Verb, kinds_of_field
from models_ui.actions.context import Done, EditConflict
from models_ui.actions.model_row import (
    Reading,
    apply_outcome,
    confirmed_value,
    lock_row_and_version,
    mark_gone,
    read_after_write,
    read_upstream,
    store_reading,
)
from models_ui.actions.settle import find_out_outcome
from models_ui.actions.signals import outcome_recorded
from models_ui.audit.chain import Journal
from models_ui.audit.history import last_change_of_field
from models_ui.audit.outcome_detail import OutcomeDetail, SettledDetail
from models_ui.models import AuditEvent, CatalogModel
from models_ui.services import models_api
from models_ui.services.cards import ModelCard
from models_ui.services.errors import ModelGone, ModelsAPIError
from models_ui.services.models_api import ModelsAPI
from models_ui.services.stored_errors import error_facts


class Gate(Protocol):
    """What a write passes after upstream was read, right before it is sent."""

    def find_objection(self, api: ModelsAPI, row: CatalogModel, card: ModelCard) -> ActionDenied | None:
        """Return why it must not be sent, or None. May ask upstream, and raise a ModelsAPIError."""

    def pass_through(self, row: CatalogModel, action_id: str) -> None:
        """Note that it is about to be sent, in the transaction of the attempt. Raise, and nothing is sent."""


@dataclass(frozen=True, slots=True)
class Write:
    """What to write, for whom, and the journal that records it."""

    journal: Journal
    role: Role
    row: CatalogModel
    verb: Verb
    seen: Any  # the value the person saw; only texts have one
    wanted: Any
    gate: Gate | None = None

    @property
    def field(self) -> str | None:
        """The field to write; None for a deletion, which takes the whole model."""
        return VERBS[self.verb].field


def write_upstream(write: Write) -> Done:
    """Write, unless the value is already so (no event) or has changed since the person saw it (EditConflict)."""
    row, field = write.row, write.field
    try:
        api = models_api()
        card = read_upstream(api, row, field)
        store_reading(row, card)
        objection = write.gate.find_objection(api, row, card) if write.gate else None
    except ModelsAPIError as error:
        return _note_failure(write, error)
    current = confirmed_value(row, card, field)
    if field is not None and current == write.wanted:
        return Done(row, None)
    if field is not None:
        write.journal.entry.before[field] = current
    _check_again(write, current, objection)
    if field is None:  # a deletion: keep what is lost with the model
        write.journal.entry.before.update(name=row.name, description=row.description, archived=row.archived)
    with transaction.atomic():
        if write.gate is not None:
            write.gate.pass_through(row, write.journal.entry.action_id)
        write.journal.attempted()
    return _send(write, api)


def _check_again(write: Write, current: Any, objection: ActionDenied | None) -> None:
    """Check policy and conflicts again, now against the fresh upstream value. Record a refusal and raise it."""
    try:
        check_action(write.role, write.row, write.verb)
        if objection is not None:
            raise objection
        if (conflict := find_conflict(write, current)) is not None:
            raise conflict
    except (ActionDenied, EditConflict) as refusal:
        note_refusal(write.journal, write.row, refusal)
        raise


def note_refusal(journal: Journal, row: CatalogModel, refusal: ActionDenied | EditConflict) -> None:
    """Record that nothing was sent, and why."""
    with transaction.atomic():
        lock_row_and_version(row)
        outcome_recorded.send(sender=CatalogModel, row=row, event=journal.refused(refusal.detail))


def find_conflict(write: Write, current: Any) -> EditConflict | None:
    """Return a conflict if the text has changed since the person saw it. Verbs that set a state have no conflicts."""
    field = write.field
    if field is None or current == write.seen or not VERBS[write.verb].takes_text:
        return None
    last = last_change_of_field(write.row.model_id, kinds_of_field(field))
    by = last if last and last.after.get(field) == current else None
    return EditConflict(field, seen=write.seen, theirs=current, mine=write.wanted, by=by)


def _send(write: Write, api: ModelsAPI) -> Done:
    """Send the write, and record its outcome."""
    field = write.field
    try:
        correlation_id = _call_upstream(api, write)
    except ModelsAPIError as error:
        return _handle_error(write, api, error)
    return _note_success(write, read_after_write(api, write.row, field), correlation_id)


def _call_upstream(api: ModelsAPI, write: Write) -> str:
    """Make the one call that changes something. Return the correlation id of its answer."""
    calls = {Verb.ARCHIVE: api.archive, Verb.UNARCHIVE: api.unarchive, Verb.DELETE: api.delete}
    if call := calls.get(write.verb):
        return call(write.row.model_id).correlation_id
    assert write.field is not None  # what else is sent sets a text
    return api.update(write.row.model_id, **{write.field: write.wanted}).correlation_id


def _handle_error(write: Write, api: ModelsAPI, error: ModelsAPIError) -> Done:
    """Record the outcome of a write that raised an error: unknown, failed, or done in spite of the error."""
    if error.outcome_unknown:
        return find_out_outcome(_note_unknown(write, error), write.row, certain=False)
    if (error.status or 0) < 500:  # 4xx: refused; no status: nothing was sent
        return _note_failure(write, error)
    # Believe a 5xx, unless a re-read shows that the write took effect.
    reading = read_after_write(api, write.row, write.field)
    if not reading.shows(write.field, write.wanted):
        return _note_failure(write, error)
    return _note_success(write, reading, error.correlation_id, SettledDetail(error_facts(error)))


def _note_success(write: Write, reading: Reading, correlation_id: str, detail: OutcomeDetail | None = None) -> Done:
    """Save row and event together. The write counts as done even if reading the model again failed."""
    with transaction.atomic():
        left_open = apply_outcome(write.row, write.verb, write.journal.entry.after, reading)
        event = write.journal.succeeded(detail or left_open, correlation_id)
        outcome_recorded.send(sender=CatalogModel, row=write.row, event=event)
    return Done(write.row, event)


def _note_failure(write: Write, error: ModelsAPIError) -> Done:
    """Record that the action failed, before or at the write. If upstream has no such model, mark the row as gone."""
    with transaction.atomic():
        lock_row_and_version(write.row)
        if isinstance(error, ModelGone):
            mark_gone(write.row)
        event = write.journal.failed(error)
        outcome_recorded.send(sender=CatalogModel, row=write.row, event=event)
    return Done(write.row, event)


def _note_unknown(write: Write, error: ModelsAPIError) -> AuditEvent:
    """Record that nobody knows whether the write took effect."""
    with transaction.atomic():
        lock_row_and_version(write.row)
        event = write.journal.unknown(error)
        outcome_recorded.send(sender=CatalogModel, row=write.row, event=event)
    return event
