"""What an action is called, and what came of it, as sentences for the person who did it or reads about it."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from models_ui.actions import FIELDS, REVERSE, VERBS
from models_ui.failures import sentence_of
from models_ui.models import AuditEvent
from models_ui.permissions import Verb

Outcome = AuditEvent.Outcome

VERB_LABELS: dict[Verb, str | Promise] = {
    Verb.RENAME: gettext_lazy("Rename"),
    Verb.DESCRIBE: gettext_lazy("Describe"),
    Verb.ARCHIVE: gettext_lazy("Archive"),
    Verb.UNARCHIVE: gettext_lazy("Restore"),
    Verb.DELETE: gettext_lazy("Delete"),
    Verb.PROTECT: gettext_lazy("Protect"),
    Verb.UNPROTECT: gettext_lazy("Lift protection"),
}
_WHAT_IT_DOES: dict[Verb, str | Promise] = {
    Verb.RENAME: gettext_lazy("The name is for people. Programs use the id, which never changes."),
    Verb.DESCRIBE: gettext_lazy("The description is for people. It changes nothing about how the model works."),
    Verb.ARCHIVE: gettext_lazy("An archived model stops answering. You can restore it at any time."),
    Verb.UNARCHIVE: gettext_lazy("A restored model answers again."),
    Verb.DELETE: gettext_lazy("This cannot be undone."),
    Verb.PROTECT: gettext_lazy("Nobody can rename, archive or delete it from here until a Manager lifts that."),
    Verb.UNPROTECT: gettext_lazy("It can be renamed, archived and deleted from here again."),
}
_DONE: dict[Verb, str | Promise] = {
    Verb.ARCHIVE: gettext_lazy("%(model)s is archived."),
    Verb.UNARCHIVE: gettext_lazy("%(model)s is restored."),
    Verb.DELETE: gettext_lazy("%(model)s is deleted."),
    Verb.PROTECT: gettext_lazy("%(model)s is protected."),
    Verb.UNPROTECT: gettext_lazy("%(model)s is no longer protected."),
}
_NOT_DONE: dict[Verb, str | Promise] = {
    Verb.RENAME: gettext_lazy("%(model)s was not renamed."),
    Verb.DESCRIBE: gettext_lazy("The description of %(model)s was not changed."),
    Verb.ARCHIVE: gettext_lazy("%(model)s was not archived."),
    Verb.UNARCHIVE: gettext_lazy("%(model)s was not restored."),
    Verb.DELETE: gettext_lazy("%(model)s was not deleted."),
    Verb.PROTECT: gettext_lazy("%(model)s was not protected."),
    Verb.UNPROTECT: gettext_lazy("The protection of %(model)s was not lifted."),
}
_ALREADY: dict[Verb, str | Promise] = {
    Verb.RENAME: gettext_lazy("%(model)s already has that name."),
    Verb.DESCRIBE: gettext_lazy("%(model)s already has that description."),
    Verb.ARCHIVE: gettext_lazy("%(model)s is archived already."),
    Verb.UNARCHIVE: gettext_lazy("%(model)s is live already."),
    Verb.PROTECT: gettext_lazy("%(model)s is protected already."),
    Verb.UNPROTECT: gettext_lazy("%(model)s is not protected."),
}


def verb_label(verb: Verb) -> str:
    return str(VERB_LABELS[verb])


def what_it_does(verb: Verb) -> str:
    return str(_WHAT_IT_DOES[verb])


def already(verb: Verb, model: str) -> str:
    """For an action that found nothing to do."""
    return str(_ALREADY[verb]) % {"model": model}


def outcome_sentence(event: AuditEvent) -> str:
    """What came of an action, for the person who did it: what is now so, or what went wrong and what to do."""
    verb, words = VERBS[event.kind], {"model": event.label or event.model_id}
    if event.outcome == Outcome.SUCCEEDED:
        sentence = _success(verb, event, words)
        if event.failure.get("unconfirmed"):
            sentence += " " + _("Mistral confirmed it, but the model could not be read again yet.")
        return sentence
    if event.outcome in (Outcome.UNKNOWN, Outcome.ATTEMPTED):
        return _("It is not known whether this worked: %(why)s") % {"why": why(event)}
    return f"{str(_NOT_DONE[verb]) % words} {why(event)}".strip()


def _success(verb: Verb, event: AuditEvent, words: dict[str, str]) -> str:
    if verb is Verb.RENAME:
        name = event.after.get("name")
        return _("The name is now “%(name)s”.") % {"name": name} if name else _("The name was taken away.")
    if verb is Verb.DESCRIBE:
        cleared = not event.after.get("description")
        return (
            _("The description was taken away.") if cleared else _("The description of %(model)s is changed.") % words
        )
    return str(_DONE[verb]) % words


def why(event: AuditEvent) -> str:
    """The reason of a refusal or failure, as one or two sentences."""
    failure = event.failure
    if failure.get("conflict"):
        return _("Somebody had changed it in the meantime, so nothing was written.")
    if "reason" in failure:
        return f"{failure['reason']}."
    if failure.get("settled") and event.outcome == Outcome.FAILED:
        return _("Reading the model again showed that the change had not been made.")
    if "code" in failure:
        return sentence_of(failure)
    if event.outcome == Outcome.ATTEMPTED:
        return _("The dashboard stopped before an answer came.")
    return ""


def can_be_undone(event: AuditEvent) -> bool:
    return event.outcome == Outcome.SUCCEEDED and VERBS[event.kind] in REVERSE


def change(event: AuditEvent) -> tuple[str, str] | None:
    """Before and after of the field that the action changes, in words; None for a deletion."""
    field = FIELDS.get(VERBS[event.kind])
    if field is None:
        return None
    return value_words(field, event.before.get(field)), value_words(field, event.after.get(field))


def value_words(field: str, value: Any) -> str:
    """A field's value as a person would say it."""
    if field == "archived":
        return _("archived") if value else _("live")
    if field == "protected":
        return _("protected") if value else _("not protected")
    if not value:
        return _("no name") if field == "name" else _("no description")
    return f"“{value}”"


_TOLD: dict[Verb, str | Promise] = {
    Verb.RENAME: gettext_lazy("renamed it"),
    Verb.DESCRIBE: gettext_lazy("described it anew"),
    Verb.ARCHIVE: gettext_lazy("archived it"),
    Verb.UNARCHIVE: gettext_lazy("restored it"),
    Verb.DELETE: gettext_lazy("deleted it"),
    Verb.PROTECT: gettext_lazy("protected it"),
    Verb.UNPROTECT: gettext_lazy("lifted its protection"),
}


def told(event: AuditEvent) -> str:
    """What somebody did, or tried to do, to a model: the words after their name."""
    return str(_TOLD[VERBS[event.kind]])
