"""Pages as a browser sees them: templates are laid out for their readers, and no test is about that layout."""

import re
from functools import cache
from typing import Any

from django.http import HttpResponse

_KEPT = re.compile(r"<(textarea|pre|script)\b.*?</\1>", re.DOTALL)
_TAG = re.compile(r"""<\w(?:"[^"]*"|'[^']*'|[^>"'])*>""")
_UNTIDY = re.compile(r"[^\S ]|  | /?>$")
_BETWEEN_ATTRIBUTES = re.compile(r"""("[^"]*"|'[^']*')|\s+""")


def show_without_layout(response: HttpResponse) -> None:
    """Let the page's content be without layout as soon as a test looks at it: many look at the status alone."""
    response.__class__ = _as_seen(type(response))


@cache
def _as_seen(kind: type[HttpResponse]) -> type[HttpResponse]:
    class Seen(kind):  # type: ignore[misc, valid-type]
        _is_seen = False

        @property
        def content(self) -> bytes:
            if not self._is_seen:
                self.content = without_layout(super().content.decode())
            return super().content

        @content.setter
        def content(self, value: Any) -> None:
            self._is_seen = True
            kind.content.fset(self, value)

    return Seen


def without_layout(html: str) -> str:
    """Return the page with one space between attributes, and without line breaks at an element's edges or indentation.

    Text areas, preformatted text and spaces that no line break made stay as they are.
    """
    parts, last = [], 0
    for kept in _KEPT.finditer(html):
        parts += [_collapsed(html[last : kept.start()]), kept[0]]
        last = kept.end()
    return "".join([*parts, _collapsed(html[last:])])


def _collapsed(html: str) -> str:
    html = _TAG.sub(_one_line, html)
    html = re.sub(r"\s*\n\s*", "\n", html)
    html = re.sub(r"(<(?!(?:input|meta|link|br|img)\b)\w[^<>]*(?<!/)>)\n", r"\1", html)
    return re.sub(r"\n(</\w+>)", r"\1", html).lstrip("\n")


def _one_line(tag: re.Match[str]) -> str:
    if not _UNTIDY.search(tag[0]):
        return tag[0]
    text = _BETWEEN_ATTRIBUTES.sub(lambda found: found[1] or " ", tag[0])
    return re.sub(r" (/?>)$", r"\1", text)
