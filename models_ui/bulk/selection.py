"""Choosing fine-tunes on the catalog's page: what the page offers, and what that comes to mean when it is sent back.

"All that match" travels as a signed query with the mirror's version, inside the region that every change of the query
replaces: what it means can neither be edited nor be left over from another filter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.core import signing

from models_ui.access.roles import Role
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.page import CatalogPage
from models_ui.catalog.query import CatalogQuery
from models_ui.vocabulary import FINE_TUNED

_SALT: Final = "models_ui.catalog.selection"
_LASTS: Final = 24 * 60 * 60  # seconds; a page that is older than a day shows another catalog


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be chosen beside single rows: every fine-tune that matches."""

    total: int
    token: str
    query: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The fine-tunes that match now. `moved`: the mirror has changed since the page was shown."""

    ids: Sequence[str]
    query: str
    moved: bool


class Expired(Exception):
    """The token is too old, or not one of ours."""


def offer(page: CatalogPage) -> Offer | None:
    """None where there is nothing to choose, or nobody who may."""
    total = _fine_tunes(page) if page.role >= Role.EDITOR else 0
    if not total:
        return None
    query = page.query.at_page(1).serialize()
    return Offer(total, _signer().sign(f"{page.index.version}?{query}"), query)


def choice(token: str, index: CatalogIndex) -> Choice:
    try:
        version, _, text = _signer().unsign(token, max_age=_LASTS).partition("?")
    except signing.BadSignature:
        raise Expired from None
    query, _ignored = CatalogQuery.parse(text)
    ids = [row.model_id for row in index.matches(query) if row.is_fine_tuned and row.model_id]
    return Choice(ids, query.serialize(), moved=version != index.version)


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=_SALT)


def _fine_tunes(page: CatalogPage) -> int:
    """How many of the matches are fine-tunes. The facet counts them already, with every filter but its own."""
    if page.query.type and FINE_TUNED not in page.query.type:
        return 0
    return next((each.count for each in page.result.facets["type"] if each.value == FINE_TUNED), 0)
