"""Table rows as HTML: rendered once for each language, day and role, and kept as long as the index holds.

A row's HTML depends on the row, the language, the UTC date ("in 23 days") and what the role may do, never on the
person: it holds no CSRF token. Buttons belong to a form outside the rows that has one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from django.http import HttpRequest
from django.template.loader import get_template
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from models_ui.access.policy import denial_reason
from models_ui.access.roles import Role
from models_ui.access.verbs import VERBS, Verb
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.lifecycle import Lifecycle, days_until, lifecycle_stage
from models_ui.catalog.links import Named, address_of, address_of_id, named_replacement
from models_ui.catalog.replacements import Replacement, replacement_of
from models_ui.catalog.risks import Risk
from models_ui.catalog.row import Row
from models_ui.catalog.status import Status
from models_ui.models import DISPUTED, CatalogModel
from models_ui.services.cards import digest_of_id
from models_ui.text.isolation import isolate
from models_ui.text.labels import field_label
from models_ui.vocabulary import id_is_routable, is_placeholder

PAGE_VERBS: Final = tuple(VERBS)
ROW_VERBS: Final = tuple(verb for verb in VERBS if VERBS[verb].is_in_row)
_LONGEST_KEPT: Final = CatalogModel._meta.get_field("model_id").max_length or 300


@dataclass(frozen=True, slots=True)
class RowView:
    """A row, and the facts that depend on the clock and on the other rows. Templates read it."""

    row: Row
    lifecycle: Lifecycle
    status: Status
    days: int | None  # until it stops working; negative once it has
    address: str  # of its page
    replacement: Replacement
    replacement_address: str  # where the name that upstream gives leads
    instead: Named | None  # the one model that it means today
    risk: Risk | None  # what a fine-tune inherits from its base model

    @property
    def summary(self) -> str:
        """The description, unless it is the sentence that upstream puts where nobody wrote one."""
        text = self.row.description or ""
        return "" if is_placeholder(text) else text

    @property
    def garbled(self) -> list[str]:
        """Upstream's fields that were left out or could not be read."""
        return [problem for problem in self.row.problems if not problem.startswith(DISPUTED)]

    @property
    def disputed(self) -> str:
        """The fields on which the entries of upstream's list disagree, in words; empty where they agree."""
        fields = (problem.removeprefix(DISPUTED) for problem in self.row.problems if problem.startswith(DISPUTED))
        return ", ".join(isolate(field_label(field)) for field in fields)

    @property
    def urgency(self) -> str:
        if self.days is None or self.lifecycle == "retired":
            return ""
        return "soon" if self.days <= 30 else "later"


def view_of(row: Row, index: CatalogIndex, now: datetime) -> RowView:
    replacement = replacement_of(row, index.find, now)
    return RowView(
        row=row,
        lifecycle=lifecycle_stage(row.deprecation, now),
        status=index.status_of_row(row),
        days=days_until(row.deprecation, now) if row.deprecation else None,
        address=address_of(row, index),
        replacement=replacement,
        replacement_address=address_of_id(row.replacement) if replacement.outcome in ("found", "several") else "",
        instead=named_replacement(replacement, index),
        risk=index.risks_at(now).risk_of(row) if row.is_fine_tuned and not row.is_missing else None,
    )


def rows_of_id(model_id: str, index: CatalogIndex) -> tuple[Row, ...]:
    """Return the models that an id or alias leads to.

    An id that is too long for its column is found by the part that the column holds. An empty id leads to the models
    that upstream lists without one.
    """
    if not model_id:
        return tuple(row for row in index.rows if not row.model_id)
    rows = index.find(model_id)
    if not rows and len(model_id) > _LONGEST_KEPT:
        rows = index.find(f"{model_id[: _LONGEST_KEPT - 1]}…")
    return rows


def id_of_digest(digest: str, index: CatalogIndex) -> str | None:
    """Return the id or alias that a digest stands for; None where the catalog has none."""
    return index.cached("digests", lambda: _unroutable_ids(index)).get(digest)


def _unroutable_ids(index: CatalogIndex) -> dict[str, str]:
    """Return the ids that no address may carry, by their digests."""
    unroutable = (model_id for model_id in ("", *index.ids) if not id_is_routable(model_id))
    return {digest_of_id(model_id): model_id for model_id in unroutable}


def row_fragments(index: CatalogIndex, rows: Iterable[Row], now: datetime, role: Role) -> list[SafeString]:
    """Return the rows' HTML, in order."""
    kept = index.cached(("rows", get_language(), now.date(), role), dict[int, SafeString])
    fragments = []
    for row in rows:
        fragment = kept.get(row.pk)
        if fragment is None:
            fragment = kept[row.pk] = _row_template().render(_row_context(index, row, now, role))
        fragments.append(fragment)
    return fragments


def row_fragment(
    index: CatalogIndex, row: Row, now: datetime, role: Role, request: HttpRequest, extra: dict[str, Any]
) -> SafeString:
    """Return the HTML of a row that is edited or just acted upon. It is rendered afresh, never kept."""
    fragment: SafeString = _row_template().render({**_row_context(index, row, now, role), **extra}, request)
    return fragment


def _row_context(index: CatalogIndex, row: Row, now: datetime, role: Role) -> dict[str, Any]:
    buttons = buttons_of(row, role)
    return {
        "each": view_of(row, index, now),
        "buttons": buttons,
        "on_page": False,
        "selectable": bool(buttons) and role >= Role.EDITOR,  # for bulk actions
    }


@dataclass(frozen=True, slots=True)
class Button:
    """An action on a model, allowed or not."""

    verb: Verb
    address: str
    denial: str  # why not; empty when it can be done
    asks: bool  # leads to a form first; the others act at one click

    @property
    def reverse(self) -> Verb | None:
        """The action that this one takes back, and whose button it replaces once that is done."""
        return VERBS[self.verb].reverse


def buttons_of(row: Row, role: Role, verbs: Sequence[Verb] = ROW_VERBS) -> list[Button]:
    """Return the buttons of a fine-tune; none for Mistral's own models and for deleted ones."""
    if not row.is_fine_tuned or row.is_deleted or not row.routable:
        return []
    return [
        Button(verb, reverse(verb, args=[row.model_id]), denial_reason(role, row, verb), VERBS[verb].asks_first)
        for verb in verbs
        if not _is_so_already(row, verb)
    ]


def _is_so_already(row: Row, verb: Verb) -> bool:
    """Whether the row already is in the state that the verb sets."""
    field, target = VERBS[verb].field, VERBS[verb].target
    return field is not None and target is not None and getattr(row, field) == target


@cache
def _row_template() -> Any:
    return get_template("models_ui/catalog.html#row")
