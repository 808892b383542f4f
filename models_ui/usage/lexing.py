"""Where a text keeps its values: in code its literals, in configuration everything but comments.

One regular expression a language finds comments and literals in one pass. It knows no grammar, and need not: an id in a
literal that it misjudged (a string nested in an f-string's braces) still stands between two quotes, and a literal of
one line cannot run on into the next.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["strings", "values", "commands"]
"""What counts as a value: literals only; everything but comments; the same, where bare words are a command."""


class Region(NamedTuple):
    """The value something stands in; what surrounds it there is read no further than this."""

    start: int
    end: int
    command: bool = False  # bare words of a command line, which are never prose


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    kind: Kind
    pattern: re.Pattern[str]  # with the groups `comment` and `literal`
    key: re.Pattern[str] | None = None  # what comes before a line's value
    docstrings: bool = False  # whether a literal that is a statement of its own is a comment

    def lex(self, text: str, until: int) -> "Lexed":
        """The comments and literals that begin before `until`."""
        spans: list[tuple[int, int]] = []
        comments: list[bool] = []
        for found in self.pattern.finditer(text):
            if found.start() >= until:
                break
            spans.append(found.span())
            comments.append(found.lastgroup == "comment")
        return Lexed(self, text, spans, comments)


@dataclass(frozen=True, slots=True)
class Lexed:
    language: Language
    text: str
    spans: Sequence[tuple[int, int]]
    comments: Sequence[bool]

    def region(self, start: int, end: int) -> Region | None:
        """The value that the text from `start` to `end` stands in, if it does."""
        number = bisect_right(self.spans, start, key=lambda span: span[0]) - 1
        if number >= 0 and self.spans[number][1] > start:
            if self.comments[number] or (self.language.docstrings and self._is_docstring(number)):
                return None
            if self.language.kind != "values":
                return Region(*self.spans[number])
        elif self.language.kind == "strings":
            quote = self.text[start - 1 : start]
            quoted = quote in ('"', "'", "`") and self.text[end : end + 1] == quote
            return Region(start, end) if quoted else None
        line = self.text.rfind("\n", 0, start) + 1
        if self.language.kind == "commands":
            said = re.match(r"[\s@-]*(?:echo|printf|LABEL)\b", self.text[line:start])
            return Region(line, self._comment_after(number), command=not said)
        key = self.language.key.match(self.text, line) if self.language.key else None
        return Region(key.end() if key and key.end() <= start else line, self._comment_after(number))

    def _comment_after(self, number: int) -> int:
        """Where the next comment begins, or the text ends."""
        following = range(number + 1, min(number + 9, len(self.spans)))
        return next((self.spans[each][0] for each in following if self.comments[each]), len(self.text))

    def _is_docstring(self, number: int) -> bool:
        """Whether a Python literal is a statement of its own, which no program reads."""
        start, end = self.spans[number]
        line = self.text.rfind("\n", 0, start) + 1
        alone = re.fullmatch(r"\s*[bfrtuBFRTU]{0,2}", self.text[line:start]) and _REST_IS_EMPTY.match(self.text, end)
        if not alone or self.text.endswith(("\\\n", "\\\r\n"), 0, line):
            return False
        depth = position = 0
        for literal_start, literal_end in self.spans[: number + 1]:
            code = self.text[position:literal_start]
            depth += sum(map(code.count, "([{")) - sum(map(code.count, ")]}"))
            position = literal_end
        return depth <= 0


_REST_IS_EMPTY = re.compile(r"[ \t]*(?:#.*)?(?:\r?\n|\Z)")


def language(
    kind: Kind, *, comments: Sequence[str] = (), literals: Sequence[str] = (), key: str = "", docstrings: bool = False
) -> Language:
    """A language from the expressions of its comments and its literals; at one place the literals are tried first."""
    groups = (
        f"(?P<{name}>{'|'.join(parts)})" for name, parts in (("literal", literals), ("comment", comments)) if parts
    )
    pattern = re.compile("|".join(groups), re.DOTALL | re.MULTILINE)
    return Language(kind=kind, pattern=pattern, key=re.compile(key) if key else None, docstrings=docstrings)
