"""Taking an action back."""

from dataclasses import replace
from typing import Any, Literal

from models_ui.access.policy import NOTHING_TO_UNDO, ActionDenied
from models_ui.access.verbs import VERB_OF_KIND, VERBS, kinds_of_field
from models_ui.actions.context import Context, Done, EditConflict, can_be_undone
from models_ui.actions.perform import perform_action
from models_ui.actions.settle import NO_SUCH_ACTION
from models_ui.audit.chain import latest_event
from models_ui.audit.history import last_change_of_field
from models_ui.audit.renames import present_keepers
from models_ui.models import AuditEvent


def undo_action(*, context: Context, action_id: str, insist: bool = False, seen: Any = None) -> Done:
    """Take an action back: put the value before it in place again. What was undone already stays as it is.

    Raises EditConflict when somebody has set the value anew since; `insist` means that the person has been shown the
    value `seen` and wants to replace it. Raises ActionDenied for what cannot be undone.
    """
    event = latest_event(action_id)
    if event is None or event.kind not in VERB_OF_KIND:
        raise ActionDenied(NO_SUCH_ACTION)
    verb = VERB_OF_KIND[event.kind]
    field = VERBS[verb].field or ""
    if not insist:
        seen = _value_of(_last_change(event, field), "after", field)
    return perform_action(
        replace(context, undoes=event.action_id),
        VERBS[verb].reverse or verb,
        event.model_id,
        seen=seen,
        wanted=_value_of(event, "before", field),
        objection=lambda: _objection_to_undo(event, insist=insist),
    )


def _objection_to_undo(event: AuditEvent, *, insist: bool) -> Exception | None:
    if not can_be_undone(event):
        return ActionDenied(NOTHING_TO_UNDO)
    return None if insist else undo_conflict(event)


def undo_conflict(event: AuditEvent, **current: Any) -> EditConflict | None:
    """Return the conflict that keeps an action from being undone: somebody has changed the same field since, not back.

    `current` holds the values of fields where they are known: they may have been changed elsewhere.
    """
    field = VERBS[VERB_OF_KIND[event.kind]].field
    if field is None:
        return None
    last = _last_change(event, field)
    ours = event.action_id in (last.action_id, last.undoes)
    latest = _value_of(last, "after", field)
    theirs = current.get(field, latest)
    if ours and theirs == latest:
        return None
    seen, mine = _value_of(event, "after", field), _value_of(event, "before", field)
    return EditConflict(field, seen=seen, theirs=theirs, mine=mine, by=last if theirs == latest else None)


def _value_of(event: AuditEvent, side: Literal["before", "after"], field: str) -> Any:
    """Return the value before or after an action; people by the names that they have today."""
    value = getattr(event, side).get(field)
    return present_keepers(value, event.pk) if field == "keepers" and value else value


def _last_change(event: AuditEvent, field: str) -> AuditEvent:
    """Return the last successful action on the same field of the same model."""
    return last_change_of_field(event.model_id, kinds_of_field(field)) or event
