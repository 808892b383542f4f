"""Permission (may this role use this verb?) and policy (may the verb be used on this model now?).

Roles are groups, made by a migration; each one may do all that the one before it may. `VERBS` says which role a verb
needs, `DELETION_ROLES` which role a step of a deletion needs.

Viewer   reads models, changes, the history, bulk jobs and shared views; keeps a watch list and private views
Editor   renames, describes, archives and restores; says who looks after a model, its tags, note and plan; asks for
         deletions and takes them back; shares views
Manager  deletes, protects, exports everyone’s activity, changes shared views of others, invites people, gives people
         their roles, and reads the reports of browsers

Nobody reads another person's private views.

`check_…` raises `ActionDenied` with a reason for the person; the same reason explains the disabled button.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, gettext_noop, override

from models_ui.access.roles import ROLE_LABELS, Role
from models_ui.access.verbs import VERBS, Verb
from models_ui.audit.outcome_detail import DenialDetail
from models_ui.text.isolation import fill
from models_ui.vocabulary import FINE_TUNED, id_is_routable

# The role that a step of a deletion needs, by the kind of its event.
DELETION_ROLES: Final = {
    "deletion.asked": Role.EDITOR,
    "deletion.taken_back": Role.EDITOR,
    "deletion.planned": Role.MANAGER,
    "deletion.accepted": Role.MANAGER,
    "deletion.declined": Role.MANAGER,
    VERBS[Verb.DELETE].kind: VERBS[Verb.DELETE].role,  # at once
}
NO_SUCH_MODEL = gettext_lazy("There is no such model")
NOTHING_TO_UNDO = gettext_lazy("There is nothing to undo")
# Reasons that older events keep in English. They are named here so that French readers still read them in French.
FORMER_REASONS = (
    gettext_noop("Mistral no longer lists it"),
    gettext_noop("It is protected; a Manager can lift that"),
)


class Subject(Protocol):
    """The columns of a model that policy needs; the mirror's row and the catalog's both have them."""

    @property
    def model_id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def archived(self) -> bool: ...
    @property
    def protected(self) -> bool: ...
    @property
    def deleted_at(self) -> datetime | None: ...
    @property
    def missing_since(self) -> datetime | None: ...


class ActionDenied(Exception):
    """The action is not allowed; `reason` says why, and which role may do it.

    The sentence and its words are lazy translations, so that the history can keep them for readers of any language.
    """

    def __init__(self, sentence: str | Promise, **words: str | Promise) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.words = words

    def __str__(self) -> str:
        return self.reason

    @property
    def reason(self) -> str:
        return fill(self.sentence, self.words) if self.words else str(self.sentence)

    @property
    def detail(self) -> DenialDetail:
        """The value that the history keeps, in English."""
        with override("en"):
            return DenialDetail(str(self.sentence), {name: str(word) for name, word in self.words.items()})


def check_permission(role: Role, verb: Verb) -> None:
    """Raise ActionDenied unless this role may use this verb at all."""
    check_role(role, VERBS[verb].role)


def check_role(role: Role, needed: Role) -> None:
    """Raise ActionDenied unless this role is the needed one or includes it."""
    if role < needed:
        raise ActionDenied(gettext_lazy("Needs the %(role)s role"), role=ROLE_LABELS[needed])


class PolicyFacts(NamedTuple):
    """What policy looks at, read once from a model however many verbs are asked about."""

    type: str
    archived: bool
    protected: bool
    is_deleted: bool
    is_missing: bool
    routable: bool

    @classmethod
    def of(cls, model: Subject) -> "PolicyFacts":
        return cls(
            type=model.type,
            archived=model.archived,
            protected=model.protected,
            is_deleted=model.deleted_at is not None,
            is_missing=model.missing_since is not None,
            routable=id_is_routable(model.model_id),
        )


def check_policy(model: Subject, verb: Verb) -> None:
    """Raise ActionDenied unless this verb may be used on this model now, whatever the role."""
    _check_facts(PolicyFacts.of(model), verb)


def _check_facts(facts: PolicyFacts, verb: Verb) -> None:
    if VERBS[verb].is_care:
        return
    if facts.type != FINE_TUNED:
        raise ActionDenied(gettext_lazy("Only fine-tuned models can be changed; this one is Mistral’s own"))
    if facts.is_deleted:
        raise ActionDenied(gettext_lazy("It has been deleted"))
    if not facts.routable:
        raise ActionDenied(gettext_lazy("Its id cannot be part of an address, so nothing can be sent about it"))
    if not VERBS[verb].is_local:
        _check_sent_verb(facts, verb)


def _check_sent_verb(facts: PolicyFacts, verb: Verb) -> None:
    if facts.is_missing:
        raise ActionDenied(gettext_lazy("It is gone from Mistral’s list"))
    if facts.protected and VERBS[verb].is_blocked_by_protection:
        raise ActionDenied(gettext_lazy("It is protected; a Manager can unprotect it"))
    if verb is Verb.DELETE and settings.DELETE_REQUIRES_ARCHIVE and not facts.archived:
        raise ActionDenied(gettext_lazy("It must be archived first"))


def check_action(role: Role, model: Subject | None, verb: Verb) -> None:
    """Raise ActionDenied unless this role may use this verb on this model now; `model` is None for an unknown id."""
    check_permission(role, verb)
    if model is None:
        raise ActionDenied(NO_SUCH_MODEL)
    check_policy(model, verb)


def denial_reason(role: Role, model: Subject, verb: Verb) -> str:
    """Return why this role cannot use this verb on this model now, or "". For buttons."""
    return denial_reasons(role, model, (verb,))[verb]


def denial_reasons(role: Role, model: Subject, verbs: Iterable[Verb]) -> dict[Verb, str]:
    """Return the same for several verbs, in their order."""
    facts = PolicyFacts.of(model)
    denials = {verb: _find_denial(role, facts, verb) for verb in verbs}
    return {verb: denial.reason if denial else "" for verb, denial in denials.items()}


def allowed_verbs(role: Role, facts: PolicyFacts, verbs: Iterable[Verb]) -> list[Verb]:
    """Return those verbs that this role can use now on the model of these facts."""
    return [verb for verb in verbs if _find_denial(role, facts, verb) is None]


def _find_denial(role: Role, facts: PolicyFacts, verb: Verb) -> ActionDenied | None:
    try:
        check_permission(role, verb)
        _check_facts(facts, verb)
    except ActionDenied as denied:
        return denied
    return None
