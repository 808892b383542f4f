"""What the catalog's template needs to offer bulk actions, and a job's page to tell of its items."""

from django import template

from models_ui import job_wording
from models_ui.catalog.page import CatalogPage
from models_ui.catalog.selection import Offer, offer

register = template.Library()

register.filter("item_state", job_wording.item_state)
register.filter("item_why", job_wording.why)


@register.simple_tag
def bulk_offer(page: CatalogPage) -> Offer | None:
    return offer(page)
