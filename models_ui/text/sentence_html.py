"""Sentences with gaps, as %(model)s, whose words are links and other HTML."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from models_ui.text.isolation import balance_in_element
from models_ui.text.marks import hits_in, with_marks


def fill_html(sentence: object, words: Mapping[str, SafeString]) -> SafeString:
    """Return the sentence with its gaps filled by HTML. The text around the gaps is escaped: it may be anybody's."""
    template = escape(str(sentence)).replace("{", "{{").replace("}", "}}")
    for name in words:
        template = template.replace(f"%({name})s", f"{{{name}}}")
    return format_html(template.replace("%%", "%"), **words)


def word_html(text: str, words: Sequence[str] = ()) -> SafeString:
    """Return a text from outside in an element that keeps it from turning the sentence around it.

    `words` are folded ones, which are marked where they stand in it.
    """
    text = balance_in_element(text)
    return format_html("<bdi>{}</bdi>", with_marks(text, hits_in(text, words)))


_ADDRESS: Final = re.compile(r"https?://[^\s<>\"“”«»]+[^\s<>\"“”«».,;:!?)\]'’]", re.IGNORECASE)
_LONGEST_ADDRESS: Final = 2_000


def linked_html(text: str) -> SafeString:
    """Return a text that a person wrote, its web addresses as links.

    An address with invisible or turning characters, which could look like another, stays text.
    """
    parts, end = [], 0
    for found in _ADDRESS.finditer(text):
        address = found[0]
        if address.isprintable() and len(address) <= _LONGEST_ADDRESS:
            parts += [escape(balance_in_element(text[end : found.start()])), _link_html(address)]
            end = found.end()
    parts.append(escape(balance_in_element(text[end:])))
    return format_html("<bdi>{}</bdi>", format_html_join("", "{}", ((part,) for part in parts)))


def _link_html(address: str) -> SafeString:
    return format_html('<a href="{0}" rel="noopener noreferrer nofollow"><bdi>{0}</bdi></a>', address)
