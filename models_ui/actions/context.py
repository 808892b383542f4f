"""What an action is given, and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.contrib.auth.models import User

from models_ui.access.roles import Role
from models_ui.access.verbs import VERB_OF_KIND, VERBS
from models_ui.audit.chain import Outcome
from models_ui.audit.outcome_detail import ConflictDetail
from models_ui.models import AuditEvent, CatalogModel

UNSETTLED: Final = (Outcome.ATTEMPTED, Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Who acts, and how to find the action again.

    `action_id` lets a form that is sent twice act once; a new one is made where the form brought none.
    """

    actor: User
    role: Role | None = None  # the actor's, where it is known already
    action_id: str = ""
    reason: str = ""
    undoes: str = ""
    job: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """Why reading the model again did not settle an unknown outcome.

    `same`    the value is as it was before, but the write may still arrive
    `other`   the value is neither as it was before nor as was asked for
    `unsaid`  the API does not tell this of a model
    `gone`    there is no such model any more
    `unread`  the model could not be read; `error_facts` says why
    """

    answer: str
    error_facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """An action's outcome. `event` is None when there was nothing to do: the value already was as asked for."""

    row: CatalogModel
    event: AuditEvent | None
    question: OpenQuestion | None = None  # for an outcome that is still unknown after another read

    @property
    def outcome(self) -> str:
        return self.event.outcome if self.event else Outcome.SUCCEEDED


class EditConflict(Exception):
    """Somebody changed the value since the person saw it. Nothing was written; both values are here to choose from."""

    def __init__(self, field: str, *, seen: Any, theirs: Any, mine: Any, by: AuditEvent | None = None) -> None:
        super().__init__(field)
        self.field = field
        self.seen = seen
        self.theirs = theirs
        self.mine = mine
        self.by = by  # the action of ours that changed it, if it was one

    @property
    def detail(self) -> ConflictDetail:
        return ConflictDetail(self.theirs)


def can_be_undone(event: AuditEvent) -> bool:
    """Whether there is a way back from an action at all, whoever asks and whatever came after it."""
    verb = VERB_OF_KIND.get(event.kind)
    return event.outcome == Outcome.SUCCEEDED and verb is not None and VERBS[verb].reverse is not None
