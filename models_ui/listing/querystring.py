"""Query strings: their parameters, their limits, and a note of what was ignored. `filters.py` has the sentences.

No Django here, for `catalog/query.py` has none.
"""

import re
from typing import Final, Literal, NamedTuple, Self
from urllib.parse import parse_qsl

MAX_TEXT: Final = 200
MAX_VALUES: Final = 50
MAX_PARAMETERS: Final = 1000

Reason = Literal["unknown_parameter", "unknown_value", "not_a_number", "repeated", "too_long", "too_many"]

_SPACES = re.compile(r"\s+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Ignored(NamedTuple):
    """A parameter that was not understood, for the note on the page."""

    parameter: str
    value: str
    reason: Reason

    @classmethod
    def of(cls, parameter: str, value: str, reason: Reason) -> Self:
        """Return a note of a part of an address: any text, so only as much of it as can be shown."""
        return cls(_shorten_shown(parameter), _shorten_shown(value), reason)


def split_query(query_string: str) -> tuple[list[tuple[str, str]], str]:
    """Return the first MAX_PARAMETERS parameters in order, empty ones too, and the rest of the string."""
    pieces = query_string.split("&")
    read, rest = pieces[:MAX_PARAMETERS], pieces[MAX_PARAMETERS:]
    return parse_qsl("&".join(read), keep_blank_values=True), "&".join(rest)


def with_query(address: str, query: str) -> str:
    return f"{address}?{query}" if query else address


def tidy_text(text: str) -> str:
    """Return typed text with tabs and line breaks as single spaces, and without characters that cannot be shown."""
    return _SPACES.sub(" ", _UNPRINTABLE.sub("", _SPACES.sub(" ", text))).strip()


def _shorten_shown(text: str) -> str:
    return "".join(letter for letter in tidy_text(text) if letter.isprintable())[:60]
