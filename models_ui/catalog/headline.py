"""The sentence above the catalog's list, where something needs somebody, and the filter that shows what it counts."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.sentences import AtRisk, risk_headline
from models_ui.catalog.status import ANSWERING
from models_ui.vocabulary import BASE, FINE_TUNED


@dataclass(frozen=True, slots=True)
class Headline:
    sentence: SafeString
    query: CatalogQuery  # shows exactly the models that the sentence counts


def headline_of(query: CatalogQuery, index: CatalogIndex, now: datetime) -> Headline | None:
    """Return what needs somebody among the models of this view; None where nothing does."""
    if query.type == (BASE,):
        return None
    risk = index.cached(("at risk", now.date()), lambda: _find_at_risk(index, now))
    return Headline(risk_headline(risk), _AT_RISK) if risk.count else None


_AT_RISK = CatalogQuery(type=(FINE_TUNED,), status=("at_risk",))


def _find_at_risk(index: CatalogIndex, now: datetime) -> AtRisk:
    rows = index.matches(_AT_RISK)
    ends = [index.standing_of(row).ends_at for row in rows]
    ahead = [end for end in ends if end is not None and end > now]
    return AtRisk(
        count=len(ends),
        answering=index.count(CatalogQuery(type=(FINE_TUNED,), status=ANSWERING)),
        last_end=max(ahead, default=None),
        has_ended=len(ahead) < len(ends),
        unattended=sum(not row.present_keepers for row in rows),
    )
