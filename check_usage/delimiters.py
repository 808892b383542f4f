"""Literals and comments whose end takes more than a regular expression to find in reasonable time.

An opener that nothing closes opens nothing: `1 << n` in a shell script is no here-document. What was once sought in
vain is not sought again further down, so a file of nothing but openers takes no longer than another.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

EndOf = Callable[[re.Match[str]], int | None]
"""Where what this opener opens ends. None: it opens nothing. Openers must come in the text's order."""


@dataclass(frozen=True, slots=True)
class Form:
    kind: str  # of span, see `lexing.Span`
    opens: str
    ends: Callable[[str], EndOf]  # for one text


def enclosed(kind: str, opens: str, closes: Callable[[str], str]) -> Form:
    """Up to the text that closes what this opener opens."""

    def ends(text: str) -> EndOf:
        vain: set[str] = set()

        def end_of(opener: re.Match[str]) -> int | None:
            closer = closes(opener[0])
            at = -1 if closer in vain else text.find(closer, opener.end())
            if at < 0:
                vain.add(closer)
                return len(text) if closer == "\n" else None
            return at + len(closer)

        return end_of

    return Form(kind, opens, ends)


_PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">"}
_NESTED = 2000  # characters; inside of longer ones brackets are not counted


def delimited(kind: str, opens: str) -> Form:
    """Up to the delimiter that answers the opener's last character, as in `%w[…]`, `qw(…)` and `~s{…}`."""

    def ends(text: str) -> EndOf:
        plain = enclosed(kind, opens, lambda found: _PAIRS[found[-1]]).ends(text)

        def end_of(opener: re.Match[str]) -> int | None:
            first = opener[0][-1]
            closer = _PAIRS.get(first, first)
            if closer == first:
                line_end = text.find("\n", opener.end())
                at = text.find(closer, opener.end(), len(text) if line_end < 0 else line_end)
                return None if at < 0 else at + 1
            return _nested_end(text, opener.end(), first, closer) or plain(opener)

        return end_of

    return Form(kind, opens, ends)


def _nested_end(text: str, start: int, opener: str, closer: str) -> int | None:
    depth = 1
    for bracket in re.compile(f"[{re.escape(opener + closer)}]").finditer(text, start, start + _NESTED):
        depth += 1 if bracket[0] == opener else -1
        if not depth:
            return bracket.end()
    return None


_CODE = re.compile(r"\b(?:BEGIN|DECLARE|SELECT|INSERT|UPDATE|RETURN|LANGUAGE|CREATE|EXECUTE|RAISE)\b", re.IGNORECASE)
_BODY = 200_000  # characters


def _dollar_ends(text: str) -> EndOf:
    """A body of code is read as the code that it is, so its comments and literals are its own."""

    def end_of(opener: re.Match[str]) -> int | None:
        at = text.find(opener[0], opener.end(), opener.end() + _BODY)
        if at < 0 or _CODE.search(text, opener.end(), min(at, opener.end() + _NESTED)):
            return None
        return at + len(opener[0])

    return end_of


DOLLARS = Form("literal", r"\$(?:[A-Za-z_]\w*)?\$", _dollar_ends)

_CLOSING_WORD = re.compile(r"^[ \t]*([A-Za-z_]\w*)[ \t]*[;,)]*[ \t]*\r?$", re.MULTILINE)


def _heredoc_ends(text: str) -> EndOf:
    closers: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    listed = False

    def end_of(opener: re.Match[str]) -> int | None:
        nonlocal listed
        if not listed:
            listed = True
            for line in _CLOSING_WORD.finditer(text, opener.end()):
                closers[line[1]].append(line.span())
        ends = closers.get(opener["word"], [])
        following = bisect_left(ends, (opener.end(), 0))
        return ends[following][1] if following < len(ends) else None

    return end_of


HEREDOC = Form(
    "literal",
    r"(?<!<)<<[-~]?[ \t]*(?P<q>['\"]?)(?P<word>[A-Za-z_]\w*+)(?P=q)[^\n]*\n",
    _heredoc_ends,
)

# As Ruby, Perl and PHP write it; a space before the word makes it another operator.
HEREDOC_WORD = Form(
    "literal",
    r"<<[<~-]?[ ]?(?P<q>['\"`]?)(?P<word>[A-Z_]\w*+)(?P=q)[^\n]*\n",
    _heredoc_ends,
)

_REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*+\]|[^/\\\n\[])++/")
_LAST_WORD = re.compile(r"[\w$.]*\Z")
_OPERATORS = ("(", ",", "=", ":", "[", "!", "&", "|", "?", ";", "+", "{", "=>")
_KEYWORDS = frozenset(
    """
    await case default delete do else in instanceof of return throw typeof void yield
    """.split()  # noqa: SIM905 - one word a line would be longer and no clearer
)


def _regex_ends(text: str) -> EndOf:
    vain_until = 0  # none is closed before this line ends

    def end_of(opener: re.Match[str]) -> int | None:
        nonlocal vain_until
        start = opener.start()
        if start < vain_until or not _begins_operand(text[max(0, start - 200) : start]):
            return None
        if found := _REGEX.match(text, start):
            return found.end()
        line_end = text.find("\n", start)
        vain_until = len(text) if line_end < 0 else line_end
        return None

    return end_of


def _begins_operand(before: str) -> bool:
    """Whether a slash after this begins a regular expression, as after `(` and `return`, and does not divide."""
    before = before.rstrip()
    return before.endswith(_OPERATORS) or ((found := _LAST_WORD.search(before)) is not None and found[0] in _KEYWORDS)


# A regular expression in JavaScript may hold a lone quote. Svelte's `{/if}` is none.
REGEX = Form("literal", r"/(?![*/]|\w+\})", _regex_ends)
