"""Writing iCalendar (RFC 5545), as much of it as our feed needs. Knows nothing of models: lines in, bytes out."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

CONTENT_TYPE = "text/calendar; charset=utf-8"
LONGEST_LINE = 75  # octets, without the line's end

# All that some parser takes for the end of a line. A name must not be able to end its own.
_LINE_ENDS = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")
_SPECIAL = re.compile(r"([\\;,])")


def component(name: str, *content: str | list[str]) -> list[str]:
    """The lines of a component: properties, and other components inside of it."""
    inner = [line for each in content for line in ([each] if isinstance(each, str) else each)]
    return [f"BEGIN:{name}", *inner, f"END:{name}"]


def text(name: str, *values: str) -> str:
    """A property of text, or of a list of texts."""
    return f"{name}:{','.join(escaped(value) for value in values)}"


def moment(name: str, at: datetime) -> str:
    at = at.astimezone(UTC)
    return f"{name}:{at.year:04}{at:%m%dT%H%M%SZ}"


def escaped(value: str) -> str:
    value = _FORBIDDEN.sub("\ufffd", _LINE_ENDS.sub("\n", value))
    return _SPECIAL.sub(r"\\\1", value).replace("\n", r"\n")


def written(lines: Iterable[str]) -> bytes:
    """The file, with every line ended and folded as the standard wants it."""
    return b"".join(folded(line) + b"\r\n" for line in lines)


def folded(line: str) -> bytes:
    """The line in pieces of at most 75 octets, a space before each but the first. No character is cut."""
    octets = line.encode()
    pieces, start, room = [], 0, LONGEST_LINE
    while len(octets) - start > room:
        end = start + room
        while octets[end] & 0xC0 == 0x80:  # inside of a character
            end -= 1
        pieces.append(octets[start:end])
        start, room = end, LONGEST_LINE - 1
    return b"\r\n ".join([*pieces, octets[start:]])
