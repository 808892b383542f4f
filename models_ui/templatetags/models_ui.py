"""The filters and tags of our templates: words for keys, numbers and events, isolated texts, links in the catalog."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.template.defaultfilters import stringfilter
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from models_ui.access.roles import Role
from models_ui.access.verbs import VERBS, Verb
from models_ui.actions import sentences
from models_ui.bulk import selection
from models_ui.bulk import sentences as bulk_sentences
from models_ui.catalog.labels import isolated_value_label
from models_ui.catalog.links import address_of_id, catalog_address
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.rows import Button
from models_ui.catalog.sentences import ability_words, comparison_words
from models_ui.retirements.reminders import reminder_words
from models_ui.text import humanize, labels
from models_ui.text.care import keepers_words, plan_sentence, tags_words
from models_ui.text.diff import Piece
from models_ui.text.isolation import balance_in_element, isolate
from models_ui.text.marks import marked_html
from models_ui.text.sentence_html import linked_html
from models_ui.web.message_bar import bar_of_messages

register = template.Library()

# --- Texts from outside

register.filter("isolate", stringfilter(isolate))
register.filter("json", lambda value: json.dumps(value, cls=DjangoJSONEncoder))
register.filter("balanced", lambda value: balance_in_element(str(value)))


@register.filter(name="bdi")
def isolated_html(value: object) -> SafeString:
    """Return a text from outside so that it cannot turn the text around it, in a `bdi` element where it could.

    `isolate` is for attributes and titles, where no element can stand.
    """
    text = str(value or "")
    return conditional_escape(text) if isolate(text) == text else format_html("<bdi>{}</bdi>", balance_in_element(text))


@register.filter(name="bdi_each")
def join_isolated(values: Iterable[object], separator: str) -> SafeString:
    """Return several texts from outside, each isolated, with `separator` between them."""
    return format_html_join(separator, "{}", ((isolated_html(value),) for value in values))


register.filter("linked", linked_html)
register.filter("marked", marked_html)


@register.filter
def marked_changes(pieces: Sequence[Piece]) -> SafeString:
    """Return the pieces of a diff as HTML, with an arrow where one value replaces another as a whole."""
    after_removal = " → " if len(pieces) == 2 else " "
    html = [_marked_piece(piece, after_removal) for piece in pieces]
    return format_html_join("", "{}", ((piece,) for piece in html))


def _marked_piece(piece: Piece, after_removal: str) -> SafeString:
    text = format_html("<bdi>{}</bdi>", balance_in_element(piece.text))
    if piece.kind == "del":
        return format_html("<del>{}</del>{}", text, after_removal)
    return format_html("<ins>{}</ins>", text) if piece.kind == "ins" else text


# --- Words for keys, numbers and moments

register.filter("short_tokens", humanize.short_tokens)
register.filter("short_id", humanize.short_id)
register.filter("exact", humanize.exact_number)
register.filter("label", isolated_value_label)
register.filter("capability", labels.capability_label)
register.filter("doubt", labels.doubt_label)
register.filter("in_days", humanize.in_days)
register.filter("in_days_short", humanize.in_days_short)
register.filter("day_near", humanize.day_near)
register.filter("ago", humanize.time_ago)
register.filter("short_day", humanize.short_day)
register.filter("long_day", humanize.long_day)
register.filter("recent_day", humanize.recent_day)
register.simple_tag(reminder_words)


register.filter("abilities", ability_words)
register.filter("keepers", keepers_words)
register.filter("tags", tags_words)
register.filter("plan", plan_sentence)
register.filter("gains_and_losses", comparison_words)


@register.filter(name="utc")
def utc_moment(value: datetime) -> str:
    """Return a moment as machines read it and as hovering shows it: 2026-08-31T12:00:00Z."""
    return value.isoformat(timespec="seconds").replace("+00:00", "Z")


# --- Actions and the history

register.filter("message_bar", bar_of_messages)
register.filter("change", sentences.change_words)
register.filter("why", sentences.outcome_reason)


@register.filter(name="denials")
def visible_denials(buttons: Sequence[Button], on_page: bool = False) -> list[str]:
    """Return why buttons are disabled, each reason once.

    A row has no room for the reason of Delete, which only Managers may use and which every row would repeat.
    """
    shown = [button.denial for button in buttons if button.denial and (on_page or button.verb != Verb.DELETE)]
    return list(dict.fromkeys(shown))


@register.filter(name="role")
def role_words(name: str) -> str:
    return Role.named(name).label


@register.filter(name="verb")
def verb_words(value: str) -> str:
    return sentences.verb_label(Verb(value))


@register.filter(name="waiting")
def waiting_words(value: str) -> str:
    """Return what is said while an action is under way: Archiving…"""
    return str(VERBS[Verb(value)].waiting)


@register.filter(name="value_words")
def field_value_words(value: Any, field: str) -> str:
    """Return the value of a field in words, for a diff."""
    return sentences.field_words(field, value)


# --- Bulk jobs

register.filter("item_state", bulk_sentences.item_state_label)
register.filter("item_why", bulk_sentences.item_reason)
register.simple_tag(selection.bulk_offer_on, name="bulk_offer")

# --- Links

register.simple_tag(catalog_address)
register.filter("model_address", address_of_id)

_LINK: Final = 'href="{0}" hx-get="{0}" hx-target="#results"'


@register.simple_tag
def catalog_link(query: CatalogQuery) -> SafeString:
    """Return the attributes of a link to another view of the catalog, of which htmx swaps just the results.

    Each link carries all of them: no template relies on htmx attributes inherited from around it.
    """
    return format_html(_LINK, catalog_address(query))
