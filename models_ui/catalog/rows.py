"""Table rows as HTML: rendered once for each language and day, and kept as long as the index holds.

A row's HTML depends on the row, the language and the UTC date ("in 23 days"), never on the person.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.template.loader import get_template
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from models_ui.catalog.index import CatalogIndex, Row
from models_ui.lifecycle import Lifecycle, days_until, lifecycle

_BOILERPLATE = re.compile(r"Official \S+ Mistral AI model")


@dataclass(frozen=True, slots=True)
class RowView:
    """A row with what depends on the clock and on the other rows. Templates read it."""

    row: Row
    lifecycle: Lifecycle
    days: int | None  # until it stops working; negative once it has
    address: str  # of its page; empty when no address may carry its id
    replacement_address: str

    @property
    def summary(self) -> str:
        """The description, unless it is the sentence that upstream puts where nobody wrote one."""
        text = self.row.description or ""
        return "" if _BOILERPLATE.fullmatch(text) else text

    @property
    def urgency(self) -> str:
        if self.days is None or self.lifecycle == "retired":
            return ""
        return "soon" if self.days <= 30 else "later"


def view_of(row: Row, index: CatalogIndex, now: datetime) -> RowView:
    return RowView(
        row=row,
        lifecycle=lifecycle(row.deprecation, now),
        days=days_until(row.deprecation, now) if row.deprecation else None,
        address=address_of(row, index),
        replacement_address=reverse("model", args=[row.replacement]) if index.find(row.replacement) else "",
    )


def address_of(row: Row, index: CatalogIndex) -> str:
    """The address of the model's page; with our own key where upstream gave the id to several models."""
    if not row.routable:
        return ""
    address = reverse("model", args=[row.model_id])
    return f"{address}?row={row.pk}" if len(index.find(row.model_id)) > 1 else address


def row_fragments(index: CatalogIndex, rows: Iterable[Row], now: datetime) -> list[SafeString]:
    """The rows' HTML, in order."""
    kept = index.kept.setdefault(("rows", get_language(), now.date()), {})
    assert isinstance(kept, dict)
    fragments = []
    for row in rows:
        fragment = kept.get(row.pk)
        if fragment is None:
            fragment = kept[row.pk] = _row_template().render({"each": view_of(row, index, now)})
        fragments.append(fragment)
    return fragments


@cache
def _row_template() -> Any:
    return get_template("models_ui/catalog.html#row")
