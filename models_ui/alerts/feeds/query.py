"""What a private link tells of: models, as the catalog's filters choose them, and of their dates those that the page of
retirements would show.

Both kinds of filters stand in one query string, `type=base&within=90`, so that a link of the catalog's filters alone
has the catalog's own. Pure: no Django.
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
    """The filters of a private link. The news tells of these models, whatever the dates are."""

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
