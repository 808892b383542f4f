"""Reading what upstream changed: the query that the address holds, and the changes as sentences.

/changes/?kind=alias.repointed&model=mistral-medium-latest&from=2026-11-01&before=1234
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, cached_property
from itertools import groupby
from typing import Any, ClassVar, Final, Self

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from models_ui.catalog.facets import FACETS
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.links import address_of, address_of_id
from models_ui.catalog.row import Row
from models_ui.catalog.spelling import catalog_speller
from models_ui.changes.kinds import ALIAS_REPOINTED, CHANGE_KINDS, change_label, find_kind
from models_ui.changes.sentences import change_sentence, searched_words, sentence_parts
from models_ui.listing.filters import (
    PER_PAGE,
    PERIODS,
    Filters,
    HistoryFacet,
    ListPage,
    ReadQuery,
    Switch,
    read_day,
    read_key,
    read_model_id,
)
from models_ui.listing.history_counts import CrossCounts, HistoryCounts
from models_ui.listing.history_search import ColumnWords, words_of_column
from models_ui.listing.parameters import alternatives, one_of, parameter, read_text
from models_ui.listing.querystring import Ignored
from models_ui.models import CatalogChange, SyncRun
from models_ui.text.labels import capability_label
from models_ui.text.marks import id_html
from models_ui.text.sentence_html import fill_html, word_html
from models_ui.vocabulary import CAPABILITIES

OURS: Final = "fine-tunes"
AFFECTS: Final = {OURS: gettext_lazy("Our fine-tunes and their base models")}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesQuery(Filters):
    """Filters and place. Both ends of the days are included.

    `model` is an id or an alias; `before` is the key of a change, which older ones follow.
    """

    q: str = parameter("", read_text)
    kind: tuple[str, ...] = alternatives(one_of(CHANGE_KINDS))
    affects: tuple[str, ...] = alternatives(one_of(AFFECTS))
    model: str = parameter("", read_model_id)
    period: str = parameter("", one_of(PERIODS))
    since: date | None = parameter(None, read_day, name="from")
    until: date | None = parameter(None, read_day, name="to")
    before: int | None = parameter(None, read_key, role="place")

    page: ClassVar = "changes"

    def matches(self, index: CatalogIndex, last_visit: datetime | None = None) -> QuerySet[CatalogChange]:
        """Return the matching changes of every page, the newest first."""
        changes = CatalogChange.objects.order_by("-pk")
        if self.kind:
            changes = changes.filter(kind__in=self.kind)
        if self.affects:
            changes = changes.filter(OurModels.of(index).condition)
        if self.model:
            changes = changes.filter(_about_model(self.model))
        return self.narrow(changes, last_visit)

    @staticmethod
    def searched_columns() -> Sequence[ColumnWords]:
        return _searched_columns()

    def read(self, index: CatalogIndex) -> ReadQuery[Self]:
        """Return the query with the typos of its words mended."""
        return self.mend_typos(CatalogChange.objects.all(), catalog_speller(lambda: index))


@cache
def _searched_columns() -> Sequence[ColumnWords]:
    return (
        words_of_column("kind", CHANGE_KINDS, searched_words),
        words_of_column(
            "subject",
            CAPABILITIES,
            lambda key: [" ".join((capability_label(key), *FACETS["capability"].other_words.get(key, ())))],
        ),
    )


def _about_model(model_id: str) -> Q:
    """Match a model's own changes and an alias's moves, whichever end of a move the id is."""
    is_moved = Q(subject=model_id) | Q(before=model_id)
    return Q(model_id=model_id) | Q(is_moved, kind=ALIAS_REPOINTED)


@dataclass(frozen=True, slots=True)
class OurModels:
    """The models whose changes concern us: our fine-tunes and what they were trained from.

    `base_names` are the ids by which fine-tunes name their base models, aliases among them.
    """

    base_names: frozenset[str]
    model_ids: frozenset[str]

    @classmethod
    def of(cls, index: CatalogIndex) -> Self:
        names = frozenset(row.root for row in index.rows if row.root and not row.is_missing)
        base_ids = {base.model_id for name in names for base in index.find(name)}
        fine_tune_ids = {row.model_id for row in index.rows if row.is_fine_tuned}
        return cls(names, names | base_ids | fine_tune_ids)

    @property
    def condition(self) -> Q:
        return Q(model_id__in=self.model_ids) | Q(kind=ALIAS_REPOINTED, subject__in=self.base_names)

    def has(self, change: CatalogChange) -> bool:
        is_base_name = change.kind == ALIAS_REPOINTED and change.subject in self.base_names
        return change.model_id in self.model_ids or is_base_name


# --- Changes on a page


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One change, as text and as a sentence whose models are links."""

    change: CatalogChange
    index: CatalogIndex
    words: Sequence[str] = ()  # folded; what a search marks

    @property
    def at(self) -> datetime:
        return self.change.at

    @property
    def note(self) -> str:
        """A word that the sentence lacks."""
        return str(find_kind(self.change.kind).note)

    @property
    def sentence(self) -> str:
        return change_sentence(self.change)

    @property
    def linked(self) -> SafeString:
        parts = sentence_parts(self.change)
        words = {name: word_html(word, self.words) for name, word in parts.words.items()}
        for name, model_id in parts.ids.items():
            if address := self._find_address(model_id):
                words[name] = format_html('<a href="{}">{}</a>', address, words[name])
        return fill_html(parts.sentence, words)

    @property
    def model_id(self) -> str:
        """The id, where the sentence calls the model by its name."""
        return self.change.model_id if self.change.label not in ("", self.change.model_id) else ""

    @property
    def id_html(self) -> SafeString:
        return id_html(self.model_id, self.words)

    def _find_address(self, model_id: str) -> str:
        rows = self.index.find(model_id)
        if len(rows) == 1:
            return address_of(rows[0], self.index)
        return address_of_id(model_id) if rows else ""


@dataclass(frozen=True, slots=True)
class ChangesOfDay:
    """The changes of one day of the reader's time zone, those that concern us first.

    Each group has a heading, "" where it is the day's only one.
    """

    day: date
    groups: Sequence[tuple[str, Sequence[ChangeLine]]]

    @classmethod
    def of(cls, day: date, lines: Sequence[ChangeLine], ours: OurModels) -> Self:
        first = [line for line in lines if ours.has(line.change)]
        others = [line for line in lines if not ours.has(line.change)]
        if not first or not others:
            return cls(day, [("", lines)])
        return cls(day, [(str(AFFECTS[OURS]), first), (_("Mistral’s other models"), others)])


@dataclass(frozen=True, slots=True)
class AliasTarget:
    """The model that an alias meant for a while. `since` is None where that began before the first sync."""

    model_id: str
    address: str
    since: datetime | None
    until: datetime | None


def lines_of_model(row: Row, index: CatalogIndex, most: int = 10) -> list[ChangeLine]:
    """Return a model's own changes, the newest first."""
    if not row.model_id:
        return []
    return [ChangeLine(change, index) for change in ChangesQuery(model=row.model_id).matches(index)[:most]]


def repointed_aliases(row: Row) -> frozenset[str]:
    """Return those of a model's aliases that have meant another model."""
    if not row.aliases:
        return frozenset()
    moves = CatalogChange.objects.filter(kind=ALIAS_REPOINTED, subject__in=row.aliases)
    return frozenset(move.subject for move in moves)


class ChangesPage(ListPage[ChangesQuery, CatalogChange]):
    """One page of what upstream changed."""

    labels: ClassVar = {"kind": gettext_lazy("What")}

    def __init__(
        self,
        query: ChangesQuery,
        ignored: Sequence[Ignored],
        index: CatalogIndex,
        last_visit: datetime | None = None,
    ) -> None:
        self.read = query.read(index)
        super().__init__(query, ignored, self.read.query.matches(index, last_visit), last_visit=last_visit)
        self.index = index

    @property
    def days(self) -> list[ChangesOfDay]:
        ours = OurModels.of(self.index)
        lines = [ChangeLine(change, self.index, self.read.words) for change in self.shown]
        by_day = groupby(lines, key=lambda line: timezone.localdate(line.at))
        return [ChangesOfDay.of(day, list(of_day), ours) for day, of_day in by_day]

    @property
    def tabs(self) -> list[Switch]:
        """All changes, and those that concern us, each with its number."""
        tabs = [("", _("All")), (OURS, str(AFFECTS[OURS]))]
        return [self._tab(affects, label) for affects, label in tabs]

    def _tab(self, affects: str, label: str) -> Switch:
        query = self.query.changed(affects=(affects,) if affects else ())
        number = self._counts_of_kinds[affects].total_of(self.query.kind)
        return Switch(label, query.address(), query.affects == self.query.affects, number)

    @property
    def facets(self) -> list[HistoryFacet]:
        return [self.facet("kind", CHANGE_KINDS, self._counts_of_kinds[OURS if self.query.affects else ""])]

    @cached_property
    def _counts_of_kinds(self) -> dict[str, HistoryCounts]:
        """The number of changes by kind: of all, and of those that concern us."""
        return {affects: self._count_kinds(affects) for affects in ("", OURS)}

    def _count_kinds(self, affects: str) -> HistoryCounts:
        query = replace(self.read.query, kind=(), affects=(affects,) if affects else ())
        return CrossCounts(query.matches(self.index, self.last_visit), ("kind",)).counts_of("kind", {})

    @cached_property
    def is_empty(self) -> bool:
        """Whether nothing has ever changed, as opposed to no match."""
        return not self.total and not CatalogChange.objects.exists()

    @property
    def first_synced_at(self) -> datetime | None:
        succeeded = SyncRun.objects.filter(outcome=SyncRun.Outcome.SUCCEEDED)
        return succeeded.order_by("pk").values_list("finished_at", flat=True).first()

    @cached_property
    def about(self) -> Sequence[Row]:
        """The models that the query's id leads to."""
        return self.index.find(self.query.model) if self.query.model else ()

    @property
    def about_address(self) -> str:
        return address_of(self.about[0], self.index) if len(self.about) == 1 else ""

    @cached_property
    def pointings(self) -> list[AliasTarget]:
        """The models that the query's id meant, and when; the present one comes first."""
        if not self.query.model:
            return []
        moves = CatalogChange.objects.filter(kind=ALIAS_REPOINTED, subject=self.query.model).order_by("-pk")
        return list(self._targets_of(list(moves[:PER_PAGE])))

    def _targets_of(self, moves: Sequence[CatalogChange]) -> Iterator[AliasTarget]:
        until = None
        for move in moves:
            yield AliasTarget(str(move.after), self._address_of_own_id(move.after), move.at, until)
            until = move.at
        if moves:
            yield AliasTarget(str(moves[-1].before), self._address_of_own_id(moves[-1].before), None, until)

    def _address_of_own_id(self, model_id: Any) -> str:
        rows = [row for row in self.index.find(str(model_id)) if row.model_id == model_id]
        return address_of(rows[0], self.index) if rows else ""

    def value_label(self, name: str, value: str) -> str:
        return change_label(value) if name == "kind" else str(AFFECTS[value])


# --- Exports


def export_changes(
    query: ChangesQuery, index: CatalogIndex, last_visit: datetime | None = None
) -> Iterable[Mapping[str, Any]]:
    """Yield a record of every match, on whichever page it stands."""
    return map(change_record, query.changed().read(index).query.matches(index, last_visit).iterator(chunk_size=1000))


def change_record(change: CatalogChange) -> dict[str, Any]:
    return {
        "at": change.at,
        "kind": change.kind,
        "model_id": change.model_id,
        "model_name": change.label or None,
        "subject": change.subject or None,
        "before": change.before,
        "after": change.after,
        "sentence": change_sentence(change),
    }


def change_cells(record: Mapping[str, Any]) -> list[Any]:
    """Return a record for a spreadsheet, with its dates as dates."""
    if find_kind(record["kind"]).value_type != "date":
        return list(record.values())
    return [_read_date(value) if name in ("before", "after") else value for name, value in record.items()]


def _read_date(value: Any) -> Any:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value


COLUMNS: Final = ("at", "kind", "model_id", "model_name", "subject", "before", "after", "sentence")
