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


def difference(before: str, after: str) -> list[Piece]:
    """Two texts as what went and what came. Long ones word by word, with unchanged stretches left out."""
    olds, news = _WORDS.findall(before), _WORDS.findall(after)
    if min(len(olds), len(news)) < 8 or len(olds) * len(news) > 1_000_000:
        return [Piece("del", before), Piece("ins", after)]
    matcher = difflib.SequenceMatcher(None, olds, news, autojunk=False)
    if matcher.ratio() < 0.4:
        return [Piece("del", before), Piece("ins", after)]
    pieces = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", _shortened("".join(olds[a:b]))))
        else:
            pieces += [
                Piece(kind, text) for kind, text in (("del", "".join(olds[a:b])), ("ins", "".join(news[c:d]))) if text
            ]
    return pieces


def _shortened(text: str) -> str:
    return text if len(text) <= 3 * _KEPT else f"{text[:_KEPT]} … {text[-_KEPT:]}"
