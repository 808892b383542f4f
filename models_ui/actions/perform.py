"""What people do to fine-tunes. Everything that changes something upstream goes through here, and is in the history.

One action, step by step:

    permission -> policy -> what does upstream say now? -> attempt (committed) -> upstream -> re-read -> row and outcome

A process that is killed in between leaves an attempt without an outcome: the history shows it as unknown, and
`settling.settle` finds out. No database transaction is open while upstream is asked.

The API has no precondition, so between the look at upstream and the write a small window stays open in which
somebody else's change is overwritten. The history keeps the value that was seen, so it can be put back.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db import transaction

from models_ui.access.policy import NO_SUCH_MODEL, ActionDenied, check_permission, check_policy
from models_ui.access.roles import Role, role_of
from models_ui.access.verbs import FIELDS, KINDS, Verb
from models_ui.actions import model_row
from models_ui.actions.context import Conflict, Context, Done
from models_ui.actions.last_change import last_change_of_field
from models_ui.actions.lock import Busy, model_lock
from models_ui.actions.settle import look_after
from models_ui.audit import chain, history
from models_ui.audit.chain import Entry, Outcome
from models_ui.models import AuditEvent, CatalogModel
from models_ui.services import models_api
from models_ui.services.bulkhead import take_place
from models_ui.services.cards import ModelCard
from models_ui.services.errors import ModelGone, ModelsAPIError, NotFound, RouteNotFound, TooBusy
from models_ui.services.models_api import ModelsAPI
from models_ui.services.stored_errors import error_facts

__all__ = ["Busy", "Conflict", "Context"]

# Action ids stand in addresses.
_ACTION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def rename_model(*, context: Context, model_id: str, name: str | None, seen: str | None) -> Done:
    """Give a fine-tune another name; None takes it away. `seen` is the name the person saw."""
    return perform_action(context, Verb.RENAME, model_id, seen=seen or None, wanted=name or None)


def describe_model(*, context: Context, model_id: str, description: str | None, seen: str | None) -> Done:
    """Give a fine-tune another description; None takes it away. `seen` is the one the person saw."""
    return perform_action(context, Verb.DESCRIBE, model_id, seen=seen or None, wanted=description or None)


def archive_model(*, context: Context, model_id: str) -> Done:
    """Archive a fine-tune. One that is archived already stays as it is."""
    return perform_action(context, Verb.ARCHIVE, model_id, seen=None, wanted=True)


def unarchive_model(*, context: Context, model_id: str) -> Done:
    """Restore an archived fine-tune. One that is live already stays as it is."""
    return perform_action(context, Verb.UNARCHIVE, model_id, seen=None, wanted=False)


def protect_model(*, context: Context, model_id: str) -> Done:
    """Forbid to rename, archive or delete a model from here. Known to the dashboard only, not upstream."""
    return perform_action(context, Verb.PROTECT, model_id, seen=None, wanted=True)


def unprotect_model(*, context: Context, model_id: str) -> Done:
    return perform_action(context, Verb.UNPROTECT, model_id, seen=None, wanted=False)


def delete_model(*, context: Context, model_id: str) -> Done:
    """Delete a fine-tune for ever. Its row stays as a tombstone with the last known card."""
    return perform_action(context, Verb.DELETE, model_id, seen=None, wanted=True)


def names_can_be_cleared() -> bool:
    """Whether the configured dialect can take a name away; the form says so before anybody tries."""
    try:
        return models_api().dialect.can_clear_name
    except ModelsAPIError:
        return True


def refuse_unknown(*, context: Context, verb: Verb, model_id: str) -> None:
    """Somebody tried this on an id that no model has: nothing is sent, and the history says so."""
    chain.record(_entry(context, verb, model_id), Outcome.REFUSED, failure=ActionDenied(NO_SUCH_MODEL).facts)


# --- One action

Objection = Callable[[], Exception | None]


def perform_action(
    context: Context,
    verb: Verb,
    model_id: str,
    *,
    seen: Any = None,
    wanted: Any = None,
    objection: Objection = lambda: None,
) -> Done:
    row, field = model_row.row_of(model_id), FIELDS.get(verb)
    entry = _entry(context, verb, model_id, row, wanted)
    role = role_of(context.actor)
    earlier = _earlier(entry)
    if row is not None and earlier is not None and earlier.outcome != Outcome.ATTEMPTED:
        return Done(row, earlier)
    _check(entry, role, row, verb)
    assert row is not None
    if not take_place():  # who waits for the lock waits for who waits for upstream
        # Under an id of its own: the form's may be that of an attempt under way, and is to work when it is sent again.
        return _failed(replace(entry, action_id=secrets.token_hex(16)), row, TooBusy(model_id=model_id))
    with model_lock(model_id):
        row = model_row.fresh(row)
        if (earlier := _earlier(entry)) is not None:
            return Done(row, earlier)
        _check(entry, role, row, verb, objection)
        if field == "protected":
            return _protect(entry, row, wanted)
        return _call(entry, role, row, verb, seen, wanted)


def _entry(context: Context, verb: Verb, model_id: str, row: CatalogModel | None = None, wanted: Any = None) -> Entry:
    field = FIELDS.get(verb)
    return Entry(
        action_id=_action_id(context, verb, model_id, wanted),
        kind=KINDS[verb],
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


def _action_id(context: Context, verb: Verb, model_id: str, wanted: Any) -> str:
    """The form's id; a new one where it brought none, or one that is another action's, which it would hide.

    The Back button brings a form's id again: with another value in it, it is another action.
    """
    given = context.action_id
    if _ACTION_ID.fullmatch(given):
        taken = history.action(given)
        whose = (KINDS[verb], context.actor.get_username(), model_id)
        if taken is None:
            return given
        same = not taken.after or taken.after.get(FIELDS.get(verb, "")) == wanted
        if same and (taken.kind, taken.actor, taken.model_id) == whose:
            return given
    return secrets.token_hex(16)


def _earlier(entry: Entry) -> AuditEvent | None:
    """What came of the same form when it was sent before. A refusal has changed nothing, so that is looked at anew."""
    event = history.action(entry.action_id)
    return event if event and event.outcome != Outcome.REFUSED else None


def _check(entry: Entry, role: Role, row: CatalogModel | None, verb: Verb, objection: Objection = lambda: None) -> None:
    """Permission and policy, then what else speaks against it; a refusal is part of the history."""
    try:
        check_permission(role, verb)
        if row is None:
            raise ActionDenied(NO_SUCH_MODEL)
        check_policy(row, verb)
        if (objects := objection()) is not None:
            raise objects
    except ActionDenied as denied:
        chain.record(entry, Outcome.REFUSED, failure=denied.facts)
        raise
    except Conflict as conflict:
        chain.record(entry, Outcome.REFUSED, failure={"conflict": True, "theirs": conflict.theirs})
        raise


def _call(entry: Entry, role: Role, row: CatalogModel, verb: Verb, seen: Any, wanted: Any) -> Done:
    """Look, compare, write, look again."""
    field = FIELDS.get(verb)
    try:
        api = models_api()
        now = model_row.look(api, row, field)
    except ModelsAPIError as error:
        return _failed(entry, row, error)
    model_row.keep(row, now)
    current = model_row.current_value(now, row, field) if field else None
    if field is None:
        _check(entry, role, row, verb)  # the row may have learnt that it is not archived any more
        entry.before.update(name=row.name, description=row.description, archived=row.archived)
    elif current == wanted:
        return Done(row, None)
    else:
        entry.before[field] = current
        _check(entry, role, row, verb, lambda: _conflict(row, field, seen, current, wanted))
    chain.record(entry, Outcome.ATTEMPTED)
    failed: ModelsAPIError | None = None
    try:
        correlation_id = _write(api, row.model_id, verb, wanted)
    except ModelsAPIError as error:
        if error.outcome_unknown:
            unknown = chain.record(
                entry, Outcome.UNKNOWN, failure=error_facts(error), correlation_id=error.correlation_id
            )
            return look_after(unknown, row, certain=False)
        if (error.status or 0) < 500:
            return _failed(entry, row, error)
        failed, correlation_id = error, error.correlation_id
    card, gone = _read_again(api, row, field)
    if failed is None:
        return _succeeded(entry, row, verb, card, gone, correlation_id)
    # The server's own word that it failed is taken, unless it did as asked and failed after that.
    as_wished = gone if field is None else card is not None and model_row.says(card, field) == wanted
    if not as_wished:
        return _failed(entry, row, failed)
    return _succeeded(entry, row, verb, card, gone, correlation_id, {**error_facts(failed), "settled": True})


def _read_again(api: ModelsAPI, row: CatalogModel, field: str | None) -> tuple[ModelCard | None, bool]:
    """The model after a write, and whether it is gone. Neither, where it could not be read."""
    try:
        return model_row.look(api, row, field), False
    except ModelsAPIError as error:
        gone = isinstance(error, NotFound) if field is None else isinstance(error, ModelGone)
        return None, gone and not isinstance(error, RouteNotFound)


def _conflict(row: CatalogModel, field: str, seen: Any, current: Any, wanted: Any) -> Conflict | None:
    """Whether somebody has changed the value since the person saw it. Archiving needs no such look: it sets a state."""
    if field == "archived" or current == seen:
        return None
    last = last_change_of_field(row.model_id, field)
    by = last if last and last.after.get(field) == current else None
    return Conflict(field, seen=seen, theirs=current, mine=wanted, by=by)


def _write(api: ModelsAPI, model_id: str, verb: Verb, wanted: Any) -> str:
    """The one call that changes something; the correlation id of its answer."""
    if verb is Verb.RENAME:
        return api.update(model_id, name=wanted).correlation_id
    if verb is Verb.DESCRIBE:
        return api.update(model_id, description=wanted).correlation_id
    if verb is Verb.ARCHIVE:
        return api.archive(model_id).correlation_id
    if verb is Verb.UNARCHIVE:
        return api.unarchive(model_id).correlation_id
    assert verb is Verb.DELETE
    return api.delete(model_id).correlation_id


def _succeeded(
    entry: Entry,
    row: CatalogModel,
    verb: Verb,
    card: ModelCard | None,
    gone: bool,
    correlation_id: str,
    failure: dict[str, Any] | None = None,
) -> Done:
    """Row and event together. A re-read that failed, or shows something else, does not undo what upstream confirmed."""
    field, failure = FIELDS.get(verb), failure or {}
    if card is None if field else not gone:
        failure = {**failure, "unconfirmed": True}
    elif card and field and model_row.current_value(card, row, field, default=entry.after[field]) != entry.after[field]:
        failure = {**failure, "unconfirmed": True, "reads": model_row.says(card, field)}
    with transaction.atomic():
        model_row.apply(row, verb, entry.after, card, gone=gone)
        event = chain.record(entry, Outcome.SUCCEEDED, failure=failure, correlation_id=correlation_id)
    return Done(row, event)


def _failed(entry: Entry, row: CatalogModel, error: ModelsAPIError) -> Done:
    """Upstream said no. When it said that the model is not there, the row says so too."""
    with transaction.atomic():
        if isinstance(error, ModelGone):
            model_row.mark_gone(row)
        event = chain.record(entry, Outcome.FAILED, failure=error_facts(error), correlation_id=error.correlation_id)
    return Done(row, event)


def _protect(entry: Entry, row: CatalogModel, wanted: bool) -> Done:
    """Known here only, so there is nobody to ask and nothing that can fail half-way."""
    if row.protected == wanted:
        return Done(row, None)
    entry.before["protected"] = row.protected
    with transaction.atomic():
        model_row.refresh(row)
        row.protected = wanted
        model_row.save(row)
        event = chain.record(entry, Outcome.SUCCEEDED)
    return Done(row, event)


# --- The history
