"""Taking the API key out of upstream's answers, in whatever encoding it stands there.

A gateway may echo the key in a header, a name or an error. What a Redaction returns can be logged, stored and shown.
"""

import base64
import re
from collections.abc import Mapping
from functools import lru_cache
from html.entities import html5
from typing import Any, Final

from requests.structures import CaseInsensitiveDict

BLOT = "…"
SHORTEST = 6  # characters: a shorter key would be blotted out of ordinary words


@lru_cache(maxsize=8)
def redaction_of(key: str) -> "Redaction":
    """Return the redaction of one key; for a key that is empty or too short it changes nothing."""
    return Redaction(key)


class Redaction:
    """The removal of one key from texts, headers and decoded JSON at any depth, names of members included."""

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
    """Match each character as it is or escaped, in any mixture of escapes; else the whole key in base64 or hex."""
    escaped = "".join(_forms_of(character) for character in key)
    encoded = [_broken_into_lines(form) for form in sorted(_base64_forms(key), key=len, reverse=True)]
    pairs = _BETWEEN_HEX.join(f"{byte:02x}" for byte in key.encode())
    return re.compile("|".join([f"(?i:{escaped})", *encoded, f"(?i:{_HEX_MARK}{pairs})"]))


# Escapes are escaped again by whoever quotes them, so each may begin with several backslashes, %25 or &amp;.
_BACKSLASHES: Final = r"\\{1,8}"
_PERCENT: Final = "%(?:25){0,3}"
_HEX_MARK: Final = r"(?:0x|\\{1,4}x)?"
_BETWEEN_HEX: Final = rf"[\s:,-]{{0,3}}{_HEX_MARK}"
_LINE_BREAK: Final = r"(?:\s|\\[rn]){0,4}"
_NAMES: Final[dict[str, list[str]]] = {
    character: [re.escape(name.rstrip(";")) for name, written in html5.items() if written == character]
    for character in map(chr, range(33, 127))
}


def _forms_of(character: str) -> str:
    """Match one character as URLs, JSON, JavaScript, C, a shell, HTML or a mail (quoted-printable) may write it."""
    code = ord(character)
    in_bytes = "".join(f"(?:{_PERCENT}|{_BACKSLASHES}x|=){byte:02x}" for byte in character.encode())
    in_units = rf"(?:{_PERCENT}u|{_BACKSLASHES}u){code:04x}|{_BACKSLASHES}(?:u\{{|x)0{{0,4}}{code:x}\}}?"
    in_octal = f"{_BACKSLASHES}{code:03o}"
    names = "|".join([f"#0{{0,5}}{code}", f"#x0{{0,5}}{code:x}", *_NAMES.get(character, [])])
    in_html = f"&(?:amp;){{0,3}}(?:{names});?"
    return rf"(?:\\{{0,8}}{re.escape(character)}|{in_bytes}|{in_units}|{in_octal}|{in_html})"


def _broken_into_lines(form: str) -> str:
    """Match base64 in lines, as mails have it, and percent-encoded."""
    characters = (
        re.escape(character) if character.isalnum() else f"(?:{re.escape(character)}|%(?i:{ord(character):02x}))"
        for character in form
    )
    return _LINE_BREAK.join(characters)


def _base64_forms(key: str) -> set[str]:
    """Return the key within base64 in both alphabets, without the characters that depend on its neighbours.

    Base64 writes three bytes as four characters, so there are three ways for the key to lie in it.
    """
    forms = set()
    for before in range(3):
        whole = key.encode()
        text = base64.b64encode(b"\0" * before + whole).decode()
        certain = text[-(-before * 8 // 6) : (before + len(whole)) * 8 // 6]
        forms |= {certain, certain.translate(str.maketrans("+/", "-_"))}
    return forms
