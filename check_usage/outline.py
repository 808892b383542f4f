"""A text's lines as a tree, by their indentation: the same in Python, YAML, TOML and well laid-out JSON."""

import re
from bisect import bisect_right
from collections.abc import Iterator

_INDENT = re.compile(r"[ \t]*(?:- (?=[ \t]*\S)[ \t]*)?")
_SECTION = re.compile(r"\[{1,2}[^\]\n]+\]{1,2}[ \t]*(?:#.*)?\r?$", re.MULTILINE)

FAR = 60  # lines; what is further away is not looked at
HEAD = 240  # lines at the head of a long block around a place
MANY = 25  # lines of one block


class Outline:
    """Each line's parent is the last line above it that is less indented; a TOML section is over all of its lines."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self.parent: list[int] = []
        self._previous: list[int] = []  # the line before it with the same parent
        self._indents: list[int] = []
        self._build()

    def _build(self) -> None:
        stack: list[tuple[int, int]] = []  # (indentation, line), each more indented than the one before
        last_child: dict[int, int] = {}
        for line, start in enumerate(self.starts):
            indent = self._indent_of(start)
            if indent is None:
                self.parent.append(stack[-1][1] if stack else -1)
                self._previous.append(-1)
                self._indents.append(10_000)
                continue
            while stack and stack[-1][0] >= indent:
                stack.pop()
            parent = stack[-1][1] if stack else -1
            self.parent.append(parent)
            self._previous.append(last_child.get(parent, -1))
            self._indents.append(indent)
            last_child[parent] = line
            stack.append((indent, line))

    def _indent_of(self, start: int) -> int | None:
        """None for an empty line. The lines of a TOML section count as indented by one."""
        found = _INDENT.match(self._text, start)
        indent = found.end() - start if found else 0
        first = self._text[start + indent : start + indent + 1]
        if first in ("", "\n", "\r"):
            return None
        if first == "[" and _SECTION.match(self._text, start + indent, start + 200):
            return indent
        return indent + 1

    def parents(self, line: int) -> Iterator[int]:
        """The lines whose blocks a line is in, the innermost first."""
        while (line := self.parent[line]) >= 0:
            yield line

    def line_at(self, offset: int) -> int:
        return bisect_right(self.starts, offset) - 1

    def span(self, line: int) -> tuple[int, int]:
        end = self.starts[line + 1] - 1 if line + 1 < len(self.starts) else len(self._text)
        return self.starts[line], end

    def after(self, line: int) -> int:
        """The first line below that is not inside this one."""
        return next(self._outside(line), len(self.starts))

    def below(self, line: int) -> Iterator[int]:
        """The lines inside this one."""
        yield from range(line + 1, min(line + 1 + MANY, self.after(line)))

    def _outside(self, line: int) -> Iterator[int]:
        for below in range(line + 1, min(line + FAR, len(self.starts))):
            if self._indents[below] <= self._indents[line]:
                yield below

    def record(self, line: int) -> Iterator[int]:
        """The lines below that belong to the same record: its own block, then its neighbours up to the block's end."""
        indent = self._indents[line]
        limit = MANY if indent > 1 else 6
        for below in range(line + 1, min(line + 1 + limit, len(self.starts))):
            own = self._indents[below]
            if own < indent or (own == indent and self._begins_item(below)):
                return
            if own == indent or self.parent[below] == line or indent > 1:
                yield below

    def _begins_item(self, line: int) -> bool:
        start = self.starts[line]
        return self._text[start : start + self._indents[line]].lstrip().startswith("- ")

    def siblings_before(self, line: int, far: int = FAR) -> Iterator[int]:
        """The lines above in the same block, the nearest first, at most `far` lines away."""
        first = line
        for _ in range(MANY):
            if self._begins_item(line):
                return
            line = self._previous[line]
            if line < 0 or first - line > far:
                return
            yield line
