"""The current index: built from the mirror's rows when the mirror's version changes, shared by a process's threads."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from django.db.models import Q

from models_ui.access.people import active_usernames
from models_ui.catalog.facets import FACETS
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.labels import search_names
from models_ui.catalog.row import Row
from models_ui.models import CatalogModel, Mirror
from models_ui.prepared_query import PreparedQuery
from models_ui.text.keepers import keeper_label, keeper_of, username_of
from models_ui.text.plan import NO_PLAN, Plan

_lock = threading.Lock()
_current: CatalogIndex | None = None

# Everything a row needs and nothing more: the raw payloads would be most of the bytes.
_COLUMNS: Final = tuple(field.name for field in fields(Row) if field.name not in ("lacks", "away"))
# The key is the first column. The edition is the last one; `Row` has no field for it.
_ROWS: Final = PreparedQuery(lambda: CatalogModel.objects.values_list(*_COLUMNS, "edition"))
# The rows with a higher edition than `edition`, and the row with the key `holder`: see `RowReader`.
_CHANGED: Final = PreparedQuery(
    lambda edition, holder: CatalogModel.objects.filter(Q(edition__gt=edition) | Q(pk=holder)).values_list(
        *_COLUMNS, "edition"
    ),
    edition=-1,
    holder=-2,
)

RawRow = tuple[Any, ...]


def load_index(now: datetime, version: str | None = None) -> CatalogIndex:
    """Return the index of the mirror's version, or of a later one. A caller that knows the version saves a query.

    The version is read before the rows, so an index may hold newer rows than its version says, never older ones:
    at worst the next request builds another.
    """
    global _current
    if version is None:
        version = _read_version()
    index = _current
    if index is None or not _is_current(index, version, now):
        with _lock:
            # While this thread waited, another may have built the index from a newer version than the caller's.
            version = _read_version() or version
            index = _current
            if index is None or not _is_current(index, version, now):
                index = _current = CatalogIndex.build(
                    _reader.read(), now=now, version=version, names=search_names(), previous=index
                )
    return index


def _read_version() -> str:
    return Mirror.objects.filter(pk=1).values_list("version", flat=True).first() or ""


def _is_current(index: CatalogIndex, version: str, now: datetime) -> bool:
    return index.version == version and index.holds_at(now)


class RowReader:
    """Reads the mirror's rows and keeps them: a row that did not change stays the same object.

    Each read fetches only the rows with a higher edition than the latest one known, which were saved since then. Along
    with them it fetches the holder, a row that had the latest edition at the last read. If the holder is gone or has a
    lower edition, the database was replaced, for example restored from a backup; then all rows are read. All rows are
    also read the first time, and if the number of rows is not the expected one.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[RawRow, Row]] = {}
        self._latest = (0, 0)  # the latest edition, and the key of its holder

    def read(self) -> list[Row]:
        """Return every row of the mirror as the index wants it."""
        raw_rows = self._read_changed()
        if raw_rows is None:
            raw_rows = _ROWS.all_raw()
            self._known = {raw[0]: self._known[raw[0]] for raw in raw_rows if raw[0] in self._known}
            self._latest = (0, 0)
        self._take_in(raw_rows)
        for row in _with_other_access([row for _, row in self._known.values() if row.keepers]):
            self._known[row.pk] = self._known[row.pk][0], row
        return [row for _, row in self._known.values()]

    def _read_changed(self) -> list[RawRow] | None:
        """Return the rows saved since the last read and the holder; None if all rows must be read."""
        latest, holder = self._latest
        raw_rows = _CHANGED.all_raw(edition=latest, holder=holder)
        is_known = any(raw[0] == holder and raw[-1] >= latest for raw in raw_rows)
        keys = self._known.keys() | {raw[0] for raw in raw_rows}
        return raw_rows if is_known and len(keys) == CatalogModel.objects.count() else None

    def _take_in(self, raw_rows: list[RawRow]) -> None:
        changed = [raw for raw in raw_rows if raw[0] not in self._known or self._known[raw[0]][0] != raw[:-1]]
        for raw, values in zip(changed, _ROWS.converted(changed), strict=True):
            self._known[raw[0]] = raw[:-1], _read_row(dict(zip(_COLUMNS, values, strict=False)))
        self._latest = max(self._latest, *((raw[-1], raw[0]) for raw in raw_rows), (0, 0))


def load_rows() -> list[Row]:
    """Return every row of the mirror as the index wants it."""
    return RowReader().read()


def _with_other_access(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield a corrected copy of each row whose `away` names other people than those who have no access today."""
    people = {keeper for row in rows for keeper in row.keepers if username_of(keeper)}
    away = people - set(map(keeper_of, active_usernames(map(keeper_label, people)))) if people else people
    for row in rows:
        names = tuple(keeper for keeper in row.keepers if keeper in away)
        if names != row.away:
            yield replace(row, away=names)


def _read_row(columns: dict[str, Any]) -> Row:
    capabilities, lacks = _split_flags(tuple(columns["capabilities"].items()))
    columns |= {name: tuple(value) for name, value in columns.items() if isinstance(value, list)} | {
        "capabilities": capabilities,
        "plan": Plan.from_json(columns["plan"]) if columns["plan"] else NO_PLAN,
        "last_seen_at": columns["last_seen_at"] if columns["missing_since"] else None,
    }
    return Row(**columns, lacks=lacks)


@lru_cache(maxsize=1024)
def _split_flags(flags: tuple[tuple[str, bool], ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the true and the false capabilities in the facet's order: databases need not keep upstream's."""
    in_order = sorted(flags, key=lambda flag: FACETS["capability"].order(flag[0], 0))
    return tuple(key for key, has in in_order if has), tuple(key for key, has in in_order if not has)


_reader = RowReader()  # used under the lock
