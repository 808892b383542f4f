"""From upstream's list to real models: the list repeats a model once for each of its aliases, and worse.

Only base entries are grouped: by `name`, then along `aliases`; a fine-tune's identity is its id. What recordings of
the live list taught, and each of these rules answers: an id can be listed twice for two different models, `aliases`
can be empty on an alias, `name` can be null or itself be a floating alias.

Nothing depends on the order of the list's entries but the order of the models. Where entries of one model disagree, one
of them is believed, always the same, and what they disagree on is named.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from typing import Any

from models_ui.services import BASE, ModelCard, is_placeholder, storable

LONGEST_IDENTITY = 600  # what its column holds
_DATED = re.compile(r"-(\d{4})$")  # -2508 is August 2025
_NUMBERS = re.compile(r"\d+")
# Facts a group's other entries may fill in where the canonical entry lacks them.
_FILLABLE = tuple(
    field.name for field in fields(ModelCard) if field.name not in {"id", "type", "aliases", "raw", "problems"}
)
_UPSTREAMS_WORD = {"replacement": "deprecation_replacement_model", "default_temperature": "default_model_temperature"}
_SAID_BY_NULL = ("deprecation", "replacement")  # there null is an answer: it has none


@dataclass(frozen=True, slots=True)
class RealModel:
    """One real model: its card under the canonical id, every other id it answers to, and the fields on which its
    entries disagree, by upstream's names: `max_context_length`, `capabilities.vision`."""

    identity: str  # unique in one list; the id, and more where one id means two models
    card: ModelCard
    aliases: tuple[str, ...]
    disagreements: tuple[str, ...] = ()


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
    groups: dict[tuple[str, ...], list[ModelCard]] = {}
    nameless: list[ModelCard] = []
    for position, card in enumerate(cards):
        if card.type != BASE:
            # Without an id there is nothing to tell two entries by, so each stands alone.
            key: tuple[str, ...] = ("id", card.id, card.type) if card.id else ("position", str(position))
        elif card.name:
            key = ("name", card.name)
        else:
            nameless.append(card)
            continue
        groups.setdefault(key, []).append(card)
    homes: dict[str, set[tuple[str, ...]]] = {}
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
    ids = {card.id for card in group if card.id}
    model_id = canonical_id(sorted(ids), group[0].name)
    group = _by_weight(group, model_id)
    card = group[0]
    # An alias that is listed as an entry of another model is that model's, whatever this one claims.
    claimed = {alias for each in group for alias in each.aliases if listed.get(alias, {index}) & {index}}
    aliases = tuple(sorted((ids | claimed) - {model_id}))
    gaps = {name: value for name in _FILLABLE if _is_gap(getattr(card, name)) for value in _said(group, name)[:1]}
    whole = replace(card, **gaps) if gaps else card
    return RealModel(identity=model_id, card=whole, aliases=aliases, disagreements=tuple(_disagreements(group)))


def _by_weight(group: Sequence[ModelCard], model_id: str) -> list[ModelCard]:
    """The entries in the order in which they are believed: that of the id to know the model by, then those of pinned
    ids. Of one id's entries the most readable comes first, then the fullest; then an order that means nothing."""
    if len(group) == 1:
        return list(group)
    times = Counter(card.id for card in group)

    def key(card: ModelCard) -> tuple[object, ...]:
        rank = (card.id != model_id, is_floating(card.id), card.id)
        return (*rank, *_evidence(card)) if times[card.id] > 1 else rank

    return sorted(group, key=key)


def _evidence(card: ModelCard) -> tuple[int, int, str, str]:
    payload = card.raw if card.is_fine_tuned else {**card.raw, "created": 0}
    gaps = sum(_is_gap(getattr(card, name)) for name in _FILLABLE)
    return len(card.problems), gaps, repr(card), repr(storable(payload))


def _disagreements(group: Sequence[ModelCard]) -> Iterator[str]:
    """The fields of which the entries say different things. An entry that says nothing, or nothing that can be read,
    disagrees with none."""
    if len(group) == 1:
        return
    for name in _FILLABLE:
        if name == "capabilities":
            yield from (f"capabilities.{key}" for key in _disputed_flags(group))
        elif len({value for card in group for value in _claims(card, name)}) > 1:
            yield _UPSTREAMS_WORD.get(name, name)


def _disputed_flags(group: Sequence[ModelCard]) -> Iterable[str]:
    said: dict[str, set[bool]] = {}
    for card in group:
        for key, has in card.capabilities.items():
            said.setdefault(key, set()).add(has)
    return sorted(key for key, values in said.items() if len(values) > 1)


def _claims(card: ModelCard, name: str) -> list[Any]:
    """What an entry says of a field: one value, or none."""
    value = getattr(card, name)
    word = _UPSTREAMS_WORD.get(name, name)
    if value is None and name in _SAID_BY_NULL and word in card.raw and word not in card.problems:
        return [None]
    return [] if _is_gap(value) or (name == "description" and is_placeholder(value)) else [value]


def _said(group: Sequence[ModelCard], name: str) -> list[Any]:
    """What the entries of a group say of a field, those that say anything."""
    return [value for each in group if not _is_gap(value := getattr(each, name))]


def _is_gap(value: object) -> bool:
    """Whether an entry says nothing: neither a value nor that something is off."""
    return value is None or value == "" or value == {}


def _with_identities(models: Sequence[RealModel]) -> list[RealModel]:
    """Identities made unique: where several models share an id, the one named like it keeps it bare."""
    shared = Counter(model.identity for model in models)
    wanted = []
    for model in models:
        card, identity = model.card, model.identity
        if not identity or (shared[identity] > 1 and card.name != identity):
            identity = f"{card.id}\n{card.type}\n{card.name or ''}"
        wanted.append(identity)
    alike = Counter(wanted)
    taken: set[str] = set()
    result = dict(enumerate(models))
    # The numbers of those that nothing else tells apart do not depend on the order of the list either.
    for place in sorted(result, key=lambda each: _evidence(models[each].card) if alike[wanted[each]] > 1 else ()):
        unique = unique_identity(wanted[place], taken)
        taken.add(unique)
        result[place] = replace(models[place], identity=unique)
    return [result[place] for place in range(len(models))]
