"""The menus that choose how rows are grouped and which columns they have, as HTML.

They are part of the form of the filters, so they hold no address and are kept for each choice and language.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.template.loader import get_template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from models_ui.catalog.columns import COLUMNS
from models_ui.catalog.groups import GROUPINGS
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.rows import RowStyle
from models_ui.catalog.sentences import grouping_label

_MOST_KEPT: Final = 50  # an address may name any sequence of columns


@dataclass(frozen=True, slots=True)
class GroupingChoice:
    value: str
    label: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    name: str
    label: str
    is_shown: bool = False
    before: str = ""  # what moves it to the left: moving itself; empty where it is the first, or not shown
    after: str = ""  # what moves it to the right: moving the next one to the left


@dataclass(frozen=True, slots=True)
class ToolMenus:
    group: str
    columns: str


def tool_menus(index: CatalogIndex, query: CatalogQuery, style: RowStyle) -> ToolMenus:
    kept = index.cached_with_facts("tool menus", dict[object, ToolMenus])
    key = get_language(), query.grouping, style.columns, bool(query.columns)
    if key not in kept:
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        kept[key] = _render_menus(query, style.columns)
    return kept[key]


def _render_menus(query: CatalogQuery, columns: Sequence[str]) -> ToolMenus:
    groupings = [GroupingChoice(each, grouping_label(each), each == query.grouping) for each in GROUPINGS]
    others = [ColumnChoice(each, _label(each)) for each in COLUMNS if each not in columns]
    context = {
        "groupings": groupings,
        "grouping": grouping_label(query.grouping),
        "columns": [*_shown_columns(columns), *others],
        "are_chosen": bool(query.columns),
        "shown": ",".join(columns),
    }
    return ToolMenus(_template("group_menu").render(context), _template("columns_menu").render(context))


def _shown_columns(columns: Sequence[str]) -> list[ColumnChoice]:
    return [
        ColumnChoice(
            name,
            _label(name),
            is_shown=True,
            before=name if place else "",
            after=columns[place + 1] if place + 1 < len(columns) else "",
        )
        for place, name in enumerate(columns)
    ]


def _label(name: str) -> str:
    return _(COLUMNS[name].label)


@cache
def _template(name: str) -> Any:
    return get_template(f"models_ui/_tools.html#{name}")
