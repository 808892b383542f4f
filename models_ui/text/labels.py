"""Words for upstream's keys, in the reader's language. An unknown key is shown as it came."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from models_ui.text.isolation import isolate
from models_ui.vocabulary import CAPABILITIES, word_of_key

_DOUBTS: Mapping[str, str | Promise] = {
    "unknown": gettext_lazy("not listed"),
    "several": gettext_lazy("leads to several models"),
    "itself": gettext_lazy("leads back here"),
    "circular": gettext_lazy("leads back here"),
    "retired": gettext_lazy("retired itself"),
    "missing": gettext_lazy("gone from Mistral’s list"),
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
    """Return the word for a field of upstream's, `capabilities.vision` among them."""
    if field.startswith("capabilities."):
        return capability_label(field.removeprefix("capabilities."))
    return str(_FIELDS.get(field, field))


def doubt_label(key: str) -> str:
    """Return why a replacement is doubtful, in the few words that a table's cell has room for."""
    return str(_DOUBTS[key])


def capability_label(key: str) -> str:
    """Return the word for a capability; of an unknown one its key, read as a word and isolated, as upstream made it."""
    known = CAPABILITIES.get(key)
    return isolate(word_of_key(key)) if known is None else gettext(known)
