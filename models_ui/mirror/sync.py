"""Syncing: upstream's list becomes rows of the mirror, in one run at a time across all processes.

    run_sync() -> take the lease -> one HTTP call, outside any transaction -> one transaction of changes

A failed call changes no row. A row stays for ever, also when its model is no longer listed. Once that absence is
confirmed (see `pending.py`), the row gets `missing_since`, which is the start of the absence.
"""

import logging
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from django.db import transaction
from django.utils import timezone

from models_ui.leases import LeaseLost, lock_lease, release_lease, renew_lease, take_lease
from models_ui.mirror.alias_owners import AliasOwners
from models_ui.mirror.ask_by_id import Asked, ask_by_id
from models_ui.mirror.detect_changes import Before, changes_since
from models_ui.mirror.errors import EmptyList, GarbledList, OtherUpstream
from models_ui.mirror.fact_rules import Answer
from models_ui.mirror.grouping import RealModel, real_models, unique_identity
from models_ui.mirror.matching import Pair, ids_of, match_rows
from models_ui.mirror.merge import new_row, take_in, take_in_absence
from models_ui.mirror.pending import Confirmation, Pending
from models_ui.mirror.source import Live, Source
from models_ui.mirror.state import LEASE, LEASE_MARGIN, lease_seconds, mirror_state
from models_ui.models import CatalogChange, CatalogModel, Mirror, SyncRun
from models_ui.services import models_api
from models_ui.services.bulkhead import take_place
from models_ui.services.cards import ModelList
from models_ui.services.errors import ModelsAPIError
from models_ui.services.stored_errors import error_facts
from models_ui.vocabulary import BASE, make_storable

log = logging.getLogger(__name__)

# Internal fields; changes to them do not count in the run's summary.
_UNSEEN_FIELDS = frozenset({"identity", "pending", "last_seen_at"})
MOST_GARBLED = 20  # entries that may be garbled in a list of any size


@dataclass(frozen=True, slots=True)
class SyncResult:
    """The outcome of asking for a sync.

    `synced`  the run succeeded
    `failed`  the run failed
    `joined`  another run is in progress, or took over from this one
    `fresh`   another run has ended since this one was asked for
    `busy`    too many web requests wait for upstream already, so nothing was sent
    """

    outcome: Literal["synced", "failed", "joined", "fresh", "busy"]
    run: SyncRun | None = None


def run_sync(
    *, asked_by: str = "", asked_at: datetime | None = None, adopt: bool = False, source: Source | None = None
) -> SyncResult:
    """Mirror upstream's list once. A failure of upstream is recorded and returned, not raised.

    `adopt` accepts an upstream other than the one that the rows came from. `source` replaces the live API (e.g. a
    recording), so the already-fresh check is skipped.
    """
    started = source.now() if source else asked_at or timezone.now()
    token = take_lease(LEASE, lease_seconds())
    if token is None:
        return SyncResult("joined")
    try:
        mirror = mirror_state()
        if source is None and _is_done_since(mirror, started):
            return SyncResult("fresh")
        if source is None and not take_place():
            return SyncResult("busy")
        return _run_with_lease(SyncRun(started_at=started, asked_by=asked_by), source, mirror, token, adopt=adopt)
    finally:
        release_lease(LEASE, token)


def _run_with_lease(run: SyncRun, source: Source | None, mirror: Mirror, token: str, *, adopt: bool) -> SyncResult:
    try:
        _fetch_and_apply(source or Live(models_api()), run, mirror, token, adopt=adopt)
    except ModelsAPIError as error:
        _record_failure(run, error, token, source.now() if source else timezone.now())
        return SyncResult("failed", run)
    except LeaseLost:
        log.warning("sync: another process took over, nothing was written")
        return SyncResult("joined")
    log.info("sync: %s entries, %s added, %s changed, %s missing", run.entries, run.added, run.changed, run.missing)
    return SyncResult("synced", run)


def _is_done_since(mirror: Mirror, started: datetime) -> bool:
    """Whether a run ended since `started`. A timestamp in the future (the clock was set back) is ignored."""
    return mirror.last_synced_at is not None and started <= mirror.last_synced_at <= timezone.now()


def _fetch_and_apply(source: Source, run: SyncRun, mirror: Mirror, token: str, *, adopt: bool) -> None:
    """Make the calls outside any transaction, then write the result in one transaction."""
    if not adopt:
        _check_upstream(mirror, source)
    asked_at = source.now()
    listed = source.list()
    _check_not_emptied(listed)
    _check_not_garbled(listed)
    asked = ask_by_id(source, listed, lambda: _renew_lease(token))
    with transaction.atomic():
        # Lock order, the same as in actions: rows, then mirror. Another order deadlocks.
        rows = list(CatalogModel.objects.select_for_update().order_by("pk"))
        mirror = _hold_mirror(token)
        mirror.upstream = source.upstream
        _Writing(source, listed, asked_at, rows, mirror.last_synced_at).apply(asked, run, mirror)


def _hold_mirror(token: str) -> Mirror:
    """Return the mirror's row, locked until the transaction ends.

    Raise LeaseLost if another process has taken over, so that this one writes nothing.
    """
    lock_lease(LEASE, token)
    return Mirror.objects.select_for_update().get(pk=1)


def _renew_lease(token: str) -> None:
    """Renew the lease for one more call. Raise LeaseLost if another process has taken it over."""
    if not renew_lease(LEASE, token, lease_seconds()):
        raise LeaseLost(LEASE)


# --- Lists that are refused


def _check_upstream(mirror: Mirror, source: Source) -> None:
    """Raise OtherUpstream if the rows came from another address, because rows of two upstreams must not mix."""
    if mirror.upstream and mirror.upstream != source.upstream and CatalogModel.objects.exists():
        raise OtherUpstream(mirror.upstream)


def _check_not_emptied(listed: ModelList) -> None:
    """Raise EmptyList if the list is empty but the mirror has listed models: that is a fault of the answer."""
    if not listed.cards and CatalogModel.objects.filter(missing_since=None).exists():
        raise EmptyList(correlation_id=listed.correlation_id)


def _check_not_garbled(listed: ModelList) -> None:
    """Raise GarbledList if more than MOST_GARBLED entries, and more than half, have no readable name or aliases.

    Without these, nothing shows which entries are the same model, so each would become a model of its own.
    """
    garbled = sum(1 for card in listed.cards if {"name", "aliases"} & set(card.problems))
    if garbled > MOST_GARBLED and 2 * garbled > len(listed.cards) and CatalogModel.objects.exists():
        raise GarbledList(correlation_id=listed.correlation_id)


# --- Writing


@dataclass(slots=True)
class _Writing:
    """Turns one list into rows.

    `asked_at`   when the list was asked for
    `synced_at`  when the run before ended
    `new`        the rows to insert
    `changed`    by field, the rows to update
    """

    source: Source
    listed: ModelList
    asked_at: datetime
    rows: Sequence[CatalogModel]
    synced_at: datetime | None
    new: list[CatalogModel] = field(default_factory=list)
    changed: dict[str, list[CatalogModel]] = field(default_factory=dict)

    def apply(self, asked: Asked, run: SyncRun, mirror: Mirror) -> None:
        before = Before.of(self.rows, self.synced_at)
        pairs, unlisted = match_rows(real_models(self.listed.cards), self.rows)
        answer = self._answer(before.owners, pairs)
        self._take_in_listed(pairs, answer)
        run.missing = self._take_in_unlisted(unlisted, asked, answer)
        news = self._save(before, answer.confirmation)
        self._describe(run)
        self._move_version(mirror, run, has_news=bool(news))

    def _answer(self, owners: AliasOwners, pairs: Sequence[Pair]) -> Answer:
        confirmation = Confirmation(self.listed.fetched_at, self.source.confirm_after)
        return Answer(
            confirmation,
            owners,
            frozenset(_unconfirmed_claims(pairs, owners, confirmation)),
            self.synced_at,
            # First sync into an empty mirror: nothing counts as news.
            is_start=self.source.is_start or not self.rows,
        )

    def _take_in_listed(self, pairs: Sequence[Pair], answer: Answer) -> None:
        """Update the rows of listed models, and make rows for new models."""
        identities = {row.identity for row in self.rows}
        torn_off = _ids_torn_off(pairs)
        split_off: dict[str, datetime] = {}
        for model, row in pairs:
            if row is None:
                listed_since = _torn_off_since(model, torn_off, answer.confirmation)
                if listed_since is not None and not answer.confirmation.is_over(listed_since):
                    # For the model that had these ids this is a loss: wait for confirmation.
                    split_off |= dict.fromkeys(ids_of(model), listed_since)
                    continue
                identity = unique_identity(model.identity, identities)
                identities.add(identity)
                self.new.append(new_row(model, identity, answer, listed_since))
            elif not self._is_newer(row):
                self._note(row, take_in(row, model, answer))
                if row.identity != model.identity and model.identity not in identities:
                    identities.add(model.identity)
                    row.identity = model.identity
                    self._note(row, {"identity"})
        _remember_split_off(pairs, split_off)

    def _take_in_unlisted(self, unlisted: Iterable[CatalogModel], asked: Asked, answer: Answer) -> int:
        """Mark unlisted rows as absent; return how many became missing."""
        count = 0
        for row in unlisted:
            if not self._is_newer(row):
                was_missing = row.missing_since is not None
                self._note(row, asked.take_in(row, answer) if asked.concerns(row) else take_in_absence(row, answer))
                count += row.missing_since is not None and not was_missing
        return count

    def _is_newer(self, row: CatalogModel) -> bool:
        """Whether an action on the model came after the list was asked for, so that the list may be out of date.

        A timestamp in the future (the clock was set back) is ignored.
        """
        latest = self.source.now() + timedelta(seconds=LEASE_MARGIN)
        return row.acted_at is not None and self.asked_at <= row.acted_at <= latest

    def _note(self, row: CatalogModel, fields: Iterable[str]) -> None:
        """Remember that these fields of the row must be saved."""
        for name in fields:
            self.changed.setdefault(name, []).append(row)

    def _save(self, before: Before, confirmation: Confirmation) -> list[CatalogChange]:
        """Write the rows and their changes; return those changes."""
        CatalogModel.objects.bulk_create(self.new, batch_size=500)
        waiting = {row.pk: row.pending for row in self.new}
        news = changes_since(before, [*self.new, *self.rows], confirmation, is_start=self.source.is_start)
        # `pending` is also changed by changes_since, so compare it here.
        waiting |= {pk: known.pending for pk, known in before.rows.items()}
        if rows := [row for row in (*self.rows, *self.new) if row.pending != waiting[row.pk]]:
            self.changed["pending"] = rows
        else:
            self.changed.pop("pending", None)
        touched = {row.pk: row for group in self.changed.values() for row in group}
        if touched:
            # All these rows exist, so nothing is inserted. Several times faster than bulk_update on every database.
            CatalogModel.objects.bulk_create(
                touched.values(),
                update_conflicts=True,
                unique_fields=["pk"],
                update_fields=sorted(self.changed),
                batch_size=500,
            )
        CatalogChange.objects.bulk_create(news, batch_size=500)
        return news

    def _describe(self, run: SyncRun) -> None:
        """Fill in the run's summary and save it."""
        run.entries = len(self.listed.cards) + self.listed.unreadable
        run.unreadable = self.listed.unreadable
        run.added, run.changed = len(self.new), len(self._visibly_changed()) - run.missing
        run.outcome, run.finished_at = SyncRun.Outcome.SUCCEEDED, self.source.now()
        run.correlation_id = str(make_storable(self.listed.correlation_id))[:100]
        run.save()

    def _visibly_changed(self) -> set[int]:
        """Return the keys of known rows with a change to any field that is not internal."""
        old = {row.pk for row in self.rows}
        fields = self.changed.keys() - _UNSEEN_FIELDS
        return old & {row.pk for name in fields for row in self.changed[name]}

    def _move_version(self, mirror: Mirror, run: SyncRun, *, has_news: bool) -> None:
        """Save the mirror's state, with a new version if anything that people see has changed."""
        if self.new or self._visibly_changed() or has_news or not mirror.version:
            mirror.version = secrets.token_urlsafe(9)
        mirror.last_synced_at, mirror.unreadable = run.finished_at, run.unreadable
        mirror.failed_at, mirror.failure = None, {}
        mirror.save()


# --- Ids that pass from one model to another
#
# An id is torn off if a row has it as an alias, but the list no longer gives it to the row's model. It is split off if
# the list also shows it as a base model of its own. An example: model A has the alias x; the list now shows x alone.
#
#     the first such list   x is torn off and split off. A keeps x, and `split_off` in A's `pending` says since when
#                           x is listed alone. x gets no row yet, because the list may be faulty.
#     30 minutes later      If every list in between said the same, x gets a row of its own and A loses the alias.
#
# If a list in between gives x to A again, nothing has happened, and a later split starts a new wait.


def _unconfirmed_claims(pairs: Sequence[Pair], owners: AliasOwners, confirmation: Confirmation) -> Iterable[str]:
    """Yield the ids that the list gives to another model than the mirror does, while that is not confirmed."""
    torn_off = _ids_torn_off(pairs)
    for model, row in pairs:
        if row is None:
            since = _torn_off_since(model, torn_off, confirmation)
            claims = {model_id: since for model_id in ids_of(model) if owners.is_held_elsewhere(model_id, None)}
        else:
            claims = _claims_of(row, ids_of(model), owners)
        yield from (model_id for model_id, since in claims.items() if not confirmation.is_over(since))


def _claims_of(row: CatalogModel, listed_ids: Iterable[str], owners: AliasOwners) -> dict[str, datetime | None]:
    """Return the row's listed ids that another model has, or had last, each with the start of the claim if known.

    A missing or unannounced model also claims its own id, since another model may have taken that id meanwhile.
    """
    pending = Pending.from_json(row.pending)
    claimed_since = {**pending.gained, row.model_id: _listed_since(row, pending)}
    known: set[str] = set()
    if row.missing_since is None:
        known = {*row.aliases, row.model_id} if pending.is_announced else set(row.aliases)
    return {
        model_id: claimed_since.get(model_id)
        for model_id in listed_ids
        if model_id not in known and owners.is_held_elsewhere(model_id, row.pk)
    }


def _listed_since(row: CatalogModel, pending: Pending) -> datetime | None:
    """Return since when lists show a model whose appearance or return is not told yet; None for any other."""
    if row.deleted_at is not None:
        return None if pending.relisted is None else pending.relisted.since
    if row.missing_since is not None:
        return None
    return pending.new_since if pending.returned is None else pending.returned.since


def _ids_torn_off(pairs: Iterable[Pair]) -> dict[str, datetime | None]:
    """Return the ids that are torn off: each with the moment since when it is split off, or None if it was not yet."""
    torn_off: dict[str, datetime | None] = {}
    for model, row in pairs:
        if row is not None and row.missing_since is None:
            split_off = Pending.from_json(row.pending).split_off
            torn_off |= {alias: split_off.get(alias) for alias in set(row.aliases) - ids_of(model)}
    return torn_off


def _remember_split_off(pairs: Iterable[Pair], split_off: dict[str, datetime]) -> None:
    """Store in the rows that have these ids as aliases since when the ids are split off."""
    for model, row in pairs if split_off else ():
        if row is not None and row.missing_since is None:
            aliases = split_off.keys() & (set(row.aliases) - ids_of(model))
            if aliases:
                pending = Pending.from_json(row.pending)
                pending.split_off = {alias: split_off[alias] for alias in sorted(aliases)}
                row.pending = pending.to_json()


def _torn_off_since(
    model: RealModel, torn_off: dict[str, datetime | None], confirmation: Confirmation
) -> datetime | None:
    """Return since when a base model is listed that has only torn-off ids; None if it has any other id."""
    ids = ids_of(model)
    if model.card.type != BASE or not model.card.id or not ids <= torn_off.keys():
        return None
    return max(confirmation.first_said(torn_off[model_id]) for model_id in ids)


def _record_failure(run: SyncRun, error: ModelsAPIError, token: str, now: datetime) -> None:
    """Record the failure in the run and, for the banner, in the mirror. The models' rows stay as they are."""
    log.warning("sync failed: %s", error)
    run.outcome, run.finished_at = SyncRun.Outcome.FAILED, now
    run.failure, run.correlation_id = error_facts(error), error.correlation_id
    with transaction.atomic():
        run.save()
        with suppress(LeaseLost):
            lock_lease(LEASE, token)
            Mirror.objects.filter(pk=1).update(failed_at=run.finished_at, failure=run.failure)
