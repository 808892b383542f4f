"""Searching the catalog: one typed line, `vision tools ≥128k -retiring`.

Its terms are ANDed. A term is text, found anywhere in a model's texts; or the name of an ability, a status or a type,
in any language, which also finds the models that have it; or a bound of the context length. With a dash before it, a
name leaves out the models that have it, and any other word those whose texts have it. A single word in quotation marks
is text alone.

A word that finds nothing is read with one typo. Pure: no Django; threads may share it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import islice, product, repeat
from operator import and_, contains, or_
from typing import Final, NamedTuple

from models_ui.catalog.query import parse_tokens
from models_ui.catalog.row_sets import RowSet, full_set, positions_in_set, set_of_answers
from models_ui.catalog.status import UNLISTED
from models_ui.text.search_terms import Term, line_of, search_terms
from models_ui.text.typos import CountedWords, Vocabulary, letters_of

CONTEXT: Final = "context_min"  # stands for both bounds, among the facets that a term is about

_MOST_KEPT: Final = 128  # lines, and twice as many words
_MOST_MISTYPED: Final = 6  # words of one line that are read with a typo
_MOST_READINGS: Final = 16  # of several mistyped words as one name


class NamedValue(NamedTuple):
    """A value of a facet, which a word of the line names."""

    facet: str
    value: str


Names = Mapping[str, Sequence[NamedValue]]
"""The values that a name stands for, by the name as `name_key` gives it."""


def name_key(folded: str) -> str:
    """Return what names are compared by: fine-tuned and fine tuned are one."""
    return folded.replace("-", " ")


@dataclass(frozen=True, slots=True)
class Clause:
    """One or several terms of a line that belong together, and the rows that they let through."""

    terms: tuple[Term, ...]
    rows: RowSet
    words: tuple[str, ...] = ()  # folded, as they stand in texts
    values: tuple[NamedValue, ...] = ()
    is_bound: bool = False
    meant: str = ""  # what a mistyped word was read as

    @property
    def is_excluded(self) -> bool:
        return self.terms[0].is_excluded

    def is_about(self, facets: Collection[str]) -> bool:
        """Whether it asks for a value of one of these facets."""
        return any(value.facet in facets for value in self.values) or (self.is_bound and CONTEXT in facets)


@dataclass(frozen=True, slots=True)
class Found:
    """What a line finds."""

    rows: RowSet
    clauses: tuple[Clause, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The folded words that are to be marked where they stand in a text."""
        return tuple(word for clause in self.clauses if not clause.is_excluded for word in clause.words)

    @property
    def corrections(self) -> tuple[tuple[str, str], ...]:
        """The words that were read with a typo, folded, each with what it was read as."""
        mistyped = [clause for clause in self.clauses if clause.meant]
        return tuple((" ".join(term.text for term in clause.terms), clause.meant) for clause in mistyped)

    @property
    def names_unlisted(self) -> bool:
        """Whether it asks for models that are gone or deleted, by the name of that status."""
        values = (value for clause in self.clauses if not clause.is_excluded for value in clause.values)
        return any(value.facet == "status" and value.value in UNLISTED for value in values)

    def line_without(self, *dropped: Clause) -> str:
        """Return the line without some of its clauses."""
        kept = (clause for clause in self.clauses if not any(clause is each for each in dropped))
        return line_of(tuple(term for clause in kept for term in clause.terms))


@dataclass(frozen=True, slots=True)
class _Bound:
    """A bound of the context length, both ends included."""

    lowest: int | None
    highest: int | None
    length: int  # how many terms it takes


class _Read(NamedTuple):
    """A term on its way to a clause."""

    spellings: Sequence[str] = ()  # what a mistyped word may mean; nothing for one that is right as it is
    rows: RowSet | None = None  # those that have a word without any other meaning, among those that words before leave


class CatalogSearch:
    """Searches the rows of one index. What it finds is kept: a page asks for the same line several times."""

    def __init__(
        self,
        haystacks: Sequence[str],
        values: Mapping[str, Mapping[str, RowSet]],
        contexts: Mapping[int, RowSet],
        names: Names,
        previous: "CatalogSearch | None" = None,
    ) -> None:
        self._counted: CountedWords | None = previous._counted if previous else None
        self._haystacks = haystacks
        self._values = values
        self._contexts = contexts
        self._names = names
        self._longest_name = max((name.count(" ") + 1 for name in names), default=1)
        self._name_words = frozenset(word for name in names for word in name.split())
        self.every_row = full_set(len(haystacks))
        self.find = lru_cache(_MOST_KEPT)(self._find)
        self._rows_with = lru_cache(2 * _MOST_KEPT)(self._find_word)
        self._vocabulary = lru_cache(1)(self._read_vocabulary)

    def _find(self, line: str) -> Found:
        clauses = tuple(self._clauses(search_terms(line)))
        return Found(reduce(and_, (clause.rows for clause in clauses), self.every_row), clauses)

    def _clauses(self, terms: tuple[Term, ...]) -> Iterator[Clause]:
        read = self._read_terms(terms)
        place = 0
        while place < len(terms):
            bound = _read_bound(terms[place : place + 2])
            if bound:
                clause = self._clause_of_bound(terms[place : place + bound.length], bound)
            else:
                clause = self._clause_of_name(terms, read, place) or self._clause_of_text(terms[place], read[place])
            yield clause
            place += len(clause.terms)

    # --- Bounds

    def _clause_of_bound(self, terms: tuple[Term, ...], bound: _Bound) -> Clause:
        rows = rows_in_range(self._contexts, bound.lowest, bound.highest)
        return Clause(terms, self._let_through(terms[0], rows), is_bound=True)

    # --- Names

    def _clause_of_name(self, terms: tuple[Term, ...], read: Sequence[_Read], place: int) -> Clause | None:
        """Return what the longest name is that begins here, if one does."""
        for length in range(min(self._longest_name, len(terms) - place), 0, -1):
            chosen = terms[place : place + length]
            if length > 1 and any(
                term.is_phrase or (term.is_excluded and number) for number, term in enumerate(chosen)
            ):
                continue
            if chosen[0].is_phrase and " " not in chosen[0].text:
                continue
            options = [each.spellings or (term.text,) for term, each in zip(chosen, read[place:], strict=False)]
            for reading in islice(product(*options), _MOST_READINGS):
                values = self._names.get(name_key(" ".join(reading)))
                if values:
                    return self._clause_of_values(chosen, reading, tuple(values))
        return None

    def _clause_of_values(
        self, terms: tuple[Term, ...], reading: Sequence[str], values: tuple[NamedValue, ...]
    ) -> Clause:
        rows = reduce(or_, (self._values[value.facet].get(value.value, 0) for value in values), 0)
        if not terms[0].is_excluded:
            rows |= reduce(and_, map(self._rows_with, reading), self.every_row)
        meant = " ".join(reading)
        is_mistyped = meant != " ".join(term.text for term in terms)
        return Clause(
            terms, self._let_through(terms[0], rows), tuple(reading), values, meant=meant if is_mistyped else ""
        )

    # --- Text

    def _clause_of_text(self, term: Term, read: _Read) -> Clause:
        if read.rows is not None:
            return Clause((term,), self._let_through(term, read.rows), (term.text,))
        found = [word for word in read.spellings or (term.text,) if self._rows_with(word)]
        rows = reduce(or_, map(self._rows_with, found), 0)
        words = tuple(found) or (term.text,)
        return Clause((term,), self._let_through(term, rows), words, meant=found[0] if read.spellings and found else "")

    def _rows_among(self, word: str, within: RowSet) -> RowSet:
        """Return those of some rows that have a word; where these are few, without looking into the others."""
        if within.bit_count() > len(self._haystacks) // 4:
            return self._rows_with(word) & within
        answers = bytearray(len(self._haystacks))
        for position in positions_in_set(within):
            answers[position] = word in self._haystacks[position]
        return set_of_answers(answers)

    def _find_word(self, word: str) -> RowSet:
        return set_of_answers(map(contains, self._haystacks, repeat(word)))

    def _let_through(self, term: Term, rows: RowSet) -> RowSet:
        return self.every_row & ~rows if term.is_excluded else rows

    # --- Words, and typos in them

    def _read_terms(self, terms: Sequence[Term]) -> list[_Read]:
        left, within = _MOST_MISTYPED, self.every_row
        read: list[_Read] = []
        for term in terms:
            rows = self._rows_among(term.text, within) if self._is_text_alone(term) else 0
            if rows:
                read.append(_Read(rows=rows))
                within = within if term.is_excluded else rows
                continue
            is_right = term.is_phrase or not left or self.is_known(term.text)
            read.append(_Read(() if is_right else self.spellings(term.text)))
            left -= not is_right
        return read

    def _is_text_alone(self, term: Term) -> bool:
        """Whether a term can be no part of a name or of a bound."""
        return term.text[0].isalpha() and self._name_words.isdisjoint(name_key(term.text).split())

    def is_known(self, word: str) -> bool:
        """Whether a word is found as it is: in a text, in a name or as a bound."""
        return bool(self._rows_with(word)) or name_key(word) in self._names or bool(_read_bound((Term(word, word),)))

    def spellings(self, word: str) -> list[str]:
        """Return what a folded word may have been meant to be, with one typo."""
        return self._vocabulary().spellings(word)

    def _read_vocabulary(self) -> Vocabulary:
        counted = self._counted.exchanged(self._haystacks) if self._counted else CountedWords(self._haystacks)
        self._counted = counted
        return Vocabulary({*counted.words, *(word for name in self._names for word in letters_of(name))})


def rows_in_range(contexts: Mapping[int, RowSet], lowest: int | None, highest: int | None) -> RowSet:
    """Return the rows whose context length is known and within the bounds, both included."""
    within = (
        rows
        for tokens, rows in contexts.items()
        if (lowest is None or tokens >= lowest) and (highest is None or tokens <= highest)
    )
    return reduce(or_, within, 0)


# --- Reading bounds

_LOWER: Final = ("≥", ">=", "=>")
_UPPER: Final = ("≤", "<=", "=<")


def _read_bound(terms: Sequence[Term]) -> _Bound | None:
    """Read `≥128k`, `≥ 128k`, `>=128k`, `>128k`, `≤32k`, `<32k` or `128k+`, at the beginning of these terms."""
    first = terms[0]
    if first.is_phrase:
        return None
    for signs, read in ((_LOWER, _at_least), (_UPPER, _at_most), ((">",), _more_than), (("<",), _less_than)):
        sign = next((sign for sign in signs if first.text.startswith(sign)), "")
        if sign and len(first.text) > len(sign):
            return read(first.text.removeprefix(sign), 1)
        if sign and len(terms) > 1 and not (terms[1].is_phrase or terms[1].is_excluded):
            return read(terms[1].text, 2)
    return _at_least(first.text.removesuffix("+"), 1) if first.text.endswith("+") else None


def _at_least(text: str, length: int) -> _Bound | None:
    tokens = parse_tokens(text, upper=False)
    return None if tokens is None else _Bound(tokens, None, length)


def _at_most(text: str, length: int) -> _Bound | None:
    tokens = parse_tokens(text, upper=True)
    return None if tokens is None else _Bound(None, tokens, length)


def _more_than(text: str, length: int) -> _Bound | None:
    tokens = parse_tokens(text, upper=True)
    return None if tokens is None else _Bound(tokens + 1, None, length)


def _less_than(text: str, length: int) -> _Bound | None:
    tokens = parse_tokens(text, upper=False)
    return None if tokens is None else _Bound(None, tokens - 1, length)
