"""What follows from one attempt on an item: its next state, and what its job has to do. Decides; writes no item."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_lazy

from models_ui.access.policy import ActionDenied
from models_ui.access.verbs import VERBS, Verb, kinds_of_field
from models_ui.actions.context import UNSETTLED, Done
from models_ui.audit.chain import Journal, Outcome, latest_event
from models_ui.audit.history import filter_begun_after, steps_of
from models_ui.audit.outcome_detail import NO_DETAIL, OutcomeDetail, SettledDetail, detail_from_json
from models_ui.bulk.claim import action_id_of
from models_ui.bulk.jobs import ItemState, already_detail
from models_ui.bulk.pauses import BUSY_PAUSE, CAP, LOOK_PAUSE, back_off_seconds
from models_ui.leases import is_ahead
from models_ui.models import AuditEvent, BulkItem
from models_ui.services.connection_errors import TLSFailed, Unreachable
from models_ui.services.errors import (
    BadAnswer,
    BaseModelProtected,
    Forbidden,
    Gone,
    LabsNotEnabled,
    ModelsAPIError,
    NotConfigured,
    NotInPlan,
    RateLimited,
    RouteNotFound,
    TierNotAllowed,
    Unauthorized,
)

TRIES: Final = 5
# How long an item of unknown outcome is looked into before a person has to.
LOOKS_FOR: Final = timedelta(minutes=10)

# Failures that the next model would meet as well: the job stops, instead of failing its way through the list.
_OF_ALL_MODELS: Final = (Unauthorized, NotInPlan, NotConfigured, RouteNotFound, TLSFailed, Gone)
_OF_ONE_MODEL: Final = (BaseModelProtected, LabsNotEnabled, TierNotAllowed)

_OUR_FAULT: Final = gettext_lazy("Something went wrong in the dashboard; it is in its log")


@dataclass(frozen=True, slots=True)
class Step:
    """An item's new state, and what follows for the job."""

    state: BulkItem.State
    detail: OutcomeDetail = NO_DETAIL
    correlation_id: str = ""
    action_id: str = ""  # where it is not the last attempt's
    wait: float = 0.0  # seconds until the item's next turn
    counts: bool = False  # as one of its tries
    pause: bool = False  # the whole job has to wait
    halt: bool = False  # the whole job has to stop

    @property
    def error_facts(self) -> Mapping[str, Any]:
        return self.detail.error_facts


def step_of_done(item: BulkItem, done: Done) -> Step:
    if done.event is not None:
        return step_of_event(item, done.event)
    earlier = _earlier_attempt_that_did_it(item)
    if earlier is not None:
        state = ItemState.UNSETTLED if earlier.outcome in UNSETTLED else ItemState.DONE
        detail = detail_from_json(earlier.failure)
        return Step(state, detail, correlation_id=earlier.correlation_id, action_id=earlier.action_id)
    return Step(ItemState.SAME, already_detail(Verb(item.job.verb)))


def step_of_event(item: BulkItem, event: AuditEvent) -> Step:
    step = Step(ItemState.DONE, detail_from_json(event.failure), correlation_id=event.correlation_id)
    if event.outcome == Outcome.SUCCEEDED:
        return step
    if event.outcome in UNSETTLED:
        return _step_of_unsettled(step, event)
    return _step_of_failure(item, step)


def _step_of_unsettled(step: Step, event: AuditEvent) -> Step:
    age = timezone.now() - event.at
    if age > LOOKS_FOR or is_ahead(event.at, timezone.now()):
        return replace(step, state=ItemState.UNKNOWN)
    return replace(step, state=ItemState.UNSETTLED, wait=min(max(age.total_seconds() / 2, LOOK_PAUSE), CAP / 2))


def _step_of_failure(item: BulkItem, step: Step) -> Step:
    error = step.detail.error_class
    if issubclass(error, _OF_ALL_MODELS) or (issubclass(error, Forbidden) and _concerns_the_key(item, error)):
        return replace(step, state=ItemState.FAILED, halt=True)
    if issubclass(error, RateLimited | Unreachable):
        return replace(step, state=ItemState.WAITING, pause=True)
    if error.retryable or issubclass(error, BadAnswer) or isinstance(step.detail, SettledDetail):
        return _try_again(item, step)
    return replace(step, state=ItemState.FAILED)


def _concerns_the_key(item: BulkItem, error: type[ModelsAPIError]) -> bool:
    """Whether a refusal is about the key rather than this model: unless the key was fit for another model."""
    return not issubclass(error, _OF_ONE_MODEL) and not item.job.items.filter(state=ItemState.DONE).exists()


def _try_again(item: BulkItem, step: Step) -> Step:
    """Return another attempt after a while; after the last one the item has failed."""
    if item.tries + 1 >= TRIES:
        return replace(step, state=ItemState.FAILED, counts=True)
    return replace(step, state=ItemState.WAITING, counts=True, wait=back_off_seconds(item.tries))


def step_of_busy_model(item: BulkItem) -> Step:
    """Go back to where the item came from: to a new attempt, or to finding out about the last one."""
    return Step(ItemState.UNSETTLED if _is_unsettled(item) else ItemState.WAITING, wait=BUSY_PAUSE)


def step_of_our_fault(item: BulkItem) -> Step:
    """The history shows whether something was sent; if so that is looked into before anything else."""
    if _is_unsettled(item):
        return Step(ItemState.UNSETTLED, wait=BUSY_PAUSE)
    return _try_again(item, Step(ItemState.WAITING, ActionDenied(_OUR_FAULT).detail))


def _is_unsettled(item: BulkItem) -> bool:
    event = latest_event(item.action_id)
    return event is not None and event.outcome in UNSETTLED


def _earlier_attempt_that_did_it(item: BulkItem) -> AuditEvent | None:
    """Return the last event of an earlier attempt that did what this one found done already.

    A server can do as asked and fail to say so. As long as nobody else did it from here since, that is no guess: the
    history then says that the earlier attempt succeeded, as when an unknown outcome is settled.
    """
    ids = [_earlier_action_id(item, attempt) for attempt in range(item.attempt - 1, 0, -1)]
    steps = steps_of(ids)
    sent = [
        steps[action_id] for action_id in ids if any(step.outcome == Outcome.ATTEMPTED for step in steps[action_id])
    ]
    if not sent:
        return None
    first, last = sent[0][0], sent[0][-1]
    kinds = kinds_of_field(VERBS[Verb(item.job.verb)].field or "")
    succeeded = AuditEvent.objects.filter(model_id=item.model_id, outcome=Outcome.SUCCEEDED, kind__in=kinds)
    if filter_begun_after(succeeded, first.pk).exists():
        return None
    return Journal.of(last).settled(Outcome.SUCCEEDED) if last.outcome == Outcome.FAILED else last


def _earlier_action_id(item: BulkItem, attempt: int) -> str:
    return action_id_of(BulkItem(job_id=item.job_id, position=item.position, attempt=attempt))
