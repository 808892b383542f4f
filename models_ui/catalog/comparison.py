"""Two to four models side by side: the lines of the table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.labels import value_label
from models_ui.catalog.row import Row
from models_ui.catalog.rows import RowView, rows_of_id, view_of
from models_ui.text.care import keepers_words, plan_sentence, tags_words
from models_ui.text.humanize import exact_number
from models_ui.text.isolation import fill, isolate
from models_ui.text.labels import capability_label

FEWEST: Final = 2
MOST: Final = 4


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    note: str = ""  # what is gained or lost beside the first model, in a word


@dataclass(frozen=True, slots=True)
class Line:
    """One fact of every model."""

    words: str
    cells: tuple[Cell, ...]

    @property
    def differs(self) -> bool:
        return len({cell.text for cell in self.cells}) > 1


class ModelComparison:
    """What the page shows for the ids of an address. Ids and aliases lead to models as on the model's page.

    `unknown` are the ids that no model has; `too_many` the number of models beyond the fourth.
    """

    def __init__(self, ids: Sequence[str], index: CatalogIndex, now: datetime, *, with_all: bool) -> None:
        found: dict[int, Row] = {}
        self.unknown: list[str] = []
        for model_id in dict.fromkeys(ids):
            rows = rows_of_id(model_id, index)
            found |= {row.pk: row for row in rows[:1]}
            if not rows:
                self.unknown.append(model_id)
        rows = tuple(found.values())
        self.too_many = max(0, len(rows) - MOST)
        self.models: list[RowView] = [view_of(row, index, now) for row in rows[:MOST]]
        self.with_all = with_all
        self._all_lines = list(self._lines()) if self.is_enough else []

    @property
    def is_enough(self) -> bool:
        return len(self.models) >= FEWEST

    @property
    def lines(self) -> list[Line]:
        return [line for line in self._all_lines if self.with_all or line.differs]

    @property
    def same(self) -> int:
        """The number of facts in which the models agree."""
        return sum(not line.differs for line in self._all_lines)

    def _lines(self) -> Iterator[Line]:
        rows = [each.row for each in self.models]
        yield self._line(_("Status"), [value_label("status", each.status) for each in self.models])
        yield self._line(_("Type"), [value_label("type", row.type) for row in rows])
        yield self._line(_("Context length"), [_number_words(row.max_context_length) for row in rows])
        for key in dict.fromkeys(key for row in rows for key in row.capabilities):
            yield self._ability_line(key, rows)
        yield self._line(_("Stops working"), [_end_words(each) for each in self.models])
        yield self._line(_("Replacement"), [_named(row.replacement) for row in rows])
        yield self._line(_("Base model"), [_named(row.root) for row in rows])
        yield self._line(_("Looked after by"), [keepers_words(row.present_keepers) or _("Nobody") for row in rows])
        yield self._line(_("Tags"), [tags_words(row.tags) or "–" for row in rows])
        yield self._line(_("Plan"), [plan_sentence(row.plan) or "–" for row in rows])
        yield self._line(_("Default temperature"), [_temperature_words(row) for row in rows])

    def _line(self, label: str, texts: Sequence[str]) -> Line:
        return Line(label, tuple(map(Cell, texts)))

    def _ability_line(self, key: str, rows: Sequence[Row]) -> Line:
        first = key in rows[0].capabilities
        cells = []
        for row in rows:
            has = key in row.capabilities
            is_stated = has or key in row.lacks
            text = (_("yes") if has else _("no")) if is_stated else _("not stated by Mistral")
            note = "" if has == first or not is_stated else (_("gains") if has else _("loses"))
            cells.append(Cell(text, note))
        return Line(capability_label(key), tuple(cells))


def _named(model_id: str) -> str:
    return isolate(model_id) if model_id else "–"


def _number_words(tokens: int | None) -> str:
    return exact_number(tokens) if tokens else _("Not known")


def _temperature_words(row: Row) -> str:
    return "–" if row.default_temperature is None else localize(row.default_temperature)


def _end_words(each: RowView) -> str:
    if each.row.deprecation:
        return date_format(each.row.deprecation, "j M Y")
    if each.risk and each.risk.day:
        return fill(_("perhaps %(day)s"), {"day": date_format(each.risk.day, "j M Y")})
    return _("no end date")
