"""The texts of a table row in which hits of a search are marked, and the rows' HTML with holes where they belong."""

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Final

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from models_ui.catalog.row import Row
from models_ui.text.marks import id_html, marked_html
from models_ui.vocabulary import is_placeholder

_TOKEN: Final = secrets.token_hex(8)  # no text from outside can contain it
_HOLE: Final = re.compile(rf"{_TOKEN}(\w+){_TOKEN}")

RowTexts = Mapping[str, SafeString]
"""The HTML of a row's texts, by their names in the template."""

HOLES: Final[RowTexts] = {name: SafeString(f"{_TOKEN}{name}{_TOKEN}") for name in ("title", "model_id", "summary")}


def row_texts(row: Row, words: Sequence[str] = ()) -> RowTexts:
    """Return the texts of a row as HTML, with these folded words marked."""
    summary, label = summary_of(row), row.label
    return {
        "title": marked_html(label, words) if label else SafeString(_("(no id)")),
        "model_id": id_html(row.model_id, words),
        "summary": marked_html(summary, words),
    }


def summary_of(row: Row) -> str:
    """Return the description, unless it is the sentence that upstream puts where nobody wrote one."""
    text = row.description or ""
    return "" if is_placeholder(text) else text


class RowWithHoles:
    """A row's HTML as it was rendered with HOLES. The row without marks is kept: most pages search for nothing."""

    __slots__ = ("_parts", "_unmarked")

    def __init__(self, html: str) -> None:
        self._parts = _HOLE.split(html)  # every second one is the name of a hole
        self._unmarked: SafeString | None = None

    def marked(self, row: Row, words: Sequence[str]) -> SafeString:
        """Return the HTML of this row with these folded words marked."""
        if words:
            return self._filled(row_texts(row, words))
        if self._unmarked is None:
            self._unmarked = self._filled(row_texts(row))
        return self._unmarked

    def _filled(self, texts: RowTexts) -> SafeString:
        """Return the row with these texts in its holes."""
        pieces = (texts[part] if number % 2 else part for number, part in enumerate(self._parts))
        return SafeString("".join(pieces))  # rendered by a template; the texts are HTML
