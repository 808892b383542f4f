"""The catalog as CSV and JSON: every match of a query, every field."""

import csv
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from models_ui.catalog.index import Row
from models_ui.lifecycle import lifecycle
from models_ui.models import CatalogModel

# Excel takes UTF-8 for what it is only with this mark in front.
BYTE_ORDER_MARK = "\ufeff"
# A cell that starts with one of these is a formula to a spreadsheet, to some also behind spaces.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Fewer than the parameters that any database takes in one query.
_PAYLOADS_AT_ONCE = 500


class Writable(Protocol):
    def write(self, text: str, /) -> object: ...


def as_csv(rows: Iterable[Row], now: datetime, file: Writable) -> None:
    """Write the rows as CSV for a spreadsheet: lists are joined by spaces, formulas neutralised with an apostrophe."""
    file.write(BYTE_ORDER_MARK)
    writer = csv.writer(file)
    writer.writerow(_facts(Row(pk=0, model_id=""), now))
    for row in rows:
        writer.writerow([cell(value) for value in _facts(row, now).values()])


def as_json(rows: Iterable[Row], now: datetime) -> list[dict[str, Any]]:
    """The rows as JSON objects, each with the payload it was read from under `raw`."""
    rows = list(rows)
    payloads: dict[int, Any] = {}
    for start in range(0, len(rows), _PAYLOADS_AT_ONCE):
        keys = [row.pk for row in rows[start : start + _PAYLOADS_AT_ONCE]]
        payloads.update(CatalogModel.objects.filter(pk__in=keys).values_list("pk", "raw"))
    return [{**_facts(row, now), "raw": payloads.get(row.pk, {})} for row in rows]


def _facts(row: Row, now: datetime) -> dict[str, Any]:
    return {
        "name": row.name,
        "id": row.model_id,
        "aliases": row.aliases,
        "type": row.type,
        "state": row.state,
        "lifecycle": lifecycle(row.deprecation, now),
        "description": row.description,
        "max_context_length": row.context,
        "capabilities": row.capabilities,
        "capabilities_lacking": row.lacks,
        "deprecation": row.deprecation,
        "replacement": row.replacement or None,
        "owned_by": row.owner,
        "root": row.root or None,
        "job": row.job or None,
        "created": row.created_at,
        "default_model_temperature": row.default_temperature,
        "archived": row.archived,
        "first_seen_at": row.first_seen_at,
        "last_seen_at": row.last_seen_at,
        "missing_since": row.missing_since,
        "problems": row.problems,
    }


def cell(value: object) -> object:
    """A value that no spreadsheet will run. Numbers stay numbers."""
    if isinstance(value, tuple):
        value = " ".join(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and (value.startswith(_FORMULA_STARTS) or value.lstrip().startswith(_FORMULA_STARTS)):
        return f"'{value}"
    return value
