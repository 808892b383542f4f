"""What the page of retirements shows, month by month, and lines of the same kind for other pages."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.labels import value_label
from models_ui.catalog.links import Named, address_of, named_replacement
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.risks import Risk
from models_ui.listing.filters import ignored_sentences
from models_ui.listing.querystring import Ignored, with_query
from models_ui.retirements.endings import Ending, group_by_month, retirements_at
from models_ui.retirements.query import HORIZONS, RetirementsQuery
from models_ui.retirements.timeline import Timeline, timeline_of
from models_ui.text.care import plan_sentence
from models_ui.text.keepers import NOBODY
from models_ui.vocabulary import FINE_TUNED, TYPES

MOST_ROWS = 100  # of each table; the catalog has pages for more
MOST_FINE_TUNES = 4  # named beside their base model; the link leads to all


@dataclass(frozen=True, slots=True)
class EndingLine:
    ending: Ending
    address: str
    instead: Named | None
    fine_tunes: Sequence[Named]
    more_fine_tunes: int
    fine_tunes_query: CatalogQuery

    @property
    def keepers(self) -> tuple[str, ...]:
        """Who looks after its fine-tunes, NOBODY among them where that is so of one."""
        kept = (row.present_keepers or (NOBODY,) for row in self.ending.iter_fine_tunes())
        return tuple(dict.fromkeys(keeper for keepers in kept for keeper in keepers))

    @property
    def plans(self) -> list[str]:
        """The plans for its fine-tunes, each once."""
        return list(dict.fromkeys(filter(None, (plan_sentence(row.plan) for row in self.ending.iter_fine_tunes()))))


@dataclass(frozen=True, slots=True)
class RiskLine:
    risk: Risk
    address: str
    base_address: str


@dataclass(frozen=True, slots=True)
class FilterLink:
    label: str
    address: str
    chosen: bool
    count: int | None = None


def ending_line(ending: Ending, index: CatalogIndex) -> EndingLine:
    total = ending.fine_tune_count
    first = list(islice(ending.iter_fine_tunes(), MOST_FINE_TUNES))
    return EndingLine(
        ending=ending,
        address=address_of(ending.row, index),
        instead=named_replacement(ending.replacement, index),
        fine_tunes=[Named(row, address_of(row, index)) for row in first],
        more_fine_tunes=total - len(first),
        fine_tunes_query=_fine_tunes_query(ending),
    )


def risk_line(risk: Risk, index: CatalogIndex) -> RiskLine:
    return RiskLine(risk, address_of(risk.row, index), address_of(risk.base, index) if risk.base else "")


def _fine_tunes_query(ending: Ending) -> CatalogQuery:
    """Return the catalog's view of the fine-tunes that were trained from a model, under whichever of its ids."""
    roots = ending.roots or (ending.row.model_id,)
    return CatalogQuery(type=(FINE_TUNED,), state=("archived", "live"), root=tuple(sorted(roots)))


class RetirementsPage:
    """What the page shows of one query."""

    def __init__(self, index: CatalogIndex, query: RetirementsQuery, ignored: Sequence[Ignored], now: datetime) -> None:
        self.index = index
        self.query = query
        self.now = now
        self.ignored = ignored_sentences(ignored)
        self.whole = retirements_at(index, now)
        self.shown = self.whole.matching(query)

    @property
    def next(self) -> EndingLine | None:
        """The ending that comes next, of those shown."""
        return ending_line(self.shown.ahead[0], self.index) if self.shown.ahead else None

    @cached_property
    def timeline(self) -> Timeline:
        return timeline_of(self.shown.endings, self.now)

    @property
    def sections(self) -> Iterator[dict[str, Any]]:
        """The endings ahead, the next first; then the past ones, the latest first; month by month."""
        for name, endings in (("ahead", self.shown.ahead), ("past", self.shown.past)):
            if endings:
                totals = Counter(ending.month for ending in endings)
                months = [
                    (month.first, totals[month.first], [ending_line(ending, self.index) for ending in month.endings])
                    for month in group_by_month(endings[:MOST_ROWS])
                ]
                yield {"name": name, "total": len(endings), "rest": len(endings[MOST_ROWS:]), "months": months}

    @property
    def risks(self) -> Iterator[RiskLine]:
        return (risk_line(risk, self.index) for risk in self.shown.risks[:MOST_ROWS])

    @property
    def more_risks(self) -> int:
        return len(self.shown.risks[MOST_ROWS:])

    @property
    def unreadable(self) -> list[Named]:
        return [Named(row, address_of(row, self.index)) for row in self.shown.unreadable[:20]]

    # --- Filters, each a link

    def _make_choice(self, label: str, **changes: Any) -> FilterLink:
        query = replace(self.query, **changes)
        return FilterLink(label, _query_address(query), query == self.query)

    @property
    def horizons(self) -> list[FilterLink]:
        ahead = [
            self._make_choice(ngettext("%(days)d day", "%(days)d days", days) % {"days": days}, within=days)
            for days in HORIZONS
        ]
        return [*ahead, self._make_choice(_("All dates"), within=None)]

    @property
    def types(self) -> list[FilterLink]:
        return [
            self._make_choice(_("All"), type=""),
            *(self._make_choice(value_label("type", name), type=name) for name in TYPES),
        ]

    @property
    def only_affected(self) -> FilterLink:
        """A switch: the link leads to the other position."""
        other = replace(self.query, affected=not self.query.affected)
        return FilterLink(_("With fine-tunes affected"), _query_address(other), self.query.affected)

    # --- The catalog's own views of the same models

    @property
    def retiring(self) -> CatalogQuery:
        return CatalogQuery(lifecycle=("retiring",), sort="deprecation")

    @property
    def retired(self) -> CatalogQuery:
        return CatalogQuery(lifecycle=("retired",), sort="-deprecation")

    @property
    def in_catalog(self) -> CatalogQuery | None:
        """The same models in the catalog, unless there are none or it knows no such filter."""
        if self.query.within or self.query.affected or not self.shown.endings:
            return None
        types = (self.query.type,) if self.query.type else ()
        return CatalogQuery(lifecycle=("retired", "retiring"), type=types, sort="deprecation")


def _query_address(query: RetirementsQuery) -> str:
    return with_query(reverse("retirements"), query.serialize())
