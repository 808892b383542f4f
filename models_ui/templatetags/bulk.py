"""Tags for the catalog's template, to offer bulk actions, and for a job's page, to describe its items."""

from django import template

from models_ui.bulk import sentences
from models_ui.bulk.selection import BulkOffer, bulk_offer_on
from models_ui.catalog.page import CatalogPage

register = template.Library()

register.filter("item_state", sentences.item_state_label)
register.filter("item_why", sentences.item_reason)


@register.simple_tag
def bulk_offer(page: CatalogPage) -> BulkOffer | None:
    return bulk_offer_on(page)
