"""The columns of the catalog's table, one row each, and which of them a view shows. Pure: no Django.

Each row of the table begins with the model's name. The columns here follow it, in the order that a person chose.
A new column is a row here, a cell in `templates/models_ui/_row.html` and a width in the style sheet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from models_ui.vocabulary import BASE, FINE_TUNED, gettext_noop

MOST_COLUMNS: Final = 8
USUAL: Final = "usual"  # sent by a form: the columns that the view shows without being asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One kind of fact about a model."""

    name: str  # in the address
    label: str
    is_sorted: bool = True  # whether rows can be put in the order of this fact; the sort has the column's name


_ALL: Final = (
    Column(name="status", label=gettext_noop("Status")),
    Column(name="deprecation", label=gettext_noop("Stops working")),
    Column(name="replacement", label=gettext_noop("Instead"), is_sorted=False),
    Column(name="context", label=gettext_noop("Context")),
    Column(name="capability", label=gettext_noop("Can do"), is_sorted=False),
    Column(name="type", label=gettext_noop("Type")),
    Column(name="root", label=gettext_noop("Base model")),
    Column(name="created", label=gettext_noop("Created")),
    Column(name="keeper", label=gettext_noop("Looked after by")),
    Column(name="plan", label=gettext_noop("Plan"), is_sorted=False),
    Column(name="owner", label=gettext_noop("Owned by")),
)
COLUMNS: Final[Mapping[str, Column]] = {column.name: column for column in _ALL}


def default_columns(types: Sequence[str], grouping: str) -> tuple[str, ...]:
    """Return the columns of a view of these types of models, in this grouping, without any that says the same in
    every row.
    """
    if tuple(types) == (BASE,):
        return "status", "deprecation", "replacement", "context", "capability"
    facts = ("status", "deprecation", "context", "capability")
    if tuple(types) == (FINE_TUNED,):
        return (*facts, "keeper")
    is_mixed = not types and grouping not in ("base", "type")  # those say the type in the heads of their groups
    return (*facts, "type") if is_mixed else facts


def split_columns(text: str) -> tuple[str, ...]:
    """Return the columns that an address names, each once; those that do not exist are left out."""
    return tuple(dict.fromkeys(name for name in text.split(",") if name in COLUMNS))[:MOST_COLUMNS]


def move_column(columns: Sequence[str], moved: str) -> tuple[str, ...]:
    """Return the columns with one of them a place further to the left; none where they are to be the usual ones."""
    if moved == USUAL:
        return ()
    place = columns.index(moved) if moved in columns else 0
    before, rest = columns[: max(place - 1, 0)], columns[max(place - 1, 0) :]
    return (*before, *rest[:2][::-1], *rest[2:]) if place else tuple(columns)
