"""The filters of a private link: which models, by filters of the catalog, and which of their dates, by filters of the
page of retirements.

One query string holds both: `type=base&within=90` means base models, and dates in the next 90 days. Without filters of
dates it is the query string of the catalog. Imports no Django.
"""

from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from models_ui.catalog.query import CatalogQuery
from models_ui.listing.parameters import parameters_of
from models_ui.listing.querystring import Ignored
from models_ui.retirements.query import RetirementsQuery
from models_ui.vocabulary import TYPES

_OF_DATES: Final = parameters_of(RetirementsQuery).keys() - {"type"}


@dataclass(frozen=True, slots=True)
class FeedQuery:
    """The filters of a private link. The calendar uses both; the feed of changes chooses by `models` alone."""

    models: CatalogQuery = field(default_factory=CatalogQuery)
    dates: RetirementsQuery = field(default_factory=RetirementsQuery)  # without a type, which `models` has

    @classmethod
    def parse(cls, query_string: str) -> "ParsedFeedQuery":
        """Read a query string. Never raises: invalid parts are left out and reported."""
        models, of_models = CatalogQuery.parse(query_string)
        dates, of_dates = RetirementsQuery.parse(query_string)
        ignored = (
            *(each for each in of_models if each.parameter not in _OF_DATES),
            *(each for each in of_dates if each.parameter in _OF_DATES),
        )
        return ParsedFeedQuery(cls(models.filters_alone(), replace(dates, type="")), ignored)

    @classmethod
    def of_retirements(cls, query: RetirementsQuery) -> "FeedQuery":
        types = (query.type,) if query.type else ()
        return cls(CatalogQuery(type=types), replace(query, type=""))

    def serialize(self) -> str:
        return "&".join(filter(None, (self.models.serialize(), self.dates.serialize())))

    @property
    def has_filters(self) -> bool:
        return self.models.has_filters or self.dates.has_filters

    @property
    def retirements(self) -> RetirementsQuery | None:
        """The same dates on the page of retirements; None where it knows no such filter."""
        types = self.models.type
        if self.models != CatalogQuery(type=types) or len(types) > 1 or not set(types) <= set(TYPES):
            return None
        return replace(self.dates, type="".join(types))


class ParsedFeedQuery(NamedTuple):
    query: FeedQuery
    ignored: tuple[Ignored, ...]
