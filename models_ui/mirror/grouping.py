"""From upstream's list to real models: the list has one entry for each id of a model, and other oddities.

Only base entries are grouped: by `name` where that is an id or alias of the list, else along `aliases`; entries of two
names are never joined, and a fine-tune's identity is its id. What recordings of the live list taught, and each of
these rules answers: an id can be listed twice for two different models, `aliases` can be empty on an alias, `name` can
be null or itself be a floating alias. The contract calls `name` human-readable, so two models may share one.

Only the order of the models depends on the order of the list's entries. Where entries of one model disagree, one of
them is believed, always the same, and the fields on which they disagree are named.
"""

import re
from collections import Counter
from collections.abc import Container, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from typing import Any

from models_ui.services.cards import ModelCard
from models_ui.vocabulary import BASE, is_placeholder, make_storable

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
    """Return one entry per real model, in the order in which the list names them first."""
    return _make_identities_unique([_merge_group(group) for group in _group_entries(list(cards))])


def canonical_id(ids: Sequence[str], name: str | None) -> str:
    """Return the id to know a group by.

    Its name if that is one of the ids and not floating, else the dated id (the newest of several), else the one with
    the most version numbers; ties go to the shorter, then to the alphabet.
    """
    if name and name in ids and not is_floating(name):
        return name

    def rank(model_id: str) -> tuple[bool, int, int, int, str]:
        dated = _DATED.search(model_id)
        # The lowest wins, so what should win is negated.
        newest = -int(dated[1]) if dated else 1
        return is_floating(model_id), newest, -len(_NUMBERS.findall(model_id)), len(model_id), model_id

    return min(filter(None, ids), key=rank, default="")


def unique_identity(identity: str, taken: Container[str], first_number: int = 2) -> str:
    """Return the identity, numbered where it is taken and shortened to what its column can hold.

    `first_number` is the lowest that may be free, so that many of one identity are not each counted from the start.
    """
    if len(identity) > LONGEST_IDENTITY:
        digest = sha256(identity.encode()).hexdigest()
        identity = f"{identity[: LONGEST_IDENTITY - 100]}\n{digest}"
    unique, number = identity, first_number
    while unique in taken:
        unique, number = f"{identity}\n{number}", number + 1
    return unique


def _group_entries(cards: Sequence[ModelCard]) -> list[list[ModelCard]]:
    """Return the entries of each model, in the order in which the list names the models first. Takes linear time."""
    positions_by_kind: dict[str, list[int]] = {}
    known_ids = {model_id for card in cards if card.type == BASE for model_id in _ids_of(card)}
    sets = _DisjointSets(len(cards))
    joined_by: dict[Hashable, int] = {}
    for position, card in enumerate(cards):
        kind, keys = _joining_keys(card, known_ids)
        positions_by_kind.setdefault(kind, []).append(position)
        for key in keys:
            sets.join(joined_by.setdefault(key, position), position)
    _join_nameless(cards, sets, positions_by_kind.get("named", ()), positions_by_kind.get("nameless", ()))
    groups: dict[int, list[ModelCard]] = {}
    for position, card in enumerate(cards):
        groups.setdefault(sets.find(position), []).append(card)
    return list(groups.values())


def _joining_keys(card: ModelCard, known_ids: Container[str]) -> tuple[str, list[Hashable]]:
    """Return the kind of an entry, and the keys that it has in common with the other entries of its model.

    A name that is one of the list's ids belongs to one model. Any other is written for people, and two models may
    have it: their entries have an id or an alias in common as well, as those without a name do.
    """
    if card.type != BASE:
        # Without an id there is nothing to tell two entries by, so each stands alone.
        return "other", [("id", card.id, card.type)] if card.id else []
    if not card.name:
        return "nameless", [("nameless", model_id) for model_id in _ids_of(card)]
    if card.name in known_ids:
        return "named", [("name", card.name)]
    return "named", [("name", card.name, model_id) for model_id in _ids_of(card)]


def _join_nameless(
    cards: Sequence[ModelCard], sets: "_DisjointSets", named: Iterable[int], nameless: Iterable[int]
) -> None:
    """Join entries without a name to those of the one name with which they share ids. Of two names none is guessed."""
    homes = _positions_by_id_and_name(cards, named)
    ids_of_cluster: dict[int, set[str]] = {}
    for position in nameless:
        ids_of_cluster.setdefault(sets.find(position), set()).update(_ids_of(cards[position]))
    for cluster, model_ids in ids_of_cluster.items():
        candidates = {home for model_id in model_ids for home in homes.get(model_id, {}).items()}
        names = {name for name, _position in candidates}
        for _name, position in candidates if len(names) == 1 else ():
            sets.join(position, cluster)


def _positions_by_id_and_name(cards: Sequence[ModelCard], positions: Iterable[int]) -> dict[str, dict[str, int]]:
    places: dict[str, dict[str, int]] = {}
    for position in positions:
        for model_id in _ids_of(cards[position]):
            places.setdefault(model_id, {}).setdefault(cards[position].name or "", position)
    return places


class _DisjointSets:
    """Positions in sets that only ever grow together (union-find with path halving)."""

    def __init__(self, size: int) -> None:
        self._parents = list(range(size))

    def find(self, position: int) -> int:
        """Return the position that stands for the whole set."""
        parents = self._parents
        while parents[position] != position:
            parents[position] = position = parents[parents[position]]
        return position

    def join(self, one: int, other: int) -> None:
        first, second = self.find(one), self.find(other)
        if first != second:
            self._parents[max(first, second)] = min(first, second)


def _ids_of(card: ModelCard) -> tuple[str, ...]:
    return (card.id, *card.aliases) if card.id else card.aliases


def _merge_group(group: Sequence[ModelCard]) -> RealModel:
    """Return one model from its entries.

    An alias of a single entry is kept, also where the list has that id as another model: a search for the id then finds
    both, since nothing tells which of the two upstream would serve.
    """
    ids = {card.id for card in group if card.id}
    model_id = canonical_id(sorted(ids), next((card.name for card in group if card.name), None))
    group = _sort_by_weight(group, model_id)
    aliases = tuple(sorted(ids.union(*(entry.aliases for entry in group)) - {model_id}))
    if len(group) == 1:
        return RealModel(identity=model_id, card=group[0], aliases=aliases)
    disagreements = tuple(_find_disagreements(group))
    return RealModel(identity=model_id, card=_fill_gaps(group), aliases=aliases, disagreements=disagreements)


def _fill_gaps(group: Sequence[ModelCard]) -> ModelCard:
    """Return the first entry, with what it lacks from the others."""
    card = group[0]
    gaps = {
        name: values[0] for name in _FILLABLE if _is_gap(getattr(card, name)) and (values := _values_given(group, name))
    }
    return replace(card, **gaps) if gaps else card


def _sort_by_weight(group: Sequence[ModelCard], model_id: str) -> list[ModelCard]:
    """Return the entries in the order in which they are believed.

    First the entry of `model_id`, then those of pinned ids. Of one id's entries the most readable comes first, then the
    fullest; then an order that means nothing.
    """
    if len(group) == 1:
        return list(group)
    times = Counter(card.id for card in group)

    def key(card: ModelCard) -> tuple[object, ...]:
        rank = (card.id != model_id, is_floating(card.id), card.id)
        return (*rank, *_rank_by_evidence(card)) if times[card.id] > 1 else rank

    return sorted(group, key=key)


def _rank_by_evidence(card: ModelCard) -> tuple[int, int, str, str]:
    payload = card.raw if card.is_fine_tuned else {**card.raw, "created": 0}
    gaps = sum(_is_gap(getattr(card, name)) for name in _FILLABLE)
    return len(card.problems), gaps, repr(card), repr(make_storable(payload))


def _find_disagreements(group: Sequence[ModelCard]) -> Iterator[str]:
    """Yield the fields to which entries give different values. A missing or unreadable value disagrees with none."""
    if len(group) == 1:
        return
    for name in _FILLABLE:
        if name == "capabilities":
            yield from (f"capabilities.{key}" for key in _disputed_flags(group))
        elif len({value for card in group for value in _claimed_values(card, name)}) > 1:
            yield _UPSTREAMS_WORD.get(name, name)


def _disputed_flags(group: Sequence[ModelCard]) -> Iterable[str]:
    said: dict[str, set[bool]] = {}
    for card in group:
        for key, has in card.capabilities.items():
            said.setdefault(key, set()).add(has)
    return sorted(key for key, values in said.items() if len(values) > 1)


def _claimed_values(card: ModelCard, name: str) -> list[Any]:
    """Return the value that an entry gives to a field, as a list of one or none."""
    value = getattr(card, name)
    word = _UPSTREAMS_WORD.get(name, name)
    if value is None and name in _SAID_BY_NULL and word in card.raw and word not in card.problems:
        return [None]
    return [] if _is_gap(value) or (name == "description" and is_placeholder(value)) else [value]


def _values_given(group: Sequence[ModelCard], name: str) -> list[Any]:
    """Return the values that the entries of a group give to a field."""
    return [value for card in group if not _is_gap(value := getattr(card, name))]


def _is_gap(value: object) -> bool:
    """Whether a value says nothing. False and 0 do say something."""
    return value is None or value == "" or value == {}


def _make_identities_unique(models: Sequence[RealModel]) -> list[RealModel]:
    """Return the models with unique identities. Of models that share an id, the one named like it keeps it bare."""
    shared = Counter(model.identity for model in models)
    wanted = []
    for model in models:
        card, identity = model.card, model.identity
        if not identity or (shared[identity] > 1 and card.name != identity):
            identity = f"{card.id}\n{card.type}\n{card.name or ''}"
        wanted.append(identity)
    alike = Counter(wanted)
    taken: set[str] = set()
    times: Counter[str] = Counter()
    result = list(models)
    # The numbers of those that nothing else tells apart do not depend on the order of the list either.
    for place in sorted(
        range(len(models)),
        key=lambda number: _rank_by_evidence(models[number].card) if alike[wanted[number]] > 1 else (),
    ):
        times[wanted[place]] += 1
        unique = unique_identity(wanted[place], taken, first_number=max(2, times[wanted[place]]))
        taken.add(unique)
        if unique != models[place].identity:
            result[place] = replace(models[place], identity=unique)
    return result
