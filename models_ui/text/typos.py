"""Words that are one typo apart: a letter left out, added, changed, or two letters in the wrong order.

Only letters are forgiven, and only in words of at least five of them: a version that is one digit off is another
version. Pure: no Django.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from copy import copy
from itertools import zip_longest
from typing import Final

SHORTEST: Final = 5  # letters of a word that may have a typo
MOST_WORDS: Final = 50_000  # that a vocabulary looks through
MOST_SPELLINGS: Final = 40  # that one word is read as

_MOST_EXCHANGED: Final = 400  # texts; with more it is faster to count all of them
_RUN_OF_LETTERS: Final = re.compile(r"[^\W\d_]+")
_LONGEST: Final = 40  # letters of a word that is compared


def letters_of(text: str) -> list[str]:
    """Return the words of a folded text that are compared: runs of letters, without digits and signs."""
    return _RUN_OF_LETTERS.findall(text)


def is_one_edit(one: str, other: str) -> bool:
    """Return whether two words are equal, or one edit apart: the distance of Damerau is at most 1."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    start = 0
    while start < len(one) and one[start] == other[start]:
        start += 1
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    if one[start + 1 :] == other[start + 1 :]:
        return True
    return one[start : start + 2] == other[start : start + 2][::-1] and one[start + 2 :] == other[start + 2 :]


class CountedWords:
    """The words of many texts. After some texts were exchanged only these are read."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._tokens = Counter(" ".join(texts).split())
        self._words = Counter(word for token in self._tokens for word in set(letters_of(token)))

    @property
    def words(self) -> Iterable[str]:
        return self._words.keys()

    def exchanged(self, texts: Sequence[str]) -> "CountedWords":
        """Return the words of these texts, most of which are the same objects as before."""
        places = [pair for pair in zip_longest(self._texts, texts, fillvalue="") if pair[0] is not pair[1]]
        known = {id(text): text for pair in places for text in pair}
        before, after = Counter(id(text) for text, _ in places), Counter(id(text) for _, text in places)
        gone, new = before - after, after - before
        if gone.total() + new.total() > _MOST_EXCHANGED:
            return CountedWords(texts)
        counted = copy(self)
        counted._texts, counted._tokens, counted._words = texts, self._tokens.copy(), self._words.copy()
        for key in new.elements():
            counted._count(known[key], 1)
        for key in gone.elements():
            counted._count(known[key], -1)
        return counted

    def _count(self, text: str, step: int) -> None:
        for token in text.split():
            if _count_once(self._tokens, token, step):
                for word in set(letters_of(token)):
                    _count_once(self._words, word, step)


def _count_once(counts: Counter[str], key: str, step: int) -> bool:
    """Count one more or one less. Return whether the key is new, or gone."""
    counts[key] += step
    if not counts[key]:
        del counts[key]
        return True
    return step > 0 and counts[key] == step


class Vocabulary:
    """The words that a mistyped one may mean."""

    def __init__(self, words: Iterable[str]) -> None:
        kept = {word for word in words if SHORTEST - 1 <= len(word) <= _LONGEST}
        self._words = sorted(kept)[:MOST_WORDS]

    def spellings(self, word: str) -> list[str]:
        """Return what a word may have been meant to be, with one edit in one of its runs of letters.

        A whole word comes before one that is typed only in part.
        """
        whole: dict[str, None] = {}
        begun: dict[str, None] = {}
        for run in _RUN_OF_LETTERS.finditer(word):
            if not SHORTEST <= len(run[0]) <= _LONGEST:
                continue
            is_last = run.end() == len(word)
            for near in self._near(run[0]):
                is_whole = is_one_edit(run[0], near)
                if is_whole or (is_last and _is_begun(run[0], near)):
                    spelling = word[: run.start()] + near + word[run.end() :]
                    (whole if is_whole else begun)[spelling] = None
        return list(whole | begun)[:MOST_SPELLINGS]

    def _near(self, word: str) -> Iterable[str]:
        """Return the words that have a half of this one: one edit leaves the other half as it is."""
        middle = len(word) // 2
        first, second = word[:middle], word[middle:]
        swapped = word[: middle - 1] + word[middle] + word[middle - 1]  # across the halves
        starts = (first, swapped)
        return [known for known in self._words if known.startswith(starts) or second in known]


def _is_begun(word: str, known: str) -> bool:
    """Return whether a word with one edit is the beginning of a known one. Its first letter has to be right."""
    lengths = (len(word) - 1, len(word), len(word) + 1)
    return known[0] == word[0] and any(is_one_edit(word, known[:length]) for length in lengths)
