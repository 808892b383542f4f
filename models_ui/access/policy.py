"""Who may do what (permission), and whether it may be done to this model now (policy).

Roles are groups, made by a migration; each one may do all that the one before it may.

Viewer   reads everything
Editor   renames, describes, archives and restores
Manager  deletes, protects, exports everyone’s activity, and gives people their roles

`check_…` raises `ActionDenied` with a reason for the person; the same reason explains the disabled button.
"""

from typing import Any, Protocol

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from models_ui.access.roles import ROLE_LABELS, Role
from models_ui.access.verbs import Verb
from models_ui.text.isolation import fill
from models_ui.vocabulary import FINE_TUNED

_NEEDS = {
    Verb.RENAME: Role.EDITOR,
    Verb.DESCRIBE: Role.EDITOR,
    Verb.ARCHIVE: Role.EDITOR,
    Verb.UNARCHIVE: Role.EDITOR,
    Verb.DELETE: Role.MANAGER,
    Verb.PROTECT: Role.MANAGER,
    Verb.UNPROTECT: Role.MANAGER,
}
NO_SUCH_MODEL = gettext_lazy("There is no such model")
NOTHING_TO_UNDO = gettext_lazy("There is nothing to undo")
_PROTECTED_FROM = (Verb.RENAME, Verb.ARCHIVE, Verb.DELETE)


class Subject(Protocol):
    """What policy looks at; the mirror's row and the catalog's both have it."""

    @property
    def type(self) -> str: ...
    @property
    def archived(self) -> bool: ...
    @property
    def protected(self) -> bool: ...
    @property
    def is_deleted(self) -> bool: ...
    @property
    def is_missing(self) -> bool: ...
    @property
    def routable(self) -> bool: ...


class ActionDenied(Exception):
    """It may not be done; `reason` says why, and who could.

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
    def facts(self) -> dict[str, Any]:
        """What the history keeps; `reason_of` tells it."""
        with override("en"):
            words = {name: str(word) for name, word in self.words.items()}
            return {"reason": str(self.sentence), **({"words": words} if words else {})}


def reason_of(facts: dict[str, Any]) -> str:
    """A kept refusal in the reader's language."""
    sentence = _(facts["reason"]) if facts["reason"] else ""
    words = {name: _(word) if name == "role" else word for name, word in facts.get("words", {}).items()}
    return fill(sentence, words) if words else sentence


def check_permission(role: Role, verb: Verb) -> None:
    """Raise ActionDenied unless this role may do this at all."""
    needed = _NEEDS[verb]
    if role < needed:
        raise ActionDenied(gettext_lazy("Needs the %(role)s role"), role=ROLE_LABELS[needed])


def check_policy(model: Subject, verb: Verb) -> None:
    """Raise ActionDenied unless this may be done to this model now, whoever asks."""
    if model.type != FINE_TUNED:
        raise ActionDenied(gettext_lazy("Only fine-tuned models can be changed; this one is Mistral’s own"))
    if model.is_deleted:
        raise ActionDenied(gettext_lazy("It has been deleted"))
    if not model.routable:
        raise ActionDenied(gettext_lazy("Its id cannot be part of an address, so nothing can be sent about it"))
    if verb in (Verb.PROTECT, Verb.UNPROTECT):
        return
    if model.is_missing:
        raise ActionDenied(gettext_lazy("Mistral no longer lists it"))
    if model.protected and verb in _PROTECTED_FROM:
        raise ActionDenied(gettext_lazy("It is protected; a Manager can lift that"))
    if verb is Verb.DELETE and settings.DELETE_REQUIRES_ARCHIVE and not model.archived:
        raise ActionDenied(gettext_lazy("It must be archived first"))


def denial(role: Role, model: Subject, verb: Verb) -> str:
    """Why this role cannot do this to this model now; empty when it can. For buttons."""
    try:
        check_permission(role, verb)
        check_policy(model, verb)
    except ActionDenied as denied:
        return denied.reason
    return ""
