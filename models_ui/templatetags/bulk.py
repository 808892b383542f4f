"""What the catalog's template needs to offer bulk actions, and a job's page to tell of its items."""

from django import template

from models_ui.bulk import sentences
from models_ui.bulk.selection import Offer, offer
from models_ui.catalog.page import CatalogPage

register = template.Library()

register.filter("item_state", sentences.item_state)
register.filter("item_why", sentences.why)


@register.simple_tag
def bulk_offer(page: CatalogPage) -> Offer | None:
    return offer(page)
