"""Models that could take the place of another one, for a form that asks for it. Pure: no Django, no clock."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Final

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.replacements import replacement_of
from models_ui.catalog.row import Row
from models_ui.vocabulary import BASE, FINE_TUNED

MOST_OF_A_TYPE: Final = 12


def successors_of(row: Row, index: CatalogIndex, now: datetime) -> list[Row]:
    """Return live models that can do all that this one can, the likeliest first.

    First comes what Mistral names in its place or in that of its base model; then models of its own type, fine-tunes
    of what is named before others; then models of the other type.
    """
    named = _named_instead(row, index, now)
    types = (FINE_TUNED, BASE) if row.is_fine_tuned else (BASE, FINE_TUNED)
    found = [each for each in (named,) if each is not None and index.status_of_row(each) == "live"]
    for model_type in types:
        found += islice(_able_models(row, index, model_type, named), MOST_OF_A_TYPE)
    return list({each.pk: each for each in found}.values())


def _named_instead(row: Row, index: CatalogIndex, now: datetime) -> Row | None:
    """Return the model that Mistral names in place of this one, or else of its base model."""
    base = index.risks_at(now).risk_of(row) if row.is_fine_tuned else None
    for ending in (row, base.base if base else None):
        if ending is not None and (named := replacement_of(ending, index.find, now).row) is not None:
            return named
    return None


def _able_models(row: Row, index: CatalogIndex, model_type: str, named: Row | None) -> Iterator[Row]:
    query = CatalogQuery(type=(model_type,), status=("live",), capability=row.capabilities, group="none")
    roots = (named.model_id, *named.aliases) if named else ()
    rows = (each for each in index.matches(query) if each.pk != row.pk and each.model_id)
    yield from sorted(rows, key=lambda each: each.root not in roots)
