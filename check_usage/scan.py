"""Which model ids a tree uses, and where."""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from .files import LARGEST, Tree, is_minified, is_text
from .languages import fenced_code, language_of
from .lexing import Language
from .lines import Lines
from .notebooks import Cell, code_cells
from .recordings import is_recording
from .syntaxes import JSON
from .tokens import Matcher, Token
from .uses import TextUses

_ACCEPTED = re.compile(r"(?:#|//|/\*|--|;|<!--|%|\brem)\s*models:\s*ok\b", re.IGNORECASE)
_MARKDOWN = (".md", ".mdx", ".markdown")
_EXECUTABLE = (".ipynb", ".qmd", ".rmd", ".livemd")  # documents whose code is run


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Use:
    """One place that names a model. Lines and columns count from one, columns in characters."""

    path: str
    line: int
    column: int
    end_column: int
    model_id: str
    source: str  # the line's text
    cell: int | None = None  # in a notebook: the cell, and the line in it
    cell_line: int | None = None


@dataclass(slots=True)
class Scan:
    """A walk through a tree that gathers uses.

    `read` counts files, `accepted` the places that a comment or the allow list accepts, `elsewhere` those that name a
    model of another host.
    """

    matcher: Matcher
    tree: Tree
    allow: frozenset[str] = frozenset()  # ids, or patterns of them with `*`
    docs: bool = False  # whether fenced code in Markdown counts
    recordings: bool = False  # whether recorded HTTP answers count
    read: int = 0
    accepted: int = 0
    elsewhere: int = 0

    def uses(self) -> list[Use]:
        return sorted(use for path, name in self.tree.files() for use in self._in_file(path, name))

    def _in_file(self, path: Path, name: str) -> Iterator[Use]:
        suffix = path.suffix.lower()
        language = language_of(path) or (JSON if suffix == ".har" else None)
        document = self._is_document(suffix)
        if language is None and not document and suffix:
            self.tree.skipped.add("of other kinds", f"*{suffix}")
            return
        data = self._data(path, name)
        if data is None or not self._is_worth_reading(name, data):
            return
        text = data.decode("utf-8", errors="replace")
        if suffix == ".ipynb":
            yield from self._in_notebook(text, name)
        elif document:
            yield from self._in_document(text, name)
        elif language := language or language_of(PurePath(name), data):
            yield from self._in_text(text, language, name, Places(Lines(text)))

    def _is_document(self, suffix: str) -> bool:
        return suffix in _EXECUTABLE or (self.docs and suffix in _MARKDOWN)

    def _in_notebook(self, text: str, name: str) -> Iterator[Use]:
        lines = Lines(text)
        for cell, language in code_cells(text):
            yield from self._in_text(cell.source, language, name, Places(lines, cell))

    def _in_document(self, text: str, name: str) -> Iterator[Use]:
        lines = Lines(text)
        for start, code, language in fenced_code(text):
            yield from self._in_text(code, language, name, Places(lines, offset=start))

    def _is_worth_reading(self, name: str, data: bytes) -> bool:
        """Whether a file may hold ids, and is neither binary nor a recording."""
        if not self.matcher.may_contain(data):
            return False
        reason = ""
        if not is_text(data) or is_minified(name, data):
            reason = "binary or minified"
        elif not self.recordings and is_recording(name, data):
            reason = "recorded"
        if reason:
            self.tree.skipped.add(reason, name)
        return not reason

    def _data(self, path: Path, name: str) -> bytes | None:
        try:
            if path.stat().st_size > LARGEST:
                self.tree.skipped.add("too large", name)
                return None
            data = _as_utf8(path.read_bytes())
        except OSError:
            self.tree.skipped.add("unreadable", name)
            return None
        self.read += 1
        return data

    def _in_text(self, text: str, language: Language, name: str, places: "Places") -> Iterator[Use]:
        lines = Lines(text)
        line, source, accepted = None, "", False
        used = TextUses(text, language, self.matcher, name, recordings=self.recordings)
        for token in used.find():
            if line is not (found := lines.at(token.start)):
                line = found
                source = text[line.start : line.end].strip()
                accepted = _ACCEPTED.search(source) is not None
            if accepted or any(fnmatchcase(token.model_id, each) for each in self.allow):
                self.accepted += 1
            else:
                yield places.use(token, name, source)
        self.elsewhere += used.elsewhere
        if used.recorded:
            self.tree.skipped.add("streamed", name)


class Places:
    """Turns offsets into lines and columns of the file. Offsets must come in order."""

    def __init__(self, lines: Lines, cell: Cell | None = None, offset: int = 0) -> None:
        self._lines = lines
        self._cell = cell
        self._cell_lines = Lines(cell.source) if cell else None
        self._offset = offset

    def use(self, token: Token, name: str, source: str) -> Use:
        cell = self._cell
        start = cell.place(token.start) if cell else token.start + self._offset
        line = self._lines.at(start)
        column = start - line.start + 1
        return Use(
            path=name,
            line=line.number,
            column=column,
            end_column=column + token.end - token.start,
            model_id=token.model_id,
            source=source,
            cell=cell.number if cell else None,
            cell_line=self._cell_lines.at(token.start).number if self._cell_lines else None,
        )


def _as_utf8(data: bytes) -> bytes:
    """The same text in UTF-8, without a byte order mark. Windows tools write UTF-16 with one."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace").encode("utf-8", errors="replace")
    return data.removeprefix(codecs.BOM_UTF8)


def allow_list(text: str) -> Iterable[str]:
    """The ids of an allow list: one a line, the rest of a line after `#` says why."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]
