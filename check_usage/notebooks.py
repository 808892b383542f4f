"""The code cells of a Jupyter notebook, with the place of each character in the file. No outputs, no prose."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from .languages import language_called
from .lexing import Language
from .syntaxes import IPYTHON, PYTHON

_JSON_TOKEN = re.compile(r'(?<!\\)"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],]', re.DOTALL)
_CHARACTER = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u.{4}|\\.|[^\\]", re.DOTALL)
_DEEPEST = 4  # the path of a line of a cell's source
_MAGIC = re.compile(r"\s*%%(?:script\s+)?(\w+)")


@dataclass(slots=True)
class Cell:
    """A cell's source, and where each piece of it begins: in the source, in the file, and as the file spells it."""

    number: int  # from one, as Jupyter's pages count them, prose included
    is_code: bool = False
    starts: list[int] = field(default_factory=list)
    pieces: list[tuple[int, str]] = field(default_factory=list)
    _read: list[str] = field(default_factory=list)
    _length: int = 0
    _last: tuple[int, int] = (-1, 0)  # the offset last asked for, and its place

    def add(self, at: int, raw: str) -> None:
        try:
            piece = json.loads(f'"{raw}"', strict=False)
        except ValueError:
            return
        self.starts.append(self._length)
        self.pieces.append((at, raw))
        self._read.append(piece)
        self._length += len(piece)

    @property
    def source(self) -> str:
        if len(self._read) > 1:
            self._read = ["".join(self._read)]
        return self._read[0] if self._read else ""

    def place(self, offset: int) -> int:
        """Where the file has the source's character at the offset. Offsets must come in order."""
        number = bisect_right(self.starts, offset) - 1
        at, raw = self.pieces[number]
        known, place = max((self.starts[number], at), self._last)
        spelled = islice(_CHARACTER.finditer(raw, place - at), offset - known)
        self._last = (offset, place + sum(len(character[0]) for character in spelled))
        return self._last[1]


def code_cells(text: str) -> Iterator[tuple[Cell, Language]]:
    """Every code cell in a language the guard knows: the notebook's, or the one that `%%bash` names."""
    cells: dict[int, Cell] = {}
    language: Language | None = PYTHON
    for path, start, end in _strings(text):
        match path:
            case ("cells", int(number), "cell_type"):
                cells.setdefault(number, Cell(number + 1)).is_code = text[start:end] == "code"
            case ("cells", int(number), "source") | ("cells", int(number), "source", int()):
                cells.setdefault(number, Cell(number + 1)).add(start, text[start:end])
            case ("metadata", "language_info", "name") | ("metadata", "kernelspec", "language"):
                language = language_called(text[start:end])
    for cell in cells.values():
        magic = _MAGIC.match(cell.source)
        spoken = (magic and language_called(magic[1])) or language
        if cell.is_code and spoken:
            yield cell, IPYTHON if spoken is PYTHON else spoken


def _strings(text: str) -> Iterator[tuple[tuple[str | int, ...], int, int]]:
    """The path and the place of each string's content in a JSON document. What is malformed ends up nowhere."""
    path: list[str | int | None] = []  # None: an object that waits for its next key
    for token in _JSON_TOKEN.finditer(text):
        match token[0][0]:
            case "{":
                path.append(None)
            case "[":
                path.append(0)
            case "}" | "]":
                del path[-1:]
            case ",":
                if path:
                    path[-1] = path[-1] + 1 if isinstance(path[-1], int) else None
            case _ if path and path[-1] is None:
                path[-1] = token[0][1:-1]
            case _ if len(path) <= _DEEPEST:
                yield tuple(each for each in path if each is not None), token.start() + 1, token.end() - 1
