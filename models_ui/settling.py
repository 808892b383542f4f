"""Unknown outcomes: what became of a write whose answer never came, found out by reading the model again."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from models_ui import audit, subject
from models_ui.audit import Entry, Outcome
from models_ui.failures import facts_of
from models_ui.locks import model_lock
from models_ui.models import AuditEvent, CatalogModel
from models_ui.permissions import ActionDenied
from models_ui.services import ModelCard, ModelGone, ModelsAPIError, models_api
from models_ui.verbs import FIELDS, VERBS

UNSETTLED: Final = (Outcome.ATTEMPTED, Outcome.UNKNOWN)
# An unknown write may still be on its way for so long; after it, what a re-read shows is what it is.
SETTLES_AFTER = timedelta(seconds=60)

NO_SUCH_ACTION = gettext_lazy("There is no such action")


@dataclass(frozen=True, slots=True)
class Looked:
    """What reading the model again showed when that did not settle an unknown outcome.

    `same`    it is as it was before, but the write may still arrive
    `other`   it is neither as it was before nor as was wished
    `unsaid`  the API does not tell this of a model
    `gone`    there is no such model any more
    `unread`  it could not be read; `failure` holds the facts
    """

    what: str
    failure: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """An action's outcome. `event` is None when there was nothing to do: the model already was as wished."""

    row: CatalogModel
    event: AuditEvent | None
    looked: Looked | None = None  # for an outcome that is unknown even after a look

    @property
    def failure(self) -> dict[str, Any]:
        return self.event.failure if self.event else {}

    @property
    def outcome(self) -> str:
        return self.event.outcome if self.event else Outcome.SUCCEEDED


def settle(*, actor: User, action_id: str) -> Done:
    """Find out what became of an action whose outcome is unknown, by re-reading the model.

    The new value in place means that it succeeded. The old one means that it failed, once the write cannot still be
    under way. A third value tells nothing. Adds an event; with nothing certain to say it adds none.
    """
    event = audit.action(action_id)
    row = subject.row_of(event.model_id) if event else None
    if event is None or row is None:
        raise ActionDenied(NO_SUCH_ACTION)
    if event.outcome not in UNSETTLED:
        return Done(row, event)
    with model_lock(event.model_id):
        event = audit.action(action_id)
        assert event is not None
        if event.outcome not in UNSETTLED:
            return Done(subject.fresh(row), event)  # it came to its end, or somebody else has looked, while we waited
        certain = timezone.now() - event.at > SETTLES_AFTER
        return look_after(event, subject.fresh(row), certain=certain, by=actor.get_username())


def look_after(event: AuditEvent, row: CatalogModel, *, certain: bool, by: str = "") -> Done:
    """Re-read after an unknown outcome, and add what that shows. Nothing is guessed.

    `certain` means that the write cannot still arrive; `by` is whoever asked, if it was not the action itself.
    """
    verb = VERBS[event.kind]
    changes = FIELDS.get(verb)
    card: ModelCard | None = None
    try:
        card = subject.look(models_api(), row, changes)
    except ModelGone:
        if changes is not None:
            with transaction.atomic():
                subject.mark_gone(row)
            return Done(row, event, Looked("gone"))
    except ModelsAPIError as error:
        return Done(row, event, Looked("unread", facts_of(error)))
    if changes is None:
        happened, did_not = card is None, card is not None
    else:
        assert card is not None
        said = subject.says(card, changes)
        happened, did_not = said == event.after.get(changes), said == event.before.get(changes)
        if said is None and changes == "archived":
            return Done(row, event, Looked("unsaid"))
    if not happened and not (did_not and certain):
        return Done(row, event, Looked("same" if did_not else "other"))
    with transaction.atomic():
        if happened:
            subject.apply(row, verb, event.after, card)
        elif card is not None:
            subject.take_in_card(row, card)
        settled = audit.record(
            Entry.of(event),
            Outcome.SUCCEEDED if happened else Outcome.FAILED,
            failure={**event.failure, "settled": True, **({"settled_by": by} if by else {})},
            correlation_id=event.correlation_id,
        )
    return Done(row, settled)
