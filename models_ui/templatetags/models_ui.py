"""What our templates need beyond Django's own: words for keys and numbers, and links within the catalog."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from models_ui.access.verbs import Verb
from models_ui.actions import sentences
from models_ui.catalog.labels import value_label
from models_ui.catalog.links import address_of_id, catalog_address
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.rows import Button
from models_ui.text import humanize, labels
from models_ui.text.isolation import balance_in_element, isolate
from models_ui.web.message_offer import offer_of_message

register = template.Library()

register.filter("short_tokens", humanize.short_tokens)
register.filter("exact", humanize.exact_number)
register.filter("doubt", labels.doubt_label)
register.filter("in_days", humanize.in_days)
register.filter("ago", humanize.time_ago)
register.filter("isolate", lambda value: isolate(str(value)))
register.filter("balanced", lambda value: balance_in_element(str(value)))
register.filter("message_offer", offer_of_message)
register.filter("told", sentences.action_words)
register.filter("change", sentences.change_words)
register.filter("why", sentences.outcome_reason)
register.simple_tag(catalog_address)


@register.filter
def bdi(value: object) -> SafeString:
    """Return somebody's text so that it turns nothing around it, as an element where it could.

    `isolate` is for attributes and titles, where no element can stand.
    """
    text = str(value or "")
    if isolate(text) == text:
        return conditional_escape(text)
    return format_html("<bdi>{}</bdi>", balance_in_element(text))


@register.filter
def bdi_each(values: Iterable[object], between: str) -> SafeString:
    """Return several such texts with `between` between them."""
    return format_html_join(between, "{}", ((bdi(value),) for value in values))


@register.filter
def capability(key: str) -> str:
    """Return the word for a capability; one that nobody has heard of may be called anything."""
    return isolate(labels.capability_label(key))


@register.filter
def denials(buttons: Sequence[Button], on_page: bool = False) -> list[str]:
    """Why buttons are disabled, to be read in plain sight, each reason once. In a row there is no room for that of
    Delete, which is the Managers’ in every row."""
    shown = [button.denial for button in buttons if button.denial and (on_page or button.verb != Verb.DELETE)]
    return list(dict.fromkeys(shown))


@register.filter("verb")
def verb_words(value: str) -> str:
    return sentences.verb_label(Verb(value))


@register.filter("value_words")
def words_of_value(value: Any, field: str) -> str:
    """Return a value of a field in words, for a diff."""
    return sentences.field_words(field, value)


@register.filter
def model_address(model_id: str) -> str:
    """Where an id leads."""
    return address_of_id(model_id)


@register.filter
def label(value: str, facet: str) -> str:
    return isolate(value_label(facet, value))


@register.filter
def utc(value: datetime) -> str:
    """A moment for machines and for hovering: 2026-08-31T12:00:00Z."""
    return value.isoformat(timespec="seconds").replace("+00:00", "Z")


@register.simple_tag
def catalog_link(query: CatalogQuery) -> SafeString:
    """The attributes of a link to another view of the catalog: a plain address, and htmx swapping just the results.

    Each link carries all of them, since nothing here relies on attributes inherited from around it. Only the address
    stands once: a bare `hx-get` asks for where the link leads.
    """
    return format_html(_LINK, catalog_address(query))


_LINK: Final = 'href="{0}" hx-get hx-target="#results"'
