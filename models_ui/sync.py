"""Syncing: upstream's list becomes rows of the mirror, in one run at a time across all processes.

    run_sync() -> take the lease -> one HTTP call, outside any transaction -> one transaction of changes

A failed call changes no row. Rows that are no longer listed get `missing_since` and stay for ever.
"""

import logging
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from models_ui.failures import EmptyList, OtherUpstream, facts_of
from models_ui.grouping import RealModel, is_floating, real_models
from models_ui.mirroring import facts, take_in
from models_ui.models import CatalogModel, Mirror, SyncRun
from models_ui.services import ModelList, ModelsAPIError, models_api

log = logging.getLogger(__name__)

# Longer than any call may take; after it another process may believe that the holder died.
LEASE = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What came of asking for a sync.

    `synced` and `failed` ran; `joined`: another run is under way; `fresh`: another one finished since it was asked.
    """

    outcome: Literal["synced", "failed", "joined", "fresh"]
    run: SyncRun | None = None


class LeaseLost(Exception):
    """Another process took over, so what this one fetched is dropped."""


def mirror_state() -> Mirror:
    """The mirror's state, with the version to read before its rows."""
    return Mirror.objects.filter(pk=1).first() or Mirror.objects.get_or_create(pk=1)[0]


def is_stale(mirror: Mirror, now: datetime) -> bool:
    """Whether a page should ask for a new run behind itself. A failure is not tried again on every page."""
    last = max(filter(None, (mirror.last_synced_at, mirror.failed_at)), default=None)
    return last is None or (now - last).total_seconds() > settings.MODELS_STALE_AFTER


def is_running(mirror: Mirror, now: datetime) -> bool:
    return mirror.lease_expires_at is not None and mirror.lease_expires_at > now


def run_sync(*, asked_by: str = "", asked_at: datetime | None = None, adopt: bool = False) -> SyncResult:
    """Mirror upstream's list once. Never raises for upstream's sake: a failure is recorded and returned.

    `adopt` accepts that the configured address is not the one the rows came from.
    """
    started = asked_at or timezone.now()
    token = _take_lease()
    if token is None:
        return SyncResult("joined")
    run = SyncRun(started_at=started, asked_by=asked_by)
    try:
        mirror = mirror_state()
        if mirror.last_synced_at is not None and mirror.last_synced_at >= started:
            return SyncResult("fresh")
        if not adopt:
            _check_upstream(mirror)
        listed = models_api().list()
        _check_not_emptied(listed)
        with transaction.atomic():
            _apply(listed, run, _hold_lease(token))
    except ModelsAPIError as error:
        _record_failure(run, error, token)
        return SyncResult("failed", run)
    except LeaseLost:
        log.warning("sync: another process took over, nothing was written")
        return SyncResult("joined")
    finally:
        Mirror.objects.filter(pk=1, lease_token=token).update(lease_token="", lease_expires_at=None)
    log.info("sync: %s entries, %s added, %s changed, %s missing", run.entries, run.added, run.changed, run.missing)
    return SyncResult("synced", run)


# --- The lease


def _take_lease() -> str | None:
    """The right to sync, or None while another process has it. One conditional UPDATE, alike on every database."""
    now = timezone.now()
    mirror_state()
    token = secrets.token_hex(16)
    free = Q(lease_expires_at=None) | Q(lease_expires_at__lte=now)
    taken = Mirror.objects.filter(free, pk=1).update(lease_token=token, lease_expires_at=now + LEASE)
    return token if taken else None


def _hold_lease(token: str) -> Mirror:
    """The mirror's row, locked until the transaction ends. The token is the fence: a late process writes nothing."""
    mirror = Mirror.objects.select_for_update().filter(pk=1, lease_token=token).first()
    if mirror is None:
        raise LeaseLost
    return mirror


# --- What may be mirrored


def _check_upstream(mirror: Mirror) -> None:
    """Rows of two upstreams never mix."""
    if mirror.upstream and mirror.upstream != _upstream() and CatalogModel.objects.exists():
        raise OtherUpstream(mirror.upstream)


def _upstream() -> str:
    return "sandbox" if settings.DEMO else str(settings.MODELS_API_BASE_URL)


def _check_not_emptied(listed: ModelList) -> None:
    """An empty list after a full one is a fault of the answer, not the end of every model."""
    if not listed.cards and CatalogModel.objects.filter(missing_since=None).exists():
        raise EmptyList(correlation_id=listed.correlation_id)


# --- Writing


def _apply(listed: ModelList, run: SyncRun, mirror: Mirror) -> None:
    now = listed.fetched_at
    rows = list(CatalogModel.objects.all())
    models = real_models(listed.cards)
    pairs, unlisted = _match(models, rows)
    new = [model for model, row in pairs if row is None]
    known = [(model, row) for model, row in pairs if row is not None]

    moved = _moved_aliases(models, rows)
    changed: dict[str, list[CatalogModel]] = {}
    for model, row in known:
        fields = take_in(row, model, moved - set(row.aliases))
        if row.identity != model.identity:
            row.identity = model.identity
            fields.add("identity")
        for field in fields:
            changed.setdefault(field, []).append(row)
    run.missing = _mark_missing(unlisted, mirror, now, changed)

    CatalogModel.objects.bulk_create(
        [CatalogModel(identity=each.identity, first_seen_at=now, last_seen_at=now, **facts(each)) for each in new],
        batch_size=500,
    )
    touched = {row.pk: row for group in changed.values() for row in group}
    if changed:
        CatalogModel.objects.bulk_update(touched.values(), sorted(changed), batch_size=200)

    visible = {row.pk for field, group in changed.items() if field != "pending" for row in group}
    run.entries, run.unreadable = len(listed.cards) + listed.unreadable, listed.unreadable
    run.added, run.changed = len(new), len(visible)
    run.outcome, run.finished_at = SyncRun.Outcome.SUCCEEDED, timezone.now()
    run.correlation_id = listed.correlation_id
    run.save()

    if new or visible or not mirror.version:
        mirror.version = secrets.token_hex(16)
    mirror.upstream = _upstream()
    mirror.last_synced_at = run.finished_at
    mirror.failed_at, mirror.failure = None, {}
    mirror.save()


def _match(
    models: Iterable[RealModel], rows: Sequence[CatalogModel]
) -> tuple[list[tuple[RealModel, CatalogModel | None]], list[CatalogModel]]:
    """Each listed model with its row, and the rows that are left over.

    A row is found by identity. Failing that, a group that lost its canonical id keeps the row of an id it still
    has, and a row known by a floating id only is the pinned model that the id turned out to mean.
    """
    by_identity = {row.identity: row for row in rows}
    models = list(models)
    identities = {model.identity for model in models}
    pairs: list[tuple[RealModel, CatalogModel | None]] = []
    for model in models:
        row = by_identity.pop(model.identity, None)
        if row is None:
            for each in model.aliases:
                held = by_identity.get(each)
                if held is not None and each not in identities and held.type == "base" == model.card.type:
                    row = by_identity.pop(each)
                    break
        pairs.append((model, row))
    return pairs, list(by_identity.values())


def _moved_aliases(models: Iterable[RealModel], rows: Iterable[CatalogModel]) -> frozenset[str]:
    """Aliases that the rows still give to a listed model while this answer gives them to another one."""
    holder = {alias: row.identity for row in rows if row.missing_since is None for alias in row.aliases}
    return frozenset(
        alias
        for model in models
        for alias in model.aliases
        if is_floating(alias) and holder.get(alias, model.identity) != model.identity
    )


def _mark_missing(
    rows: Iterable[CatalogModel], mirror: Mirror, now: datetime, changed: dict[str, list[CatalogModel]]
) -> int:
    """Rows absent for the second run in a row get `missing_since`. Archived ones may simply not be listed."""
    count = 0
    for row in rows:
        if row.missing_since is not None or row.archived:
            continue
        if "absent_since" in row.pending:
            row.missing_since = datetime.fromisoformat(row.pending["absent_since"])
            row.pending = {}
            count += 1
            changed.setdefault("missing_since", []).append(row)
        else:
            row.pending = {"absent_since": now.isoformat()}
            row.last_seen_at = mirror.last_synced_at or now
            changed.setdefault("last_seen_at", []).append(row)
        changed.setdefault("pending", []).append(row)
    return count


def _record_failure(run: SyncRun, error: ModelsAPIError, token: str) -> None:
    """Keep what went wrong, for the banner and the log; the rows stay as they are."""
    log.warning("sync failed: %s", error)
    run.outcome, run.finished_at = SyncRun.Outcome.FAILED, timezone.now()
    run.failure, run.correlation_id = facts_of(error), error.correlation_id
    with transaction.atomic():
        run.save()
        Mirror.objects.filter(pk=1, lease_token=token).update(failed_at=run.finished_at, failure=run.failure)
