"""The index that is current: built from the mirror's rows when their version moves, shared by a process's threads."""

import threading
from collections.abc import Collection
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from models_ui.access.people import active_usernames
from models_ui.catalog.facets import FACETS
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.labels import search_names
from models_ui.catalog.row import Row
from models_ui.models import CatalogModel, Mirror
from models_ui.text.keepers import keeper_label, keeper_of, username_of
from models_ui.text.plan import NO_PLAN, Plan

_lock = threading.Lock()
_current: CatalogIndex | None = None

# Everything a row needs and nothing more: the raw payloads would be most of the bytes.
_COLUMNS: Final = tuple(field.name for field in fields(Row) if field.name not in ("lacks", "away"))


def load_index(now: datetime, version: str | None = None) -> CatalogIndex:
    """Return the index of the mirror's version, or of a later one. `version` saves a query where it is known.

    The version is read before the rows, so an index may hold newer rows than its version says, never older ones:
    at worst the next request builds another.
    """
    global _current
    if version is None:
        version = _read_version()
    index = _current
    if index is None or not _is_current(index, version, now):
        with _lock:
            # While this thread waited another may have built it, from a version that is newer than the caller's.
            version = _read_version() or version
            index = _current
            if index is None or not _is_current(index, version, now):
                index = _current = CatalogIndex.build(load_rows(), now=now, version=version, names=search_names())
    return index


def _read_version() -> str:
    return Mirror.objects.filter(pk=1).values_list("version", flat=True).first() or ""


def _is_current(index: CatalogIndex, version: str, now: datetime) -> bool:
    return index.version == version and (index.expires_at is None or now < index.expires_at)


def load_rows() -> list[Row]:
    """Return every row of the mirror as the index wants it."""
    records = [dict(zip(_COLUMNS, values, strict=True)) for values in CatalogModel.objects.values_list(*_COLUMNS)]
    people = {keeper for columns in records for keeper in columns["keepers"] if username_of(keeper)}
    away = people - set(map(keeper_of, active_usernames(map(keeper_label, people)))) if people else people
    return [_read_row(columns, away) for columns in records]


def _read_row(columns: dict[str, Any], away: Collection[str]) -> Row:
    capabilities, lacks = _split_flags(tuple(columns["capabilities"].items()))
    columns |= {name: tuple(value) for name, value in columns.items() if isinstance(value, list)} | {
        "capabilities": capabilities,
        "away": tuple(keeper for keeper in columns["keepers"] if keeper in away),
        "plan": Plan.from_json(columns["plan"]) if columns["plan"] else NO_PLAN,
        "last_seen_at": columns["last_seen_at"] if columns["missing_since"] else None,
    }
    return Row(**columns, lacks=lacks)


@lru_cache(maxsize=1024)
def _split_flags(flags: tuple[tuple[str, bool], ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the true and the false capabilities in the facet's order: databases need not keep upstream's."""
    in_order = sorted(flags, key=lambda flag: FACETS["capability"].order(flag[0], 0))
    return tuple(key for key, has in in_order if has), tuple(key for key, has in in_order if not has)
