"""How one row of the mirror takes in what upstream says now. Pure: rows and cards in, changed fields out.

Live answers flap: two calls five seconds apart disagreed on what six models can do. So a loss is believed when a
second run in a row confirms it, while an addition or a date that comes or moves is shown at once.
"""

from collections.abc import Set
from datetime import datetime
from typing import Any

from django.db.models import CharField

from models_ui.grouping import RealModel, is_floating
from models_ui.models import DISPUTED, CatalogModel
from models_ui.services import BASE, FINE_TUNED, ModelCard, storable

# Of a base model, text and numbers that change (other than a growing context) wait for a second run as well:
# a flapping answer brought placeholder descriptions. Of a fine-tune they are somebody's edit.
_WAITS_FOR_BASE = ("name", "description", "default_temperature")
# An answer that lacks these (the contract's has neither root nor job) says nothing about them.
_KEPT_WHEN_ABSENT = ("owned_by", "root", "job")
# Columns hold so many characters, upstream sends what it likes. PostgreSQL would refuse the row, and with it the list.
_LIMITS = {
    field.name: field.max_length
    for field in CatalogModel._meta.concrete_fields
    if isinstance(field, CharField) and field.max_length
}
_READABLE = (
    "name",
    "description",
    "max_context_length",
    "capabilities",
    "deprecation",
    "replacement",
    "default_temperature",
)
_OUR_WORD = {"deprecation_replacement_model": "replacement", "default_model_temperature": "default_temperature"}
_UPSTREAMS_WORD = {"model_id": "id", "replacement": "deprecation_replacement_model"}


def facts(model: RealModel, row: CatalogModel | None = None) -> dict[str, Any]:
    """The fields of its row as this answer gives them. `archived` is absent where the answer does not say."""
    card = model.card
    found: dict[str, Any] = {
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
        "raw": _payload(card, row),
        "problems": [*card.problems, *(f"{DISPUTED}{name}" for name in model.disagreements)],
    }
    if card.archived is not None:
        found["archived"] = card.archived
    for name, limit in _LIMITS.items():
        if len(found.get(name, "")) > limit:
            found[name] = f"{found[name][: limit - 1]}…"
            found["problems"].append(_UPSTREAMS_WORD.get(name, name))
    return found


def new_row(model: RealModel, identity: str, now: datetime, held: Set[str]) -> CatalogModel:
    """The row of a model that was not known. Aliases that other rows hold stay there until a second run agrees."""
    row = CatalogModel(identity=identity, first_seen_at=now, last_seen_at=now, **facts(model))
    gained = [each for each in row.aliases if each in held]
    if gained:
        row.aliases = [each for each in row.aliases if each not in held]
        row.pending = {"gained": gained}
    return row


def take_in(row: CatalogModel, model: RealModel, held: Set[str] = frozenset()) -> set[str]:
    """Bring the row up to date and return the names of the fields that changed, `pending` among them.

    `held` are the aliases of all rows: one that moves counts as a loss where it was, so it waits here too.
    """
    before = row.pending
    if row.deleted_at is not None and "listed" not in before:
        # Deleted from here, yet listed: a list may lag behind, so the tombstone stands until a second one says so.
        row.pending = {"listed": True}
        return {"pending"}
    seen = facts(model, row)
    waiting: dict[str, Any] = {}

    for problem in model.card.problems:
        # What cannot be read says nothing: neither that a fact is gone nor that it changed.
        name = _OUR_WORD.get(problem, problem)
        if name == "aliases":
            seen[name] = list(dict.fromkeys((*seen[name], *row.aliases)))
        elif name in _READABLE:
            seen[name] = getattr(row, name)
    for name in _KEPT_WHEN_ABSENT:
        seen[name] = seen[name] or getattr(row, name)
    if seen["type"] == FINE_TUNED:
        seen["created_at"] = seen["created_at"] or row.created_at

    # Lost is an ability, and also a flag that is no longer sent: "cannot" is something to know as well.
    flags = seen["capabilities"]
    lost = [key for key, has in row.capabilities.items() if key not in flags or has > flags[key]]
    unconfirmed = [key for key in lost if key not in before.get("capabilities", ())]
    flags |= {key: row.capabilities[key] for key in unconfirmed}
    if unconfirmed:
        waiting["capabilities"] = unconfirmed

    _take_in_ids(row, seen, before, waiting, held)

    for name in (*_WAITS_FOR_BASE, "max_context_length"):
        old, new = getattr(row, name), seen[name]
        if name == "max_context_length":
            loss = old is not None and (new is None or new < old)
        else:
            loss = row.type == BASE and old is not None and new != old
        if loss and before.get(name, _UNSEEN) != new:
            waiting[name] = new
            seen[name] = old

    for name in ("deprecation", "replacement"):
        old, new = getattr(row, name), seen[name]
        # A date that comes or moves is shown at once; one that is left out may be an answer's fault.
        if old and not new and before.get(name, _UNSEEN) != new:
            waiting[name] = new
            seen[name] = old

    if waiting:
        # The payload shown beside the facts is the one they were read from.
        seen["raw"] = row.raw
        seen["problems"] = row.problems

    seen |= {"pending": waiting | untold(before), "missing_since": None, "deleted_at": None}
    changed = {name for name, value in seen.items() if getattr(row, name) != value}
    for name in changed:
        setattr(row, name, seen[name])
    return changed


def untold(pending: dict[str, Any]) -> dict[str, Any]:
    """The part of `pending` that waits for being told, not for being believed (see `changes/detect.py`)."""
    return {name: pending[name] for name in ("untold", "meant") if name in pending}


_UNSEEN = object()


def _take_in_ids(
    row: CatalogModel, seen: dict[str, Any], before: dict[str, Any], waiting: dict[str, Any], held: Set[str]
) -> None:
    """The id to know it by and its other ids: what is no longer listed waits, and what another row still holds."""
    listed = {seen["model_id"], *seen["aliases"]}
    # Only a floating id gives way at once, to the pinned one beside it.
    stays = row.model_id and not (is_floating(row.model_id) and row.model_id in listed)
    if stays and seen["model_id"] not in (row.model_id, before.get("model_id", _UNSEEN)):
        waiting["model_id"] = seen["model_id"]
        seen["aliases"] = [each for each in (seen["model_id"], *seen["aliases"]) if each not in ("", row.model_id)]
        seen["model_id"] = row.model_id

    # What a missing row was known by is its own again only as far as no other took it meanwhile.
    taken = held if row.missing_since is not None else frozenset()
    lost = (each for each in row.aliases if each not in listed and each not in taken)
    dropped = [each for each in lost if each not in before.get("dropped", ())]
    own = {row.model_id, *(row.aliases if row.missing_since is None else ()), *before.get("gained", ())}
    gained = [each for each in seen["aliases"] if each in held and each not in own]
    aliases = [each for each in (*seen["aliases"], *dropped) if each not in gained]
    # The list's order says nothing, so it makes no change.
    seen["aliases"] = row.aliases if set(aliases) == set(row.aliases) else aliases
    if dropped:
        waiting["dropped"] = dropped
    if gained:
        waiting["gained"] = gained


def _payload(card: ModelCard, row: CatalogModel | None) -> dict[str, Any]:
    """The payload as it came, or the row's own where only that differs which changes by itself."""
    if row is not None and _alike(card, card.raw, row.raw):
        return row.raw  # type: ignore[no-any-return]  # a JSON field may hold anything
    payload: dict[str, Any] = storable(card.raw)
    return row.raw if row is not None and _alike(card, payload, row.raw) else payload


def _alike(card: ModelCard, one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two payloads say the same. `created` is the clock of the request for all but fine-tunes."""
    return one == other if card.is_fine_tuned else {**one, "created": 0} == {**other, "created": 0}
