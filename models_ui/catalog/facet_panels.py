"""The facets of a catalog page as HTML, kept for each value and language; only the counts differ from page to page."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from models_ui.catalog.facets import FACETS, Facet
from models_ui.catalog.index import CatalogIndex, FacetValue, SearchResult
from models_ui.catalog.labels import facet_label, isolated_value_label, value_label
from models_ui.catalog.sentences import more_values, unused_values

_LONG: Final = 8  # values of a facet that stand in sight; more of them are folded away
_COUNT: Final = secrets.token_hex(8)  # stands for the count in cached HTML; no text from outside can contain it
_MOST_KEPT: Final = 5_000  # an address may hold any values


@dataclass(frozen=True, slots=True)
class FacetPanel:
    name: str
    label: str
    open: bool
    options: SafeString
    more: SafeString  # the options that are folded away
    more_words: str  # how many they are
    unused: str  # the labels of the values that leave no model
    unused_words: str  # how many they are


def facet_panels(index: CatalogIndex, result: SearchResult) -> Iterator[FacetPanel]:
    """Yield the facets that a page offers. Types are its tabs, so they are no facet there.

    The length of the context is a range and no facet, but has its place among them.
    """
    for name, values in result.facets.items():
        if name == "root":
            yield _CONTEXT
        if name != "type" and _tells_apart(FACETS[name], values, result.total):
            yield _panel_of(index, FACETS[name], values)


_CONTEXT: Final = FacetPanel(
    "context", "", open=True, options=SafeString(), more=SafeString(), more_words="", unused="", unused_words=""
)


def _panel_of(index: CatalogIndex, facet: Facet, values: Sequence[FacetValue]) -> FacetPanel:
    used = _choose_used(values)
    shown = _choose_shown(used)
    in_sight = {value.value for value in shown}
    folded = [value for value in used if value.value not in in_sight]
    unused = [isolated_value_label(value.value, facet.name) for value in values if not _is_used(value)]
    return FacetPanel(
        name=facet.name,
        label=facet_label(facet.name),
        open=facet.starts_open or any(value.selected for value in values),
        options=_render_options(index, facet.name, shown),
        more=_render_options(index, facet.name, folded),
        more_words=more_values(len(folded)),
        unused=", ".join(unused),
        unused_words=unused_values(len(unused), leaves_out=facet.combines == "none"),
    )


def _tells_apart(facet: Facet, values: Sequence[FacetValue], total: int) -> bool:
    """Return whether a facet can narrow the list or widen it: not if each model has the one value there is."""
    used = _choose_used(values)
    is_told = len(used) == 1 and used[0].count == total and not used[0].selected
    return bool(used) and not (is_told and not facet.fixed_order)


def _choose_used(values: Sequence[FacetValue]) -> list[FacetValue]:
    """Return the values that leave a model, and those that are chosen."""
    return [value for value in values if _is_used(value)]


def _is_used(value: FacetValue) -> bool:
    return bool(value.count) or value.selected


def _choose_shown(used: Sequence[FacetValue]) -> Sequence[FacetValue]:
    """Return the values that stand in sight, in their order: the chosen ones, and those that most models have."""
    if len(used) <= _LONG + 1:
        return used
    by_size = sorted(used, key=lambda value: (not value.selected, -value.count))
    largest = {value.value for value in by_size[:_LONG]}
    return [value for value in used if value.selected or value.value in largest]


def _render_options(index: CatalogIndex, facet: str, options: Sequence[FacetValue]) -> SafeString:
    kept = index.cached_with_facts(("options", get_language()), dict[tuple[str, str, bool], list[str]])
    rendered = []
    for option in options:
        key = facet, option.value, option.selected
        around = kept.get(key)
        if around is None:
            context = {"facet": facet, "value": option.value, "selected": option.selected, "count": _COUNT}
            around = _option_template().render({**context, "label": value_label(facet, option.value)}).split(_COUNT)
            if len(kept) < _MOST_KEPT:
                kept[key] = around
        rendered.append(str(option.count).join(around))
    return SafeString("".join(rendered))  # rendered by a template; the counts are numbers


@cache
def _option_template() -> Any:
    return get_template("models_ui/_facets.html#option")
