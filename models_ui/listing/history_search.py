"""The search of a history, on the terms of every search: words, phrases, and what is left out.

A term is found in the texts of an entry, or in the words that people read for its kind or its outcome. A word that
neither an entry nor such a word has is read with one typo, if a word that the dashboard knows by heart is that near.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import override

from models_ui.text.folding import fold_for_search
from models_ui.text.search_terms import Term, line_of, search_terms
from models_ui.text.typos import Vocabulary, letters_of

_SHORTEST_NAME: Final = 3  # letters of a term that is looked for in the words for kinds
_SHORTEST_WORD: Final = 4  # letters of a word of a sentence that tells its kind from others
_MOST_MISTYPED: Final = 3  # words of one line that are read with a typo
_MOST_READINGS: Final = 5  # of each, that are looked for


class ColumnWords(NamedTuple):
    """What people read for the values of a column."""

    column: str
    words: Mapping[str, str]  # by value: folded, each word after a space

    def values_with(self, text: str) -> list[str]:
        """Return the values of which a word begins with this folded text."""
        return [value for value, words in self.words.items() if f" {text}" in words]


def words_of_column(column: str, values: Iterable[str], read: Callable[[str], Iterable[str]]) -> ColumnWords:
    """Return the words for the values of a column, in every language.

    `read` returns those of a value in the active language: its label, then sentences that tell it, whose short words
    are left out.
    """
    words: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            for value in values:
                label, *sentences = map(fold_for_search, read(value))
                told = (word for word in " ".join(sentences).split() if len(word) >= _SHORTEST_WORD and word.isalpha())
                words[value] = " ".join((words.get(value, ""), *label.split(), *told))
    return ColumnWords(column, words)


def condition_of(line: str, columns: Sequence[ColumnWords]) -> Q:
    """Return the condition that an entry has what a line asks for."""
    return reduce(and_, (_condition_of_term(term, columns) for term in search_terms(line)), Q())


def _condition_of_term(term: Term, columns: Sequence[ColumnWords]) -> Q:
    condition = Q(search_text__contains=term.text)
    for column in columns if len(term.text) >= _SHORTEST_NAME else ():
        if values := column.values_with(term.text):
            condition |= Q(**{f"{column.column}__in": values})
    return ~condition if term.is_excluded else condition


def words_to_mark(line: str) -> tuple[str, ...]:
    return tuple(term.text for term in search_terms(line) if not term.is_excluded)


# --- Typos


@dataclass(frozen=True, slots=True)
class Speller:
    """What the dashboard knows by heart: the words of the catalog, and names of people."""

    is_known: Callable[[str], bool]
    spellings: Callable[[str], Sequence[str]]
    names: Callable[[], Iterable[str]] = tuple


class ReadLine(NamedTuple):
    """A line as it was read, and the words that were read with a typo, each with what it was read as."""

    line: str
    corrections: tuple[tuple[str, str], ...] = ()


def read_line(line: str, entries: QuerySet[Any], columns: Sequence[ColumnWords], speller: Speller) -> ReadLine:
    """Return a line with its typos mended. `entries` are all that there are: what one of them has is no typo."""
    read: list[Term] = []
    corrections: list[tuple[str, str]] = []
    for term in search_terms(line):
        meant = ""
        if len(corrections) < _MOST_MISTYPED and not term.is_phrase:
            meant = _find_meant(term.text, entries, columns, speller)
        if meant:
            corrections.append((term.text, meant))
            read.append(Term(meant, f"{'-' * term.is_excluded}{meant}", term.is_excluded))
        else:
            read.append(term)
    return ReadLine(line_of(tuple(read)) if corrections else line, tuple(corrections))


def _find_meant(word: str, entries: QuerySet[Any], columns: Sequence[ColumnWords], speller: Speller) -> str:
    """Return what a mistyped word was meant to be; "" if it is right, or nobody knows."""
    if any(column.values_with(word) for column in columns) or speller.is_known(word):
        return ""
    spoken = {letters for column in columns for words in column.words.values() for letters in letters_of(words)}
    names = {letters for name in speller.names() for letters in letters_of(fold_for_search(name))}
    readings = [*Vocabulary(spoken | names).spellings(word), *speller.spellings(word)]
    if not readings or _has_entry(word, entries, ()):
        return ""
    return next((each for each in readings[:_MOST_READINGS] if _has_entry(each, entries, columns)), "")


def _has_entry(word: str, entries: QuerySet[Any], columns: Sequence[ColumnWords]) -> bool:
    return entries.filter(_condition_of_term(Term(word, word), columns)).exists()
