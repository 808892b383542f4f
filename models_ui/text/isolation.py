"""Text of others inside text of ours: it must not turn what stands around it (Unicode Standard Annex 9).

A name may be written from right to left, or hold the invisible characters that say so, closed or not. Every text
that is inserted goes through here: `fill` for sentences, `isolate` for attributes and plain text, and for HTML the
template filter `bdi`, which needs `balance`. Our sentences run from left to right, so text without any character of
the other direction needs no mark and gets none. Pure: no Django.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

FIRST_STRONG_ISOLATE: Final = "\u2068"
LEFT_TO_RIGHT_MARK: Final = "\u200e"
POP_ISOLATE: Final = "\u2069"
_POP_EMBEDDING: Final = "\u202c"
_ISOLATES: Final = "\u2066\u2067\u2068"
ISOLATE_CONTROLS: Final = f"{_ISOLATES}{POP_ISOLATE}"
_EMBEDDINGS: Final = "\u202a\u202b\u202d\u202e"
_STARTS: Final = _ISOLATES + _EMBEDDINGS
_ENDS: Final = _POP_EMBEDDING + POP_ISOLATE
_CONTROLS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_EMBEDDING_CONTROLS: Final = re.compile("[\u202a-\u202e]")
# Where a paragraph ends, or a calendar takes a line to end: every direction ends with it.
_PARAGRAPH_ENDS: Final = re.compile("(\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029])")
_TURNING_CLASSES: Final = frozenset({"R", "AL", "AN"})


def fill(sentence: object, words: Mapping[str, object]) -> str:
    """Return the sentence with its gaps, as %(model)s, filled by the words, each isolated. Numbers stay numbers."""
    return str(sentence) % {
        name: word if isinstance(word, int | float) else isolate(str(word)) for name, word in words.items()
    }


def isolate(text: str) -> str:
    """Return the text so that it may stand inside of any other plain text.

    Embeddings and overrides are left out: they would show letters in an order in which nobody wrote them, and some
    calendars and mail programs know no isolates. What could turn its surroundings is enclosed in an isolate.
    Idempotent, also for a sentence that holds isolated words already.
    """
    if text.isascii():
        return text
    return "".join(
        part if _PARAGRAPH_ENDS.fullmatch(part) else _isolate_paragraph(part) for part in _PARAGRAPH_ENDS.split(text)
    )


def _isolate_paragraph(text: str) -> str:
    balanced = _balance_paragraph(_EMBEDDING_CONTROLS.sub("", text))
    if balanced == text and not _turns_around(text):
        return text
    return f"{FIRST_STRONG_ISOLATE}{balanced}{POP_ISOLATE}"


def balance(text: str) -> str:
    """Return the text so that whatever direction starts in it ends in it: for a place that is isolated by itself.

    A direction that is not closed is closed, and a character that closes nothing of this text is left out.
    """
    if _CONTROLS.search(text) is None:
        return text
    return "".join(map(_balance_paragraph, _PARAGRAPH_ENDS.split(text)))


def balance_in_element(text: str) -> str:
    """Return the text balanced for an HTML element that isolates it: a paragraph's end would end its direction, too."""
    return balance(_PARAGRAPH_ENDS.sub("\n", text))


def escape_controls(text: str) -> str:
    r"""Return the text with each direction control spelled out as `\u202e`: for logs, and inside of JSON strings."""
    return _CONTROLS.sub(lambda control: f"\\u{ord(control[0]):04x}", text)


def _balance_paragraph(text: str) -> str:
    if _CONTROLS.search(text) is None:
        return text
    kept: list[str] = []
    opened: list[str] = []
    for letter in text:
        if letter in _STARTS:
            opened.append(letter)
        elif letter in _ENDS:
            if not _closes_something(letter, opened):
                continue
            if letter == POP_ISOLATE:
                kept.extend(_close_embeddings(opened))
            opened.pop()
        kept.append(letter)
    kept.extend(POP_ISOLATE if start in _ISOLATES else _POP_EMBEDDING for start in reversed(opened))
    return "".join(kept)


def _closes_something(end: str, opened: list[str]) -> bool:
    if end == POP_ISOLATE:
        return any(start in _ISOLATES for start in opened)
    return bool(opened) and opened[-1] in _EMBEDDINGS


def _close_embeddings(opened: list[str]) -> Iterator[str]:
    """Close the embeddings that stand open inside of the innermost isolate."""
    while opened[-1] not in _ISOLATES:
        opened.pop()
        yield _POP_EMBEDDING


def _turns_around(text: str) -> bool:
    """Return True if a character outside of the text's own isolates would turn its surroundings."""
    depth = 0
    for letter in text:
        if letter in _ISOLATES:
            depth += 1
        elif letter == POP_ISOLATE:
            depth -= 1
        elif not depth and unicodedata.bidirectional(letter) in _TURNING_CLASSES:
            return True
    return False
