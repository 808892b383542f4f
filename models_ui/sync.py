"""Syncing: upstream's list becomes rows of the mirror, in one run at a time across all processes.

    run_sync() -> take the lease -> one HTTP call, outside any transaction -> one transaction of changes

A failed call changes no row. Rows that are no longer listed get `missing_since` and stay for ever.
"""

import logging
import secrets
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from models_ui.bulkhead import take_place
from models_ui.changes.detect import Before, changes_since
from models_ui.failures import EmptyList, GarbledList, OtherUpstream, facts_of
from models_ui.grouping import RealModel, is_floating, real_models, unique_identity
from models_ui.leases import LeaseLost, hold, is_taken, release, take
from models_ui.mirroring import new_row, take_in, untold
from models_ui.models import CatalogChange, CatalogModel, Mirror, SyncRun
from models_ui.services import BASE, ModelList, ModelsAPIError, models_api, storable

log = logging.getLogger(__name__)

LEASE = "sync"
# Seconds that a run may take beside its call; then another process may believe that the holder died.
LEASE_MARGIN = 60
# Fields that nobody sees: changes of theirs are no news.
_UNSEEN_FIELDS = frozenset({"identity", "pending", "last_seen_at"})
# Entries that may be odd without the whole answer being doubted.
FEW = 20


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What came of asking for a sync.

    `synced` and `failed` ran; `joined`: another run is under way; `fresh`: another one finished since it was asked.
    `busy`: too many web requests wait for upstream already, so nothing was asked.
    """

    outcome: Literal["synced", "failed", "joined", "fresh", "busy"]
    run: SyncRun | None = None


class Source(Protocol):
    """Where a run's list comes from, if not from the Models API now. Its clock is the run's."""

    @property
    def upstream(self) -> str:
        """The name that its rows are bound to."""

    @property
    def is_start(self) -> bool:
        """Whether the story only starts with it, so that nothing in it is news."""

    def now(self) -> datetime: ...

    def list(self) -> ModelList: ...


class Live:
    """The Models API that the settings name, and the clock on the wall."""

    is_start = False

    def __init__(self) -> None:
        self._api = models_api()

    @property
    def upstream(self) -> str:
        """So written that two spellings of one address are the same."""
        return "sandbox" if settings.DEMO else self._api.transport.base_url

    def now(self) -> datetime:
        return timezone.now()

    def list(self) -> ModelList:
        return self._api.list()


def mirror_state() -> Mirror:
    """The mirror's state, with the version to read before its rows."""
    return Mirror.objects.filter(pk=1).first() or Mirror.objects.get_or_create(pk=1)[0]


def is_stale(mirror: Mirror, now: datetime) -> bool:
    """Whether a page should ask for a new run behind itself. A failure is not tried again on every page."""
    last = max(filter(None, (mirror.last_synced_at, mirror.failed_at)), default=None)
    return last is None or (now - last).total_seconds() > settings.MODELS_STALE_AFTER


def is_running(now: datetime) -> bool:
    """Whether a run is under way, in whichever process."""
    return is_taken(LEASE, lease_seconds(), now)


def lease_seconds() -> float:
    """How long a run may hold the lease: longer than the longest call."""
    return float(settings.MODELS_API_TOTAL_TIMEOUT + LEASE_MARGIN)


def run_sync(
    *, asked_by: str = "", asked_at: datetime | None = None, adopt: bool = False, source: Source | None = None
) -> SyncResult:
    """Mirror upstream's list once. Never raises for upstream's sake: a failure is recorded and returned.

    `adopt` accepts that the configured address is not the one the rows came from. `source` has a list of its own,
    which nobody else can have fetched meanwhile.
    """
    started = source.now() if source else asked_at or timezone.now()
    token = take(LEASE, lease_seconds())
    if token is None:
        return SyncResult("joined")
    run = SyncRun(started_at=started, asked_by=asked_by)
    try:
        mirror = mirror_state()
        if source is None and mirror.last_synced_at is not None and mirror.last_synced_at >= started:
            return SyncResult("fresh")
        if source is None and not take_place():
            return SyncResult("busy")
        upstream = source or Live()
        if not adopt:
            _check_upstream(mirror, upstream)
        asked = upstream.now()
        listed = upstream.list()
        _check_not_emptied(listed)
        _check_not_garbled(listed)
        with transaction.atomic():
            # Rows before the mirror, as actions do: whoever locks in another order may wait for ever.
            rows = list(CatalogModel.objects.select_for_update().order_by("pk"))
            mirror = _hold_mirror(token)
            mirror.upstream = upstream.upstream
            _apply(listed, asked, rows, run, mirror, upstream)
    except ModelsAPIError as error:
        _record_failure(run, error, token, source.now() if source else timezone.now())
        return SyncResult("failed", run)
    except LeaseLost:
        log.warning("sync: another process took over, nothing was written")
        return SyncResult("joined")
    finally:
        release(LEASE, token)
    log.info("sync: %s entries, %s added, %s changed, %s missing", run.entries, run.added, run.changed, run.missing)
    return SyncResult("synced", run)


def _hold_mirror(token: str) -> Mirror:
    """Return the mirror's row, locked until the transaction ends. Raise LeaseLost: a late process writes nothing."""
    hold(LEASE, token)
    return Mirror.objects.select_for_update().get(pk=1)


# --- What may be mirrored


def _check_upstream(mirror: Mirror, source: Source) -> None:
    """Rows of two upstreams never mix."""
    if mirror.upstream and mirror.upstream != source.upstream and CatalogModel.objects.exists():
        raise OtherUpstream(mirror.upstream)


def _check_not_emptied(listed: ModelList) -> None:
    """An empty list after a full one is a fault of the answer, not the end of every model."""
    if not listed.cards and CatalogModel.objects.filter(missing_since=None).exists():
        raise EmptyList(correlation_id=listed.correlation_id)


def _check_not_garbled(listed: ModelList) -> None:
    """Without names and aliases nothing tells which entries are one model. A few of them are shown with what they
    have; an answer full of them would make each entry a model of its own."""
    garbled = sum(1 for card in listed.cards if {"name", "aliases"} & set(card.problems))
    if garbled > FEW and 2 * garbled > len(listed.cards) and CatalogModel.objects.exists():
        raise GarbledList(correlation_id=listed.correlation_id)


# --- Writing


def _apply(
    listed: ModelList, asked: datetime, rows: Sequence[CatalogModel], run: SyncRun, mirror: Mirror, source: Source
) -> None:
    """Bring the rows up to date with a list that was asked for at `asked`, and the mirror's state with them."""
    now = listed.fetched_at
    before = Before.of(rows, mirror.last_synced_at)
    pairs, unlisted = _match(real_models(listed.cards), rows)
    held = frozenset(alias for row in rows if row.missing_since is None for alias in _kept_aliases(row))
    torn_off = frozenset(alias for model, row in pairs if row is not None for alias in _torn_off(row, model))
    identities = {row.identity for row in rows}

    changed: dict[str, list[CatalogModel]] = {}
    new: list[CatalogModel] = []
    for model, row in pairs:
        if row is None and model.card.type == BASE and torn_off.issuperset((model.card.id, *model.aliases)):
            continue  # a loss to the model that had these ids, and as any loss it waits for a second run
        if row is None:
            identity = unique_identity(model.identity, identities)
            identities.add(identity)
            new.append(new_row(model, identity, now, held))
        elif not _is_newer(row, asked):
            fields = take_in(row, model, held)
            if row.identity != model.identity and model.identity not in identities:
                identities.add(model.identity)
                row.identity = model.identity
                fields.add("identity")
            for field in fields:
                changed.setdefault(field, []).append(row)
    run.missing = _mark_missing([row for row in unlisted if not _is_newer(row, asked)], mirror, now, changed)

    CatalogModel.objects.bulk_create(new, batch_size=500)
    news = changes_since(before, [*rows, *new], now, is_start=source.is_start)
    # What waits is changed in more than one place, above and by what is still to be told.
    if waiting := [row for row in rows if row.pending != before.rows[row.pk].waiting]:
        changed["pending"] = waiting
    touched = {row.pk: row for group in changed.values() for row in group}
    if changed:
        # Rows that exist, so this inserts none: on every database several times faster than bulk_update's CASE.
        CatalogModel.objects.bulk_create(
            touched.values(), update_conflicts=True, unique_fields=["pk"], update_fields=sorted(changed), batch_size=500
        )

    CatalogChange.objects.bulk_create(news, batch_size=500)

    visible = {row.pk for field, group in changed.items() if field not in _UNSEEN_FIELDS for row in group}
    run.entries, run.unreadable = len(listed.cards) + listed.unreadable, listed.unreadable
    run.added, run.changed = len(new), len(visible) - run.missing
    run.outcome, run.finished_at = SyncRun.Outcome.SUCCEEDED, source.now()
    run.correlation_id = str(storable(listed.correlation_id))[:100]
    run.save()

    if new or visible or news or not mirror.version:
        mirror.version = secrets.token_urlsafe(9)
    mirror.last_synced_at, mirror.unreadable = run.finished_at, run.unreadable
    mirror.failed_at, mirror.failure = None, {}
    mirror.save()


def _kept_aliases(row: CatalogModel) -> list[str]:
    """The row's aliases, without those that a second run in a row may now take away."""
    dropped = row.pending.get("dropped", ())
    return [alias for alias in row.aliases if alias not in dropped] if dropped else row.aliases


def _torn_off(row: CatalogModel, model: RealModel) -> list[str]:
    """Aliases that the row has and the list, for the first time, no longer gives to its model."""
    listed = {model.card.id, *model.aliases}
    return [alias for alias in _kept_aliases(row) if alias not in listed]


def _is_newer(row: CatalogModel, asked: datetime) -> bool:
    """Whether somebody acted on the model after the list was asked for, so that the list may not know of it."""
    return row.acted_at is not None and row.acted_at >= asked


def _match(
    models: Sequence[RealModel], rows: Iterable[CatalogModel]
) -> tuple[list[tuple[RealModel, CatalogModel | None]], list[CatalogModel]]:
    """Each listed model with its row, and the rows that are left over.

    The surest sign first, for all models, so that no weaker one takes a row away: the same id and name; a base
    model's name, unless it floats; the same identity; the same id. Then, should upstream have renamed its types, the
    same identity among the rows that are not missing. Then a row whose own id the list does not have, should a model
    have its name and most of its aliases. Last, a row known by an id that the list now gives to a model as its alias,
    such as a floating id whose pinned one has become known.
    """
    # Where rows tie, what is listed beats what once was.
    free = {row.pk: row for row in sorted(rows, key=lambda row: row.missing_since is not None)}
    found: dict[str, CatalogModel] = {}

    def pair(of_model: Callable[[RealModel], Hashable], of_row: Callable[[CatalogModel], Hashable]) -> None:
        """Bring together what has the same key, which is None for what has none."""
        candidates: dict[Hashable, CatalogModel] = {}
        for row in free.values():
            candidates.setdefault(of_row(row), row)
        candidates.pop(None, None)
        for model in models:
            row_there = candidates.get(of_model(model))
            if model.identity not in found and row_there is not None and row_there.pk in free:
                found[model.identity] = free.pop(row_there.pk)

    def pinned(type_: str, name: str | None) -> Hashable:
        return name if type_ == BASE and name and not is_floating(name) else None

    pair(
        lambda model: (model.card.type, model.card.id, model.card.name) if model.card.id else None,
        lambda row: (row.type, row.model_id, row.name),
    )
    pair(lambda model: pinned(model.card.type, model.card.name), lambda row: pinned(row.type, row.name))
    pair(lambda model: (model.card.type, model.identity), lambda row: (row.type, row.identity))
    pair(
        lambda model: (model.card.type, model.card.id) if model.card.id else None,
        lambda row: (row.type, row.model_id),
    )
    pair(lambda model: model.identity, lambda row: None if row.missing_since else row.identity)

    bereft = _without_own_id(models, free.values())
    for model in models:
        row = bereft.get((model.card.name, model.card.id)) if model.card.type == BASE else None
        if model.identity not in found and row is not None and row.pk in free and _has_most_aliases(model, row):
            found[model.identity] = free.pop(row.pk)

    listed = {model.card.id for model in models}
    by_id = {row.model_id: row for row in free.values() if row.type == BASE and row.model_id not in listed}
    for model in models:
        if model.identity not in found and model.card.type == BASE:
            for alias in model.aliases:
                row = by_id.get(alias)
                if row is not None and row.pk in free and _may_be(row, model):
                    found[model.identity] = free.pop(row.pk)
                    break
    return [(model, found.get(model.identity)) for model in models], list(free.values())


def _without_own_id(
    models: Iterable[RealModel], rows: Iterable[CatalogModel]
) -> dict[tuple[str | None, str], CatalogModel]:
    """The base models' rows whose own id is nowhere in the list that should have it, by their name and each alias.

    The id to know a successor by is none of the aliases, and so finds nothing here.
    """
    listed = {"", *(each for model in models for each in (model.card.id, *model.aliases))}
    return {
        (row.name, alias): row
        for row in rows
        if row.type == BASE and row.missing_since is None and row.model_id not in listed
        for alias in row.aliases
    }


def _has_most_aliases(model: RealModel, row: CatalogModel) -> bool:
    return 2 * len({model.card.id, *model.aliases}.intersection(row.aliases)) > len(row.aliases)


def _may_be(row: CatalogModel, model: RealModel) -> bool:
    """Whether nothing in their names says that they are two models."""
    names = {name for name in (row.name, model.card.name) if name and not is_floating(name)}
    return len(names) < 2


def _mark_missing(
    rows: Iterable[CatalogModel], mirror: Mirror, now: datetime, changed: dict[str, list[CatalogModel]]
) -> int:
    """Rows absent for the second run in a row get `missing_since`. Archived ones may simply not be listed.

    An entry without an id was a fault of one answer, archived or not.
    """
    count = 0
    for row in rows:
        if row.missing_since is not None or (row.archived and row.model_id):
            row.pending = untold(row.pending)
            continue
        if "absent_since" in row.pending:
            row.missing_since = datetime.fromisoformat(row.pending["absent_since"])
            row.pending = untold(row.pending)
            count += 1
            changed.setdefault("missing_since", []).append(row)
        else:
            row.pending = {"absent_since": now.isoformat()} | untold(row.pending)
            row.last_seen_at = mirror.last_synced_at or now
            changed.setdefault("last_seen_at", []).append(row)
    return count


def _record_failure(run: SyncRun, error: ModelsAPIError, token: str, now: datetime) -> None:
    """Keep what went wrong, for the banner and the log; the rows stay as they are."""
    log.warning("sync failed: %s", error)
    run.outcome, run.finished_at = SyncRun.Outcome.FAILED, now
    run.failure, run.correlation_id = facts_of(error), error.correlation_id
    with transaction.atomic():
        run.save()
        with suppress(LeaseLost):
            hold(LEASE, token)
            Mirror.objects.filter(pk=1).update(failed_at=run.finished_at, failure=run.failure)
