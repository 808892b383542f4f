"""Which host is in sight of a place in a file.

The nearest mark decides, going outwards by lines and their indentation: the line itself, what stands in the block below
it or beside it, then the lines above it and the blocks around it, and at last the file's path.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice

from .host_marks import Host, Mark, Marks, other_host_in
from .outline import FAR, HEAD, MANY, Outline

_MISTRAL = re.compile(r"mistral|plateforme", re.IGNORECASE)
_OTHER_MODELS = re.compile(r"\b(?:gpt-[345]|claude-[\w.]|gemini-\d|command-r|deepseek-(?:chat|v\d)|llama-?[234])")
_OPENS_CALL = re.compile(r"\([\[{]?\s*$")
# An element of a list stands alone: its neighbours are other models.
_ELEMENT = re.compile(r"""\s*(?:[{(]|["'`][^"'`\n]*["'`]\s*,?\s*(?:(?://|\#).*)?$|- (?!\s*["']?[\w.-]+["']?:\s))""")
_RECEIVER = re.compile(r"[ \t]*(?:(?:const|let|var|return|await|[\w.]+[ \t]*:?=)[ \t]*)*(\w+)\.\w")
_NEAR = 400  # characters of a long line
_HEADS = 3  # blocks inside one another
_CALLEE = 40  # characters before a parenthesis, which hold the name of what is called


class Sight:
    """Tells for one file which host is in sight of a place."""

    def __init__(self, text: str, path: str = "", comments: Sequence[tuple[int, int]] = ()) -> None:
        self._text = text
        self._comments = comments
        self._of_path = _host_of_path(path)

    @cached_property
    def _marks(self) -> Marks:
        return Marks(self._text, self._comments)

    @cached_property
    def has_mistral(self) -> bool:
        """Whether the file or its path names Mistral's API anywhere."""
        return self._of_path == "mistral" or self._marks.has("mistral")

    @cached_property
    def has_other_models(self) -> bool:
        """Whether the file names models of other makers, as tables of prices do."""
        return _OTHER_MODELS.search(self._text) is not None

    def host_of(self, start: int, end: int) -> Host | None:
        """Whose model the text from `start` to `end` is, as far as what stands around it says."""
        if not self._marks.has("other"):
            return self._of_path or ("mistral" if self._marks.has("mistral") else None)
        line = self._outline.line_at(start)
        return self._on_line(line, start, end) or self._near(line) or self._of_path or self._marks.only_host

    def is_at_mistral(self, start: int, end: int) -> bool:
        """Whether the very statement names Mistral's API: its line, or the heads of the blocks around it."""
        line = self._outline.line_at(start)
        if host := self._on_line(line, start, end):
            return host == "mistral"
        heads = (self._of_line(head, with_keys=True) for head in self._outline.parents(line))
        return next((host == "mistral" for host in heads if host), False)

    @cached_property
    def _outline(self) -> Outline:
        return Outline(self._text)

    def heads(self, start: int) -> Iterator[str]:
        """The first lines of the blocks around a place, the innermost first."""
        outline = self._outline
        for line in islice(outline.parents(outline.line_at(start)), _HEADS):
            first, last = outline.span(line)
            yield self._text[first : min(last, first + _NEAR)]

    def _on_line(self, line: int, start: int, end: int) -> Host | None:
        """By the nearest mark before on the line, else the nearest after; within the id's own braces first."""
        first, last = self._outline.span(line)
        first, last = max(first, start - _NEAR), min(last, end + _NEAR)
        own = [mark for mark in self._marks.between(first, last) if mark.end <= start or mark.start >= end]
        opens, closes = braces_around(self._text, start, end, first, last)
        inside = [mark for mark in own if opens - _CALLEE <= mark.start < closes]
        return self._nearest(inside, start) or self._nearest([mark for mark in own if mark.end <= start], start)

    def _nearest(self, marks: Sequence[Mark], start: int) -> Host | None:
        before = [mark for mark in marks if mark.end <= start and self._speaks_of(mark, start)]
        after = [mark for mark in marks if mark.end > start and mark.reach != "block"]
        return before[-1].host if before else after[0].host if after else None

    def _speaks_of(self, mark: Mark, start: int) -> bool:
        """Whether a key's value reaches as far as the place."""
        if mark.reach != "block":
            return True
        depth = 0
        for character in self._text[mark.end : min(start, mark.end + _NEAR)]:
            if character in "([{":
                depth += 1
            elif character in ")]}":
                depth -= 1
            elif character in ",;" and depth <= 0:
                return False
        return True

    def _near(self, line: int) -> Host | None:
        stands_alone = self._is_element(line) or self._is_in_list(line)
        return (
            self._of_record(line, stands_alone) or self._of_receiver(line) or self._of_lines_before(line, stands_alone)
        )

    def _of_record(self, line: int, stands_alone: bool) -> Host | None:
        """By the lines below, or by the record that the line is part of."""
        outline = self._outline
        lines = outline.below(line) if stands_alone else outline.record(line)
        hosts = (self._of_line(below, with_keys=outline.parent[below] == line) for below in lines)
        return next((host for host in hosts if host), None)

    def _of_lines_before(self, line: int, stands_alone: bool) -> Host | None:
        """By the nearest line before at the same depth that names a host, then by those around it, outwards."""
        outline, node = self._outline, line
        while node >= 0:
            if not stands_alone and (host := self._of_siblings(node, FAR if node == line else HEAD)):
                return host
            node = outline.parent[node]
            if node < 0:
                break
            stands_alone = self._is_in_list(node)
            if host := self._of_line(node, with_keys=True):
                return host
        return None

    def _of_siblings(self, node: int, most: int) -> Host | None:
        hosts = (self._of_statement(above) for above in self._outline.siblings_before(node, most))
        return next((host for host in hosts if host), None)

    def _of_receiver(self, line: int) -> Host | None:
        """By what was assigned to the object whose method is called here: `client` in `client.chat(…)`."""
        outline = self._outline
        for node in (line, *islice(outline.parents(line), _HEADS)):
            first, last = outline.span(node)
            called = _RECEIVER.match(self._text, first, min(last, first + _NEAR))
            if not called:
                continue
            assigned = re.compile(rf"[^\n]*?\b{called[1]}\b\s*(?::[^=\n]+)?:?=(?!=)")
            for above in outline.siblings_before(node, HEAD):
                if assigned.match(self._text, outline.starts[above]) and (host := self._of_statement(above)):
                    return host
        return None

    def _is_element(self, line: int) -> bool:
        first, last = self._outline.span(line)
        return _ELEMENT.match(self._text, first, last) is not None

    def _is_in_list(self, line: int) -> bool:
        parent = self._outline.parent[line]
        end = self._outline.span(parent)[1] if parent >= 0 else 0
        return self._text[max(0, end - 4) : end].rstrip().endswith("[")

    def _of_line(self, line: int, *, with_keys: bool) -> Host | None:
        if not with_keys and self._is_element(line):
            return None
        marks = self._by_line.get(line, [])
        reaches = ("wide", "block") if with_keys else ("wide",)
        hosts = [mark.host for mark in marks if mark.reach in reaches]
        if not hosts and with_keys and len({mark.host for mark in marks}) == 1:
            hosts = [marks[0].host]
        return "other" if "other" in hosts else next(iter(hosts), None)

    def _of_statement(self, line: int) -> Host | None:
        """By a line's marks, and by those of the arguments below it where it opens a call."""
        if host := self._of_line(line, with_keys=False):
            return host
        first, last = self._outline.span(line)
        if not _OPENS_CALL.search(self._text, max(first, last - 4), last):
            return None
        arguments = range(line + 1, min(line + MANY, self._outline.after(line)))
        return next((host for each in arguments if (host := self._of_line(each, with_keys=False))), None)

    @cached_property
    def _by_line(self) -> dict[int, list[Mark]]:
        lines: defaultdict[int, list[Mark]] = defaultdict(list)
        for mark in self._marks.all:
            lines[self._outline.line_at(mark.start)].append(mark)
        return lines


def _host_of_path(path: str) -> Host | None:
    """By the innermost part that names one."""
    for part in reversed(path.split("/")):
        if other_host_in(part):
            return "other"
        if _MISTRAL.search(part):
            return "mistral"
    return None


def braces_around(text: str, start: int, end: int, first: int, last: int) -> tuple[int, int]:
    """Where the innermost braces or parentheses around a place open and close, between `first` and `last`."""
    opens = next((at for at, depth in _depths(text, range(start - 1, first - 1, -1), ")}", "({") if depth < 0), first)
    closes = next((at for at, depth in _depths(text, range(end, last), "({", ")}") if depth < 0), last)
    return opens, closes


def _depths(text: str, positions: range, deeper: str, out: str) -> list[tuple[int, int]]:
    depth, depths = 0, []
    for position in positions:
        if text[position] in deeper:
            depth += 1
        elif text[position] in out:
            depth -= 1
            depths.append((position, depth))
    return depths
