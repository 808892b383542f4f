"""The file that `backup` writes and `restore` reads: lines of JSON, compressed with gzip.

    {"format": 1, "project": "models-dashboard", "made_at": …, "database": "sqlite", "migrations": {app: [names]}}
    {"table": "models_ui.CatalogModel", "columns": ["id", …]}
    [1, …]
    {"counts": {table: rows}, "sha256": …}

The digest is that of all lines before the last. Whatever the file says is checked before anything is written.
"""

import gzip
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID

import msgspec

FORMAT: Final = 1
PROJECT: Final = "models-dashboard"
# The longest line that is read: a row holds a payload and texts, a few kilobytes.
_LONGEST_LINE: Final = 64 * 1024 * 1024


class BrokenBackup(Exception):
    """The file is no backup, is damaged, or was written by a later version. The text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Where a backup comes from. `made_at` is ISO 8601 in UTC; `migrations` are those that were applied, by app."""

    made_at: str
    database: str
    migrations: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class _Table:
    table: str
    columns: list[str]


class BackupWriter:
    """Writes a backup into an open file. The file is whole once `finish` has returned."""

    def __init__(self, file: IO[bytes], header: Header) -> None:
        # Without a time in gzip's own header, equal content makes equal files.
        self._lines = gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0)
        self._digest = sha256()
        self.counts: dict[str, int] = {}
        self._write({"format": FORMAT, "project": PROJECT, **_facts_of(header)})

    def write_table(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        self._write({"table": table, "columns": list(columns)})
        self.counts[table] = 0
        for row in rows:
            self._write(list(row))
            self.counts[table] += 1

    def finish(self) -> None:
        self._write({"counts": self.counts, "sha256": self._digest.hexdigest()})
        self._lines.close()

    def _write(self, value: Any) -> None:
        line = json.dumps(value, default=_text_of_value, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"
        self._digest.update(line)
        self._lines.write(line)


def _facts_of(header: Header) -> dict[str, Any]:
    return {"made_at": header.made_at, "database": header.database, "migrations": header.migrations}


def _text_of_value(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()  # of a moment with its microseconds, which Django's own encoder drops
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"A backup cannot hold {type(value).__name__}")


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that only its owner can read, and give it its name once it is whole; otherwise leave none."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        with suppress(FileNotFoundError):
            unfinished.unlink()


Part = tuple[str, tuple[str, ...], list[Any]]
"""A row of a backup with its table and the table's columns."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup whose every line was read once: it is whole."""

    path: Path
    header: Header
    counts: Mapping[str, int]

    def rows(self) -> Iterator[Part]:
        """Yield each row with its table and columns, in the order of the file."""
        table, columns = "", ()
        for line in _lines_of(self.path):
            value = _value_of(line)
            if isinstance(value, list):
                yield table, columns, value
            elif "table" in value:
                table, columns = value["table"], tuple(value["columns"])


def read_backup(path: Path) -> Backup:
    """Read the whole file once. Raise BrokenBackup if it is no backup, is not whole or is of a later version."""
    digest, counts = sha256(), dict[str, int]()
    header: Header | None = None
    table, width, last = "", 0, None
    for line in _lines_of(path):
        value = _value_of(line)
        if header is None:
            header = _header_of(value)
        elif last is not None:
            raise BrokenBackup("It goes on after its end.")
        elif isinstance(value, list):
            if not table or len(value) != width:
                raise BrokenBackup("A row has more or fewer values than its table has columns.")
            counts[table] += 1
        elif isinstance(value, dict) and "counts" in value:
            last = value
            continue
        else:
            table, width = _table_of(value)
            counts.setdefault(table, 0)
        digest.update(line)
    if header is None:
        raise BrokenBackup("It is empty.")
    if last is None:
        raise BrokenBackup("Its end is missing: the backup was not finished, or the file was cut.")
    if last.get("counts") != counts or last.get("sha256") != digest.hexdigest():
        raise BrokenBackup("It was damaged or changed: its content is not that which was written.")
    return Backup(path, header, counts)


def _lines_of(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as file:
            while line := file.readline(_LONGEST_LINE):
                if not line.endswith(b"\n"):
                    raise BrokenBackup("Its end is missing: the backup was not finished, or the file was cut.")
                yield line
    except EOFError:
        raise BrokenBackup("Its end is missing: the backup was not finished, or the file was cut.") from None
    except (gzip.BadGzipFile, OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it is not compressed as one"
        raise BrokenBackup(f"It cannot be read as a backup: {why}.") from None
    except zlib.error:
        raise BrokenBackup("It was damaged or changed: it cannot be decompressed.") from None


def _value_of(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise BrokenBackup("It is no backup of this dashboard.") from None


def _header_of(value: Any) -> Header:
    if not isinstance(value, dict) or value.get("project") != PROJECT:
        raise BrokenBackup("It is no backup of this dashboard.")
    if value.get("format") != FORMAT:
        raise BrokenBackup(f"It has format {value.get('format')!r}; this version reads format {FORMAT} alone.")
    try:
        header = msgspec.convert(value, Header)
    except msgspec.ValidationError:
        raise BrokenBackup("It is no backup of this dashboard.") from None
    # They are shown in a terminal.
    if not all(text.isprintable() for text in [header.made_at, *chain.from_iterable(header.migrations.values())]):
        raise BrokenBackup("It is no backup of this dashboard.")
    return header


def _table_of(value: Any) -> tuple[str, int]:
    try:
        part = msgspec.convert(value, _Table)
    except msgspec.ValidationError:
        raise BrokenBackup("It is no backup of this dashboard.") from None
    return part.table, len(part.columns)
