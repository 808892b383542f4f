"""Addresses of models and of lists of models."""

from dataclasses import dataclass
from functools import cache

from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.replacements import Replacement
from models_ui.catalog.row import Row
from models_ui.listing.querystring import with_query
from models_ui.services.cards import digest_of_id
from models_ui.vocabulary import id_is_routable


@dataclass(frozen=True, slots=True)
class Named:
    """A model and the address of its page."""

    row: Row
    address: str


def catalog_address(query: CatalogQuery) -> str:
    return with_query(_catalog_root(), query.serialize())


@cache
def _catalog_root() -> str:
    return reverse("catalog")


def address_of_id(model_id: str) -> str:
    """Return the address of an id or alias; empty without one. A digest stands for an id that no address may carry."""
    return _address_by_id(model_id) if model_id else ""


def _address_by_id(model_id: str) -> str:
    if id_is_routable(model_id):
        return reverse("model", args=[model_id])
    return reverse("model_by_digest", args=[digest_of_id(model_id)])


def named_replacement(replacement: Replacement, index: CatalogIndex) -> Named | None:
    return Named(replacement.row, address_of(replacement.row, index)) if replacement.row else None


def address_of(row: Row, index: CatalogIndex) -> str:
    """Return the address of the model's page; with our own key where upstream gave the id to several models."""
    address = _address_by_id(row.model_id)
    is_shared = len(index.find(row.model_id)) > 1 or not row.model_id
    return f"{address}?row={row.pk}" if is_shared else address


def comparison_address(*rows: Row) -> str:
    """Return the address of models side by side; empty where there is no page for that."""
    try:
        page = reverse("compare")
    except NoReverseMatch:
        return ""
    return f"{page}?{urlencode([('model', row.model_id) for row in rows])}"
