"""One write to upstream: look, compare, write, look again, and keep what came of it.

No database transaction is open while upstream is asked. The API has no precondition, so between the look and the write
a small window stays open in which somebody else's change is overwritten. The history keeps the value that was seen, so
it can be put back.
"""

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from models_ui.access.policy import ActionDenied, check_action
from models_ui.access.roles import Role
from models_ui.access.verbs import VERBS, Verb, kinds_of_field
from models_ui.actions.context import Done, EditConflict
from models_ui.actions.model_row import Reading, apply_outcome, mark_gone, read_after_write, read_and_store
from models_ui.actions.settle import look_after_unknown
from models_ui.audit.chain import Journal
from models_ui.audit.history import last_change_of_field
from models_ui.audit.outcome_detail import OutcomeDetail, SettledDetail
from models_ui.models import CatalogModel
from models_ui.services import models_api
from models_ui.services.errors import ModelGone, ModelsAPIError
from models_ui.services.models_api import ModelsAPI
from models_ui.services.stored_errors import error_facts


@dataclass(frozen=True, slots=True)
class Write:
    """What to write, for whom, and where to note it."""

    journal: Journal
    role: Role
    row: CatalogModel
    verb: Verb
    seen: Any  # the value the person saw; only texts have one
    wanted: Any

    @property
    def field(self) -> str | None:
        return VERBS[self.verb].field


def write_upstream(write: Write) -> Done:
    """Do it, unless the value is as asked for already or somebody else has changed it."""
    row, field = write.row, write.field
    try:
        api = models_api()
        current = read_and_store(api, row, field)
    except ModelsAPIError as error:
        return _note_failure(write, error)
    if field is not None and current == write.wanted:
        return Done(row, None)
    if field is not None:
        write.journal.entry.before[field] = current
    _check_again(write, current)
    if field is None:
        write.journal.entry.before.update(name=row.name, description=row.description, archived=row.archived)
    write.journal.attempted()
    return _send(write, api)


def _check_again(write: Write, current: Any) -> None:
    """Refuse what the look at upstream has made impossible."""
    try:
        check_action(write.role, write.row, write.verb)
        if (conflict := _find_conflict(write, current)) is not None:
            raise conflict
    except (ActionDenied, EditConflict) as refusal:
        write.journal.refused(refusal.detail)
        raise


def _find_conflict(write: Write, current: Any) -> EditConflict | None:
    """Return a conflict if the text has changed since the person saw it. The other verbs set a state, whatever was."""
    field = write.field
    if field is None or not VERBS[write.verb].takes_text or current == write.seen:
        return None
    last = last_change_of_field(write.row.model_id, kinds_of_field(field))
    by = last if last and last.after.get(field) == current else None
    return EditConflict(field, seen=write.seen, theirs=current, mine=write.wanted, by=by)


def _send(write: Write, api: ModelsAPI) -> Done:
    """Write, and find out what came of it."""
    try:
        correlation_id = _call_upstream(api, write)
    except ModelsAPIError as error:
        return _handle_error(write, api, error)
    return _note_success(write, read_after_write(api, write.row, write.field), correlation_id)


def _call_upstream(api: ModelsAPI, write: Write) -> str:
    """Make the one call that changes something. Return the correlation id of its answer."""
    model_id, facts = write.row.model_id, VERBS[write.verb]
    if facts.takes_text and facts.field is not None:
        return api.update(model_id, **{facts.field: write.wanted}).correlation_id
    calls = {Verb.ARCHIVE: api.archive, Verb.UNARCHIVE: api.unarchive, Verb.DELETE: api.delete}
    return calls[write.verb](model_id).correlation_id


def _handle_error(write: Write, api: ModelsAPI, error: ModelsAPIError) -> Done:
    if error.outcome_unknown:
        return look_after_unknown(write.journal.unknown(error), write.row, certain=False)
    if (error.status or 0) < 500:
        return _note_failure(write, error)
    # The server's own word that it failed is taken, unless it did as asked and failed after that.
    reading = read_after_write(api, write.row, write.field)
    if not reading.shows(write.field, write.wanted):
        return _note_failure(write, error)
    return _note_success(write, reading, error.correlation_id, SettledDetail(error_facts(error)))


def _note_success(write: Write, reading: Reading, correlation_id: str, detail: OutcomeDetail | None = None) -> Done:
    """Save row and event together. A reading that failed does not undo what upstream confirmed."""
    with transaction.atomic():
        left_open = apply_outcome(write.row, write.verb, write.journal.entry.after, reading)
        event = write.journal.succeeded(detail or left_open, correlation_id)
    return Done(write.row, event)


def _note_failure(write: Write, error: ModelsAPIError) -> Done:
    """Upstream said no. When it said that the model is not there, the row says so too."""
    with transaction.atomic():
        if isinstance(error, ModelGone):
            mark_gone(write.row)
        event = write.journal.failed(error)
    return Done(write.row, event)
