"""What our templates need beyond Django's own: words for keys and numbers, and links within the catalog."""

from datetime import datetime

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from models_ui import labels
from models_ui.catalog.query import CatalogQuery

register = template.Library()

register.filter("capability", labels.capability_label)
register.filter("short_tokens", labels.short_tokens)
register.filter("exact", labels.exact_number)
register.filter("in_days", labels.in_days)
register.filter("ago", labels.ago)


@register.filter
def label(value: str, facet: str) -> str:
    return labels.value_label(facet, value)


@register.filter
def utc(value: datetime) -> str:
    """A moment for machines and for hovering: 2026-08-31T12:00:00+00:00."""
    return value.isoformat(timespec="seconds")


@register.simple_tag
def catalog_link(query: CatalogQuery) -> SafeString:
    """The attributes of a link to another view of the catalog: a plain address, and htmx swapping just the results.

    Each link carries all of them, since nothing here relies on attributes inherited from around it.
    """
    parameters = query.serialize()
    address = reverse("catalog") + (f"?{parameters}" if parameters else "")
    return format_html(
        'href="{0}" hx-get="{0}" hx-target="#results" hx-swap="outerHTML" hx-sync="#filters:replace"', address
    )


@register.simple_tag
def catalog_address(query: CatalogQuery) -> str:
    parameters = query.serialize()
    return reverse("catalog") + (f"?{parameters}" if parameters else "")
