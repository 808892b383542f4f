"""Taking the API key out of whatever upstream answers, however it is written there.

A gateway may echo the key in a header, a name or an error. What a Redaction returns can be logged, stored and shown.
"""

import base64
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from requests.structures import CaseInsensitiveDict

BLOT = "…"
SHORTEST = 6  # characters: a shorter key would be blotted out of ordinary words


@lru_cache(maxsize=8)
def redaction_of(key: str) -> "Redaction":
    """Return the redaction of one key; for a key that is empty or too short it changes nothing."""
    return Redaction(key)


class Redaction:
    """Blots one key out of texts, of decoded JSON at any depth, its keys included, and of headers."""

    def __init__(self, key: str) -> None:
        self._pattern = _pattern_of(key) if len(key) >= SHORTEST else None

    def __repr__(self) -> str:
        return "<Redaction>"

    def text(self, text: str) -> str:
        return self._pattern.sub(BLOT, text) if self._pattern else text

    def headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        return CaseInsensitiveDict({name: self.text(value) for name, value in headers.items()})

    def value(self, value: Any) -> Any:
        """Return decoded JSON without the key. Without recursion: upstream decides how deep it is nested."""
        if self._pattern is None:
            return value
        result = [value]
        todo: list[tuple[Any, Any]] = [(result, 0)]
        while todo:
            holder, place = todo.pop()
            item = holder[place]
            if isinstance(item, str):
                holder[place] = self.text(item)
            elif isinstance(item, dict):
                holder[place] = copy = {self.text(str(name)): inner for name, inner in item.items()}
                todo += [(copy, name) for name in copy]
            elif isinstance(item, list):
                holder[place] = copied = list(item)
                todo += [(copied, index) for index in range(len(copied))]
        return result[0]


def _pattern_of(key: str) -> re.Pattern[str]:
    """Each character as it is or escaped as URLs, JSON and HTML do, in any mixture; else the whole in base64 or hex."""
    escaped = "".join(_forms_of(character) for character in key)
    encoded = [re.escape(form) for form in sorted(_base64_forms(key), key=len, reverse=True)]
    return re.compile("|".join([f"(?i:{escaped})", *encoded, f"(?i:{key.encode().hex()})"]))


def _forms_of(character: str) -> str:
    code = ord(character)
    in_urls = rf"%(?:25){{0,3}}{code:02x}"
    in_json = rf"\\{{1,4}}(?:u00|x){code:02x}"
    in_html = rf"&#(?:0{{0,5}}{code}|x0{{0,5}}{code:x});"
    return f"(?:{re.escape(character)}|{in_urls}|{in_json}|{in_html})"


def _base64_forms(key: str) -> set[str]:
    """The key within base64 in both alphabets: what is the same whatever stands before and after it.

    Base64 writes three bytes as four characters, so there are three ways for the key to lie in it.
    """
    forms = set()
    for before in range(3):
        whole = key.encode()
        text = base64.b64encode(b"\0" * before + whole).decode()
        certain = text[-(-before * 8 // 6) : (before + len(whole)) * 8 // 6]
        forms |= {certain, certain.translate(str.maketrans("+/", "-_"))}
    return forms
