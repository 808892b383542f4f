"""Sentences with gaps, as %(model)s, whose words are links and other HTML."""

from collections.abc import Mapping, Sequence

from django.utils.html import escape, format_html
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
