"""Reads of the history of actions."""

from django.db import models

from models_ui.audit.chain import Outcome
from models_ui.models import AuditEvent
from models_ui.vocabulary import make_storable


def history(model_id: str) -> models.QuerySet[AuditEvent]:
    """What became of each action on a model, the newest first."""
    return latest_of_each().filter(model_id=model_id).order_by("-pk")


def latest_of_each() -> models.QuerySet[AuditEvent]:
    """The last event of each action: what is known of it now."""
    later = AuditEvent.objects.filter(action_id=models.OuterRef("action_id"), pk__gt=models.OuterRef("pk"))
    return AuditEvent.objects.filter(~models.Exists(later))


def by_beginning(events: models.QuerySet[AuditEvent]) -> models.QuerySet[AuditEvent]:
    """Events in the order in which their actions began: what came of one may be found out after later ones ended."""
    return events.annotate(began=_first_of_action()).order_by("began", "pk")


def begun_after(events: models.QuerySet[AuditEvent], key: int) -> models.QuerySet[AuditEvent]:
    """Those whose actions began after the event with that key."""
    return events.annotate(began=_first_of_action()).filter(began__gt=key)


def _first_of_action() -> models.Subquery:
    steps = AuditEvent.objects.filter(action_id=models.OuterRef("action_id")).order_by("pk")
    return models.Subquery(steps.values("pk")[:1])


def action(action_id: str) -> AuditEvent | None:
    """The last event of one action."""
    return AuditEvent.objects.filter(action_id=make_storable(action_id)).order_by("-pk").first()


def steps_of(action_ids: list[str]) -> dict[str, list[AuditEvent]]:
    """Every event of some actions, in order."""
    steps: dict[str, list[AuditEvent]] = {each: [] for each in action_ids}
    for event in AuditEvent.objects.filter(action_id__in=action_ids).order_by("pk"):
        steps[event.action_id].append(event)
    return steps


def taken_back(action_ids: list[str]) -> dict[str, AuditEvent]:
    """Of some actions those that are undone, each with what undid it; not those whose undoing was undone in turn."""
    undoings = AuditEvent.objects.filter(outcome=Outcome.SUCCEEDED).exclude(undoes="")
    undone_in_turn = undoings.filter(undoes=models.OuterRef("action_id"))
    standing = undoings.filter(~models.Exists(undone_in_turn), undoes__in=action_ids)
    return {event.undoes: event for event in standing.order_by("pk")}
