"""From upstream's list to real models: the list repeats a model once for each of its aliases, and worse.

Only base entries are grouped: by `name`, then along `aliases`; a fine-tune's identity is its id. What recordings of
the live list taught, and each of these rules answers: an id can be listed twice for two different models, `aliases`
can be empty on an alias, `name` can be null or itself be a floating alias.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from typing import Any

from models_ui.services import BASE, ModelCard

LONGEST_IDENTITY = 600  # what its column holds
_DATED = re.compile(r"-(\d{4})$")  # -2508 is August 2025
_NUMBERS = re.compile(r"\d+")
# Facts a group's other entries may fill in where the canonical entry lacks them.
_FILLABLE = tuple(
    field.name for field in fields(ModelCard) if field.name not in {"id", "type", "aliases", "raw", "problems"}
)


@dataclass(frozen=True, slots=True)
class RealModel:
    """One real model: its card under the canonical id, and every other id it answers to."""

    identity: str  # unique in one list; the id, and more where one id means two models
    card: ModelCard
    aliases: tuple[str, ...]


def is_floating(model_id: str) -> bool:
    """Whether the id means whatever is newest, so that it can change its meaning."""
    return model_id.endswith("-latest")


def real_models(cards: Iterable[ModelCard]) -> list[RealModel]:
    """One entry per real model, in the order in which the list names them first."""
    cards = list(cards)
    groups = _groups(cards)
    owners = _ids_by_group(groups)
    return _with_identities([_merge(group, index, owners) for index, group in enumerate(groups)])


def canonical_id(ids: Sequence[str], name: str | None) -> str:
    """The id to know a group by: its name if that is one of the ids and not floating, else the dated id (the newest
    of several), else the one with the most version numbers; ties go to the shorter, then to the alphabet."""
    if name and name in ids and not is_floating(name):
        return name

    def rank(model_id: str) -> tuple[bool, int, int, int, str]:
        dated = _DATED.search(model_id)
        # The lowest wins, so what should win is negated.
        newest = -int(dated[1]) if dated else 1
        return is_floating(model_id), newest, -len(_NUMBERS.findall(model_id)), len(model_id), model_id

    return min((each for each in ids if each), key=rank, default="")


def unique_identity(identity: str, taken: Container[str]) -> str:
    """The identity, numbered where it is taken and shortened where no column would hold it."""
    if len(identity) > LONGEST_IDENTITY:
        digest = sha256(identity.encode()).hexdigest()
        identity = f"{identity[: LONGEST_IDENTITY - 100]}\n{digest}"
    unique, number = identity, 2
    while unique in taken:
        unique, number = f"{identity}\n{number}", number + 1
    return unique


def _groups(cards: Sequence[ModelCard]) -> list[list[ModelCard]]:
    """Entries of one model together."""
    groups: dict[tuple[str, str], list[ModelCard]] = {}
    nameless: list[ModelCard] = []
    for position, card in enumerate(cards):
        if card.type != BASE:
            # Without an id there is nothing to tell two entries by, so each stands alone.
            key = ("id", card.id) if card.id else ("position", str(position))
        elif card.name:
            key = ("name", card.name)
        else:
            nameless.append(card)
            continue
        groups.setdefault(key, []).append(card)
    homes: dict[str, set[tuple[str, str]]] = {}
    for key, group in groups.items():
        if key[0] == "name":
            for each in (each for card in group for each in _ids_of(card)):
                homes.setdefault(each, set()).add(key)
    for number, cluster in enumerate(_clusters(nameless)):
        candidates = set().union(*(homes.get(each, ()) for card in cluster for each in _ids_of(card)))
        # With two candidates nothing is guessed.
        home = candidates.pop() if len(candidates) == 1 else ("cluster", str(number))
        groups.setdefault(home, []).extend(cluster)
    order = {id(card): position for position, card in enumerate(cards)}
    return sorted(groups.values(), key=lambda group: min(order[id(card)] for card in group))


def _clusters(cards: Sequence[ModelCard]) -> list[list[ModelCard]]:
    """Nameless entries joined where they share an id or alias, directly or through others."""
    holders: dict[str, list[int]] = {}
    for number, card in enumerate(cards):
        for each in _ids_of(card):
            holders.setdefault(each, []).append(number)
    clusters = []
    seen: set[int] = set()
    for start in range(len(cards)):
        if start in seen:
            continue
        reached = {start: None}
        waiting = [start]
        while waiting:
            for each in _ids_of(cards[waiting.pop()]):
                # An id is followed once; whoever holds it is reached by then.
                fresh = [number for number in holders.pop(each, ()) if number not in reached]
                reached |= dict.fromkeys(fresh)
                waiting += fresh
        seen |= reached.keys()
        clusters.append([cards[number] for number in sorted(reached)])
    return clusters


def _ids_of(card: ModelCard) -> Iterable[str]:
    return (card.id, *card.aliases) if card.id else card.aliases


def _ids_by_group(groups: Sequence[Sequence[ModelCard]]) -> dict[str, set[int]]:
    """The groups in which an id is listed as an entry of its own."""
    listed: dict[str, set[int]] = {}
    for index, group in enumerate(groups):
        for card in group:
            if card.id:
                listed.setdefault(card.id, set()).add(index)
    return listed


def _merge(group: Sequence[ModelCard], index: int, listed: dict[str, set[int]]) -> RealModel:
    ids = list(dict.fromkeys(card.id for card in group if card.id))
    model_id = canonical_id(ids, group[0].name)
    card = next(card for card in group if card.id == model_id)
    # An alias that is listed as an entry of another model is that model's, whatever this one claims.
    claimed = (alias for each in group for alias in each.aliases if listed.get(alias, {index}) & {index})
    aliases = tuple(dict.fromkeys(each for each in (*ids, *claimed) if each != model_id))
    gaps = {name: value for name in _FILLABLE if _is_gap(getattr(card, name)) for value in _said(group, name)[:1]}
    return RealModel(identity=model_id, card=replace(card, **gaps) if gaps else card, aliases=aliases)


def _said(group: Sequence[ModelCard], name: str) -> list[Any]:
    """What the entries of a group say of a field, those that say anything."""
    return [value for each in group if not _is_gap(value := getattr(each, name))]


def _is_gap(value: object) -> bool:
    """Whether an entry says nothing: neither a value nor that something is off."""
    return value is None or value == "" or value == {}


def _with_identities(models: Sequence[RealModel]) -> list[RealModel]:
    """Identities made unique: where several models share an id, the one named like it keeps it bare."""
    shared = Counter(model.identity for model in models)
    taken: set[str] = set()
    result = []
    for model in models:
        card, identity = model.card, model.identity
        if not identity or (shared[identity] > 1 and card.name != identity):
            identity = f"{card.id}\n{card.type}\n{card.name or ''}"
        unique = unique_identity(identity, taken)
        taken.add(unique)
        result.append(replace(model, identity=unique))
    return result
