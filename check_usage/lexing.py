"""Where a text keeps its values: in code its literals, in configuration everything but comments.

One regular expression a language finds comments and literals in one pass. It knows no grammar, and need not: an id in a
literal that it misjudged (a string nested in an f-string's braces) still stands between two quotes, and a literal of
one line cannot run on into the next. What takes more than an expression to end is a form (see `delimiters`).

Whatever a text holds, the time is in proportion to its size: nothing is looked for twice in the same place.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from .delimiters import EndOf, Form
from .lines import Line, Lines

Kind = Literal["strings", "values", "commands"]
"""What counts as a value: literals only; everything but comments; the same, where bare words are a command."""


class Region(NamedTuple):
    """The value something stands in; what surrounds it there is read no further than this."""

    start: int
    end: int
    command: bool = False  # bare words of a command line, which are never prose


class Span(NamedTuple):
    start: int
    end: int
    kind: str
    """A comment, a literal, one in delimiters of its own choice ("delimited"), a list of bare words in such ("words"),
    or a command line amid code ("command")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    kind: Kind
    pattern: re.Pattern[str]  # each kind of span is a group, and so is the opener of each form
    plain: re.Pattern[str]  # the same without the forms
    forms: Mapping[str, Form]  # by the name of the opener's group
    key: re.Pattern[str] | None = None  # what comes before a line's value
    docstrings: bool = False  # whether a literal that is a statement of its own is a comment
    has_dotted_keys: bool = False  # `models.ID = …`, and sections such as `[models.ID]`

    def lex(self, text: str, until: int) -> "Lexed":
        """The comments, literals and commands that begin before `until`."""
        spans: list[Span] = []
        ends: dict[str, EndOf] = {}
        position = 0
        while (found := self.pattern.search(text, position)) and found.start() < until:
            kind = found.lastgroup or ""
            start, end = found.span()
            if form := self.forms.get(kind):
                if kind not in ends:
                    ends[kind] = form.ends(text)
                if (form_end := ends[kind](found)) is not None:
                    kind, end = form.kind, form_end
                elif plain := self.plain.match(text, start):
                    kind, end = plain.lastgroup or "", plain.end()
                else:
                    position = start + 1
                    continue
            spans.append(Span(start, end, kind))
            position = end
        return Lexed(self, text, spans)


class Lexed:
    """Tells where in a text values stand. It must be asked in the text's order."""

    def __init__(self, language: Language, text: str, spans: Sequence[Span]) -> None:
        self._language = language
        self._text = text
        self._spans = spans
        self._lines = Lines(text)
        self._value = (-1, 0, False)  # of the line that begins there: where its value does, and if it is a command
        self._literal_lines = Lines(text)
        self._docstring = (-1, False)  # the last literal asked about, and the answer
        self._depth = (0, 0, 0)  # the spans counted, where the last of them ends, the brackets open there

    @property
    def comments(self) -> list[tuple[int, int]]:
        return [(span.start, span.end) for span in self._spans if span.kind == "comment"]

    def region(self, start: int, end: int) -> Region | None:
        """The value that the text from `start` to `end` stands in, if it does."""
        number = bisect_right(self._spans, start, key=lambda span: span.start) - 1
        if number >= 0 and self._spans[number].end > start:
            if self._is_silent(number):
                return None
            if region := self._region_of_span(self._spans[number]):
                return region
        elif self._language.kind == "strings":
            return Region(start, end) if self._is_quoted(start, end) else None
        line = self._lines.at(start)
        value, command = self._value_of(line)
        return Region(value if value <= start else line.start, self._comment_after(number), command)

    def _is_silent(self, number: int) -> bool:
        """Whether no program reads the span: a comment or a docstring."""
        return self._spans[number].kind == "comment" or (self._language.docstrings and self._is_docstring(number))

    def _region_of_span(self, span: Span) -> Region | None:
        """Return the span's inside as a value; None where a whole line is one, quotation marks and all."""
        if span.kind in ("words", "delimited"):
            inside = _OPENER.match(self._text, span.start).end()  # type: ignore[union-attr]
            return Region(inside, span.end - 1, command=span.kind == "words")
        if span.kind == "command":
            return Region(span.start, span.end, command=not _SAID.match(self._text, span.start, span.end))
        return None if self._language.kind == "values" else Region(span.start, span.end)

    def _is_quoted(self, start: int, end: int) -> bool:
        quote = self._text[start - 1 : start]
        return quote in ('"', "'", "`") and self._text[end : end + 1] == quote

    def _value_of(self, line: Line) -> tuple[int, bool]:
        """Where the line's value begins, and whether it is a command."""
        if self._value[0] != line.start:
            key = self._language.key.match(self._text, line.start, line.end) if self._language.key else None
            command = self._language.kind == "commands" and not _SAID.match(self._text, line.start, line.end)
            self._value = (line.start, key.end() if key else line.start, command)
        return self._value[1:]

    def _comment_after(self, number: int) -> int:
        """Where the next comment begins, or the text ends."""
        following = self._spans[number + 1 : number + 9]
        return next((span.start for span in following if span.kind == "comment"), len(self._text))

    def _is_docstring(self, number: int) -> bool:
        """Whether a Python literal is a statement of its own, which no program reads."""
        if self._docstring[0] != number:
            self._docstring = (number, self._stands_alone(self._spans[number]) and self._brackets_before(number) <= 0)
        return self._docstring[1]

    def _stands_alone(self, literal: Span) -> bool:
        line = self._literal_lines.at(literal.start)
        return bool(
            literal.kind == "literal"
            and _PREFIX.fullmatch(self._text, line.start, literal.start)
            and _REST_IS_EMPTY.match(self._text, literal.end)
            and not self._text.endswith(("\\\n", "\\\r\n"), 0, line.start)
        )

    def _brackets_before(self, number: int) -> int:
        """How many brackets are open where a span begins."""
        counted, position, depth = self._depth
        for span in self._spans[counted : number + 1]:
            code = self._text[position : span.start]
            depth += sum(map(code.count, "([{")) - sum(map(code.count, ")]}"))
            position = span.end
        self._depth = (number + 1, position, depth)
        return depth


_SAID = re.compile(r"[\s@!-]*(?:echo|printf|LABEL|Write-(?:Host|Output|Verbose|Warning|Error))\b")
_OPENER = re.compile(r"(?:%[a-zA-Z]?|q[qw]?\s*|~[a-zA-Z]|\\)?.", re.DOTALL)
_PREFIX = re.compile(r"\s*[bfrtuBFRTU]{0,2}")
_REST_IS_EMPTY = re.compile(r"[ \t]*(?:#.*)?(?:\r?\n|\Z)")


def language(
    kind: Kind,
    *,
    comments: Sequence[str] = (),
    literals: Sequence[str] = (),
    commands: Sequence[str] = (),
    forms: Sequence[Form] = (),
    key: str = "",
    docstrings: bool = False,
    has_dotted_keys: bool = False,
) -> Language:
    """A language from the expressions of its parts. At one place forms are tried first, then literals."""
    named = {f"form{number}": form for number, form in enumerate(forms)}
    spans = {"literal": literals, "comment": comments, "command": commands}
    return Language(
        kind=kind,
        pattern=_any_of({**{name: [form.opens] for name, form in named.items()}, **spans}),
        plain=_any_of(spans),
        forms=named,
        key=re.compile(key) if key else None,
        docstrings=docstrings,
        has_dotted_keys=has_dotted_keys,
    )


def _any_of(groups: Mapping[str, Sequence[str]]) -> re.Pattern[str]:
    named = (f"(?P<{name}>{'|'.join(parts)})" for name, parts in groups.items() if parts)
    return re.compile("|".join(named), re.DOTALL | re.MULTILINE)
