"""Taking an action back."""

from dataclasses import replace
from typing import Any

from models_ui.access.policy import NOTHING_TO_UNDO, ActionDenied
from models_ui.access.verbs import FIELDS, REVERSE, VERBS
from models_ui.actions.context import Conflict, Context, Done
from models_ui.actions.last_change import last_change_of_field
from models_ui.actions.perform import perform_action
from models_ui.actions.settle import NO_SUCH_ACTION
from models_ui.audit import history
from models_ui.audit.chain import Outcome
from models_ui.models import AuditEvent


def undo(*, context: Context, action_id: str, insist: bool = False, seen: Any = None) -> Done:
    """Take an action back: put the value before it in place again. What was undone already stays as it is.

    Raises Conflict when somebody has set the value anew since; `insist` means that the person has been shown the value
    `seen` and wants to replace it. Raises ActionDenied for what cannot be undone.
    """
    event = history.action(action_id)
    if event is None or event.kind not in VERBS:
        raise ActionDenied(NO_SUCH_ACTION)
    verb = VERBS[event.kind]
    field = FIELDS.get(verb, "")
    if not insist:
        later = last_change_of_field(event.model_id, field) or event
        seen = later.after.get(field)
    return perform_action(
        replace(context, undoes=event.action_id),
        REVERSE.get(verb, verb),
        event.model_id,
        seen=seen,
        wanted=event.before.get(field),
        objection=lambda: _objection_to_undo(event, insist=insist),
    )


def can_be_undone(event: AuditEvent) -> bool:
    """Whether there is a way back from an action at all, whoever asks and whatever came after it."""
    return event.outcome == Outcome.SUCCEEDED and VERBS.get(event.kind) in REVERSE


def _objection_to_undo(event: AuditEvent, *, insist: bool) -> Exception | None:
    if not can_be_undone(event):
        return ActionDenied(NOTHING_TO_UNDO)
    return None if insist else undo_conflict(event)


def undo_conflict(event: AuditEvent, **current: Any) -> Conflict | None:
    """What stands in the way of undoing an action: that somebody has changed the same thing since, other than back.

    `current` is the field's value, where it is known: it may have been changed elsewhere.
    """
    field = FIELDS.get(VERBS[event.kind])
    if field is None:
        return None
    last = last_change_of_field(event.model_id, field) or event
    ours = event.action_id in (last.action_id, last.undoes)
    theirs = current.get(field, last.after.get(field))
    if ours and theirs == last.after.get(field):
        return None
    by = last if theirs == last.after.get(field) else None
    return Conflict(field, seen=event.after.get(field), theirs=theirs, mine=event.before.get(field), by=by)
