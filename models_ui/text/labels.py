"""Words for upstream's keys, in the reader's language. A key nobody has heard of is shown as it came."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

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
