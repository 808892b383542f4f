"""Words and rules that every part of the app shares: types of models, ids, text that a column can hold."""

import math
import re
from collections.abc import Mapping
from typing import Any, Final


def gettext_noop(message: str) -> str:
    """Return the message as it is, for modules without Django.

    `makemessages` finds the message by the name of this function; whoever shows it translates it.
    """
    return message


BASE: Final = "base"
FINE_TUNED: Final = "fine-tuned"
TYPES: Final = (BASE, FINE_TUNED)
# Each known capability with its label, in the order of upstream's own list. Upstream may send others.
CAPABILITIES: Final[Mapping[str, str]] = {
    "completion_chat": gettext_noop("Chat"),
    "function_calling": gettext_noop("Function calling"),
    "reasoning": gettext_noop("Reasoning"),
    "completion_fim": gettext_noop("Fill-in-the-middle"),
    "fine_tuning": gettext_noop("Fine-tuning"),
    "vision": gettext_noop("Vision"),
    "ocr": gettext_noop("OCR"),
    "classification": gettext_noop("Classification"),
    "moderation": gettext_noop("Moderation"),
    "audio": gettext_noop("Audio"),
    "audio_transcription": gettext_noop("Transcription"),
    "audio_transcription_realtime": gettext_noop("Live transcription"),
    "audio_speech": gettext_noop("Speech"),
    "unified_resources": gettext_noop("Unified resources"),
}
KEPT_COLUMNS: Final = ("keepers", "tags", "note", "plan")
"""The columns of what people keep of a model here. Upstream says nothing of these."""
LONGEST_ID: Final = 256
_UNROUTABLE = re.compile(r"[ /?#\\%\N{REPLACEMENT CHARACTER}]|\.\.|\A\.\Z")
_PLACEHOLDER = re.compile(r"Official \S+ Mistral AI model")


def id_is_routable(model_id: str) -> bool:
    """Return True if an id may stand in a URL path: ids are hostile input, also those that upstream listed."""
    return (
        0 < len(model_id) <= LONGEST_ID
        and model_id.isprintable()  # no control, format or surrogate characters, no separators but the space
        and _UNROUTABLE.search(model_id) is None
    )


def word_of_key(key: str) -> str:
    """Return the key of a capability that nobody has named as a word: computer_use is Computer use."""
    words = key.replace("_", " ")
    return words[:1].upper() + words[1:]


def is_placeholder(description: str) -> bool:
    """Return True for the sentence that upstream puts where a description is missing."""
    return _PLACEHOLDER.fullmatch(description) is not None


def make_storable(value: Any, depth: int = 64) -> Any:
    """Return a decoded JSON value with everything replaced that a database's JSON or text column refuses.

    NUL and lone surrogates become U+FFFD; NaN and infinities become their names as text; values deeper than
    `depth` levels become "…".
    """
    if isinstance(value, str):
        return valid_unicode(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict | list) and depth == 0:
        return "…"
    if isinstance(value, dict):
        return {valid_unicode(str(key)): make_storable(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [make_storable(item, depth - 1) for item in value]
    return value


def valid_unicode(text: str) -> str:
    """Return the text with U+FFFD for NUL, which PostgreSQL refuses, and for lone surrogates, which no encoding has."""
    if text.isascii() and "\0" not in text:
        return text
    return "".join("\N{REPLACEMENT CHARACTER}" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)


def valid_texts(value: Any) -> Any:
    """Return a text, the texts in a list, or the names in an object as valid Unicode; any other value as it is."""
    if isinstance(value, str):
        return valid_unicode(value)
    if isinstance(value, list):
        return [valid_unicode(entry) if isinstance(entry, str) else entry for entry in value]
    return {valid_unicode(name): entry for name, entry in value.items()} if isinstance(value, dict) else value
