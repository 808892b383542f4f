"""What an action is called, and what came of it, as sentences for the person who did it or reads about it.

The sentences of each verb are in `access/verbs.py`, those of each detail in `audit/outcome_detail.py`.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from models_ui.access import people
from models_ui.access.verbs import FIELD_WORDS, VERB_OF_KIND, VERBS, Verb, bulk_words_of
from models_ui.actions.context import UNSETTLED, OpenQuestion
from models_ui.actions.lock import lock_time
from models_ui.audit.chain import Outcome
from models_ui.audit.deletion_events import DELETION_KINDS
from models_ui.audit.outcome_detail import NO_DETAIL, OutcomeDetail, UnconfirmedDetail, detail_from_json
from models_ui.audit.plain_events import PLAIN_KINDS, PlainKind
from models_ui.models import AuditEvent
from models_ui.services.stored_errors import stored_error_sentence
from models_ui.text.humanize import quote_text
from models_ui.text.isolation import fill, isolate

_GAPS: Final = re.compile(r"%\(\w+\)s")
KINDS_WITHOUT_VERB: Final[Mapping[str, PlainKind]] = {**people.KINDS, **PLAIN_KINDS, **DELETION_KINDS}


def verb_label(verb: Verb) -> str:
    return str(VERBS[verb].label)


def action_kind_label(kind: str) -> str:
    """Return what an event's kind is called in a filter. A kind of a newer version is shown by its name."""
    if kind in VERB_OF_KIND:
        return verb_label(VERB_OF_KIND[kind])
    return str(KINDS_WITHOUT_VERB[kind].label) if kind in KINDS_WITHOUT_VERB else kind


def already_sentence(verb: Verb, model: str) -> str:
    """Return the sentence for an action that found nothing to do."""
    return fill(VERBS[verb].already, {"model": model})


def outcome_sentence(event: AuditEvent, question: OpenQuestion | None = None) -> str:
    """Return what came of an action, for the person who did it: what is now so, or what went wrong and what to do.

    `question` is what a look at an unknown outcome has left open.
    """
    verb, model = VERB_OF_KIND[event.kind], event.label or event.model_id
    detail = detail_from_json(event.failure)
    reason = _reason_of(event, detail)
    if event.outcome == Outcome.SUCCEEDED:
        reads_otherwise = isinstance(detail, UnconfirmedDetail) and detail.reads_otherwise
        sentence = "" if reads_otherwise else _success_sentence(event, model)
        return f"{sentence} {reason}".strip()
    if event.outcome in UNSETTLED:
        was_read = question is not None and question.answer != "unread"
        facts = dict(detail.error_facts)
        # Without the advice to read the model again, which was done.
        why = stored_error_sentence(facts, once_read=True) if was_read and facts else reason
        doubt = fill(_("It is not known whether this worked: %(why)s"), {"why": why})
        looked = still_unknown_sentence(question) if question is not None and was_read else ""
        return f"{verb_label(verb)}, {isolate(model)}. {doubt} {looked}".strip()
    return f"{fill(VERBS[verb].not_done, {'model': model})} {reason}".strip()


def _success_sentence(event: AuditEvent, model: str) -> str:
    verb = VERBS[VERB_OF_KIND[event.kind]]
    value = event.after.get(verb.field) if verb.field else None
    sentence = verb.cleared if verb.cleared and not value else verb.done
    parts = FIELD_WORDS[verb.field].parts if verb.field and value else None
    return fill(sentence, {"model": model, verb.field or "": parts(value) if parts else value})


_STILL_UNKNOWN: Final[dict[str, str | Promise]] = {
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


def still_unknown_sentence(question: OpenQuestion) -> str:
    """Return what looking again showed, where that settled nothing."""
    why = stored_error_sentence(dict(question.error_facts)) if question.error_facts else ""
    return fill(_STILL_UNKNOWN[question.answer], {"why": why})


def outcome_label(event: AuditEvent) -> str:
    """Return the outcome in a word. An attempt that cannot be under way any more is one of unknown outcome."""
    if event.outcome == Outcome.ATTEMPTED and not is_under_way(event):
        return str(Outcome.UNKNOWN.label)
    return str(Outcome(event.outcome).label)


def is_under_way(event: AuditEvent) -> bool:
    return event.outcome == Outcome.ATTEMPTED and timezone.now() - event.at < lock_time()


def outcome_reason(event: AuditEvent) -> str:
    """Return why an action was refused, failed or is in doubt, as one or two sentences; "" after a plain success."""
    return _reason_of(event, detail_from_json(event.failure))


def _reason_of(event: AuditEvent, detail: OutcomeDetail) -> str:
    if event.outcome == Outcome.SUCCEEDED and not isinstance(detail, UnconfirmedDetail):
        return ""
    if detail != NO_DETAIL:
        return _detail_sentence(event, detail)
    if event.outcome != Outcome.ATTEMPTED:
        return ""
    return _("It is still under way.") if is_under_way(event) else _("The dashboard stopped before an answer came.")


def _detail_sentence(event: AuditEvent, detail: OutcomeDetail) -> str:
    verb = VERB_OF_KIND.get(event.kind)
    field = VERBS[verb].field if verb else None
    return detail.sentence(lambda value: field_words(field, value) if field else str(value))


def change_words(event: AuditEvent) -> tuple[str, str] | None:
    """Return before and after of what the action changes, in words; None where neither is known."""
    if event.kind not in VERB_OF_KIND:
        return KINDS_WITHOUT_VERB[event.kind].change_words(event) if event.kind in KINDS_WITHOUT_VERB else None
    field = VERBS[VERB_OF_KIND[event.kind]].field
    if field is None:
        return (field_words("name", event.before.get("name")), _("deleted")) if event.before else None
    if field not in event.after:
        return None
    return field_words(field, event.before.get(field)), field_words(field, event.after[field])


def field_words(field: str, value: Any) -> str:
    """Return a field's value as a person would say it."""
    words = FIELD_WORDS[field]
    if not value:
        return str(words.is_empty)
    if words.parts is not None:
        return words.parts(value) or str(words.is_empty)
    return str(words.is_set) if words.is_set else quote_text(value)


def told_sentence(event: AuditEvent) -> str:
    """Return what somebody did, or tried to do, with gaps for the words of `told_words`."""
    if event.kind in KINDS_WITHOUT_VERB:
        plain = KINDS_WITHOUT_VERB[event.kind]
        if event.outcome == Outcome.REFUSED:
            return _("%(who)s tried “%(kind)s”")
        return str(plain.told if event.label or not plain.told_unnamed else plain.told_unnamed)
    if event.kind not in VERB_OF_KIND:
        return "%(who)s: %(kind)s"
    verb = VERBS[VERB_OF_KIND[event.kind]]
    if event.outcome != Outcome.SUCCEEDED:
        return str(verb.tried)
    is_cleared = verb.told_cleared and not event.after.get(verb.field or "")
    return str(verb.told_cleared if is_cleared else verb.told)


def actor_name(event: AuditEvent) -> str:
    """Return who did it. Of what nobody who signed in did, the history tells where it was done."""
    return event.actor or _("Somebody in a terminal")


def kind_words(kind: str) -> list[str]:
    """Return what a kind is called, and the sentence that tells it, without what stands in its gaps."""
    told = KINDS_WITHOUT_VERB[kind].told if kind in KINDS_WITHOUT_VERB else VERBS[VERB_OF_KIND[kind]].told
    return [action_kind_label(kind), _GAPS.sub("", str(told))]


def told_words(event: AuditEvent) -> dict[str, str]:
    """Return the words for the gaps of `told_sentence`. `model` and `subject` are what it was done to."""
    before, after = change_words(event) or ("", "")
    subject = event.label or event.model_id
    words = {"who": actor_name(event), "kind": action_kind_label(event.kind), "before": before, "after": after}
    return words | {"model": subject, "subject": subject}


# How many of a bulk job's actions ended so; successes are told by its sentence.
_OUTCOME_COUNTS: Final[dict[str, Any]] = {
    Outcome.FAILED: ngettext_lazy("%d failed", "%d failed"),
    Outcome.REFUSED: ngettext_lazy("%d refused", "%d refused"),
    Outcome.UNKNOWN: ngettext_lazy("%d not known", "%d not known"),
    Outcome.ATTEMPTED: ngettext_lazy("%d under way", "%d under way"),
}


def told_job_sentence(kind: str, numbers: Mapping[str, int]) -> str:
    """Return what somebody did in a bulk job, with a gap for %(who)s. `numbers` counts its actions by outcome."""
    words = bulk_words_of(VERB_OF_KIND[kind])
    count, done = sum(numbers.values()), numbers.get(Outcome.SUCCEEDED, 0)
    sentence = words.told if done == count else words.told_partly if done else words.tried
    return str(sentence % {"who": "%(who)s", "count": count, "done": done})


def outcome_count_words(numbers: Mapping[str, int]) -> list[str]:
    """Return how many of a job's actions did not succeed, by outcome: 1 failed, 2 refused."""
    return [str(words % numbers[outcome]) for outcome, words in _OUTCOME_COUNTS.items() if numbers.get(outcome)]
