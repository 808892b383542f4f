"""The mirror that other tests start with is the one that a sync leaves."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import models, transaction

from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogChange, CatalogModel, Lease, Mirror, SyncRun
from sandbox import Sandbox
from tests.support.clock import START
from tests.support.kept_mirror import fill_mirror

# Random, and of each sync its own; PostgreSQL gives no key twice. `created` is upstream's clock for base models.
OWN = {"id", "version", "edition", "correlation_id"}

pytestmark = pytest.mark.django_db


def rows_of(table: type[models.Model]) -> list[dict[str, Any]]:
    rows = [
        {name: value for name, value in row.items() if name not in OWN} for row in table.objects.order_by("pk").values()
    ]
    for row in rows:
        if not str(row.get("identity", "")).startswith("ft:"):
            row.get("raw", {}).pop("created", None)
    return rows


def everything(sandbox: Sandbox) -> list[Any]:
    tables = (CatalogModel, CatalogChange, SyncRun, Mirror, Lease)
    return [*map(rows_of, tables), sandbox.calls, sandbox.counts, sandbox.catalog.entries()]


def found_after(fill, sandbox: Sandbox, at: datetime = START) -> list[Any]:
    """Return what there is after filling an empty mirror, and undo that."""
    with time_machine.travel(at, tick=False), transaction.atomic():
        result = fill()
        assert result.run == SyncRun.objects.get()
        found = [result.outcome, *everything(sandbox)]
        transaction.set_rollback(True)
    sandbox.reset()
    return found


def test_nobody_can_tell_a_kept_mirror_from_a_synced_one(db, sandbox):
    found_after(lambda: fill_mirror(sandbox), sandbox, at=START - timedelta(days=3))  # kept, if it was not before
    real = found_after(run_sync, sandbox)
    assert len(real[1]) > 40
    assert found_after(lambda: fill_mirror(sandbox), sandbox) == real


def test_each_has_a_version_and_editions_of_its_own(db, sandbox):
    versions, editions = set(), set()
    for _ in range(3):
        with transaction.atomic():
            fill_mirror(sandbox)
            versions.add(Mirror.objects.get().version)
            editions.update(CatalogModel.objects.values_list("edition", flat=True))
            transaction.set_rollback(True)
        sandbox.reset()
    assert len(versions) == len(editions) == 3


def test_a_sandbox_that_was_changed_is_synced(db, sandbox):
    with transaction.atomic():
        fill_mirror(sandbox)
        transaction.set_rollback(True)
    sandbox.reset()
    tune = sandbox.catalog.fine_tunes()[0]
    sandbox.catalog.rename(tune, "Another name")
    fill_mirror(sandbox)
    assert CatalogModel.objects.get(model_id=tune).name == "Another name"


def test_a_fault_strikes_as_it_would(db, sandbox):
    sandbox.faults.add("status", status=503)
    assert fill_mirror(sandbox).outcome == "failed"


def test_a_dashboard_that_points_elsewhere_finds_what_is_there(db, sandbox, point_at):
    with transaction.atomic():
        fill_mirror(sandbox)
        transaction.set_rollback(True)
    sandbox.reset()
    point_at(sandbox, key="a-wrong-key")
    assert fill_mirror(sandbox).outcome == "failed"
