"""What people do to fine-tunes. Everything that changes something upstream goes through here, and is in the history.

One action, step by step:

    permission -> policy -> what does upstream say now? -> attempt (committed) -> upstream -> re-read -> row and outcome

A process that is killed in between leaves an attempt without an outcome: the history shows it as unknown, and
`settle` finds out. No database transaction is open while upstream is asked.

The API has no precondition, so between the look at upstream and the write a small window stays open in which
somebody else's change is overwritten. The history keeps the value that was seen, so it can be put back.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from models_ui import audit
from models_ui.audit import Entry, Outcome
from models_ui.failures import facts_of
from models_ui.grouping import RealModel
from models_ui.mirroring import take_in
from models_ui.models import ActionLock, AuditEvent, CatalogModel, Mirror
from models_ui.permissions import ActionDenied, Role, Verb, check_permission, check_policy, role_of
from models_ui.services import ModelCard, ModelsAPI, ModelsAPIError, models_api
from models_ui.services.errors import ModelGone, NotFound, RouteNotFound

KINDS: Final = {
    Verb.RENAME: "model.renamed",
    Verb.DESCRIBE: "model.described",
    Verb.ARCHIVE: "model.archived",
    Verb.UNARCHIVE: "model.unarchived",
    Verb.DELETE: "model.deleted",
    Verb.PROTECT: "model.protected",
    Verb.UNPROTECT: "model.unprotected",
}
VERBS: Final = {kind: verb for verb, kind in KINDS.items()}
# The field a verb changes; a deletion takes the whole model.
FIELDS: Final = {
    Verb.RENAME: "name",
    Verb.DESCRIBE: "description",
    Verb.ARCHIVE: "archived",
    Verb.UNARCHIVE: "archived",
    Verb.PROTECT: "protected",
    Verb.UNPROTECT: "protected",
}
REVERSE: Final = {
    Verb.RENAME: Verb.RENAME,
    Verb.DESCRIBE: Verb.DESCRIBE,
    Verb.ARCHIVE: Verb.UNARCHIVE,
    Verb.UNARCHIVE: Verb.ARCHIVE,
    Verb.PROTECT: Verb.UNPROTECT,
    Verb.UNPROTECT: Verb.PROTECT,
}

# Longer than one action's calls can take together.
LOCK = timedelta(seconds=90)
# An unknown write may still be on its way for so long; after it, what a re-read shows is what it is.
SETTLES_AFTER = timedelta(seconds=60)


class Conflict(Exception):
    """Somebody changed the value since the person saw it. Nothing was written; both values are here to choose from."""

    def __init__(self, field: str, *, seen: Any, theirs: Any, mine: Any, by: AuditEvent | None = None) -> None:
        super().__init__(field)
        self.field = field
        self.seen = seen
        self.theirs = theirs
        self.mine = mine
        self.by = by  # the action of ours that changed it, if it was one


class Busy(Exception):
    """Another action on this model is under way and takes its time."""


@dataclass(frozen=True, slots=True)
class Done:
    """An action's outcome. `event` is None when there was nothing to do: the model already was as wished."""

    row: CatalogModel
    event: AuditEvent | None

    @property
    def failure(self) -> dict[str, Any]:
        return self.event.failure if self.event else {}

    @property
    def outcome(self) -> str:
        return self.event.outcome if self.event else Outcome.SUCCEEDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What every action is told: who acts, and how to find the action again.

    `action_id` makes a resent form do its thing once; a new one is made where the form brought none.
    """

    actor: User
    action_id: str = ""
    reason: str = ""
    undoes: str = ""
    job: str = ""
    request_id: str = ""


def rename_model(*, context: Context, model_id: str, name: str | None, seen: str | None) -> Done:
    """Give a fine-tune another name; None takes it away. `seen` is the name the person saw."""
    return _act(context, Verb.RENAME, model_id, seen=seen or None, wanted=name or None)


def describe_model(*, context: Context, model_id: str, description: str | None, seen: str | None) -> Done:
    """Give a fine-tune another description; None takes it away. `seen` is the one the person saw."""
    return _act(context, Verb.DESCRIBE, model_id, seen=seen or None, wanted=description or None)


def archive_model(*, context: Context, model_id: str) -> Done:
    """Archive a fine-tune. One that is archived already stays as it is."""
    return _act(context, Verb.ARCHIVE, model_id, seen=None, wanted=True)


def unarchive_model(*, context: Context, model_id: str) -> Done:
    """Restore an archived fine-tune. One that is live already stays as it is."""
    return _act(context, Verb.UNARCHIVE, model_id, seen=None, wanted=False)


def protect_model(*, context: Context, model_id: str) -> Done:
    """Forbid to rename, archive or delete a model from here. Known to the dashboard only, not upstream."""
    return _act(context, Verb.PROTECT, model_id, seen=None, wanted=True)


def unprotect_model(*, context: Context, model_id: str) -> Done:
    return _act(context, Verb.UNPROTECT, model_id, seen=None, wanted=False)


def delete_model(*, context: Context, model_id: str) -> Done:
    """Delete a fine-tune for ever. Its row stays as a tombstone with the last known card."""
    return _act(context, Verb.DELETE, model_id, seen=None, wanted=True)


def undo(*, context: Context, action_id: str, insist: bool = False) -> Done:
    """Take an action back: put the value before it in place again.

    Raises Conflict when the value is no longer the one that action left, or when somebody has set it anew since;
    `insist` means that the person has seen that and still wants it. Raises ActionDenied for what cannot be undone.
    """
    event = audit.action(action_id)
    verb = VERBS.get(event.kind) if event else None
    if event is None or verb not in REVERSE or event.outcome != Outcome.SUCCEEDED:
        raise ActionDenied(_("There is nothing to undo"))
    field = FIELDS[verb]
    conflict = undo_conflict(event)
    if conflict is not None and conflict.by is not None and conflict.by.undoes == event.action_id:
        raise ActionDenied(_("It has been undone already"))
    if conflict is not None and not insist:
        raise conflict
    seen = conflict.theirs if conflict is not None else event.after.get(field)
    context = Context(
        actor=context.actor,
        action_id=context.action_id,
        reason=context.reason,
        undoes=event.action_id,
        job=context.job,
        request_id=context.request_id,
    )
    return _act(context, REVERSE[verb], event.model_id, seen=seen, wanted=event.before.get(field))


def undo_conflict(event: AuditEvent) -> Conflict | None:
    """What stands in the way of undoing an action: that somebody has changed the same thing since."""
    field = FIELDS.get(VERBS[event.kind])
    later = _last_change(event.model_id, field) if field else None
    if field is None or later is None or later.action_id == event.action_id:
        return None
    return Conflict(
        field, seen=event.after.get(field), theirs=later.after.get(field), mine=event.before.get(field), by=later
    )


def settle(*, actor: User, action_id: str) -> Done:
    """Find out what became of an action whose outcome is unknown, by re-reading the model.

    The new value in place means that it succeeded. The old one means that it failed, once the write cannot still be
    under way. Adds an event; with nothing certain to say it adds none.
    """
    event = audit.action(action_id)
    if event is None:
        raise ActionDenied(_("There is no such action"))
    row = CatalogModel.objects.get(model_id=event.model_id, type="fine-tuned")
    if event.outcome not in (Outcome.UNKNOWN, Outcome.ATTEMPTED):
        return Done(row, event)
    with _lock(event.model_id):
        return _settle(event, row, VERBS[event.kind], certain=timezone.now() - event.at > SETTLES_AFTER)


# --- One action


def _act(context: Context, verb: Verb, model_id: str, *, seen: Any, wanted: Any) -> Done:
    action_id = context.action_id or secrets.token_hex(16)
    row = CatalogModel.objects.filter(model_id=model_id, type="fine-tuned").first()
    row = row or CatalogModel.objects.filter(model_id=model_id).first()
    field = FIELDS.get(verb)
    entry = Entry(
        action_id=action_id,
        kind=KINDS[verb],
        actor=context.actor.get_username(),
        model_id=model_id,
        label=(row.name or "") if row else "",
        before={field: getattr(row, field)} if row and field else {},
        after={field: wanted} if field else {},
        reason=context.reason,
        undoes=context.undoes,
        job=context.job,
        request_id=context.request_id,
    )
    _check(entry, role_of(context.actor), row, verb)
    assert row is not None
    with _lock(model_id):
        earlier = audit.action(action_id)
        if earlier is not None:
            return Done(_fresh(row), earlier)  # the form was sent twice
        row = _fresh(row)
        _check(entry, role_of(context.actor), row, verb)
        if field == "protected":
            return _protect(entry, row, wanted)
        return _call(entry, row, verb, seen, wanted)


def _check(entry: Entry, role: Role, row: CatalogModel | None, verb: Verb) -> None:
    """Permission and policy; a refusal is part of the history."""
    try:
        check_permission(role, verb)
        if row is None:
            raise ActionDenied(_("There is no such model"))
        check_policy(row, verb)
    except ActionDenied as denied:
        audit.record(entry, Outcome.REFUSED, failure={"reason": denied.reason})
        raise


def _call(entry: Entry, row: CatalogModel, verb: Verb, seen: Any, wanted: Any) -> Done:
    """Look, compare, write, look again."""
    try:
        api = models_api()
        now = api.retrieve(row.model_id)
    except ModelsAPIError as error:
        return _failed(entry, row, error)
    field = FIELDS.get(verb)
    if field is not None:
        current = _current(now, row, field)
        if current == wanted:
            _mirror(row, now)
            return Done(row, None)
        if field != "archived" and current != seen:
            by = _last_change(row.model_id, field)
            _mirror(row, now)
            audit.record(entry, Outcome.REFUSED, failure={"conflict": True, "theirs": current})
            raise Conflict(field, seen=seen, theirs=current, mine=wanted, by=by)
        entry.before[field] = current
    else:
        entry.before.update(_last_card(now, row))
    attempt = audit.record(entry, Outcome.ATTEMPTED)
    try:
        correlation_id = _write(api, row.model_id, verb, wanted)
    except ModelsAPIError as error:
        if not error.outcome_unknown:
            return _failed(entry, row, error)
        unknown = audit.record(entry, Outcome.UNKNOWN, failure=facts_of(error), correlation_id=error.correlation_id)
        return _settle(unknown, row, verb, certain=False)
    return _succeeded(entry, row, verb, attempt, api, correlation_id)


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
    entry: Entry, row: CatalogModel, verb: Verb, attempt: AuditEvent, api: ModelsAPI, correlation_id: str
) -> Done:
    """Row and event together. A re-read that fails does not undo what upstream has confirmed."""
    try:
        card: ModelCard | None = api.retrieve(row.model_id)
        confirmed = verb is not Verb.DELETE
    except NotFound as error:
        card, confirmed = None, verb is Verb.DELETE and not isinstance(error, RouteNotFound)
    except ModelsAPIError:
        card, confirmed = None, False
    failure = {} if confirmed else {"unconfirmed": True}
    with transaction.atomic():
        _apply(row, verb, attempt.after, card)
        event = audit.record(entry, Outcome.SUCCEEDED, failure=failure, correlation_id=correlation_id)
    return Done(row, event)


def _failed(entry: Entry, row: CatalogModel, error: ModelsAPIError) -> Done:
    """Upstream said no. When it said that the model is not there, the row says so too."""
    with transaction.atomic():
        if isinstance(error, ModelGone):
            row.missing_since = row.missing_since or timezone.now()
            row.last_seen_at = row.missing_since
            _save(row)
        event = audit.record(entry, Outcome.FAILED, failure=facts_of(error), correlation_id=error.correlation_id)
    return Done(row, event)


def _settle(event: AuditEvent, row: CatalogModel, verb: Verb, *, certain: bool) -> Done:
    """Re-read after an unknown outcome, and add what that shows. Nothing is guessed."""
    card: ModelCard | None
    try:
        card = models_api().retrieve(row.model_id)
    except NotFound as error:
        if verb is not Verb.DELETE or isinstance(error, RouteNotFound):
            return Done(row, event)
        card = None
    except ModelsAPIError:
        return Done(row, event)
    field = FIELDS.get(verb)
    happened = card is None if field is None else card is not None and _says(card, field) == event.after.get(field)
    if not happened and (not certain or (field is not None and card is not None and _says(card, field) is None)):
        return Done(row, event)
    with transaction.atomic():
        if happened:
            _apply(row, verb, event.after, card)
        settled = audit.record(
            Entry(**{name: getattr(event, name) for name in Entry.__slots__}),
            Outcome.SUCCEEDED if happened else Outcome.FAILED,
            failure={**event.failure, "settled": True},
            correlation_id=event.correlation_id,
        )
    return Done(row, settled)


def _protect(entry: Entry, row: CatalogModel, wanted: bool) -> Done:
    """Known here only, so there is nobody to ask and nothing that can fail half-way."""
    if row.protected == wanted:
        return Done(row, None)
    with transaction.atomic():
        row.protected = wanted
        _save(row)
        event = audit.record(entry, Outcome.SUCCEEDED)
    return Done(row, event)


# --- The row


def _current(card: ModelCard, row: CatalogModel, field: str) -> Any:
    """What upstream says now; where its answer does not say, what was confirmed last."""
    said = _says(card, field)
    return row.archived if field == "archived" and said is None else said


def _says(card: ModelCard, field: str) -> Any:
    """A field of the card. The contract clears a text with "", the platform with null: both mean none."""
    value = getattr(card, field)
    return value if field == "archived" else value or None


def _apply(row: CatalogModel, verb: Verb, after: dict[str, Any], card: ModelCard | None) -> None:
    """What the write did, then what the re-read says, which may know better."""
    if verb is Verb.DELETE:
        now = timezone.now()
        row.deleted_at, row.missing_since, row.last_seen_at = now, row.missing_since or now, now
        row.pending = {}
    else:
        field = FIELDS[verb]
        setattr(row, field, after[field])
    if card is not None and verb is not Verb.DELETE:
        _take_in(row, card)
    _save(row)


def _mirror(row: CatalogModel, card: ModelCard) -> None:
    """Keep what the look at upstream showed."""
    _take_in(row, card)
    with transaction.atomic():
        _save(row)


def _take_in(row: CatalogModel, card: ModelCard) -> None:
    take_in(row, RealModel(identity=row.identity, card=card, aliases=card.aliases))


def _save(row: CatalogModel) -> None:
    """Save the row and move the mirror's version, so that every process builds its index anew."""
    row.acted_at = timezone.now()
    row.save()
    Mirror.objects.filter(pk=1).update(version=secrets.token_hex(16))


def _fresh(row: CatalogModel) -> CatalogModel:
    return CatalogModel.objects.get(pk=row.pk)


def _last_card(card: ModelCard, row: CatalogModel) -> dict[str, Any]:
    return {"name": card.name, "description": card.description, "archived": _current(card, row, "archived")}


# --- The history


def _last_change(model_id: str, field: str) -> AuditEvent | None:
    kinds = [KINDS[verb] for verb, each in FIELDS.items() if each == field]
    return (
        AuditEvent.objects.filter(model_id=model_id, kind__in=kinds, outcome=Outcome.SUCCEEDED).order_by("-pk").first()
    )


# --- One at a time


@contextmanager
def _lock(model_id: str, patience: float = 10) -> Iterator[None]:
    """Hold the model's lock. A double click waits here until the first has finished, and then finds it done."""
    token = secrets.token_hex(16)
    deadline = time.monotonic() + patience
    while not _take_lock(model_id, token):
        if time.monotonic() > deadline:
            raise Busy(model_id)
        time.sleep(0.05)
    try:
        yield
    finally:
        ActionLock.objects.filter(model_id=model_id, token=token).delete()


def _take_lock(model_id: str, token: str) -> bool:
    now = timezone.now()
    if ActionLock.objects.filter(model_id=model_id, expires_at__lte=now).update(token=token, expires_at=now + LOCK):
        return True
    try:
        with transaction.atomic():
            ActionLock.objects.create(model_id=model_id, token=token, expires_at=now + LOCK)
    except IntegrityError:
        return False
    return True
