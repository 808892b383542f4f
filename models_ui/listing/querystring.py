"""What everything that reads the address bar has in common. What was ignored is put in words by `labels.py`.

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
        """Of whatever was in the address: anybody's text, so only as much of it as can be shown."""
        return cls(_shown(parameter), _shown(value), reason)


def split(query_string: str) -> tuple[list[tuple[str, str]], str]:
    """The parameters in order, empty ones too, as far as anybody reads them; and what is left of the string."""
    pieces = query_string.split("&")
    read, rest = pieces[:MAX_PARAMETERS], pieces[MAX_PARAMETERS:]
    return parse_qsl("&".join(read), keep_blank_values=True), "&".join(rest)


def with_query(address: str, query: str) -> str:
    return f"{address}?{query}" if query else address


def tidy(text: str) -> str:
    """Text of a person: pasted tabs and line breaks are spaces, what cannot be shown is left out."""
    return _SPACES.sub(" ", _UNPRINTABLE.sub("", _SPACES.sub(" ", text))).strip()


def _shown(text: str) -> str:
    return "".join(letter for letter in tidy(text) if letter.isprintable())[:60]
