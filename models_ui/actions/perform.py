"""Performing one action on a model. Every write to upstream goes through here and is recorded in the history.

One action, step by step. The steps from "read upstream" on are in `write_upstream.py`:

    permission -> policy -> lock -> read upstream -> record the attempt (committed) -> write -> read again -> outcome

A process that is killed in between leaves an attempt without an outcome. Once the model's lock has run out, the history
shows the attempt as unknown, and `settle.settle_action` tries to find out the outcome, for a person or for the worker.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy

from models_ui.access.policy import ActionDenied, check_action
from models_ui.access.roles import Role, role_of
from models_ui.access.verbs import VERBS, Verb
from models_ui.actions.context import Context, Done, EditConflict
from models_ui.actions.lock import model_lock
from models_ui.actions.model_row import find_row, lock_keepers, lock_row, save_row
from models_ui.actions.signals import kept_changed, outcome_recorded
from models_ui.actions.write_upstream import Gate, Write, find_conflict, note_refusal, write_upstream
from models_ui.audit.chain import Entry, Journal, Outcome
from models_ui.models import CatalogModel
from models_ui.services.bulkhead import take_place
from models_ui.services.errors import TooBusy
from models_ui.text.care import MOST_NAMES, merge_names

# Action ids stand in addresses.
_ACTION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def edit_text(context: Context, verb: Verb, model_id: str, *, text: str | None, seen: str | None) -> Done:
    """Rename or describe a fine-tune. None clears the text. `seen` is the text that the person saw."""
    return perform_action(context, verb, model_id, seen=seen or None, wanted=text or None)


def set_state(context: Context, verb: Verb, model_id: str) -> Done:
    """Archive, restore, protect or unprotect a fine-tune. A fine-tune that is in that state already stays as it is."""
    return perform_action(context, verb, model_id, wanted=VERBS[verb].target)


def keep_value(context: Context, verb: Verb, model_id: str, *, value: Any, seen: Any) -> Done:
    """Set what is kept here of a model, whoever made it. `seen` is the value that the person saw."""
    return perform_action(context, verb, model_id, seen=seen, wanted=value)


def change_names(context: Context, verb: Verb, model_id: str, *, add: Iterable[str], remove: Iterable[str]) -> Done:
    """Add and remove names of a field that holds several, as tags, whatever else it holds."""
    row = find_row(model_id)
    current = list(getattr(row, VERBS[verb].field or "")) if row else []
    wanted = merge_names(current, add, remove)
    too_many = None if len(wanted) <= MOST_NAMES else ActionDenied(gettext_lazy("It would have too many of them"))
    return perform_action(context, verb, model_id, seen=current, wanted=wanted, objection=lambda: too_many)


def delete_model(*, context: Context, model_id: str) -> Done:
    """Delete a fine-tune for ever. Its row stays as a tombstone with the last known card."""
    return perform_action(context, Verb.DELETE, model_id, wanted=True)


def refuse_attempt(denied: ActionDenied, *, context: Context, verb: Verb, model_id: str) -> None:
    """Record an attempt that got no further: on an id that no model has, or above a role with an incomplete form."""
    Journal(_entry_of(context, verb, model_id, None, None)).refused(denied.detail)


# --- One action

# An extra check, run under the lock. Returns an exception to refuse the action with, or None.
Objection = Callable[[], Exception | None]


def perform_action(
    context: Context,
    verb: Verb,
    model_id: str,
    *,
    seen: Any = None,
    wanted: Any = None,
    objection: Objection | None = None,
    gate: Gate | None = None,
) -> Done:
    """Perform the action once: a form that is sent again (same action id) gets the outcome of the first time."""
    row, role = find_row(model_id), context.role or role_of(context.actor)
    journal = Journal(_entry_of(context, verb, model_id, row, wanted))
    if row is not None and journal.earlier is not None and journal.earlier.outcome != Outcome.ATTEMPTED:
        return Done(row, journal.earlier)
    row = _check(journal, role, row, verb)
    # Waiting for the lock means waiting for another request's upstream call, so it needs a place too.
    if not take_place():
        # Recorded under a new id: this id may belong to an attempt in progress.
        return Done(row, journal.failed_aside(TooBusy(model_id=model_id)))
    with model_lock(model_id):
        row.refresh_from_db()
        if (earlier := journal.look_again()) is not None:
            return Done(row, earlier)
        _check(journal, role, row, verb, objection)
        if VERBS[verb].is_local:
            return _set_local_field(Write(journal, role, row, verb, seen, wanted))
        return write_upstream(Write(journal, role, row, verb, seen, wanted, gate))


def _entry_of(context: Context, verb: Verb, model_id: str, row: CatalogModel | None, wanted: Any) -> Entry:
    field = VERBS[verb].field
    return Entry(
        action_id=context.action_id if _ACTION_ID.fullmatch(context.action_id) else "",
        kind=VERBS[verb].kind,
        actor=context.actor.get_username(),
        model_id=model_id,
        label=(row.name or "") if row else "",
        before={field: getattr(row, field)} if row and field else {},
        after={field: wanted} if row and field else {},
        reason=context.reason,
        undoes=context.undoes,
        job=context.job,
        request_id=context.request_id,
    )


def _check(
    journal: Journal, role: Role, row: CatalogModel | None, verb: Verb, objection: Objection | None = None
) -> CatalogModel:
    """Check permission and policy, then run the extra check. Record a refusal and raise it."""
    try:
        check_action(role, row, verb)
        if objection is not None and (objected := objection()) is not None:
            raise objected
    except (ActionDenied, EditConflict) as refusal:
        if row is None:
            journal.refused(refusal.detail)
        else:
            note_refusal(journal, row, refusal)
        raise
    assert row is not None
    return row


def _set_local_field(write: Write) -> Done:
    """Set a field that only the dashboard has: upstream is not called, and row and event are saved together."""
    row, field, journal = write.row, write.field or "", write.journal
    with transaction.atomic():
        if field == "keepers":
            seen = lock_keepers(write.seen) if isinstance(write.seen, list) else write.seen
            write = replace(write, seen=seen, wanted=lock_keepers(write.wanted))
            journal.entry.after[field] = write.wanted
        lock_row(row)
        current = getattr(row, field)
        if current == write.wanted:
            return Done(row, None)
        journal.entry.before[field] = current
        conflict = find_conflict(write, current)
        if conflict is None:
            setattr(row, field, write.wanted)
            save_row(row)
            event = journal.succeeded()
            outcome_recorded.send(sender=CatalogModel, row=row, event=event)
            kept_changed.send(sender=CatalogModel, row=row, field=field, before=current)
            return Done(row, event)
    journal.refused(conflict.detail)
    raise conflict
