"""What the page of retirements shows, month by month, and lines of the same kind for other pages."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import groupby
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.links import Named, address_of, named_replacement
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.risks import Risk
from models_ui.catalog.row import Row
from models_ui.catalog.status import LISTED, Status
from models_ui.listing.filters import ignored_sentences
from models_ui.listing.querystring import Ignored, with_query
from models_ui.retirements.endings import Ending, retirements_at
from models_ui.retirements.ends import ModelEnd, ModelEnds, group_ends
from models_ui.retirements.gantt import Gantt, draw_gantt
from models_ui.retirements.labels import affected_label, day_by_which, offered_times
from models_ui.retirements.query import RetirementsQuery
from models_ui.text.care import plan_sentence
from models_ui.text.keepers import NOBODY
from models_ui.vocabulary import BASE, FINE_TUNED

MOST_ROWS: Final = 100  # of each table; the catalog has pages for more
MOST_FINE_TUNES: Final = 6  # named beside their base model; the link leads to all
_STAGES: Final = {"ahead": "retiring", "past": "retired"}


@dataclass(frozen=True, slots=True)
class EndingLine:
    ending: Ending
    address: str
    instead: Named | None


@dataclass(frozen=True, slots=True)
class RiskLine:
    risk: Risk
    address: str
    base_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndLine:
    """One row of the tables: a model with its date, or a fine-tune with the date that it inherits."""

    end: ModelEnd
    status: Status
    address: str
    base: Named | None  # whose date it is, or ends before
    instead: Named | None
    fine_tunes: Sequence[Named]  # that inherit the date
    more_fine_tunes: int
    fine_tunes_query: CatalogQuery
    cared_for: Sequence[Row]  # whose people and plans stand in the row

    @property
    def keepers(self) -> tuple[str, ...]:
        """Who looks after these models, NOBODY among them where that is so of a fine-tune."""
        kept = (row.present_keepers or ((NOBODY,) if row.is_fine_tuned else ()) for row in self.cared_for)
        return tuple(dict.fromkeys(keeper for keepers in kept for keeper in keepers))

    @property
    def plans(self) -> list[str]:
        """The plans for these models, each once."""
        return list(dict.fromkeys(filter(None, (plan_sentence(row.plan) for row in self.cared_for))))


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthOfEnds:
    first: date
    total: int  # rows of the month, also those that the page leaves out
    lines: Sequence[EndLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSection:
    name: str  # ahead or past
    total: int
    rest: int  # rows that the page leaves out
    rest_query: CatalogQuery  # the catalog's view that has them, among others
    months: Sequence[MonthOfEnds]


@dataclass(frozen=True, slots=True)
class FilterLink:
    label: str
    address: str
    chosen: bool
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCounts:
    """How many ends of each kind there are, and the last of their days."""

    theirs: int  # models of Mistral, and whatever else is not ours
    ours: int  # fine-tunes with a date of their own
    hanging: int  # fine-tunes that inherit one
    last_day: str  # in words; empty without any

    @classmethod
    def of(cls, ends: Collection[ModelEnd]) -> "EndCounts":
        return cls(
            theirs=sum(not end.row.is_fine_tuned for end in ends),
            ours=sum(end.row.is_fine_tuned and not end.is_inherited for end in ends),
            hanging=sum(end.is_inherited for end in ends),
            last_day=day_by_which(max(ends, key=lambda end: end.at)) if ends else "",
        )


def ending_line(ending: Ending, index: CatalogIndex) -> EndingLine:
    return EndingLine(ending, address_of(ending.row, index), named_replacement(ending.replacement, index))


def risk_line(risk: Risk, index: CatalogIndex) -> RiskLine:
    risk = replace(risk, row=index.renewed(risk.row))
    return RiskLine(risk, address_of(risk.row, index), address_of(risk.base, index) if risk.base else "")


class RetirementsPage:
    """What the page shows of one query. `ends` are those that calendars have."""

    def __init__(
        self,
        ends: ModelEnds,
        index: CatalogIndex,
        query: RetirementsQuery,
        ignored: Sequence[Ignored],
        now: datetime,
    ) -> None:
        self.index = index
        self.query = query
        self.now = now
        self.ignored = ignored_sentences(ignored)
        self.whole = ends
        self.shown = self.whole.matching(query)

    @property
    def is_ours(self) -> bool:
        """Whether its rows are fine-tunes, each with the date of its own or that it inherits."""
        return self.query.type == FINE_TUNED

    @property
    def shows_fine_tunes(self) -> bool:
        """Whether models have the fine-tunes beside them that inherit their dates."""
        return not self.query.type

    @property
    def ahead(self) -> EndCounts:
        return EndCounts.of(self.shown.ahead)

    @property
    def past(self) -> EndCounts:
        return EndCounts.of(self.shown.past)

    @cached_property
    def gantt(self) -> Gantt:
        return draw_gantt(group_ends((*self.shown.ahead, *self.shown.past)), self.query, self.now)

    # --- The tables

    @property
    def sections(self) -> Iterator[EndSection]:
        """The dates ahead, the next first; then the past ones, the latest first; month by month."""
        for name, ends in (("ahead", self.shown.ahead), ("past", self.shown.past)):
            rows = [end for end in ends if self.is_ours or not end.is_inherited]
            if rows:
                totals = Counter(end.month for end in rows)
                months = [
                    MonthOfEnds(first=first, total=totals[first], lines=[self._line(end) for end in month])
                    for first, month in groupby(rows[:MOST_ROWS], key=lambda end: end.month)
                ]
                yield EndSection(
                    name=name,
                    total=len(rows),
                    rest=len(rows[MOST_ROWS:]),
                    rest_query=self._catalog_of(_STAGES[name]),
                    months=months,
                )

    def _line(self, end: ModelEnd) -> EndLine:
        hanging = self.shown.hanging.get(end.row.pk, ()) if self.shows_fine_tunes else ()
        first = hanging if len(hanging) <= MOST_FINE_TUNES else hanging[: MOST_FINE_TUNES - 1]
        return EndLine(
            end=end,
            status=self.index.status_of_row(end.row),
            address=address_of(end.row, self.index),
            base=Named(end.base, address_of(end.base, self.index)) if end.base else None,
            instead=named_replacement(end.ending.replacement, self.index),
            fine_tunes=[Named(each.row, address_of(each.row, self.index)) for each in first],
            more_fine_tunes=len(hanging) - len(first),
            fine_tunes_query=CatalogQuery(
                type=(FINE_TUNED,), status=LISTED, root=tuple(sorted({each.row.root for each in hanging}))
            ),
            cared_for=[self.index.renewed(each.row) for each in hanging or [end]],
        )

    # --- What has no date

    @cached_property
    def _undated(self) -> Sequence[Risk]:
        """The risks of fine-tunes whose base model is gone or not known, where the query asks for no dates."""
        if self.query.type == BASE or self.query.when or self.query.within:
            return ()
        risks = retirements_at(self.index, self.now).risks
        return [risk for risk in risks if risk.row.pk not in self.whole.by_row]

    @property
    def undated_total(self) -> int:
        return len(self._undated)

    @property
    def undated(self) -> Iterator[tuple[RiskLine, Status]]:
        for risk in self._undated[:MOST_ROWS]:
            yield risk_line(risk, self.index), self.index.status_of_row(risk.row)

    @property
    def more_undated(self) -> int:
        return len(self._undated[MOST_ROWS:])

    @cached_property
    def unreadable(self) -> list[Named]:
        if self.query.has_filters:
            return []
        rows = retirements_at(self.index, self.now).unreadable
        return [Named(row, address_of(row, self.index)) for row in rows[:20]]

    @property
    def unreadable_total(self) -> int:
        return len(retirements_at(self.index, self.now).unreadable)

    # --- Filters, each a link

    def _filter_link(self, label: str, query: RetirementsQuery, count: int | None = None) -> FilterLink:
        return FilterLink(label, retirements_address(query), query == self.query, count)

    @property
    def tabs(self) -> Iterator[FilterLink]:
        """The types of models, each with the number of its dates."""
        labels = (("", pgettext("models", "All")), (FINE_TUNED, _("Our fine-tunes")), (BASE, _("Mistral’s models")))
        for name, label in labels:
            query = self.query.changed(type=name)
            yield self._filter_link(label, query, len(self.whole.matching(query).all))

    @property
    def times(self) -> list[FilterLink]:
        return [self._filter_link(label, query) for label, query in offered_times(self.query)]

    @property
    def cleared(self) -> str:
        """The address of the same tab without filters; empty where there are none."""
        alone = RetirementsQuery(type=self.query.type)
        return retirements_address(alone) if self.query != alone else ""

    @property
    def only_affected(self) -> FilterLink | None:
        """A switch, whose link leads to the other position; None where it would change nothing."""
        if self.is_ours and not self.query.affected:
            return None
        other = self.query.changed(affected=not self.query.affected)
        return FilterLink(affected_label(), retirements_address(other), self.query.affected)

    @property
    def in_catalog(self) -> CatalogQuery | None:
        """The same models in the catalog, unless there are none or it knows no such filter."""
        if self.query.within or self.query.affected or self.is_ours or not self.shown.all:
            return None
        return self._catalog_of(*((_STAGES[self.query.when],) if self.query.when else ("retired", "retiring")))

    def _catalog_of(self, *stages: str) -> CatalogQuery:
        types = (self.query.type,) if self.query.type and not self.is_ours else ()
        return CatalogQuery(lifecycle=stages, type=types, sort="deprecation")


def retirements_address(query: RetirementsQuery) -> str:
    return with_query(reverse("retirements"), query.serialize())
