"""The difference between two texts, word by word."""

import difflib
import re
from typing import NamedTuple


class Piece(NamedTuple):
    """A piece of a diff: `same`, `del` or `ins`."""

    kind: str
    text: str


_WORDS = re.compile(r"\s+|\S+\s*")
_KEPT = 60  # characters of unchanged text beside a change


def diff_words(before: str, after: str) -> list[Piece]:
    """Return the words that went and that came. Of long texts unchanged stretches are left out."""
    olds, news = _WORDS.findall(before), _WORDS.findall(after)
    if min(len(olds), len(news)) < 8 or len(olds) * len(news) > 1_000_000:
        return [Piece("del", before), Piece("ins", after)]
    matcher = difflib.SequenceMatcher(None, olds, news, autojunk=False)
    if matcher.ratio() < 0.4:
        return [Piece("del", before), Piece("ins", after)]
    pieces = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", _shorten_unchanged("".join(olds[a:b]))))
        else:
            pieces += [
                Piece(kind, text) for kind, text in (("del", "".join(olds[a:b])), ("ins", "".join(news[c:d]))) if text
            ]
    return pieces


def _shorten_unchanged(text: str) -> str:
    return text if len(text) <= 3 * _KEPT else f"{text[:_KEPT]} … {text[-_KEPT:]}"
