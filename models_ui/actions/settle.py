"""Unknown outcomes: what became of a write whose answer never came, found out from later records or a new look."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from models_ui.access.policy import ActionDenied
from models_ui.access.verbs import FIELDS, VERBS
from models_ui.actions import model_row
from models_ui.actions.context import UNSETTLED, Done, Looked
from models_ui.actions.lock import model_lock
from models_ui.audit import chain, history
from models_ui.audit.chain import Entry, Outcome
from models_ui.models import AuditEvent, CatalogChange, CatalogModel
from models_ui.services import models_api
from models_ui.services.bulkhead import take_place
from models_ui.services.cards import ModelCard
from models_ui.services.errors import ModelGone, ModelsAPIError, TooBusy
from models_ui.services.stored_errors import error_facts

# An unknown write may still be on its way for so long; after it, what a re-read shows is what it is.
SETTLES_AFTER = timedelta(seconds=60)

NO_SUCH_ACTION = gettext_lazy("There is no such action")


def settle(*, actor: User, action_id: str) -> Done:
    """Find out what became of an action whose outcome is unknown, from what was recorded since or by re-reading.

    The new value in place means that it succeeded, also where a later action saw it before it wrote its own. The old
    one means that it failed, once the write cannot still be under way. A third value tells nothing. Adds an event; with
    nothing certain to say it adds none.
    """
    event = history.action(action_id)
    row = model_row.row_of(event.model_id) if event else None
    if event is None or row is None:
        raise ActionDenied(NO_SUCH_ACTION)
    if event.outcome not in UNSETTLED:
        return Done(row, event)
    if not take_place():  # who waits for the lock waits for who waits for upstream
        return Done(row, event, Looked("unread", error_facts(TooBusy(model_id=event.model_id))))
    with model_lock(event.model_id):
        event = history.action(action_id)
        assert event is not None
        if event.outcome not in UNSETTLED:
            return Done(model_row.fresh(row), event)  # it came to its end, or somebody else has looked, while we waited
        certain = _has_settled(event)
        return look_after(event, model_row.fresh(row), certain=certain, by=actor.get_username())


def _has_settled(event: AuditEvent) -> bool:
    """Whether the write cannot still be under way, also where the clock was set back since: then a later event tells
    how long ago it was at least."""
    long_ago = timezone.now() - SETTLES_AFTER
    return event.at < long_ago or AuditEvent.objects.filter(pk__gt=event.pk, at__lt=long_ago).exists()


def look_after(event: AuditEvent, row: CatalogModel, *, certain: bool, by: str = "") -> Done:
    """Find out what became of an unknown outcome, and add that. Nothing is guessed.

    What was recorded since comes first: once the value has been changed again, reading the model tells nothing more.
    `certain` means that the write cannot still arrive; `by` is whoever asked, if it was not the action itself.
    """
    verb = VERBS[event.kind]
    changes = FIELDS.get(verb)
    recorded = _told_by_records(event, row, changes)
    # That it is not archived may be the mirror's own word, where upstream's answers do not say: ask first.
    if recorded == Outcome.SUCCEEDED or (recorded == Outcome.FAILED and changes != "archived"):
        return Done(row, _settled(event, recorded, by))
    card: ModelCard | None = None
    try:
        card = model_row.look(models_api(), row, changes)
    except ModelGone:
        if changes is not None:
            with transaction.atomic():
                model_row.mark_gone(row)
            return Done(row, event, Looked("gone"))
    except ModelsAPIError as error:
        return Done(row, event, Looked("unread", error_facts(error)))
    if changes is None:
        happened, did_not = card is None, card is not None
    else:
        assert card is not None
        said = model_row.says(card, changes)
        happened, did_not = said == event.after.get(changes), said == event.before.get(changes)
        if said is None and changes == "archived":
            return Done(row, event, Looked("unsaid"))
        if recorded is not None:
            return Done(row, _settled(event, recorded, by))
    if not happened and not (did_not and certain):
        return Done(row, event, Looked("same" if did_not else "other"))
    with transaction.atomic():
        if happened:
            model_row.apply(row, verb, event.after, card)
        elif card is not None:
            model_row.take_in_card(row, card)
        settled = _settled(event, Outcome.SUCCEEDED if happened else Outcome.FAILED, by)
    return Done(row, settled)


def _settled(event: AuditEvent, outcome: AuditEvent.Outcome, by: str) -> AuditEvent:
    """Add the outcome to the history. What it says of an earlier value leaves the model's row as it is."""
    failure = {**event.failure, "settled": True, **({"settled_by": by} if by else {})}
    return chain.record(Entry.of(event), outcome, failure=failure, correlation_id=event.correlation_id)


# --- What was recorded since

# The value of a sighting that tells only that something else was there later.
_NOT_SEEN: Final = object()


@dataclass(frozen=True, slots=True)
class _Sighting:
    """The value of one field of a model, as somebody saw it later and recorded it."""

    at: datetime
    value: Any
    wanted: Any = None  # what was to be put in its place from here


def _told_by_records(event: AuditEvent, row: CatalogModel, field_name: str | None) -> AuditEvent.Outcome | None:
    """What later records tell of a write of unknown outcome; None where they tell nothing for certain."""
    later = AuditEvent.objects.filter(model_id=event.model_id, outcome=Outcome.ATTEMPTED, pk__gt=event.pk)
    attempts = list(later.exclude(action_id=event.action_id).order_by("pk"))
    if field_name is None:
        return Outcome.FAILED if any(_shows_that_it_was_there(event, attempt) for attempt in attempts) else None
    wanted, before = _plain(event.after.get(field_name)), _plain(event.before.get(field_name))
    for number, sighting in enumerate(_sightings(event, attempts, field_name)):
        if sighting.value == wanted:
            return Outcome.SUCCEEDED
        # Only the first tells of a failure: who saw the old value after that may have seen it put back.
        if number == 0 and sighting.value == before and sighting.at - event.at > SETTLES_AFTER:
            return Outcome.FAILED
        if sighting.wanted == wanted:
            return None  # whoever sees the value after that may see what this action did
    return Outcome.SUCCEEDED if _plain(getattr(row, field_name)) == wanted else None


def _shows_that_it_was_there(deletion: AuditEvent, attempt: AuditEvent) -> bool:
    """Whether a later action found the model where the deletion would have taken it: each attempt begins with a look
    at the model, and what upstream says it has deleted was not deleted before."""
    if attempt.at - deletion.at > SETTLES_AFTER:
        return True
    last = history.action(attempt.action_id) or attempt
    return last.kind == deletion.kind and last.outcome == Outcome.SUCCEEDED and not last.failure.get("settled")


def _sightings(event: AuditEvent, attempts: Iterable[AuditEvent], field_name: str) -> list[_Sighting]:
    """In order of time: what later actions saw before they wrote, and the names that upstream's list changed."""
    seen = [
        _Sighting(attempt.at, _plain(attempt.before[field_name]), _plain(attempt.after.get(field_name)))
        for attempt in attempts
        if field_name in attempt.before
    ]
    if field_name == "name":
        changes = CatalogChange.objects.filter(model_id=event.model_id, kind="name.changed", at__gt=event.at)
        known = _plain(event.before.get(field_name))
        # A name that was known before the action is what people were told last, not what somebody saw after it.
        olds = ((change.at, _plain(change.before)) for change in changes)
        seen += [_Sighting(at, _NOT_SEEN if old == known else old) for at, old in olds]
    return sorted(seen, key=lambda sighting: sighting.at)


def _plain(value: Any) -> Any:
    """A value to compare: no text and an empty one are the same."""
    return None if value == "" else value
