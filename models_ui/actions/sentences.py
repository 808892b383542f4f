"""What an action is called, and what came of it, as sentences for the person who did it or reads about it."""

from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from models_ui.access import people
from models_ui.access.policy import reason_of
from models_ui.access.verbs import FIELDS, VERBS, Verb
from models_ui.actions.context import UNSETTLED, Looked
from models_ui.actions.lock import lock_time
from models_ui.models import AuditEvent
from models_ui.services.stored_errors import stored_error_sentence
from models_ui.text.humanize import quote_text
from models_ui.text.isolation import fill, isolate

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
    Verb.RENAME: gettext_lazy("Nothing to change: the name of %(model)s is so already."),
    Verb.DESCRIBE: gettext_lazy("Nothing to change: the description of %(model)s is so already."),
    Verb.ARCHIVE: gettext_lazy("%(model)s is archived already."),
    Verb.UNARCHIVE: gettext_lazy("%(model)s is live already."),
    Verb.PROTECT: gettext_lazy("%(model)s is protected already."),
    Verb.UNPROTECT: gettext_lazy("%(model)s is not protected."),
}


def verb_label(verb: Verb) -> str:
    return str(VERB_LABELS[verb])


def kind_label(kind: str) -> str:
    """What an event's kind is called in a filter."""
    return str(people.KIND_LABELS[kind]) if kind in people.KIND_LABELS else verb_label(VERBS[kind])


def what_it_does(verb: Verb) -> str:
    return str(_WHAT_IT_DOES[verb])


def already(verb: Verb, model: str) -> str:
    """For an action that found nothing to do."""
    return fill(_ALREADY[verb], {"model": model})


def outcome_sentence(event: AuditEvent) -> str:
    """What came of an action, for the person who did it: what is now so, or what went wrong and what to do."""
    verb, words = VERBS[event.kind], {"model": event.label or event.model_id}
    if event.outcome == Outcome.SUCCEEDED:
        sentence = "" if "reads" in event.failure else _success(verb, event, words)
        return f"{sentence} {_not_confirmed(event)}".strip()
    if event.outcome in UNSETTLED:
        doubt = fill(_("It is not known whether this worked: %(why)s"), {"why": why(event)})
        return f"{verb_label(verb)}, {isolate(words['model'])}. {doubt}"
    return f"{fill(_NOT_DONE[verb], words)} {why(event)}".strip()


_STILL_UNKNOWN: dict[str, str | Promise] = {
    "same": gettext_lazy(
        "The model was read again and is as it was before. The change may still be on its way: check again in a minute."
    ),
    "other": gettext_lazy(
        "The model was read again and is neither as it was before nor as was wished: it has been changed elsewhere "
        "since, so nobody can know whether this worked."
    ),
    "unsaid": gettext_lazy(
        "The model was read again, but this API does not say whether a model is archived, so it stays unknown whether "
        "this worked."
    ),
    "gone": gettext_lazy("There is no such model any more, so nobody can know whether this worked."),
    "unread": gettext_lazy("It is still not known whether this worked, since the model could not be read: %(why)s"),
}


def still_unknown(looked: Looked) -> str:
    """What looking again showed, where that settled nothing."""
    why = stored_error_sentence(looked.failure) if looked.failure else ""
    return fill(_STILL_UNKNOWN[looked.what], {"why": why})


def _success(verb: Verb, event: AuditEvent, words: dict[str, str]) -> str:
    if verb is Verb.RENAME:
        name = event.after.get("name")
        return fill(_("The name is now “%(name)s”."), {"name": name}) if name else _("The name was taken away.")
    if verb is Verb.DESCRIBE:
        cleared = not event.after.get("description")
        return (
            _("The description was taken away.")
            if cleared
            else fill(_("The description of %(model)s is changed."), words)
        )
    return fill(_DONE[verb], words)


def _not_confirmed(event: AuditEvent) -> str:
    """What reading the model again left open after a success."""
    if "reads" in event.failure:
        value = value_words(FIELDS[VERBS[event.kind]], event.failure["reads"])
        return fill(
            _("Mistral confirmed it, but reading the model again shows something else: %(value)s."), {"value": value}
        )
    if event.failure.get("unconfirmed"):
        return _("Mistral confirmed it, but the model could not be read again yet.")
    return ""


def outcome_label(event: AuditEvent) -> str:
    """What came of an action, in a word. An attempt that nobody can still be at is one of unknown outcome."""
    if event.outcome == Outcome.ATTEMPTED and not under_way(event):
        return str(Outcome.UNKNOWN.label)
    return str(Outcome(event.outcome).label)


def under_way(event: AuditEvent) -> bool:
    return event.outcome == Outcome.ATTEMPTED and timezone.now() - event.at < lock_time()


def why(event: AuditEvent) -> str:
    """The reason of a refusal, failure or doubt, as one or two sentences; empty after a plain success."""
    failure = event.failure
    if event.outcome == Outcome.SUCCEEDED:
        return _not_confirmed(event)
    if failure.get("conflict"):
        value = value_words(FIELDS[VERBS[event.kind]], failure.get("theirs"))
        return fill(
            _("Somebody had changed it in the meantime (to: %(value)s), so nothing was written."), {"value": value}
        )
    if "reason" in failure:
        return f"{reason_of(failure)}."
    if failure.get("settled") and event.outcome == Outcome.FAILED:
        return _("Reading the model again showed that the change had not been made.")
    if "code" in failure:
        return stored_error_sentence(failure)
    if under_way(event):
        return _("It is still under way.")
    if event.outcome == Outcome.ATTEMPTED:
        return _("The dashboard stopped before an answer came.")
    return ""


def change(event: AuditEvent) -> tuple[str, str] | None:
    """Before and after of what the action changes, in words; None where nothing is known of it."""
    if event.kind in people.KINDS:
        return people.change_words(event)
    field = FIELDS.get(VERBS[event.kind])
    if field is None:
        return (value_words("name", event.before.get("name")), _("deleted")) if event.before else None
    if field not in event.after:
        return None
    return value_words(field, event.before.get(field)), value_words(field, event.after[field])


def value_words(field: str, value: Any) -> str:
    """A field's value as a person would say it."""
    if field == "archived":
        return _("archived") if value else _("live")
    if field == "protected":
        return _("protected") if value else _("not protected")
    if not value:
        return _("no name") if field == "name" else _("no description")
    return quote_text(value)


_TOLD: dict[Verb, str | Promise] = {
    Verb.RENAME: pgettext_lazy("somebody … a model", "renamed"),
    Verb.DESCRIBE: pgettext_lazy("somebody … a model", "changed the description of"),
    Verb.ARCHIVE: pgettext_lazy("somebody … a model", "archived"),
    Verb.UNARCHIVE: pgettext_lazy("somebody … a model", "restored"),
    Verb.DELETE: pgettext_lazy("somebody … a model", "deleted"),
    Verb.PROTECT: pgettext_lazy("somebody … a model", "protected"),
    Verb.UNPROTECT: pgettext_lazy("somebody … a model", "lifted the protection of"),
}
_TRIED: dict[Verb, str | Promise] = {
    Verb.RENAME: pgettext_lazy("somebody … a model", "tried to rename"),
    Verb.DESCRIBE: pgettext_lazy("somebody … a model", "tried to change the description of"),
    Verb.ARCHIVE: pgettext_lazy("somebody … a model", "tried to archive"),
    Verb.UNARCHIVE: pgettext_lazy("somebody … a model", "tried to restore"),
    Verb.DELETE: pgettext_lazy("somebody … a model", "tried to delete"),
    Verb.PROTECT: pgettext_lazy("somebody … a model", "tried to protect"),
    Verb.UNPROTECT: pgettext_lazy("somebody … a model", "tried to lift the protection of"),
}


def told(event: AuditEvent) -> str:
    """What somebody did, or tried to do: the words between their name and the model's or the person's."""
    if event.kind in people.KINDS:
        return str(people.KINDS[event.kind])
    return str((_TOLD if event.outcome == Outcome.SUCCEEDED else _TRIED)[VERBS[event.kind]])
