"""A mirror whose clock the tests turn, runs of it, and what it shows."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.row import Row
from models_ui.catalog.store import load_rows
from models_ui.mirror.state import mirror_state
from models_ui.mirror.sync import SyncResult, run_sync
from models_ui.models import CatalogModel, SyncRun
from sandbox import Sandbox
from tests.support.clock import CONFIRMED, turned_by_hand, wait
from tests.support.entries import LIMA, NEMO, tune


@pytest.fixture
def synced(db: None, sandbox: Sandbox) -> SyncResult:
    """A real sync: these tests are about that."""
    return run_sync()


@pytest.fixture
def upstream(sandbox: Sandbox) -> Sandbox:
    """Two base models and a fine-tune, mirrored."""
    sandbox.catalog.replace([*LIMA, *NEMO, tune()])
    assert run_sync().outcome == "synced"
    return sandbox


@pytest.fixture
def clock() -> Iterator[None]:
    with turned_by_hand():
        yield


def one_run() -> SyncRun:
    """One more run, which has to succeed, long enough after the one before to confirm what that said."""
    wait()
    result = run_sync()
    assert result.outcome == "synced", result.run and result.run.failure
    assert result.run is not None
    return result.run


def run_after(duration: timedelta) -> SyncRun:
    wait(duration - CONFIRMED)
    return one_run()


def index() -> CatalogIndex:
    return CatalogIndex.build(load_rows(), now=timezone.now())


def shown() -> dict[str, Row]:
    """What the catalog shows, by id."""
    return {row.model_id: row for row in index().rows}


def version() -> str:
    return mirror_state().version


def snapshot() -> list[dict[str, Any]]:
    return list(CatalogModel.objects.order_by("pk").values())


def news(run: SyncRun) -> tuple[int, int, int]:
    return run.added, run.changed, run.missing
