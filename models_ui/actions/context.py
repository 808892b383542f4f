"""What an action is told, and what comes out of it."""

from dataclasses import dataclass, field
from typing import Any, Final

from django.contrib.auth.models import User

from models_ui.audit.chain import Outcome
from models_ui.models import AuditEvent, CatalogModel

UNSETTLED: Final = (Outcome.ATTEMPTED, Outcome.UNKNOWN)


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


class Conflict(Exception):
    """Somebody changed the value since the person saw it. Nothing was written; both values are here to choose from."""

    def __init__(self, field: str, *, seen: Any, theirs: Any, mine: Any, by: AuditEvent | None = None) -> None:
        super().__init__(field)
        self.field = field
        self.seen = seen
        self.theirs = theirs
        self.mine = mine
        self.by = by  # the action of ours that changed it, if it was one


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
