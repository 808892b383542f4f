"""How one row of the mirror takes in what upstream says now. Pure: rows and cards in, changed fields out.

Live answers flap: two calls five seconds apart disagreed on what six models can do. So a loss is believed when a
second run in a row confirms it, while an addition or a date is shown at once.
"""

from typing import Any

from models_ui.grouping import RealModel
from models_ui.models import CatalogModel
from models_ui.services import storable

# Of a base model, text and numbers that change (other than a growing context) wait for a second run as well:
# a flapping answer brought placeholder descriptions. Of a fine-tune they are somebody's edit.
_WAITS_FOR_BASE = ("name", "description", "default_temperature")


def facts(model: RealModel) -> dict[str, Any]:
    """The row's fields as this answer gives them. `archived` is absent where the answer does not say."""
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
        "raw": storable(card.raw),
        "problems": list(card.problems),
    }
    if card.archived is not None:
        found["archived"] = card.archived
    return found


def take_in(row: CatalogModel, model: RealModel, moved: frozenset[str] = frozenset()) -> set[str]:
    """Bring the row up to date and return the names of the fields that changed, `pending` among them.

    `moved` are aliases that another row still holds: they count as a loss there, so they wait here too.
    """
    seen = facts(model)
    waiting: dict[str, Any] = {}
    before = row.pending
    base = row.type == "base"

    lost = [key for key, has in row.capabilities.items() if has and not seen["capabilities"].get(key)]
    unconfirmed = [key for key in lost if key not in before.get("capabilities", ())]
    seen["capabilities"] |= dict.fromkeys(unconfirmed, True)
    if unconfirmed:
        waiting["capabilities"] = unconfirmed

    ids = set(seen["aliases"])
    dropped = [each for each in row.aliases if each not in ids and each not in before.get("dropped", ())]
    gained = [each for each in seen["aliases"] if each in moved and each not in before.get("gained", ())]
    seen["aliases"] = [each for each in (*seen["aliases"], *dropped) if each not in gained]
    if dropped:
        waiting["dropped"] = dropped
    if gained:
        waiting["gained"] = gained

    for name in (*_WAITS_FOR_BASE, "max_context_length"):
        old, new = getattr(row, name), seen[name]
        if name == "max_context_length":
            loss = old is not None and (new is None or new < old)
        else:
            loss = base and old is not None and new != old
        if loss and before.get(name, _UNSEEN) != new:
            waiting[name] = new
            seen[name] = old

    if waiting:
        # The payload shown beside the facts is the one they were read from.
        seen["raw"] = row.raw
        seen["problems"] = row.problems
    elif _comparable(row, row.raw) == _comparable(row, seen["raw"]):
        seen["raw"] = row.raw

    seen["pending"] = waiting
    seen["missing_since"] = None
    changed = {name for name, value in seen.items() if getattr(row, name) != value}
    for name in changed:
        setattr(row, name, seen[name])
    return changed


_UNSEEN = object()


def _comparable(row: CatalogModel, raw: dict[str, Any]) -> dict[str, Any]:
    """The payload without what changes by itself: a base model's `created` is the clock of the request."""
    return raw if row.type != "base" else {key: value for key, value in raw.items() if key != "created"}
