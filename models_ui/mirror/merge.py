"""Bringing one row of the mirror up to date with an answer.

Uses no database and no clock: the functions set the fields of the given row, return the names of those that changed,
and leave saving to the caller.

Live answers flap: two calls five seconds apart disagreed on what six models can do, and for 25 minutes answers
alternated between two context lengths. So a loss is shown when it is confirmed (see `pending.py`). An addition and a
date that comes or moves are shown at once, and told when they are confirmed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db.models import CharField

from models_ui.mirror.fact_rules import Answer, settle_facts
from models_ui.mirror.grouping import RealModel
from models_ui.mirror.pending import Pending, Wait
from models_ui.models.mirror import DISPUTED, CatalogModel
from models_ui.services.cards import ModelCard
from models_ui.vocabulary import FINE_TUNED, is_placeholder, make_storable

# The context length that a faulty answer gives.
_DEFAULT_CONTEXT: Final = 32_768
# An answer may lack these: the contract's has neither root nor job.
_KEPT_WHEN_ABSENT: Final = ("owned_by", "root", "job")
# Columns hold so many characters, upstream sends what it likes. PostgreSQL would refuse the row, and with it the list.
_LIMITS = {
    field.name: field.max_length
    for field in CatalogModel._meta.concrete_fields
    if isinstance(field, CharField) and field.max_length
}
_OUR_WORD = {"deprecation_replacement_model": "replacement", "default_model_temperature": "default_temperature"}
_UPSTREAMS_WORD = {"model_id": "id", "replacement": "deprecation_replacement_model"}


def facts_of_model(model: RealModel, row: CatalogModel | None = None) -> dict[str, Any]:
    """Return the row's fields as this answer gives them. `archived` is absent where the answer does not say."""
    card = model.card
    values: dict[str, Any] = {
        "model_id": card.id,
        "aliases": list(model.aliases),
        "type": card.type,
        "name": card.name,
        "description": card.description,
        "owned_by": card.owned_by,
        "created_at": card.created,
        "max_context_length": card.max_context_length,
        "capabilities": dict(card.capabilities),
        "deprecation": card.deprecation,
        "replacement": card.replacement or "",
        "default_temperature": card.default_temperature,
        "root": card.root or "",
        "job": card.job or "",
        "raw": _choose_payload(card, row),
        "problems": [*card.problems, *(f"{DISPUTED}{name}" for name in model.disagreements)],
    }
    if card.archived is not None:
        values["archived"] = card.archived
    for name, limit in _LIMITS.items():
        if len(values.get(name, "")) > limit:
            values[name] = f"{values[name][: limit - 1]}…"
            values["problems"].append(_UPSTREAMS_WORD.get(name, name))
    return values


def new_row(model: RealModel, identity: str, answer: Answer, listed_since: datetime | None = None) -> CatalogModel:
    """Return the row of a model that was not known. Ids that other models have stay there until that is confirmed.

    `listed_since` is when answers began to list it, where that is known from the row that had its ids.
    """
    row = CatalogModel(identity=identity, first_seen_at=answer.at, last_seen_at=answer.at, **facts_of_model(model))
    pending = Pending(is_doubtful=_looks_like_a_fault(row))
    if not answer.is_start:
        pending.new_since = answer.confirmation.first_said(listed_since)
    row.aliases = [alias for alias in row.aliases if not _waits_as_gained(alias, row, pending, answer, listed_since)]
    pending.end_announcements(answer.confirmation)
    row.pending = pending.to_json()
    return row


def take_in(row: CatalogModel, model: RealModel, answer: Answer) -> set[str]:
    """Bring the row up to date and return the names of the fields that changed, `pending` among them."""
    seen = facts_of_model(model, row)
    unreadable = {_OUR_WORD.get(problem, problem) for problem in model.card.problems}
    _keep_what_is_not_said(row, seen)
    pending = Pending.from_json(row.pending)
    if row.deleted_at is not None and not _is_relisted(pending, answer):
        # Deleted from here, yet listed: a list may lag behind.
        return _set_values(row, {"pending": pending.to_json()})
    pending.relisted, pending.split_off = None, {}
    pending.forget_absence(answer.confirmation.at)
    seen |= settle_facts(row, seen, unreadable, pending, answer)
    if answer.owners is None:
        seen |= {"model_id": row.model_id, "aliases": row.aliases}
    else:
        _settle_restored(row, seen, pending)
        _settle_ids(row, seen, pending, answer, are_readable="aliases" not in unreadable)
    if pending.losses or pending.own_id or pending.dropped or pending.gained:
        # The payload shown beside the facts is the one they were read from.
        seen |= {"raw": row.raw, "problems": row.problems}
    if row.missing_since is not None:
        was_told = answer.synced_at is None or row.missing_since <= answer.synced_at
        pending.begin_return(row.missing_since, answer.at, is_told=was_told and row.deleted_at is None)
    pending.end_announcements(answer.confirmation)
    return _set_values(row, seen | {"pending": pending.to_json(), "missing_since": None, "deleted_at": None})


def take_in_absence(row: CatalogModel, answer: Answer, *, is_gone: bool = False) -> set[str]:
    """Take in that a list leaves out the model, and return the fields that changed.

    Sets `missing_since` when that is confirmed, or at once if upstream says that the model is gone.
    """
    pending = Pending.from_json(row.pending)
    pending.interrupt()
    changes: dict[str, Any] = {}
    is_claimed = row.model_id in answer.unconfirmed_claims
    if answer.is_start and is_claimed:
        # First recording: it is not known whether this was a model of its own, so nothing is recorded of it.
        pending.new_since = answer.at
    if row.missing_since is not None:
        # A clock that was set back would leave it missing from a moment to come.
        changes["missing_since"] = min(row.missing_since, answer.at)
    elif pending.returned is not None:
        # Its return was not confirmed, so it has been missing all the time.
        changes["missing_since"], pending.returned = pending.returned.value, None
    else:
        if pending.absent_since is None:
            changes["last_seen_at"] = answer.synced_at or answer.at
        pending.absent_since = answer.confirmation.first_said(pending.absent_since)
        if is_gone or (answer.confirmation.is_over(pending.absent_since) and not is_claimed):
            changes["missing_since"], pending.absent_since = pending.absent_since, None
    return _set_values(row, changes | {"pending": pending.to_json()})


def _set_values(row: CatalogModel, values: Mapping[str, Any]) -> set[str]:
    changed = {name for name, value in values.items() if getattr(row, name) != value}
    for name in changed:
        setattr(row, name, values[name])
    return changed


# --- Coming and going


def _settle_restored(row: CatalogModel, seen: dict[str, Any], pending: Pending) -> None:
    """Note that a fine-tune is listed again where lists name no archived model: it was restored elsewhere."""
    if pending.is_left_out and row.type == FINE_TUNED:
        seen.setdefault("archived", False)
    pending.is_left_out = False


def _is_relisted(pending: Pending, answer: Answer) -> bool:
    """Whether lists have named a model deleted from here for long enough to be believed."""
    since = answer.confirmation.first_said(None if pending.relisted is None else pending.relisted.since)
    pending.relisted = None if answer.confirmation.is_over(since) else Wait(True, since)
    return pending.relisted is None


# --- Facts


def _keep_what_is_not_said(row: CatalogModel, seen: dict[str, Any]) -> None:
    for name in _KEPT_WHEN_ABSENT:
        seen[name] = seen[name] or getattr(row, name)
    if seen["type"] == FINE_TUNED:
        seen["created_at"] = seen["created_at"] or row.created_at


def _looks_like_a_fault(row: CatalogModel) -> bool:
    """Whether the facts are those that a faulty answer gives: no ability, or the default texts and numbers."""
    has_default_text = row.description is None or is_placeholder(row.description)
    has_default_context = row.max_context_length in (None, _DEFAULT_CONTEXT)
    return not any(row.capabilities.values()) or (has_default_text and has_default_context)


# --- Ids


def _settle_ids(
    row: CatalogModel, seen: dict[str, Any], pending: Pending, answer: Answer, *, are_readable: bool
) -> None:
    """Replace in `seen` the ids that are not confirmed by those that are."""
    known = _ids_still_its_own(row, answer)
    listed = list(filter(None, (seen["model_id"], *seen["aliases"])))
    seen["model_id"] = _settle_own_id(row, seen["model_id"], pending, answer)
    if not are_readable:
        listed = list(dict.fromkeys((*listed, *known)))
    kept = _settle_dropped(known, listed, pending, answer)
    gained = {alias: since for alias, since in pending.gained.items() if alias in listed}
    pending.gained = {}
    aliases = [
        alias
        for alias in dict.fromkeys((*listed, *kept))
        if alias != seen["model_id"]
        and (alias in known or not _waits_as_gained(alias, row, pending, answer, gained.get(alias)))
    ]
    # The list's order says nothing, so it makes no change.
    seen["aliases"] = row.aliases if set(aliases) == set(row.aliases) else aliases


def _ids_still_its_own(row: CatalogModel, answer: Answer) -> list[str]:
    """Return the row's ids. What a missing one was known by is its own as far as no other took it meanwhile."""
    if row.missing_since is None or answer.owners is None:
        return [row.model_id, *row.aliases]
    held = answer.owners.is_held_elsewhere
    return [row.model_id, *(alias for alias in row.aliases if not held(alias, row.pk))]


def _settle_own_id(row: CatalogModel, said: str, pending: Pending, answer: Answer) -> str:
    wait, pending.own_id = pending.own_id, None
    if said == row.model_id or not row.model_id:
        return said
    since = answer.confirmation.first_said(wait.since if wait is not None and wait.value == said else None)
    if answer.confirmation.is_over(since):
        return said
    pending.own_id = Wait(said, since)
    return row.model_id


def _settle_dropped(known: list[str], listed: list[str], pending: Pending, answer: Answer) -> list[str]:
    """Return the known ids that stay, among them those whose loss is not confirmed."""
    before, pending.dropped = pending.dropped, {}
    kept = []
    for alias in filter(None, known):
        if alias not in listed:
            since = answer.confirmation.first_said(before.get(alias))
            if answer.confirmation.is_over(since) and alias not in answer.unconfirmed_claims:
                continue
            pending.dropped[alias] = since
        kept.append(alias)
    return kept


def _waits_as_gained(
    alias: str, row: CatalogModel, pending: Pending, answer: Answer, listed_since: datetime | None
) -> bool:
    """Whether another model has the id, so that it waits; if so, keep since when."""
    if answer.owners is None or not answer.owners.is_held_elsewhere(alias, row.pk):
        return False
    since = answer.confirmation.first_said(listed_since)
    if answer.confirmation.is_over(since):
        return False
    pending.gained[alias] = since
    return True


# --- The payload


def _choose_payload(card: ModelCard, row: CatalogModel | None) -> dict[str, Any]:
    """Return the payload as it came, or the row's own where they differ only in what changes by itself."""
    if row is not None and _is_alike(card, card.raw, row.raw):
        return row.raw  # type: ignore[no-any-return]  # a JSON field may hold anything
    payload: dict[str, Any] = make_storable(card.raw)
    return row.raw if row is not None and _is_alike(card, payload, row.raw) else payload


def _is_alike(card: ModelCard, one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two payloads say the same. `created` is the clock of the request for all but fine-tunes."""
    return one == other if card.type == FINE_TUNED else {**one, "created": 0} == {**other, "created": 0}
