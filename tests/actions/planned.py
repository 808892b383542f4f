"""Planned deletions as tests look at them: what the worker does by a day, and what a person is told."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from models_ui.actions.due_deletions import run_due_deletion
from models_ui.alerts.deletion_warnings import run_deletion_warning
from models_ui.audit.outcome_detail import detail_from_json
from models_ui.models import AuditEvent, PlannedDeletion
from sandbox import Sandbox

BOTH = pytest.mark.parametrize("dialect", ["contract", "platform"])
GRACE = timedelta(days=7)


def work_at(moment: timedelta) -> int:
    """Work on what is due after so long, and return on how many deletions that was. The worker warned people before."""
    turns = 0
    for before in (timedelta(0), min(moment, GRACE - timedelta(days=1)), moment):
        with time_machine.travel(timezone.now() + before, tick=True):
            while run_deletion_warning():
                pass
    with time_machine.travel(timezone.now() + moment, tick=True):
        while run_due_deletion():
            turns += 1
            assert turns < 20, "it never ends"
    return turns


def now_of(planned: PlannedDeletion) -> PlannedDeletion:
    return PlannedDeletion.objects.get(pk=planned.pk)


def why(planned: PlannedDeletion) -> str:
    """What a person is told."""
    return detail_from_json(now_of(planned).failure).sentence()


def kinds() -> list[tuple[str, str, str]]:
    return list(AuditEvent.objects.order_by("pk").values_list("kind", "outcome", "actor"))


def deletes(sandbox: Sandbox) -> int:
    return sum(call.verb == "delete" for call in sandbox.calls)
