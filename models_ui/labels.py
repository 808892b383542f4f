"""Words for upstream's keys, in the reader's language. A key nobody has heard of is shown as it came."""

from collections.abc import Iterable, Mapping
from typing import Final

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from models_ui.isolation import LEFT_TO_RIGHT_MARK, fill, isolate
from models_ui.querystring import MAX_TEXT, Ignored

MOST_SENTENCES: Final = 5

_CAPABILITIES: Mapping[str, str | Promise] = {
    "completion_chat": gettext_lazy("Chat"),
    "function_calling": gettext_lazy("Function calling"),
    "reasoning": gettext_lazy("Reasoning"),
    "completion_fim": gettext_lazy("Fill-in-the-middle"),
    "fine_tuning": gettext_lazy("Fine-tuning"),
    "vision": gettext_lazy("Vision"),
    "ocr": gettext_lazy("OCR"),
    "classification": gettext_lazy("Classification"),
    "moderation": gettext_lazy("Moderation"),
    "audio": gettext_lazy("Audio"),
    "audio_transcription": gettext_lazy("Transcription"),
    "audio_transcription_realtime": gettext_lazy("Live transcription"),
    "audio_speech": gettext_lazy("Speech"),
    "unified_resources": gettext_lazy("Unified resources"),
}
_VALUES: Mapping[str, Mapping[str, str | Promise]] = {
    "type": {"base": gettext_lazy("Base"), "fine-tuned": gettext_lazy("Fine-tuned")},
    "lifecycle": {
        "active": gettext_lazy("Active"),
        "retiring": gettext_lazy("Retiring"),
        "retired": gettext_lazy("Retired"),
    },
    "state": {
        "live": gettext_lazy("Live"),
        "archived": gettext_lazy("Archived"),
        "missing": gettext_lazy("Missing"),
    },
    "capability": _CAPABILITIES,
    "capability_any": _CAPABILITIES,
    "capability_not": _CAPABILITIES,
}
_FACETS: Mapping[str, str | Promise] = {
    "type": gettext_lazy("Type"),
    "capability": gettext_lazy("Can do all of"),
    "capability_any": gettext_lazy("Can do any of"),
    "capability_not": gettext_lazy("Can do none of"),
    "lifecycle": gettext_lazy("Lifecycle"),
    "state": gettext_lazy("State"),
    "owner": gettext_lazy("Owner"),
    "root": gettext_lazy("Fine-tuned from"),
}

_DOUBTS: Mapping[str, str | Promise] = {
    "unknown": gettext_lazy("not listed"),
    "several": gettext_lazy("leads to several models"),
    "itself": gettext_lazy("leads back here"),
    "circular": gettext_lazy("leads back here"),
    "retired": gettext_lazy("retired itself"),
    "missing": gettext_lazy("no longer listed"),
    "retiring": gettext_lazy("retiring itself"),
}
_FIELDS: Mapping[str, str | Promise] = {
    "name": gettext_lazy("Name"),
    "description": gettext_lazy("Description"),
    "owned_by": gettext_lazy("Owner"),
    "created": gettext_lazy("Created"),
    "max_context_length": gettext_lazy("Context length"),
    "deprecation": gettext_lazy("Stops working"),
    "deprecation_replacement_model": gettext_lazy("Replacement"),
    "default_model_temperature": gettext_lazy("Default temperature"),
    "root": gettext_lazy("Fine-tuned from"),
    "job": gettext_lazy("Training job"),
    "archived": gettext_lazy("State"),
}


def field_label(field: str) -> str:
    """The word for a field of upstream's, `capabilities.vision` among them."""
    if field.startswith("capabilities."):
        return capability_label(field.removeprefix("capabilities."))
    return str(_FIELDS.get(field, field))


def doubt(key: str) -> str:
    """Why a replacement is doubtful, in the two words that a table's cell has room for."""
    return str(_DOUBTS[key])


def facet_label(facet: str) -> str:
    return str(_FACETS[facet])


def value_label(facet: str, value: str) -> str:
    """The word for a facet's value; an unknown capability's key with its underscores read as spaces."""
    known = _VALUES.get(facet, {}).get(value)
    if known is not None:
        return str(known)
    return value.replace("_", " ") if facet.startswith("capability") else value


def capability_label(key: str) -> str:
    return value_label("capability", key)


def short_tokens(tokens: int) -> str:
    """131072 as 128k, 256000 as 256k, 1048576 as 1M: by 1,000 or 1,024, whichever is exact, else the nearer k."""
    for kilo in (1000, 1024):
        if tokens % kilo == 0:
            thousands = tokens // kilo
            if thousands >= kilo and thousands % kilo == 0:
                return f"{thousands // kilo}M"
            return f"{thousands}k"
    return str(tokens) if tokens < 1000 else f"{round(tokens / 1000)}k"


def exact_number(number: int) -> str:
    return number_format(number, use_l10n=True, force_grouping=True)


def told_ignored(ignored: Iterable[Ignored]) -> list[str]:
    """What of an address was ignored: each sentence once, and no more of them than anybody reads; the last one says
    how many there are beside."""
    found = list(dict.fromkeys(map(_ignored, ignored)))
    rest = len(found) - MOST_SENTENCES
    if rest <= 0:
        return found
    more = ngettext("%(count)d more was ignored.", "%(count)d more were ignored.", rest) % {"count": rest}
    return [*found[:MOST_SENTENCES], more]


def _ignored(ignored: Ignored) -> str:
    sentences = {
        "unknown_parameter": _("“%(parameter)s” is not a filter of this page, so it was ignored."),
        "unknown_value": _("“%(value)s” is not one of the values of “%(parameter)s”, so it was ignored."),
        "not_a_number": _("“%(value)s” is not a number that “%(parameter)s” can take, so it was ignored."),
        "repeated": _("“%(parameter)s” was given more than once; only the first was used."),
        "too_long": _("The text in “%(parameter)s” is too long; only its first %(most)d characters count."),
        "too_many": _("There are too many values in “%(parameter)s”, so the last ones were ignored."),
    }
    words = {"parameter": ignored.parameter, "value": ignored.value, "most": MAX_TEXT}
    return fill(sentences[ignored.reason], words)


def quoted(text: object) -> str:
    """Somebody's own words, in the quotation marks of the reader's language.

    An element that takes its direction from its first letter would take that of the words, and move the marks: so a
    mark of our own direction comes first where the words have another.
    """
    words = str(text)
    quotation = fill(_("“%(text)s”"), {"text": words})
    return quotation if isolate(words) == words else f"{LEFT_TO_RIGHT_MARK}{quotation}"


def in_days(days: int) -> str:
    """A calendar distance in words: today, in 23 days, 2 days ago."""
    if days == 0:
        return _("today")
    if days > 0:
        return ngettext("in %(count)d day", "in %(count)d days", days) % {"count": days}
    return ngettext("%(count)d day ago", "%(count)d days ago", -days) % {"count": -days}


def ago(seconds: int) -> str:
    """A short time that has passed: just now, 2 min ago, 3 h ago, 4 days ago."""
    if seconds < 60:
        return _("just now")
    if seconds < 3600:
        return _("%(count)d min ago") % {"count": seconds // 60}
    if seconds < 86_400:
        return _("%(count)d h ago") % {"count": seconds // 3600}
    return in_days(-(seconds // 86_400))
