"""Translations as gettext keeps them: where they are, how they mark places, and what a compiled file says."""

import re
import struct
from pathlib import Path

CATALOGUE = Path("locale/fr/LC_MESSAGES/django.po")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
MARKUP = re.compile(r"<[^>]+>")


def messages(compiled: Path) -> dict[tuple[str, ...], tuple[str, ...]]:
    """A compiled catalogue: the English forms of each message, the first one after its context, and the French ones."""
    data = compiled.read_bytes()
    _magic, _version, number, english, french = struct.unpack_from("<5I", data)

    def text(table: int, index: int) -> tuple[str, ...]:
        length, start = struct.unpack_from("<2I", data, table + 8 * index)
        return tuple(data[start : start + length].decode().split("\0"))

    found = {text(english, index): text(french, index) for index in range(number)}
    del found[("",)]  # the header
    return found
