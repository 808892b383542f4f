"""The model that each id leads to; for an id that none or several models have, the model that had it last."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from models_ui.mirror.pending import Pending
from models_ui.models.mirror import CatalogModel


class AliasOwner(NamedTuple):
    """The row that an id leads to, by its key and its model's own id."""

    key: int
    model_id: str


@dataclass(frozen=True, slots=True)
class AliasOwners:
    """The owners of ids. `shared` are ids of several models, which lead to none."""

    by_id: Mapping[str, AliasOwner]
    shared: frozenset[str]

    @classmethod
    def of(cls, rows: Iterable[CatalogModel]) -> "AliasOwners":
        """Return the owners that people know: announced rows, also of ids that led to them last and to none now."""
        announced = [(row, pending) for row in rows if (pending := Pending.from_json(row.pending)).new_since is None]
        by_id, shared = _owners_among(announced)
        for row, pending in announced:
            by_id |= dict.fromkeys(pending.previous_ids, AliasOwner(row.pk, row.model_id))
        return cls(by_id, frozenset(shared - by_id.keys()))

    def is_held_elsewhere(self, model_id: str, key: int | None) -> bool:
        """Whether an id leads, or led last, to other models than the row with this key."""
        owner = self.by_id.get(model_id)
        return owner.key != key if owner is not None else model_id in self.shared


def owners_of_listed(rows: Iterable[CatalogModel]) -> dict[str, AliasOwner]:
    """Return the owners of ids among the models that are listed and announced."""
    listed = [(row, pending) for row in rows if _is_announced_as_listed(row, pending := Pending.from_json(row.pending))]
    return _owners_among(listed)[0]


def _is_announced_as_listed(row: CatalogModel, pending: Pending) -> bool:
    return row.missing_since is None and pending.is_announced


def _owners_among(rows: Iterable[tuple[CatalogModel, Pending]]) -> tuple[dict[str, AliasOwner], set[str]]:
    """Return the owner of each id, and the ids that several share. Listed rows win over missing ones, and rows whose
    own id it is over those with it as an alias."""
    missing: list[tuple[datetime, CatalogModel]] = []
    listed: list[CatalogModel] = []
    for row, pending in rows:
        since = pending.returned.value if pending.returned is not None else row.missing_since
        if since is None:
            listed.append(row)
        else:
            missing.append((since, row))
    owners = _last_owners_among(missing)
    holders = _holders_among(listed)
    shared = {model_id for model_id, candidates in holders.items() if len(candidates) > 1}
    owners |= {model_id: next(iter(candidates)) for model_id, candidates in holders.items()}
    return {model_id: owner for model_id, owner in owners.items() if model_id not in shared}, shared


def _last_owners_among(rows: Iterable[tuple[datetime, CatalogModel]]) -> dict[str, AliasOwner]:
    """Return for each id the model that went missing last, given since when each is missing."""
    last: dict[str, tuple[datetime, AliasOwner]] = {}
    for since, row in rows:
        for model_id in filter(None, (row.model_id, *row.aliases)):
            if model_id not in last or last[model_id][0] < since:
                last[model_id] = since, AliasOwner(row.pk, row.model_id)
    return {model_id: owner for model_id, (_since, owner) in last.items()}


def _holders_among(rows: Iterable[CatalogModel]) -> dict[str, set[AliasOwner]]:
    """Return the models of each id: those whose own id it is, or else those with it as an alias."""
    own: dict[str, set[AliasOwner]] = {}
    aliases: dict[str, set[AliasOwner]] = {}
    for row in rows:
        owner = AliasOwner(row.pk, row.model_id)
        for model_id in filter(None, (row.model_id, *row.aliases)):
            (own if model_id == row.model_id else aliases).setdefault(model_id, set()).add(owner)
    return aliases | own


def remember_previous_owner(before: Mapping[str, AliasOwner], rows: Sequence[CatalogModel]) -> None:
    """Keep ids that have lost their only owner in the `pending` of the row that had them, until one other model has
    them alone: only then is there a move to record."""
    listed = owners_of_listed(rows)
    announced = [(row, Pending.from_json(row.pending)) for row in rows]
    known, _shared = _owners_among((row, pending) for row, pending in announced if pending.new_since is None)
    lost: dict[int, set[str]] = {}
    for model_id in before.keys() - known.keys():
        lost.setdefault(before[model_id].key, set()).add(model_id)
    for row, pending in announced:
        remembered = {*lost.get(row.pk, ()), *pending.previous_ids}
        kept = tuple(sorted(model_id for model_id in remembered if model_id not in listed))
        if kept != pending.previous_ids:
            pending.previous_ids = kept
            row.pending = pending.to_json()


def moved_aliases(before: Mapping[str, AliasOwner], after: Mapping[str, AliasOwner]) -> list[str]:
    """Return the ids that lead to another model. Of two models with one id, no sentence could say which is meant."""
    return [
        model_id
        for model_id in sorted(before.keys() & after.keys())
        if before[model_id].key != after[model_id].key and before[model_id].model_id != after[model_id].model_id
    ]


def changes_explained_by_alias_move(
    before: Mapping[str, AliasOwner], after: Mapping[str, AliasOwner]
) -> set[tuple[int, str]]:
    """Return the changes to suppress because the move of an alias explains them, as keys of rows and kinds.

    A model whose own id is now another's alias is not missing, and an alias that is now a model of its own is not new.
    """
    explained: set[tuple[int, str]] = set()
    for model_id in moved_aliases(before, after):
        old, new = before[model_id], after[model_id]
        if model_id == old.model_id:
            explained.add((old.key, "model.missing"))
        if model_id == new.model_id:
            explained |= {(new.key, "model.added"), (new.key, "model.returned")}
    return explained
