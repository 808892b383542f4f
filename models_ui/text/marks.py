"""The hits of a search in a text as people see it: which letters to mark, and the text as HTML with these marked."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from models_ui.text.folding import fold_for_search
from models_ui.text.isolation import balance_in_element, isolate

_LONGEST: Final = 2_000  # letters of a text in which hits are looked for; the rest stays unmarked
_MOST_WORDS: Final = 20
_MOST_KEPT: Final = 1_024  # marked texts: those of a list that is searched again after a model has changed
_ID_END: Final = 9  # the letters of an id that tell a fine-tune from its siblings

Range = tuple[int, int]


def hits_in(text: str, words: Iterable[str]) -> list[Range]:
    """Return where folded words stand in a text that is not folded, as ranges of it that neither overlap nor touch."""
    words = [word for word in list(words)[:_MOST_WORDS] if word]
    text = text[:_LONGEST]
    if not words or not text:
        return []
    if text.isascii():
        return _join_ranges(_occurrences(text.lower(), words))
    folded, letters = _folded_by_letter(text)
    return _join_ranges((letters[start][0], letters[end - 1][1]) for start, end in _occurrences(folded, words))


def _folded_by_letter(text: str) -> tuple[str, list[Range]]:
    """Return the folded text, and for each of its letters where the one stands that it comes from: æ becomes two."""
    folded: list[str] = []
    letters: list[Range] = []
    for letter in _letters(text):
        fold = fold_for_search(text[slice(*letter)])
        folded.append(fold)
        letters += [letter] * len(fold)
    return "".join(folded), letters


def _letters(text: str) -> Iterator[Range]:
    """Yield where each letter stands, with its accents. The parts of a Hangul syllable stay together."""
    start = 0
    for place in range(1, len(text)):
        if not (unicodedata.combining(text[place]) or "\u1160" <= text[place] <= "\u11ff"):
            yield start, place
            start = place
    yield start, len(text)


def _occurrences(folded: str, words: Iterable[str]) -> Iterator[Range]:
    for word in words:
        start = folded.find(word)
        while start >= 0:
            yield start, start + len(word)
            start = folded.find(word, start + len(word))


def _join_ranges(ranges: Iterable[Range]) -> list[Range]:
    joined: list[Range] = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def marked_html(text: str, words: Sequence[str], start: int = 0, end: int | None = None) -> SafeString:
    """Return a text from outside as HTML, its hits marked, isolated as the filter `bdi` does.

    `start` and `end` choose a part of it as in a slice. Its hits may begin before it or end after it.
    """
    return _marked_part(text, tuple(words), *slice(start, end).indices(len(text))[:2])


@lru_cache(_MOST_KEPT)
def _marked_part(text: str, words: tuple[str, ...], start: int, end: int) -> SafeString:
    part = text[start:end]
    inside = ((low, high) for low, high in hits_in(text, words) if low < end and high > start)
    if isolate(part) != part:
        # Balancing leaves characters out and adds some, so the hits are looked for again in what it leaves.
        part = balance_in_element(part)
        return format_html("<bdi>{}</bdi>", with_marks(part, hits_in(part, words)))
    return with_marks(part, [(max(low, start) - start, min(high, end) - start) for low, high in inside])


def with_marks(text: str, hits: Sequence[Range]) -> SafeString:
    """Return a text as HTML, escaped, with these ranges of it marked."""
    if not hits:
        return conditional_escape(text)
    ends = [0, *(end for _, end in hits)]
    pieces = [(text[before:start], text[start:end]) for before, (start, end) in zip(ends, hits, strict=False)]
    return format_html_join("", "{}<mark>{}</mark>", pieces) + conditional_escape(text[ends[-1] :])


def id_html(model_id: str, words: Sequence[str] = ()) -> SafeString:
    """Return an id. The beginning of a long one, which gives way where room is short, is in an element of its own."""
    if len(model_id) <= 2 * _ID_END:
        return marked_html(model_id, words)
    head, tail = marked_html(model_id, words, 0, -_ID_END), marked_html(model_id, words, -_ID_END)
    return format_html("<span>{}</span>{}", head, tail)
