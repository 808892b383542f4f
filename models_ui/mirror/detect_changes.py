"""Finding what upstream changed by itself: after each run, each change once, when it is confirmed.

`Before` is taken of all rows before a run, `changes_since` compares what people knew then with what they may know now.
What waits in a row's `pending` is not known yet (see `pending.py`), so nothing that flaps is a change here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from models_ui.audit.history import latest_events
from models_ui.mirror.alias_owners import (
    AliasOwner,
    AliasOwners,
    changes_explained_by_alias_move,
    moved_aliases,
    owners_of_listed,
    remember_previous_owner,
)
from models_ui.mirror.pending import UNKNOWN, Confirmation, Pending, capability_of
from models_ui.models import AuditEvent, CatalogChange, CatalogModel
from models_ui.vocabulary import FINE_TUNED

# The value of a capability that no answer names, as opposed to one that the model lacks.
UNSAID: Final = "unsaid"
# The subject of a near date, which is told after a single answer.
SEEN_ONCE: Final = "seen once"
# How long lists may lag behind an action of ours.
_LAG = timedelta(hours=1)
_LONGEST_SUBJECT: Final = CatalogChange._meta.get_field("subject").max_length or 300


@dataclass(frozen=True, slots=True)
class Known:
    """The state of one row that people know: its values as they were told last.

    `date_shown` is what the row shows instead of `deprecation`, and `date_since` since when. `pending` is its column.
    """

    missing_since: datetime | None
    is_announced: bool
    is_returning: bool
    name: str | None
    context: int | None
    capabilities: Mapping[str, Any]
    deprecation: datetime | None
    replacement: str
    date_shown: datetime | None
    date_since: datetime | None
    pending: Mapping[str, Any]

    @classmethod
    def of(cls, row: CatalogModel) -> "Known":
        pending = Pending.from_json(row.pending)
        return cls(
            missing_since=row.missing_since,
            is_announced=pending.new_since is None,
            is_returning=pending.returned is not None,
            name=pending.told("name", row.name),
            context=pending.told("max_context_length", row.max_context_length),
            capabilities=_told_capabilities(row, pending),
            deprecation=pending.told("deprecation", row.deprecation),
            replacement=pending.told("replacement", row.replacement),
            date_shown=row.deprecation,
            date_since=pending.since("deprecation"),
            pending=row.pending,
        )

    def is_told_missing(self, synced_at: datetime | None) -> bool:
        """Whether the run that ended at `synced_at` knew it to be missing. If an action learnt it later, the next run
        records it."""
        if self.is_returning:
            return True
        return self.missing_since is not None and (synced_at is None or self.missing_since <= synced_at)


@dataclass(frozen=True, slots=True)
class Before:
    """The state before a run: of all rows by their key, the owners of ids, and when the run before ended."""

    rows: Mapping[int, Known]
    owners: AliasOwners
    synced_at: datetime | None

    @classmethod
    def of(cls, rows: Sequence[CatalogModel], synced_at: datetime | None) -> "Before":
        return cls({row.pk: Known.of(row) for row in rows}, AliasOwners.of(rows), synced_at)


def changes_since(
    before: Before, rows: Sequence[CatalogModel], confirmation: Confirmation, *, is_start: bool = False
) -> list[CatalogChange]:
    """Return the changes to record after a run.

    The very first run and runs at the start of a replay record none, since every value would be new.

    Changes the `pending` of rows whose ids have lost their only owner; `Before` remembers what it was.
    """
    if not before.rows or is_start:
        return []
    ids_before, ids_after = before.owners.by_id, owners_of_listed(rows)
    remember_previous_owner(ids_before, rows)
    explained = changes_explained_by_alias_move(ids_before, ids_after)
    changes: list[CatalogChange] = []
    for row in rows:
        if row.model_id:  # an entry without an id is a fault of one answer
            news = _RowNews(row, before.rows.get(row.pk), before.synced_at, confirmation)
            changes.extend(change for change in news.changes() if (row.pk, change.kind) not in explained)
    at = confirmation.at
    return _without_own_actions([*changes, *_alias_moves(ids_before, ids_after, at)], at)


# --- One row


class _RowNews:
    """The changes of one row between two states; `was` is None if there was no row."""

    def __init__(
        self, row: CatalogModel, was: Known | None, synced_at: datetime | None, confirmation: Confirmation
    ) -> None:
        self.row = row
        self.was = was
        self.now = Known.of(row)
        self.synced_at = synced_at
        self.confirmation = confirmation

    def changes(self) -> Iterator[CatalogChange]:
        if not self.now.is_announced:
            return
        if self.was is None or not self.was.is_announced:
            yield self._change("model.added")
            return
        was_missing = self.was.is_told_missing(self.synced_at)
        if self.now.missing_since is not None:
            if self.row.deleted_at is None and not was_missing:
                yield self._change("model.missing")
            return  # a missing model has no other news
        if was_missing and not self.now.is_returning:
            yield self._change("model.returned")
        yield from self._changed_facts(self.was)

    def _changed_facts(self, was: Known) -> Iterator[CatalogChange]:
        yield from self._changed_deprecation(was)
        yield from self._changed_capabilities(was)
        if _is_changed(was.context, self.now.context):
            yield self._change("context.changed", was.context, self.now.context)
        if self.row.type == FINE_TUNED and _is_changed(was.name, self.now.name):
            yield self._change("name.changed", was.name, self.now.name)

    def _changed_deprecation(self, was: Known) -> Iterator[CatalogChange]:
        old, new = was.deprecation, self.now.deprecation
        if _is_changed(old, new):
            kind = "announced" if old is None else "withdrawn" if new is None else "moved"
            subject = SEEN_ONCE if new is not None and self._is_seen_once(was) else ""
            yield self._change(f"deprecation.{kind}", _iso_or_none(old), _iso_or_none(new), subject)
        # Otherwise it came with the date, or went with it.
        if _is_changed(was.replacement, self.now.replacement) and (old is None) == (new is None):
            yield self._change("replacement.changed", was.replacement, self.now.replacement)

    def _is_seen_once(self, was: Known) -> bool:
        """Whether the date is told before it is confirmed."""
        since = was.date_since if was.date_shown == self.row.deprecation else None
        return not self.confirmation.is_over(since)

    def _changed_capabilities(self, was: Known) -> Iterator[CatalogChange]:
        for key in sorted(was.capabilities.keys() | self.now.capabilities.keys()):
            old, new = was.capabilities.get(key), self.now.capabilities.get(key)
            if UNKNOWN in (old, new):
                continue
            if new and not old:
                yield self._change("capability.added", UNSAID if old is None else False, True, key)
            elif old and not new:
                yield self._change("capability.removed", True, UNSAID if new is None else False, key)

    def _change(self, kind: str, before: Any = None, after: Any = None, subject: str = "") -> CatalogChange:
        row = self.row
        # Of most base models the name is just one of the ids; of two models with one id it tells them apart.
        ids = (row.model_id, *row.aliases, *Pending.from_json(row.pending).gained)
        label = row.name if row.name and row.name not in ids else ""
        return CatalogChange(
            at=self.confirmation.at,
            kind=kind,
            model_id=row.model_id,
            label=label,
            subject=subject,
            before=before,
            after=after,
        )


def _is_changed(old: Any, new: Any) -> bool:
    return old is not UNKNOWN and new is not UNKNOWN and old != new


def _told_capabilities(row: CatalogModel, pending: Pending) -> Mapping[str, Any]:
    waiting = {key: wait.value for fact, wait in pending.unannounced.items() if (key := capability_of(fact))}
    return {**row.capabilities, **waiting}


def names_to_announce(row: CatalogModel) -> list[str]:
    """Return the fields and capabilities of a row that are news once later answers repeat the last one."""
    pending = Pending.from_json(row.pending)
    waiting = {
        "own id": pending.own_id is not None,
        "aliases": bool(pending.dropped or pending.gained),
        "no longer listed": pending.absent_since is not None and pending.is_announced,
        "new": pending.new_since is not None,
        "listed again": pending.returned is not None,
    }
    facts = {capability_of(fact) or fact for fact in _facts_to_announce(row, pending)}
    return sorted(facts | {name for name, is_waiting in waiting.items() if is_waiting})


def _facts_to_announce(row: CatalogModel, pending: Pending) -> set[str]:
    silent = {"description", "default_temperature"} | (set() if row.type == FINE_TUNED else {"name"})
    unknown = {fact for fact, wait in pending.unannounced.items() if wait.value is UNKNOWN}
    return (pending.losses.keys() | pending.unannounced.keys()) - unknown - silent


# --- Aliases


def _alias_moves(
    before: Mapping[str, AliasOwner], after: Mapping[str, AliasOwner], at: datetime
) -> Iterator[CatalogChange]:
    for model_id in moved_aliases(before, after):
        yield CatalogChange(
            at=at,
            kind="alias.repointed",
            model_id=after[model_id].model_id,
            subject=model_id[:_LONGEST_SUBJECT],
            before=before[model_id].model_id,
            after=after[model_id].model_id,
        )


# --- Our own actions


def _without_own_actions(changes: Iterable[CatalogChange], at: datetime) -> list[CatalogChange]:
    """Return the changes that no action from here explains.

    Rows know of our actions before a run does, but for two: of a write of unknown outcome nobody knew, and a list
    that lags behind a rename says the old name once more.
    """
    changes = list(changes)
    asked = [change.model_id for change in changes if change.kind in ("name.changed", "model.missing")]
    if not asked:
        return changes
    kinds = ("model.renamed", "model.deleted")
    ours: dict[str, list[AuditEvent]] = {}
    for start in range(0, len(asked), 500):
        for event in latest_events().filter(model_id__in=asked[start : start + 500], kind__in=kinds):
            ours.setdefault(event.model_id, []).append(event)
    return [
        change
        for change in changes
        if not any(_is_explained_by(event, change, at) for event in ours.get(change.model_id, ()))
    ]


def _is_explained_by(event: AuditEvent, change: CatalogChange, at: datetime) -> bool:
    outcome = AuditEvent.Outcome
    unknown = event.outcome in (outcome.UNKNOWN, outcome.ATTEMPTED)
    if change.kind == "model.missing":
        return event.kind == "model.deleted" and unknown
    if change.kind != "name.changed" or event.kind != "model.renamed":
        return False
    lagging = event.outcome == outcome.SUCCEEDED and abs(at - event.at) < _LAG
    names = (event.after.get("name"), event.before.get("name"))
    return (unknown and change.after == names[0]) or (lagging and change.after in names and change.before in names)


def _iso_or_none(when: datetime | None) -> str | None:
    return when.isoformat() if when else None
