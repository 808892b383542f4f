"""A mirror of the sandbox's default catalog, as a first sync leaves it, without a sync for every test.

The first test of a process that wants it has a real sync. Its rows are kept, and later tests get them by one INSERT,
as seen at their own moment and with a version of their own. `tests/mirror/test_kept_mirror.py` holds that nobody could
tell the difference. Where anything is not as at that first sync, there is a real one again.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models.sql import InsertQuery
from django.utils import timezone

from models_ui.mirror.sync import SyncResult, run_sync
from models_ui.models import CatalogModel, Mirror, SyncRun
from sandbox import Call, Sandbox

_FIELDS = [field for field in CatalogModel._meta.local_concrete_fields if not field.primary_key]


@dataclass(frozen=True)
class _Kept:
    """What a sync made of the entries: statements that insert the models, the run, and the call that it took."""

    entries: list[Any]
    statements: list[tuple[str, Any]]
    run: SyncRun
    call: Call


_kept: dict[tuple[str, bool], _Kept] = {}


def fill_mirror(sandbox: Sandbox) -> SyncResult:
    """Fill the empty mirror from the sandbox; return what a sync would have."""
    if not _is_untouched(sandbox):
        return run_sync()
    kept = _kept.get(_dialect(sandbox))
    if kept is not None and kept.entries == sandbox.catalog.listed(0):
        return _insert(kept, sandbox)
    result = run_sync()
    if result.outcome == "synced" and result.run is not None and len(sandbox.calls) == 1:
        _kept[_dialect(sandbox)] = _Kept(sandbox.catalog.listed(0), _statements(), result.run, sandbox.calls[0])
    return result


def _is_untouched(sandbox: Sandbox) -> bool:
    """Whether nothing was synced, asked or arranged yet that a sync would notice."""
    if (sandbox.url, sandbox.key) != (settings.MODELS_API_BASE_URL, settings.MISTRAL_API_KEY):
        return False
    return not (sandbox.calls or sandbox.faults.in_force() or SyncRun.objects.exists() or CatalogModel.objects.exists())


def _dialect(sandbox: Sandbox) -> tuple[str, bool]:
    return settings.MODELS_API_DIALECT, sandbox.strict


def _statements() -> list[tuple[str, Any]]:
    rows = list(CatalogModel.objects.order_by("pk"))
    size = connection.ops.bulk_batch_size(_FIELDS, rows)
    statements = []
    for start in range(0, len(rows), size):
        query = InsertQuery(CatalogModel)
        query.insert_values(_FIELDS, rows[start : start + size])
        statements += query.get_compiler(connection=connection).as_sql()
    return statements


@transaction.atomic
def _insert(kept: _Kept, sandbox: Sandbox) -> SyncResult:
    now = timezone.now()
    with connection.cursor() as cursor:
        for statement, values in kept.statements:
            cursor.execute(statement, values)
    # Editions begin anywhere, as in any empty table: an index that is left from another test must know none of them.
    edition = secrets.randbelow(2**52) + 1
    models.QuerySet(CatalogModel).update(edition=edition, first_seen_at=now, last_seen_at=now)
    run = _as_of(kept.run, now)
    run.save(force_insert=True)
    Mirror.objects.update_or_create(
        pk=1,
        defaults={
            "upstream": sandbox.url,
            "version": secrets.token_urlsafe(9),
            "last_synced_at": now,
            "unreadable": run.unreadable,
            "failed_at": None,
            "failure": {},
        },
    )
    sandbox.log.add(replace(kept.call))
    return SyncResult("synced", run)


def _as_of(run: SyncRun, now: datetime) -> SyncRun:
    values = {field.attname: getattr(run, field.attname) for field in SyncRun._meta.concrete_fields}
    return SyncRun(**values | {"id": None, "started_at": now, "finished_at": now})
