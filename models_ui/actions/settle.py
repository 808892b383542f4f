"""Unknown outcomes: what became of a write without an answer, from later records or by reading the model again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from models_ui.access.policy import ActionDenied
from models_ui.access.verbs import VERB_OF_KIND, VERBS
from models_ui.actions.context import UNSETTLED, Done, OpenQuestion
from models_ui.actions.lock import model_lock
from models_ui.actions.model_row import (
    Reading,
    apply_outcome,
    find_row,
    mark_gone,
    read_upstream,
    reload_row,
    take_in_card,
    value_on_card,
)
from models_ui.audit.chain import Journal, Outcome, latest_event
from models_ui.audit.outcome_detail import SettledDetail, detail_from_json
from models_ui.models import AuditEvent, CatalogChange, CatalogModel
from models_ui.services import models_api
from models_ui.services.bulkhead import take_place
from models_ui.services.cards import ModelCard
from models_ui.services.errors import ModelGone, ModelsAPIError, TooBusy
from models_ui.services.stored_errors import error_facts

# An unknown write may still be on its way for so long; after it, what a re-read shows is what it is.
SETTLES_AFTER = timedelta(seconds=60)

NO_SUCH_ACTION = gettext_lazy("There is no such action")


def settle_action(*, actor: User, action_id: str) -> Done:
    """Find out what became of an action whose outcome is unknown, from what was recorded since or by re-reading.

    The new value in place means that it succeeded, also where a later action saw it before it wrote its own. The old
    one means that it failed, once the write cannot still be under way. A third value tells nothing. Adds an event; with
    nothing certain to say it adds none.
    """
    event = latest_event(action_id)
    row = find_row(event.model_id) if event else None
    if event is None or row is None:
        raise ActionDenied(NO_SUCH_ACTION)
    if event.outcome not in UNSETTLED:
        return Done(row, event)
    if not take_place():  # requests that wait for the lock wait for requests that wait for upstream
        return Done(row, event, OpenQuestion("unread", error_facts(TooBusy(model_id=event.model_id))))
    with model_lock(event.model_id):
        event, row = latest_event(action_id), reload_row(row)
        assert event is not None
        if event.outcome not in UNSETTLED:
            return Done(row, event)  # the action has ended, or another person has looked, while we waited
        return look_after_unknown(event, row, certain=_has_settled(event), settled_by=actor.get_username())


def _has_settled(event: AuditEvent) -> bool:
    """Whether the write cannot still be under way.

    Where the clock was set back since, a later event tells how long ago the write was at least.
    """
    long_ago = timezone.now() - SETTLES_AFTER
    return event.at < long_ago or AuditEvent.objects.filter(pk__gt=event.pk, at__lt=long_ago).exists()


def look_after_unknown(event: AuditEvent, row: CatalogModel, *, certain: bool, settled_by: str = "") -> Done:
    """Find out what became of an unknown outcome, and add that. Nothing is guessed.

    What was recorded since comes first: once the value has been changed again, reading the model tells nothing more.
    `certain` means that the write cannot still arrive; `settled_by` is the person who asked, if it was not the action.
    """
    field = VERBS[VERB_OF_KIND[event.kind]].field
    recorded = _outcome_by_records(event, row, field)
    # That it is not archived may be the mirror's own word, where upstream's answers do not say: ask first.
    if recorded == Outcome.SUCCEEDED or (recorded == Outcome.FAILED and field != "archived"):
        return Done(row, Journal.of(event).settled(recorded, settled_by))
    try:
        reading, answer = _read_and_compare(event, row, field)
    except ModelsAPIError as error:
        return Done(row, event, OpenQuestion("unread", error_facts(error)))
    if answer == "gone":
        with transaction.atomic():
            mark_gone(row)
        return Done(row, event, OpenQuestion(answer))
    if answer != "unsaid" and recorded is not None:
        return Done(row, Journal.of(event).settled(recorded, settled_by))
    if answer == "happened" or (answer == "same" and certain):
        return _settle_by_reading(event, row, reading, answer == "happened", settled_by)
    return Done(row, event, OpenQuestion(answer))


def _read_and_compare(event: AuditEvent, row: CatalogModel, field: str | None) -> tuple[Reading, str]:
    """Read the model. Return what that shows, and `happened` or else what it means, as in OpenQuestion."""
    try:
        card = read_upstream(models_api(), row, field)
    except ModelGone:
        return Reading(None, is_gone=True), "happened" if field is None else "gone"
    return Reading(card), _compare_value(event, card, field)


def _compare_value(event: AuditEvent, card: ModelCard, field: str | None) -> str:
    """Return `happened`, or what else the card shows of the write, as in OpenQuestion."""
    if field is None:
        return "same"  # the model is still there
    value = value_on_card(card, field)
    if value is None and field == "archived":
        return "unsaid"
    if value == event.after.get(field):
        return "happened"
    return "same" if value == event.before.get(field) else "other"


def _settle_by_reading(event: AuditEvent, row: CatalogModel, reading: Reading, happened: bool, settled_by: str) -> Done:
    """Add the outcome, and take what was read into the row."""
    with transaction.atomic():
        if happened:
            apply_outcome(row, VERB_OF_KIND[event.kind], event.after, reading)
        elif reading.card is not None:
            take_in_card(row, reading.card)
        settled = Journal.of(event).settled(Outcome.SUCCEEDED if happened else Outcome.FAILED, settled_by)
    return Done(row, settled)


# --- What was recorded since

# The value of a sighting that tells only that something else was there later.
_NOT_SEEN: Final = object()


@dataclass(frozen=True, slots=True)
class _Sighting:
    """The value of one field of a model, as a later action or run saw it and recorded it."""

    at: datetime
    value: Any
    wanted: Any = None  # the value that was to replace it, in an action from here


def _outcome_by_records(event: AuditEvent, row: CatalogModel, field: str | None) -> AuditEvent.Outcome | None:
    """Return what later records say of a write of unknown outcome; None where they say nothing for certain."""
    later = AuditEvent.objects.filter(model_id=event.model_id, outcome=Outcome.ATTEMPTED, pk__gt=event.pk)
    attempts = list(later.exclude(action_id=event.action_id).order_by("pk"))
    if field is None:
        return Outcome.FAILED if any(_shows_model_was_there(event, attempt) for attempt in attempts) else None
    wanted = _none_for_empty(event.after.get(field))
    outcome, is_over = _outcome_by_sightings(event, _sightings_of(event, attempts, field), field)
    if is_over:
        return outcome
    return Outcome.SUCCEEDED if _none_for_empty(getattr(row, field)) == wanted else None


def _outcome_by_sightings(
    event: AuditEvent, sightings: Iterable[_Sighting], field: str
) -> tuple[AuditEvent.Outcome | None, bool]:
    """Return the outcome that later sightings show, and whether nothing after them can say more."""
    wanted, before = _none_for_empty(event.after.get(field)), _none_for_empty(event.before.get(field))
    for number, sighting in enumerate(sightings):
        if sighting.value == wanted:
            return Outcome.SUCCEEDED, True
        # Only the first shows a failure: the old value in a later one may have been put back.
        if number == 0 and sighting.value == before and sighting.at - event.at > SETTLES_AFTER:
            return Outcome.FAILED, True
        if sighting.wanted == wanted:
            return None, True  # a later sighting of the value may be the effect of this action
    return None, False


def _shows_model_was_there(deletion: AuditEvent, attempt: AuditEvent) -> bool:
    """Whether a later action found the model that the deletion would have taken away.

    Each attempt begins with a look at the model, and what upstream says it has deleted was not deleted before.
    """
    if attempt.at - deletion.at > SETTLES_AFTER:
        return True
    last = latest_event(attempt.action_id) or attempt
    was_settled = isinstance(detail_from_json(last.failure), SettledDetail)
    return last.kind == deletion.kind and last.outcome == Outcome.SUCCEEDED and not was_settled


def _sightings_of(event: AuditEvent, attempts: Iterable[AuditEvent], field: str) -> list[_Sighting]:
    """Return what later actions saw before they wrote, and the names that upstream's list changed, in order of time."""
    sightings = [
        _Sighting(attempt.at, _none_for_empty(attempt.before[field]), _none_for_empty(attempt.after.get(field)))
        for attempt in attempts
        if field in attempt.before
    ]
    if field == "name":
        changes = CatalogChange.objects.filter(model_id=event.model_id, kind="name.changed", at__gt=event.at)
        known = _none_for_empty(event.before.get(field))
        # A name that was known before the action is what people were told last, not what a later run saw.
        olds = ((change.at, _none_for_empty(change.before)) for change in changes)
        sightings += [_Sighting(at, _NOT_SEEN if old == known else old) for at, old in olds]
    return sorted(sightings, key=lambda sighting: sighting.at)


def _none_for_empty(value: Any) -> Any:
    """Return a value to compare: no text and an empty one are the same."""
    return None if value == "" else value
