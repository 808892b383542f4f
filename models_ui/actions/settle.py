"""Finding out whether a write without an answer took effect, from later records or by reading the model once more.

The write itself tries once, right after its call failed. Later a person tries with the button *Check again*; the worker
tries for the models of bulk jobs (`bulk/`), and for a deletion whose worker died in the middle (`due_deletions.py`):

    settle_action -> find_out_outcome -> _settle_by_records or _settle_by_reading -> Journal.settled
"""

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
    lock_row_and_version,
    mark_gone,
    none_for_empty,
    read_upstream,
    take_in_card,
    value_on_card,
)
from models_ui.actions.signals import outcome_recorded
from models_ui.audit.chain import Journal, Outcome, latest_event
from models_ui.audit.outcome_detail import SettledDetail, detail_from_json
from models_ui.models import AuditEvent, CatalogChange, CatalogModel
from models_ui.services import models_api
from models_ui.services.bulkhead import take_place
from models_ui.services.cards import ModelCard
from models_ui.services.errors import ModelGone, ModelsAPIError, TooBusy
from models_ui.services.stored_errors import error_facts

# A write of unknown outcome may still take effect for so long. After that, what a re-read shows is final.
SETTLES_AFTER = timedelta(seconds=60)

NO_SUCH_ACTION = gettext_lazy("There is no such action")


def settle_action(*, actor: User, action_id: str) -> Done:
    """Try to settle an action of unknown outcome, for a person who asks or for the worker.

    The new value means that it succeeded, also if only a later action saw that value before its own write. The old
    value means that it failed, once the write can no longer take effect. Any other value leaves the outcome unknown.
    Add an event only for a certain outcome.
    """
    event = latest_event(action_id)
    row = find_row(event.model_id) if event else None
    if event is None or row is None:
        raise ActionDenied(NO_SUCH_ACTION)
    if event.outcome not in UNSETTLED:
        return Done(row, event)
    # Waiting for the lock means waiting for another request's upstream call, so it needs a place too.
    if not take_place():
        return Done(row, event, OpenQuestion("unread", error_facts(TooBusy(model_id=event.model_id))))
    with model_lock(event.model_id):
        event = latest_event(action_id)
        row.refresh_from_db()
        assert event is not None
        if event.outcome not in UNSETTLED:
            return Done(row, event)  # the action has ended, or another person has looked, while we waited
        return find_out_outcome(event, row, certain=_can_no_longer_take_effect(event), settled_by=actor.get_username())


def _can_no_longer_take_effect(event: AuditEvent) -> bool:
    """Whether the write can no longer take effect: `event` is more than SETTLES_AFTER old.

    `event` is the last one of the action: the note of the unknown outcome, written after the call failed, or the
    attempt, if the process died. If the clock was set back since, `event.at` may lie ahead; then any later event of
    that age shows the same.
    """
    long_ago = timezone.now() - SETTLES_AFTER
    return event.at < long_ago or AuditEvent.objects.filter(pk__gt=event.pk, at__lt=long_ago).exists()


def find_out_outcome(event: AuditEvent, row: CatalogModel, *, certain: bool, settled_by: str = "") -> Done:
    """Try to find out what became of a write of unknown outcome: from later records, else by one re-read.

    Later records come first: once the value has been changed again, a re-read shows nothing about this write.
    `certain` means that the write can no longer take effect. `settled_by` is the person who asked; empty right after
    the write. If the outcome stays unknown, add no event and return an OpenQuestion.
    """
    field = VERBS[VERB_OF_KIND[event.kind]].field
    recorded = _outcome_by_records(event, row, field)
    # Upstream's answers may not say whether a model is archived, and then the record is only a guess: ask first.
    if recorded == Outcome.SUCCEEDED or (recorded == Outcome.FAILED and field != "archived"):
        return _settle_by_records(event, row, recorded, settled_by)
    try:
        reading, answer = _read_and_compare(event, row, field)
    except ModelsAPIError as error:
        return Done(row, event, OpenQuestion("unread", error_facts(error)))
    if answer == "gone":
        with transaction.atomic():
            mark_gone(row)
        return Done(row, event, OpenQuestion(answer))
    if answer != "unsaid" and recorded is not None:
        return _settle_by_records(event, row, recorded, settled_by)
    if answer == "happened" or (answer == "same" and certain):
        return _settle_by_reading(event, row, reading, answer == "happened", settled_by)
    return Done(row, event, OpenQuestion(answer))


def _read_and_compare(event: AuditEvent, row: CatalogModel, field: str | None) -> tuple[Reading, str]:
    """Read the model once. Return the reading, and `happened` or an answer as in OpenQuestion."""
    try:
        card = read_upstream(models_api(), row, field)
    except ModelGone:
        return Reading(None, is_gone=True), "happened" if field is None else "gone"
    return Reading(card), _compare_value(event, card, field)


def _compare_value(event: AuditEvent, card: ModelCard, field: str | None) -> str:
    """Return `happened` if the card shows the new value, else an answer as in OpenQuestion."""
    if field is None:
        return "same"  # the model is still there
    value = value_on_card(card, field)
    if value is None and field == "archived":
        return "unsaid"
    if value == event.after.get(field):
        return "happened"
    return "same" if value == event.before.get(field) else "other"


def _settle_by_reading(event: AuditEvent, row: CatalogModel, reading: Reading, happened: bool, settled_by: str) -> Done:
    """Record the outcome, and update the row from the reading."""
    with transaction.atomic():
        lock_row_and_version(row)
        if happened:
            apply_outcome(row, VERB_OF_KIND[event.kind], event.after, reading)
        elif reading.card is not None:
            take_in_card(row, reading.card)
        settled = Journal.of(event).settled(Outcome.SUCCEEDED if happened else Outcome.FAILED, settled_by)
        outcome_recorded.send(sender=CatalogModel, row=row, event=settled)
    return Done(row, settled)


def _settle_by_records(event: AuditEvent, row: CatalogModel, outcome: AuditEvent.Outcome, settled_by: str) -> Done:
    with transaction.atomic():
        lock_row_and_version(row)
        settled = Journal.of(event).settled(outcome, settled_by)
        outcome_recorded.send(sender=CatalogModel, row=row, event=settled)
    return Done(row, settled)


# --- Later records

# The value of a sighting that does not show which value the field had: it proves neither success nor failure.
_NOT_SEEN: Final = object()


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A value of one field, as a later action or sync run saw and recorded it."""

    at: datetime
    value: Any
    wanted: Any = None  # the value that the later action tried to write; None for a sync run


def _outcome_by_records(event: AuditEvent, row: CatalogModel, field: str | None) -> AuditEvent.Outcome | None:
    """Return the outcome that later records prove for a write of unknown outcome; None if they prove none.

    The records are the later actions on the model and the changes that sync runs recorded, then the row itself.
    """
    later = AuditEvent.objects.filter(model_id=event.model_id, outcome=Outcome.ATTEMPTED, pk__gt=event.pk)
    attempts = list(later.exclude(action_id=event.action_id).order_by("pk"))
    if field is None:
        return Outcome.FAILED if any(_shows_model_was_there(event, attempt) for attempt in attempts) else None
    wanted = none_for_empty(event.after.get(field))
    outcome, is_over = _outcome_by_sightings(event, _sightings_of(event, attempts, field), field)
    if is_over:
        return outcome
    return Outcome.SUCCEEDED if none_for_empty(getattr(row, field)) == wanted else None


def _outcome_by_sightings(
    event: AuditEvent, sightings: Iterable[_Sighting], field: str
) -> tuple[AuditEvent.Outcome | None, bool]:
    """Return the outcome that later sightings prove, or None, and whether the row must not be looked at any more.

    The second value is True after a proof, and after a later action that tried to write the same value. From that
    action on nobody can tell which of the two wrote the value. Example: renaming to "b" has an unknown outcome, and
    the name before was "a":

    - the next action sees "b" before it writes: the renaming succeeded;
    - the next action, more than SETTLES_AFTER later, sees "a": the renaming failed;
    - the next action, a little later, sees "a" and tries to rename to "b" too: nothing is proved.
    """
    wanted, before = none_for_empty(event.after.get(field)), none_for_empty(event.before.get(field))
    for number, sighting in enumerate(sightings):
        if sighting.value == wanted:
            return Outcome.SUCCEEDED, True
        # Only the first sighting can show a failure: before a later one, somebody may have put the old value back.
        if number == 0 and sighting.value == before and sighting.at - event.at > SETTLES_AFTER:
            return Outcome.FAILED, True
        if sighting.wanted == wanted:
            return None, True  # from here on the value may have been written by this later action
    return None, False


def _shows_model_was_there(deletion: AuditEvent, attempt: AuditEvent) -> bool:
    """Whether a later action shows that the model was still there, so that the deletion had no effect.

    Each attempt is recorded after the model was read, so an attempt that came late enough found the model. A later
    deletion that succeeded shows the same.
    """
    if attempt.at - deletion.at > SETTLES_AFTER:
        return True
    last = latest_event(attempt.action_id) or attempt
    was_settled = isinstance(detail_from_json(last.failure), SettledDetail)
    return last.kind == deletion.kind and last.outcome == Outcome.SUCCEEDED and not was_settled


def _sightings_of(event: AuditEvent, attempts: Iterable[AuditEvent], field: str) -> list[_Sighting]:
    """Return the values that later actions saw before they wrote and the names that sync runs saw, oldest first."""
    sightings = [
        _Sighting(attempt.at, none_for_empty(attempt.before[field]), none_for_empty(attempt.after.get(field)))
        for attempt in attempts
        if field in attempt.before
    ]
    if field == "name":
        changes = CatalogChange.objects.filter(model_id=event.model_id, kind="name.changed", at__gt=event.at)
        known = none_for_empty(event.before.get(field))
        # The old name of such a change is the name told last. If that is the one from before this action, it does
        # not prove that a run saw it after the action.
        olds = ((change.at, none_for_empty(change.before)) for change in changes)
        sightings += [_Sighting(at, _NOT_SEEN if old == known else old) for at, old in olds]
    return sorted(sightings, key=lambda sighting: sighting.at)
