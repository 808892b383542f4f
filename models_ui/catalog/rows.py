"""Table rows as HTML: rendered once for each language, day, role and style, and kept as long as they show the same.

The kept HTML has placeholders for the texts in which a search marks its hits.

A row's HTML depends on the row, the language, the UTC date ("in 23 days"), the columns and what the role may do, never
on the person: it holds no CSRF token. What acts on a row belongs to a form outside the rows that has one.
"""

import secrets
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final, TypeVar

from django.http import HttpRequest
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, strip_spaces_between_tags
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from models_ui.access.policy import DELETION_ROLES, PolicyFacts, allowed_verbs, denial_reasons
from models_ui.access.roles import Role
from models_ui.access.verbs import CARE_VERBS, VERBS, Verb
from models_ui.catalog.groups import GroupSlice
from models_ui.catalog.index import CatalogIndex, SearchResult
from models_ui.catalog.lifecycle import Lifecycle, days_until
from models_ui.catalog.links import Named, address_of, address_of_id, named_replacement
from models_ui.catalog.replacements import Replacement, replacement_of
from models_ui.catalog.risks import Risk
from models_ui.catalog.row import Row
from models_ui.catalog.row_texts import HOLES, RowTexts, RowWithHoles, row_texts, summary_of
from models_ui.catalog.sentences import group_count, group_label
from models_ui.catalog.status import Status
from models_ui.models import DISPUTED, CatalogModel
from models_ui.services.cards import digest_of_id
from models_ui.text.isolation import fill, isolate
from models_ui.text.labels import field_label
from models_ui.vocabulary import id_is_routable

T = TypeVar("T")

_COUNT: Final = secrets.token_hex(8)  # stands for the count in cached HTML; no text from outside can contain it
_MOST_STYLES: Final = 24
_MOST_FITTING: Final = 5  # columns that leave room for the name
StyleKey = tuple[str | None, date, Role, "RowStyle"]
"""For whom a row is rendered: the language, the UTC date, the role and the style."""

_LONGEST_KEPT: Final = CatalogModel._meta.get_field("model_id").max_length or 300


@dataclass(frozen=True, slots=True)
class RowView:
    """A row, and the facts that depend on the clock and on the other rows. Templates read it."""

    row: Row
    label: str
    is_unnamed: bool  # a person could have named the model, and nobody has
    is_named_by_id: bool
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
        """The description, where somebody wrote one."""
        return summary_of(self.row)

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
    def shown_facts(self) -> Hashable:
        """What the HTML of a table row follows from, beside its style. `risk` has what it says of the base model."""
        doubt = self.replacement.doubt
        return self.row, self.status, self.days, self.address, self.replacement_address, doubt, self.risk

    @property
    def urgency(self) -> str:
        if self.days is None or self.lifecycle == "retired":
            return ""
        return "soon" if self.days <= 30 else "later"


def view_of(row: Row, index: CatalogIndex, now: datetime) -> RowView:
    label, is_fine_tuned, is_missing = row.label, row.is_fine_tuned, row.is_missing
    shows_id = label == row.model_id
    is_unnamed = is_fine_tuned and shows_id and bool(label)
    replacement, standing = replacement_of(row, index.find, now), index.standing_of(row)
    risk = index.risks_at(now).risk_of(row) if is_fine_tuned and not is_missing else None
    return RowView(
        row=row,
        label=label,
        is_unnamed=is_unnamed,
        is_named_by_id=shows_id and not is_unnamed,
        lifecycle=standing.stage,
        status=standing.status,
        days=days_until(row.deprecation, now) if row.deprecation else None,
        replacement=replacement,
        replacement_address=address_of_id(row.replacement) if replacement.outcome in ("found", "several") else "",
        instead=named_replacement(replacement, index),
        address=address_of(row, index),
        risk=risk,
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
    return index.cached_with_facts("digests", lambda: _unroutable_ids(index)).get(digest)


def _unroutable_ids(index: CatalogIndex) -> dict[str, str]:
    """Return the ids that no address may carry, by their digests."""
    unroutable = (model_id for model_id in ("", *index.ids) if not id_is_routable(model_id))
    return {digest_of_id(model_id): model_id for model_id in unroutable}


@dataclass(frozen=True, slots=True)
class RowStyle:
    """How a person has the rows: the columns behind the name, and whether descriptions stand below it."""

    columns: tuple[str, ...]
    is_roomy: bool = False
    is_worker_away: bool = False  # no process runs jobs now: rows with a planned deletion say so

    @property
    def is_wide(self) -> bool:
        """Whether the columns may need more room than a window has."""
        return len(self.columns) > _MOST_FITTING


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group on a page: its head and its rows as HTML. Rows that are not grouped have no head."""

    key: str
    head: SafeString | str
    rows: SafeString


def group_views(
    index: CatalogIndex, result: SearchResult, now: datetime, role: Role, style: RowStyle
) -> list[GroupView]:
    """Return the rows of a page under the heads of their groups."""
    if not result.groups:
        return (
            [GroupView("", "", row_fragments(index, result.rows, now, role, style, result.words))]
            if result.rows
            else []
        )
    return [
        GroupView(
            part.group.key,
            group_head(index, part, now, len(style.columns)),
            row_fragments(index, [index.rows[position] for position in part.positions], now, role, style, result.words),
        )
        for part in result.groups
    ]


def group_head(index: CatalogIndex, part: GroupSlice, now: datetime, columns: int) -> SafeString:
    """Return the head of a group as HTML. Only the count differs from page to page; the rest is kept."""
    kept = index.cached_with_facts(("heads", get_language(), now.date(), columns), dict[str, list[str]])
    group = part.group
    around = kept.get(group.key)
    if around is None:
        base = view_of(group.base, index, now) if group.base else None
        context = {"group": group, "each": base, "label": group_label(group), "span": columns + 3, "count": _COUNT}
        around = kept[group.key] = without_layout(_group_template().render(context)).split(_COUNT)
    words = group_count(group, part.count)
    if part.is_continued:
        words = fill(_("%(count)s, continued"), {"count": words})
    return format_html("{}{}{}", SafeString(around[0]), words, SafeString(around[1]))  # rendered by a template


def row_fragments(
    index: CatalogIndex, rows: Iterable[Row], now: datetime, role: Role, style: RowStyle, words: Sequence[str] = ()
) -> SafeString:
    """Return the HTML of rows, in order, with these folded words marked."""
    key = (get_language(), now.date(), role, style)
    kept = _kept_under(index.cached("rows", dict[StyleKey, dict[int, RowWithHoles]]), key)
    fragments: list[SafeString] = []
    for row in rows:
        if row.pk not in kept:
            kept[row.pk] = _rendered_row(index, row, now, key)
        fragments.append(kept[row.pk].marked(row, words))
    return SafeString("".join(fragments))  # rendered by a template


def _rendered_row(index: CatalogIndex, row: Row, now: datetime, key: StyleKey) -> RowWithHoles:
    """Return the row's HTML with holes. HTML from an earlier index is used again if the row shows the same facts."""
    *_, role, style = key
    view, rendered = view_of(row, index, now), _kept_under(_RENDERED, key)
    facts = view.shown_facts
    shown = rendered.get(row.pk)  # looked up once: another thread may put that of another index here at any moment
    if shown is None or shown[0] != facts:
        html = _row_template().render(_row_context(view, role, style, HOLES))
        shown = rendered[row.pk] = facts, RowWithHoles(without_layout(html))
    return shown[1]


_RENDERED: Final[dict[StyleKey, dict[int, tuple[Hashable, RowWithHoles]]]] = {}  # with the facts that each shows


def _kept_under(styles: dict[StyleKey, dict[int, T]], key: StyleKey) -> dict[int, T]:
    """Return what is kept under a key. An address may name any columns, so only some styles are kept."""
    if key not in styles and len(styles) >= _MOST_STYLES:
        styles.clear()
    return styles.setdefault(key, {})


def without_layout(html: str) -> SafeString:
    """Return HTML that a template rendered without the spaces between its tags, which would be a third of a page."""
    return SafeString(strip_spaces_between_tags(html.strip()))


def row_fragment(
    index: CatalogIndex,
    row: Row,
    now: datetime,
    role: Role,
    style: RowStyle,
    request: HttpRequest,
    extra: dict[str, Any],
) -> SafeString:
    """Return the HTML of a row that is edited or just acted upon. It is rendered afresh, never kept."""
    context = {**_row_context(view_of(row, index, now), role, style, row_texts(row)), **extra}
    with timezone.override(UTC):  # as the rows around it
        fragment: SafeString = _row_template().render(context, request)
    return fragment


def _row_context(view: RowView, role: Role, style: RowStyle, texts: RowTexts) -> dict[str, Any]:
    left, facts = _verbs_left(view.row), PolicyFacts.of(view.row)
    allowed = allowed_verbs(role, facts, (*left, *CARE_VERBS)) if facts.routable and not facts.is_deleted else []
    return {
        "each": view,
        "can": " ".join((*allowed, *offers_of(view.row, facts, role))),  # as the addresses of the actions end
        "is_worker_away": style.is_worker_away,
        "columns": style.columns,
        "texts": texts,
        "with_summary": style.is_roomy and bool(view.summary),
        "on_page": False,
        "selectable": facts.routable,
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


def buttons_of(row: Row, role: Role) -> list[Button]:
    """Return the buttons of a fine-tune; none for Mistral's own models and for deleted ones."""
    if not row.is_fine_tuned or row.is_deleted or not row.routable:
        return []
    return [
        Button(verb, reverse(verb, args=[row.model_id]), denial, VERBS[verb].asks_first)
        for verb, denial in denial_reasons(role, row, _verbs_left(row)).items()
    ]


def _verbs_left(row: Row) -> list[Verb]:
    """Return the verbs with buttons of their own that would change the row's state or its texts."""
    return [verb for verb in VERBS if not VERBS[verb].is_care and not _is_so_already(row, verb)]


def offers_of(row: Row, facts: PolicyFacts, role: Role) -> list[str]:
    """Return what else this role may do about the deletion of a fine-tune, as its address says it."""
    if row.archived and row.deletion_due_at is not None and not facts.is_missing:
        return ["keep"] if role >= DELETION_ROLES["deletion.taken_back"] else []  # it waits for its day
    asker, deleter = DELETION_ROLES["deletion.asked"], DELETION_ROLES["deletion.planned"]
    # Who may delete does not ask.
    return ["ask-deletion"] if asker <= role < deleter and allowed_verbs(deleter, facts, (Verb.DELETE,)) else []


def _is_so_already(row: Row, verb: Verb) -> bool:
    """Whether the row already is in the state that the verb sets."""
    field, target = VERBS[verb].field, VERBS[verb].target
    return field is not None and target is not None and getattr(row, field) == target


@cache
def _row_template() -> Any:
    return get_template("models_ui/_row.html#row")


@cache
def _group_template() -> Any:
    return get_template("models_ui/_row.html#group")
