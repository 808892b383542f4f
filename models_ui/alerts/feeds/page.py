"""What pages show of private links: what each tells of, and the offer of a new one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from models_ui.alerts.feeds.addresses import addresses_with, query_of
from models_ui.alerts.feeds.calendar import count_dates
from models_ui.alerts.feeds.forms import LONGEST_NAME, FeedForm
from models_ui.alerts.feeds.query import FeedQuery
from models_ui.alerts.feeds.ways import WAYS
from models_ui.catalog.chips import filter_chips
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.links import catalog_address
from models_ui.catalog.query import CatalogQuery
from models_ui.listing.querystring import with_query
from models_ui.models import FeedAddress
from models_ui.retirements.labels import date_filters
from models_ui.retirements.page import retirements_address


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """A filter in use, and the address of the page of private links without it."""

    label: str
    without: str


@dataclass(frozen=True, slots=True)
class FeedContent:
    """What a private link of these filters tells of today."""

    query: FeedQuery
    filters: list[FeedFilter]
    models: int
    dates: int

    @property
    def address(self) -> str:
        """The address of the page that shows the same."""
        dates = self.query.retirements
        if dates is not None and self.query.dates.has_filters:
            return retirements_address(dates)
        return catalog_address(self.query.models)


@dataclass(frozen=True, slots=True)
class LinkLine:
    """One of a person's private links, as the page lists it."""

    link: FeedAddress
    content: FeedContent


@dataclass(frozen=True, slots=True)
class CalendarOffer:
    """What a page offers that shows dates: a private link to a calendar of the same dates."""

    form: FeedForm
    dates: int  # today
    ways: Mapping[str, Promise]
    present: FeedAddress | None  # the latest link to the same dates that the person has

    @classmethod
    def of(cls, query: FeedQuery, index: CatalogIndex, now: datetime, *, owner: User) -> "CalendarOffer":
        form = FeedForm.new(query, name=link_name(query), language=get_language())
        return cls(form, count_dates(query, index, now), WAYS, addresses_with(owner, query).first())


def describe_feed(query: FeedQuery, index: CatalogIndex, now: datetime) -> FeedContent:
    return FeedContent(query, list(_feed_filters(query)), index.count(query.models), count_dates(query, index, now))


def link_line(link: FeedAddress, index: CatalogIndex, now: datetime) -> LinkLine:
    return LinkLine(link, describe_feed(query_of(link), index, now))


def link_name(query: FeedQuery) -> str:
    """Return a name for a calendar of retirements with these filters, for people to change."""
    filters = ", ".join(each.label for each in _feed_filters(query))
    name = _("Retirements")
    return Truncator(f"{name}: {filters}" if filters else name).chars(LONGEST_NAME)


def _feed_filters(query: FeedQuery) -> Iterator[FeedFilter]:
    for chip in filter_chips(query.models):
        assert isinstance(chip.query, CatalogQuery)
        yield FeedFilter(chip.label, _address_of_new(replace(query, models=chip.query)))
    for label, dates in date_filters(query.dates):
        yield FeedFilter(label, _address_of_new(replace(query, dates=dates)))


def _address_of_new(query: FeedQuery) -> str:
    return f"{with_query(reverse('feeds'), query.serialize())}#tells-of"
