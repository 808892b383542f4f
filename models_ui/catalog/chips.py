"""The filters in use, as words that each lead to the list without them."""

from functools import partial

from django.utils.translation import gettext as _

from models_ui.catalog.facets import FACETS
from models_ui.catalog.labels import facet_label, value_label
from models_ui.catalog.query import CatalogQuery
from models_ui.listing.filters import Chip, ChipLabel, chips_of
from models_ui.text.humanize import quote_text, short_tokens
from models_ui.text.isolation import fill


def filter_chips(query: CatalogQuery) -> list[Chip]:
    """Return the filters in use: words, context, then the facets in their order."""
    return chips_of(query, _chip_labels())


def _chip_labels() -> dict[str, ChipLabel]:
    return {
        "q": quote_text,
        "context_min": lambda tokens: fill(_("Context from %(tokens)s"), {"tokens": short_tokens(tokens)}),
        "context_max": lambda tokens: fill(_("Context up to %(tokens)s"), {"tokens": short_tokens(tokens)}),
        **{name: partial(_facet_chip_label, name) for name in FACETS},
    }


def _facet_chip_label(name: str, value: str) -> str:
    return fill(_("%(facet)s: %(value)s"), {"facet": facet_label(name), "value": value_label(name, value)})


def view_chips(query: CatalogQuery) -> list[Chip]:
    """Return the filters of a view, alternatives in one chip. The type of a tab is no filter there."""
    joined = [name for name, facet in FACETS.items() if not facet.narrows and getattr(query, name)]
    single = [(name, value) for name, value in query.filters() if name not in joined]
    labels = _chip_labels()
    chips = [Chip(labels[name](value), query.without(name, value)) for name, value in single]
    return chips + [_joined_chip(query, name) for name in joined if name != "type" or not query.is_of_tab]


def _joined_chip(query: CatalogQuery, name: str) -> Chip:
    values = ", ".join(value_label(name, value) for value in values_in_order(query, name))
    label = fill(_("%(facet)s: %(value)s"), {"facet": facet_label(name), "value": values})
    return Chip(label, query.changed(**{name: ()}))


def values_in_order(query: CatalogQuery, name: str) -> list[str]:
    """Return the chosen values of a facet, in its order."""
    return sorted(getattr(query, name), key=lambda value: FACETS[name].order(value, 0))
