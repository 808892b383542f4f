"""From upstream's list to real models: the list repeats a model once for each of its aliases, and worse.

Only base entries are grouped: by `name`, then along `aliases`; a fine-tune's identity is its id. What recordings of
the live list taught, and each of these rules answers: an id can be listed twice for two different models, `aliases`
can be empty on an alias, `name` can be null or itself be a floating alias.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

from models_ui.services import ModelCard

_DATED = re.compile(r"-(\d{4})$")  # -2508 is August 2025
_NUMBERS = re.compile(r"\d+")
# Facts a group's other entries may fill in where the canonical entry lacks them.
_FILLABLE = tuple(
    field.name
    for field in fields(ModelCard)
    if field.name in {"name", "description", "max_context_length", "deprecation", "replacement", "default_temperature"}
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

    def rank(model_id: str) -> tuple[bool, str, int, int, str]:
        dated = _DATED.search(model_id)
        # Sorted ascending and the first taken, so what should win is negated.
        newest = "".join(chr(0x10FFFF - ord(digit)) for digit in dated.group(1)) if dated else "\U0010ffff"
        return is_floating(model_id), newest, -len(_NUMBERS.findall(model_id)), len(model_id), model_id

    return min((each for each in ids if each), key=rank, default="")


def _groups(cards: Sequence[ModelCard]) -> list[list[ModelCard]]:
    """Entries of one model together."""
    groups: list[list[ModelCard]] = []
    by_key: dict[tuple[str, str], list[ModelCard]] = {}
    nameless: list[ModelCard] = []
    for card in cards:
        if card.type == "base" and not card.name:
            nameless.append(card)
            continue
        if card.type == "base":
            key = ("name", card.name or "")
        else:
            # Without an id there is nothing to tell two entries by, so each stands alone.
            key = ("id", card.id) if card.id else ("entry", str(id(card)))
        if key not in by_key:
            by_key[key] = []
            groups.append(by_key[key])
        by_key[key].append(card)
    for cluster in _clusters(nameless):
        home = _home(cluster, [group for group in groups if group[0].type == "base"])
        if home is None:
            groups.append(cluster)
        else:
            home.extend(cluster)
    order = {id(card): position for position, card in enumerate(cards)}
    return sorted(groups, key=lambda group: min(order[id(card)] for card in group))


def _clusters(cards: Sequence[ModelCard]) -> list[list[ModelCard]]:
    """Nameless entries joined where they share an id or alias, directly or through others."""
    clusters: list[tuple[set[str], list[ModelCard]]] = []
    for card in cards:
        ids = {each for each in (card.id, *card.aliases) if each}
        members = [card]
        apart = []
        for known, others in clusters:
            if known & ids:
                ids |= known
                members = others + members
            else:
                apart.append((known, others))
        clusters = [*apart, (ids, members)]
    return [members for _, members in clusters]


def _home(cluster: Sequence[ModelCard], named: Iterable[list[ModelCard]]) -> list[ModelCard] | None:
    """The one named group that nameless entries belong to. With two candidates nothing is guessed."""
    own = {card.id for card in cluster if card.id}
    mentioned = {alias for card in cluster for alias in card.aliases}
    found = [
        group
        for group in named
        if any(card.id in mentioned or card.id in own or own & set(card.aliases) for card in group)
    ]
    return found[0] if len(found) == 1 else None


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
    gaps = {
        name: next((value for each in group if (value := getattr(each, name)) is not None), None)
        for name in _FILLABLE
        if getattr(card, name) is None
    }
    if not card.capabilities:
        gaps["capabilities"] = next((each.capabilities for each in group if each.capabilities), card.capabilities)
    return RealModel(identity=model_id, card=replace(card, **gaps), aliases=aliases)  # type: ignore[arg-type]


def _with_identities(models: Sequence[RealModel]) -> list[RealModel]:
    """Identities made unique: where several models share an id, the one named like it keeps it bare."""
    shared = Counter(model.identity for model in models)
    taken: set[str] = set()
    result = []
    for model in models:
        card, identity = model.card, model.identity
        if not identity or (shared[identity] > 1 and card.name != identity):
            identity = f"{card.id}\n{card.type}\n{card.name or ''}"
        number = 2
        unique = identity
        while unique in taken:
            unique, number = f"{identity}\n{number}", number + 1
        taken.add(unique)
        result.append(replace(model, identity=unique))
    return result
