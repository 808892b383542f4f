"""What our templates need beyond Django's own: words for keys and numbers, and links within the catalog."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django import template
from django.contrib.messages.storage.base import Message
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from models_ui.access.verbs import Verb
from models_ui.actions import sentences
from models_ui.catalog.labels import value_label
from models_ui.catalog.links import address_of_id, catalog_address
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.rows import Button
from models_ui.models import AuditEvent
from models_ui.text import humanize, labels
from models_ui.text.isolation import balance_in_element, isolate

register = template.Library()

register.filter("short_tokens", humanize.short_tokens)
register.filter("exact", humanize.exact_number)
register.filter("doubt", labels.doubt_label)
register.filter("in_days", humanize.in_days)
register.filter("ago", humanize.time_ago)
register.filter("isolate", lambda value: isolate(str(value)))
register.filter("balanced", lambda value: balance_in_element(str(value)))
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


@dataclass(frozen=True, slots=True)
class ActionTag:
    verb: str  # undo, settle or empty
    action_id: str


@register.filter
def action_tag(message: Message) -> ActionTag:
    """What a message offers to do next, from its extra tags."""
    verb, _, action_id = message.extra_tags.partition(":")
    return ActionTag(verb, action_id) if action_id else ActionTag("", "")


@register.filter
def denials(buttons: Sequence[Button], on_page: bool = False) -> list[str]:
    """Why buttons are disabled, to be read in plain sight, each reason once. In a row there is no room for that of
    Delete, which is the Managers’ in every row."""
    shown = [button.denial for button in buttons if button.denial and (on_page or button.verb != Verb.DELETE)]
    return list(dict.fromkeys(shown))


@register.filter
def verb(value: str) -> str:
    return sentences.verb_label(Verb(value))


@register.filter
def value_words(value: Any, field: str) -> str:
    """A value of a field in words, for a diff."""
    return sentences.value_words(field, value)


@register.filter
def told(event: AuditEvent) -> str:
    return sentences.told(event)


@register.filter
def change(event: AuditEvent) -> tuple[str, str] | None:
    """Before and after in words, where the action changed a value."""
    return sentences.change(event)


@register.filter
def why(event: AuditEvent) -> str:
    return sentences.why(event)


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
