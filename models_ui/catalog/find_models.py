"""The models that a few typed letters may mean, the likeliest first: for a list of suggestions. Pure: no Django."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from heapq import nsmallest
from typing import Final, NamedTuple

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.row import Row
from models_ui.text.folding import fold_for_search

_WORD_STARTS: Final = re.compile(r"[\s:./_-]")


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The likeliest models of all that a line finds."""

    rows: tuple[Row, ...]
    total: int
    words: tuple[str, ...]  # folded; what to mark in their texts


class _Folded(NamedTuple):
    label: str
    ids: str  # the id and the aliases, each between line breaks
    starts: str  # the label with a line break before each of its words


def find_models(index: CatalogIndex, text: str, limit: int) -> Suggestions:
    """Return at most so many of the models that a line finds, as a search of the catalog reads it.

    First comes a model with just this id, alias or name; then names that begin so, a word of which begins so, and that
    have it anywhere; then ids; then what is found by other texts, by an ability, or with a typo. Models that are gone
    come last of their kind.
    """
    rows = index.matches(CatalogQuery(q=text, group="none"))
    folded = index.cached_with_facts("folded names", lambda: {row.pk: _fold_names(row) for row in index.rows})
    typed = " ".join(fold_for_search(text).split())
    places = {row.pk: place for place, row in enumerate(rows)}
    chosen = nsmallest(limit, rows, key=lambda row: (_rank(folded, row, typed), row.is_missing, places[row.pk]))
    return Suggestions(tuple(chosen), len(rows), index.read_line(text).words)


def _rank(folded: Mapping[int, _Folded], row: Row, typed: str) -> int:
    names = folded[row.pk]
    ranks = (
        typed == names.label or f"\n{typed}\n" in names.ids,
        names.label.startswith(typed),
        f"\n{typed}" in names.starts,
        typed in names.label,
        f"\n{typed}" in names.ids,
        typed in names.ids,
    )
    return ranks.index(True) if True in ranks else len(ranks)


def _fold_names(row: Row) -> _Folded:
    label = fold_for_search(row.label)
    ids = fold_for_search("\n".join((row.model_id, *row.aliases)))
    return _Folded(label, f"\n{ids}\n", "\n" + _WORD_STARTS.sub("\n", label))
