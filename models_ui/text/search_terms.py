"""A typed line as the terms of a search: `vision "two words" -retired` are a word, a phrase and an excluded word.

The same on every page that searches. Pure: no Django.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from models_ui.text.folding import fold_for_search

_DASHES: Final = "-‐‑‒–—―−﹘﹣－"
_QUOTES: Final = '"“”„‟″«»＂'
# A phrase that is not closed goes on to the end of the line, as while somebody types it.
_PART: Final = re.compile(
    rf"(?P<minus>[{_DASHES}]*)(?:[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)(?:[{_QUOTES}]|$)|(?P<word>[^\s{_QUOTES}]+))"
    rf"|[{_QUOTES}]"
)


class Term(NamedTuple):
    """One word or phrase of a search, and whether what has it is left out."""

    text: str  # folded; words of a phrase are parted by single spaces
    typed: str  # as it stands in the line, so that the line can be put together again
    is_excluded: bool = False
    is_phrase: bool = False


def search_terms(line: str) -> tuple[Term, ...]:
    """Return the terms of a line, in order, each once. A dash alone, or nothing in quotation marks, is none."""
    return tuple(dict.fromkeys(_read_terms(line)))


def _read_terms(line: str) -> Iterator[Term]:
    for part in _PART.finditer(line):
        is_excluded, typed = bool(part["minus"]), part[0].strip()
        if part["phrase"] is not None:
            text = " ".join(fold_for_search(part["phrase"]).split())
            if text:
                yield Term(text, typed, is_excluded, is_phrase=True)
        elif part["word"]:
            # Some signs are folded to a space and a mark, so that one word becomes two.
            for text in fold_for_search(part["word"]).split():
                if text.strip("-"):
                    yield Term(text, typed, is_excluded)


def line_of(terms: tuple[Term, ...]) -> str:
    """Return the line that has these terms."""
    return " ".join(dict.fromkeys(term.typed for term in terms))
