"""The file of a backup holds a value of every kind that a column can have."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import models

from models_ui.management.backup_file import BackupWriter, Header, read_backup
from models_ui.management.kept_tables import columns_of, kept_models

HEADER = Header(made_at="2026-11-27T01:00:00+00:00", database="sqlite", migrations={"models_ui": ["0001_initial"]})
VALUES: dict[type[models.Field], Any] = {
    models.BooleanField: True,
    models.CharField: "Ünïcode 🦊\n\x1b",
    models.TextField: "\u2028",
    models.DateField: date(2026, 11, 27),
    models.DateTimeField: datetime(2026, 11, 27, 1, 2, 3, 456_789, tzinfo=UTC),
    models.FloatField: 0.1,
    models.IntegerField: 2**63 - 1,
    models.JSONField: {"a": [None, 1.5, "é"]},
    models.UUIDField: UUID("12345678-1234-4234-8234-123456789abc"),
}


def kind_of(field: Any) -> type[models.Field]:
    """Return which kind of value a column holds: that of the most special class that VALUES names."""
    while field.remote_field:
        field = field.target_field
    return next((kind for kind in type(field).__mro__ if kind in VALUES), type(field))


def test_every_column_of_a_backup_is_of_a_kind_that_is_tried_here():
    kinds = {kind_of(field) for model in kept_models(apps) for field in columns_of(model)}
    assert kinds <= VALUES.keys()


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_a_value_comes_out_as_it_went_in(tmp_path: Path, kind: type[models.Field]):
    path = tmp_path / "file"
    with path.open("wb") as file:
        writer = BackupWriter(file, HEADER)
        writer.write_table("table", ["column"], [(VALUES[kind],), (None,)])
        writer.finish()
    (_, _, [value]), (_, _, [nothing]) = read_backup(path).rows()
    assert kind().to_python(value) == VALUES[kind]
    assert nothing is None
