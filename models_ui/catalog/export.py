"""The catalog as CSV and JSON: every match of a query, every field.

The keys are read by others: `check_usage/catalog.py` reads the JSON export by key (`id`, `aliases`, `name`, `type`,
`deprecation`, `replacement`, `missing_since`).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.row import Row, exported_kept_values
from models_ui.catalog.status import Standing
from models_ui.models import CatalogModel

# Fewer than the parameters that any database takes in one query.
_PAYLOADS_AT_ONCE = 500
_NO_ROW: Final = Row(pk=0, model_id="")


def export_cells(index: CatalogIndex, query: CatalogQuery, synced_at: datetime | None) -> Iterator[Iterable[object]]:
    """Return the matches for a spreadsheet, in the order of COLUMNS. `synced_at` is when the list was last read."""
    return (_cells_of(_export_fields(row, index.standing_of(row), synced_at)) for row in index.matches(query))


def _cells_of(fields: dict[str, Any]) -> Iterable[object]:
    """Return the fields. Of what people keep, several names have commas between, and the parts of a plan spaces."""
    for name in exported_kept_values(_NO_ROW):
        value = fields[name]
        if isinstance(value, dict):
            fields[name] = " ".join(value.values())
        elif isinstance(value, list | tuple):
            fields[name] = ", ".join(value)
    return fields.values()


def export_objects(index: CatalogIndex, query: CatalogQuery, synced_at: datetime | None) -> list[dict[str, Any]]:
    """Return the matches as JSON objects, with the payload they were read from under `raw`."""
    rows = index.matches(query)
    payloads: dict[int, Any] = {}
    for start in range(0, len(rows), _PAYLOADS_AT_ONCE):
        keys = [row.pk for row in rows[start : start + _PAYLOADS_AT_ONCE]]
        payloads.update(CatalogModel.objects.filter(pk__in=keys).values_list("pk", "raw"))
    return [{**_export_fields(row, index.standing_of(row), synced_at), "raw": payloads.get(row.pk, {})} for row in rows]


def _export_fields(row: Row, standing: Standing, synced_at: datetime | None) -> dict[str, Any]:
    return {
        "name": row.name,
        "id": row.model_id,
        "aliases": row.aliases,
        "type": row.type,
        "state": row.state,
        "lifecycle": standing.stage,
        "description": row.description,
        "max_context_length": row.max_context_length,
        "capabilities": row.capabilities,
        "capabilities_lacking": row.lacks,
        "deprecation": row.deprecation,
        "replacement": row.replacement or None,
        "owned_by": row.owned_by,
        "root": row.root or None,
        "job": row.job or None,
        "created": row.created_at,
        "default_model_temperature": row.default_temperature,
        "archived": row.archived,
        "first_seen_at": row.first_seen_at,
        "last_seen_at": row.last_seen_at or synced_at,
        "missing_since": row.missing_since,
        "problems": row.problems,
        "status": standing.status,
        "deletion_due_at": row.deletion_due_at,
        **exported_kept_values(row),
    }


TIMES: Final = ("deprecation", "created", "first_seen_at", "last_seen_at", "missing_since", "deletion_due_at")
COLUMNS: Final = tuple(_export_fields(_NO_ROW, Standing("active", "live"), None))
