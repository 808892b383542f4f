"""Matching the models of a list with the rows of the mirror.

A row's identity is its model's canonical id. An id that floats, or that one answer gives to another model as an alias,
carries no identity: a canonical id that a row never had makes a new model, whatever ids it takes from others.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

from models_ui.mirror.grouping import RealModel, is_floating
from models_ui.mirror.pending import Pending
from models_ui.models.mirror import CatalogModel
from models_ui.vocabulary import BASE

Pair = tuple[RealModel, CatalogModel | None]


def ids_of(model: RealModel) -> set[str]:
    """Return every id that the list gives to a model."""
    return {model_id for model_id in (model.card.id, *model.aliases) if model_id}


class Matcher:
    """Models of one list and the rows that are still free, matched by one criterion after the other."""

    def __init__(self, models: Sequence[RealModel], rows: Iterable[CatalogModel]) -> None:
        self.models = models
        # Where rows tie, what is listed beats what once was.
        self.free = {row.pk: row for row in sorted(rows, key=lambda row: row.missing_since is not None)}
        self.matched: dict[str, CatalogModel] = {}

    def pair(self, model_key: Callable[[RealModel], Hashable], row_key: Callable[[CatalogModel], Hashable]) -> None:
        """Match models and rows with the same key. None as a key matches nothing."""
        candidates: dict[Hashable, CatalogModel] = {}
        for row in self.free.values():
            candidates.setdefault(row_key(row), row)
        candidates.pop(None, None)
        if candidates:
            for model in self.unmatched():
                self.match(model, candidates.get(model_key(model)))

    def match(self, model: RealModel, row: CatalogModel | None) -> None:
        """Match the two, if there is a row and no other model has it."""
        if row is not None and row.pk in self.free:
            self.matched[model.identity] = self.free.pop(row.pk)

    def unmatched(self) -> Iterator[RealModel]:
        return (model for model in self.models if model.identity not in self.matched)

    def pairs(self) -> list[Pair]:
        return [(model, self.matched.get(model.identity)) for model in self.models]


def match_rows(models: Sequence[RealModel], rows: Iterable[CatalogModel]) -> tuple[list[Pair], list[CatalogModel]]:
    """Return each listed model with its row, if it has one, and the rows that are left over.

    The surest criterion comes first, for all models, so that no weaker one takes a row away.
    """
    matcher = Matcher(models, rows)
    matcher.pair(
        lambda model: (model.card.type, model.card.id, model.card.name) if model.card.id else None,
        lambda row: (row.type, row.model_id, row.name),
    )
    _match_by_pinned_name(matcher)
    matcher.pair(lambda model: (model.card.type, model.identity), lambda row: (row.type, row.identity))
    matcher.pair(
        lambda model: (model.card.type, model.card.id) if model.card.id else None,
        lambda row: (row.type, row.model_id) if row.model_id else None,
    )
    # Upstream may have renamed its types.
    matcher.pair(lambda model: model.identity, lambda row: None if row.missing_since else row.identity)
    _match_by_known_ids(matcher)
    return matcher.pairs(), list(matcher.free.values())


def _match_by_pinned_name(matcher: Matcher) -> None:
    """Match base models by a name that is the canonical id of one side. A name for people tells no models apart."""
    matcher.pair(
        lambda model: _pinned_name(model.card.type, model.card.name),
        lambda row: _pinned_name(row.type, row.name) if row.name == row.model_id else None,
    )
    matcher.pair(
        lambda model: _pinned_name(model.card.type, model.card.name) if model.card.name == model.card.id else None,
        lambda row: _pinned_name(row.type, row.name),
    )


def _pinned_name(type_: str, name: str | None) -> str | None:
    return name if type_ == BASE and name and not is_floating(name) else None


def _match_by_known_ids(matcher: Matcher) -> None:
    """Match base models to rows that had the id they are now known by as another id, where only the canonical id
    changed: the row's own id is another id of the model, or missing from an answer that has the rest of it."""
    listed = {model_id for model in matcher.models for model_id in ids_of(model)}
    rows = _rows_by_other_id(matcher.free.values())
    for model in list(matcher.unmatched()):
        row = rows.get(model.card.id) if model.card.type == BASE else None
        if row is None:
            continue
        if row.model_id in model.aliases or (row.model_id not in listed and _is_most_of(model, row)):
            matcher.match(model, row)


def _rows_by_other_id(rows: Iterable[CatalogModel]) -> Mapping[str, CatalogModel]:
    found: dict[str, CatalogModel] = {}
    for row in rows:
        if row.type == BASE and row.model_id and row.missing_since is None:
            for model_id in (*row.aliases, *Pending.from_json(row.pending).previous_ids):
                found.setdefault(model_id, row)
    return found


def _is_most_of(model: RealModel, row: CatalogModel) -> bool:
    """Whether the model has the row's name and most of its other ids."""
    kept = ids_of(model).intersection(row.aliases)
    return model.card.name == row.name and 2 * len(kept) > len(row.aliases)
