"""Choosing fine-tunes on the catalog's page: what the page offers, and what that comes to mean when it is sent back.

"All that match" travels as a signed query with the mirror's version, inside the region that every change of the query
replaces: what it means can neither be edited nor be left over from another filter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.core import signing

from models_ui.access.roles import Role
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.page import CatalogPage
from models_ui.catalog.query import CatalogQuery
from models_ui.vocabulary import FINE_TUNED

_SALT: Final = "models_ui.catalog.selection"
_LASTS: Final = timedelta(days=1)  # from the UTC day on which the page was made; an older one shows another catalog


@dataclass(frozen=True, slots=True)
class BulkOffer:
    """What can be chosen on a page: its rows, and beside them every fine-tune that matches."""

    query: str  # where the single rows come from
    total: int = 0  # 0 where no fine-tune matches, or the person may not act on it
    token: str = ""
    is_on_page: bool = False  # whether all of them are rows of the page


@dataclass(frozen=True, slots=True)
class BulkChoice:
    """The fine-tunes that match now. `moved`: the mirror has changed since the page was shown."""

    ids: Sequence[str]
    query: str
    moved: bool


class Expired(Exception):
    """The token is too old, or not one of ours."""


def bulk_offer_on(page: CatalogPage) -> BulkOffer:
    query = page.query.at_page(1).serialize()
    total = _count_fine_tunes(page) if page.role >= Role.EDITOR else 0
    if not total:
        return BulkOffer(query)
    token = signing.Signer(salt=_SALT).sign(f"{page.now:%Y-%m-%d}?{page.index.version}?{query}")
    return BulkOffer(query, total, token, is_on_page=page.result.pages == 1)


def read_choice(token: str, index: CatalogIndex, now: datetime) -> BulkChoice:
    """Return the models that a token means now. Raise Expired where it is too old, or not one of ours."""
    try:
        day, version, text = signing.Signer(salt=_SALT).unsign(token).split("?", 2)
    except signing.BadSignature:
        raise Expired from None
    if now.date() - date.fromisoformat(day) > _LASTS:
        raise Expired
    query, _ignored = CatalogQuery.parse(text)
    ids = [row.model_id for row in index.matches(index.as_shown(query)) if row.is_fine_tuned and row.model_id]
    return BulkChoice(ids, query.serialize(), moved=version != index.version)


def _count_fine_tunes(page: CatalogPage) -> int:
    """Return how many of the matches are fine-tunes. The facet counts them already, with every filter but its own."""
    if page.query.type and FINE_TUNED not in page.query.type:
        return 0
    return next((value.count for value in page.result.facets["type"] if value.value == FINE_TUNED), 0)
