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
    kind: str  # "literal" or "comment"
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
                return None
            return at + len(closer)

        return end_of

    return Form(kind, opens, ends)


_CLOSING_WORD = re.compile(r"^[ \t]*([A-Za-z_]\w*)[ \t]*\r?$", re.MULTILINE)


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
