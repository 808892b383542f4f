"""The catalog as columns: a boolean one for each capability, as a stock admin wants its filters."""

from typing import Any

from django.db import connection, models
from django.utils import timezone

from models_ui.models import CatalogModel
from models_ui.vocabulary import CAPABILITIES


class ColumnModelFields(models.Model):
    """One model with all that the catalog page shows, ready to be filtered by the database."""

    model_id = models.CharField(max_length=300, db_index=True)
    name = models.TextField(blank=True)
    description = models.TextField(blank=True)
    aliases = models.TextField(blank=True)
    type = models.CharField(max_length=60, db_index=True)
    context = models.BigIntegerField(null=True, db_index=True)
    deprecation = models.DateTimeField(null=True, db_index=True)
    owned_by = models.CharField(max_length=300, db_index=True)
    root = models.CharField(max_length=300, db_index=True)
    state = models.CharField(max_length=20, db_index=True)
    lifecycle = models.CharField(max_length=20, db_index=True)

    class Meta:
        abstract = True
        verbose_name = "model"

    def __str__(self) -> str:
        return self.model_id


_FLAGS = {key: models.BooleanField(default=False, db_index=True) for key in CAPABILITIES}
ColumnModel = type("ColumnModel", (ColumnModelFields,), {"__module__": __name__, **_FLAGS})


def fill_columns() -> None:
    """Make the table and copy the mirror's rows into it."""
    with connection.schema_editor() as editor:
        editor.create_model(ColumnModel)
    rows = CatalogModel.objects.defer("raw", "pending", "problems").iterator()
    ColumnModel.objects.bulk_create((ColumnModel(**_columns_of(row)) for row in rows), batch_size=500)


def _columns_of(row: CatalogModel) -> dict[str, Any]:
    now = timezone.now()
    ended = row.deprecation is not None and row.deprecation <= now
    flags = {key: bool(row.capabilities.get(key)) for key in CAPABILITIES}
    return {
        "model_id": row.model_id,
        "name": row.name or "",
        "description": row.description or "",
        "aliases": ", ".join(row.aliases),
        "type": row.type,
        "context": row.max_context_length,
        "deprecation": row.deprecation,
        "owned_by": row.owned_by,
        "root": row.root,
        "state": "missing" if row.missing_since else "archived" if row.archived else "live",
        "lifecycle": "active" if row.deprecation is None else "retired" if ended else "retiring",
        **flags,
    }
