"""Reads of the history of actions."""

from collections.abc import Collection, Iterable

from django.db import models
from django.db.models.functions import RowNumber

from models_ui.models import AuditEvent

Outcome = AuditEvent.Outcome


def model_history(model_id: str) -> models.QuerySet[AuditEvent]:
    """Return the last event of each action on a model, the newest first."""
    return latest_events().filter(model_id=model_id).order_by("-pk")


def latest_events() -> models.QuerySet[AuditEvent]:
    """Return the last event of each action, which is its outcome as far as it is known."""
    later = AuditEvent.objects.filter(action_id=models.OuterRef("action_id"), pk__gt=models.OuterRef("pk"))
    return AuditEvent.objects.filter(~models.Exists(later))


def last_of_jobs(events: models.QuerySet[AuditEvent]) -> models.QuerySet[AuditEvent]:
    """Return those of the events that are part of no bulk job, and of each job the last one."""
    later = events.order_by().filter(job=models.OuterRef("job"), pk__gt=models.OuterRef("pk"))
    return events.filter(models.Q(job="") | ~models.Exists(later))


def newest_of_jobs(
    events: models.QuerySet[AuditEvent], jobs: Collection[str], most: int
) -> models.QuerySet[AuditEvent]:
    """Return the newest events of each job, at most so many of each."""
    place = models.Window(RowNumber(), partition_by="job", order_by=models.F("pk").desc())
    return events.filter(job__in=jobs).annotate(place=place).filter(place__lte=most).order_by("-pk")


def count_outcomes(events: models.QuerySet[AuditEvent], jobs: Collection[str]) -> dict[str, dict[str, int]]:
    """Return how many events of each job have which outcome, by job."""
    counts: dict[str, dict[str, int]] = {job: {} for job in jobs}
    counted = events.filter(job__in=jobs).order_by().values_list("job", "outcome").annotate(number=models.Count("pk"))
    for job, outcome, number in counted:
        counts[job][outcome] = number
    return counts


def order_by_beginning(events: models.QuerySet[AuditEvent]) -> models.QuerySet[AuditEvent]:
    """Return events in the order in which their actions began.

    An action of unknown outcome may be settled after later actions have ended, so the events' own order says less.
    """
    return events.annotate(began=_first_of_action()).order_by("began", "pk")


def filter_begun_after(events: models.QuerySet[AuditEvent], key: int) -> models.QuerySet[AuditEvent]:
    """Return those whose actions began after the event with that key."""
    return events.annotate(began=_first_of_action()).filter(began__gt=key)


def _first_of_action() -> models.Subquery:
    steps = AuditEvent.objects.filter(action_id=models.OuterRef("action_id")).order_by("pk")
    return models.Subquery(steps.values("pk")[:1])


def steps_of(action_ids: list[str]) -> dict[str, list[AuditEvent]]:
    """Return every event of some actions, in order, by action id."""
    steps: dict[str, list[AuditEvent]] = {action_id: [] for action_id in action_ids}
    for event in AuditEvent.objects.filter(action_id__in=action_ids).order_by("pk"):
        steps[event.action_id].append(event)
    return steps


def undoings_of(action_ids: list[str]) -> dict[str, AuditEvent]:
    """Return the event that undid each action, by the id of the undone action.

    An action whose undoing was undone in turn is left out.
    """
    undoings = AuditEvent.objects.filter(outcome=Outcome.SUCCEEDED).exclude(undoes="")
    undone_in_turn = undoings.filter(undoes=models.OuterRef("action_id"))
    standing = undoings.filter(~models.Exists(undone_in_turn), undoes__in=action_ids)
    return {event.undoes: event for event in standing.order_by("pk")}


def last_change_of_field(model_id: str, kinds: Iterable[str]) -> AuditEvent | None:
    """Return the last successful event of these kinds, which all change one field of the model."""
    changes = AuditEvent.objects.filter(model_id=model_id, kind__in=kinds, outcome=Outcome.SUCCEEDED)
    return order_by_beginning(changes).last()
