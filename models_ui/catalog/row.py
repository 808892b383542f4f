"""One model as the catalog knows it. Pure: no Django, no clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from models_ui.text.folding import SortKey, fold_for_search, sort_key
from models_ui.text.keepers import keeper_label
from models_ui.text.plan import NO_PLAN, Plan
from models_ui.vocabulary import BASE, FINE_TUNED, id_is_routable

State = Literal["live", "archived", "missing"]
STATES: Final[tuple[State, ...]] = ("live", "archived", "missing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One model as the catalog shows it; times are aware UTC.

    A field has the name of its column in `CatalogModel`, from which `store.py` reads it. `capabilities` are the flags
    that upstream says are true, and `lacks` those that it says are false. `away` are those of `keepers` who have no
    access any more.
    """

    pk: int
    model_id: str
    aliases: tuple[str, ...] = ()
    type: str = BASE
    name: str | None = None
    description: str | None = None
    owned_by: str = ""
    created_at: datetime | None = None
    max_context_length: int | None = None
    capabilities: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    deprecation: datetime | None = None
    replacement: str = ""
    default_temperature: float | None = None
    root: str = ""
    job: str = ""
    archived: bool = False
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None  # None: in the last list
    missing_since: datetime | None = None
    deleted_at: datetime | None = None  # deleted from here; it is missing as well
    deletion_due_at: datetime | None = None  # while its deletion is planned
    protected: bool = False
    keepers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    note: str = ""
    plan: Plan = NO_PLAN
    away: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        if self.missing_since is not None:
            return "missing"
        return "archived" if self.archived else "live"

    @property
    def is_fine_tuned(self) -> bool:
        return self.type == FINE_TUNED

    @property
    def is_missing(self) -> bool:
        return self.missing_since is not None

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def routable(self) -> bool:
        """Whether an address may carry its id."""
        return id_is_routable(self.model_id)

    @property
    def label(self) -> str:
        """The name a person gave it, else its id. Of a base model `name` is just one of its ids."""
        return self.model_id if not self.name or self.name in self.aliases else self.name

    @property
    def present_keepers(self) -> tuple[str, ...]:
        """Who looks after it today."""
        return tuple(keeper for keeper in self.keepers if keeper not in self.away)

    @property
    def searched_text(self) -> str:
        """The text that a search looks at."""
        parts = (self.model_id, self.name, self.description, self.owned_by, *self.aliases)
        parts += (*map(keeper_label, self.keepers), *self.tags, self.note, self.plan.words)
        return "\n".join(part for part in parts if part)


def kept_values(row: Row) -> dict[str, Any]:
    """Return what people keep of the model here, by column, as the columns hold it."""
    return {"keepers": list(row.keepers), "tags": list(row.tags), "note": row.note, "plan": row.plan.to_json()}


def exported_kept_values(row: Row) -> dict[str, Any]:
    """Return the same for an export, people and teams by their names."""
    names = [keeper_label(keeper) for keeper in row.keepers]
    return {"looked_after_by": names, "tags": row.tags, "note": row.note or None, "plan": row.plan.to_json() or None}


def default_order(row: Row) -> tuple[int, bool, SortKey, str, int]:
    """Return the key of the default order: usable models first, then by name; rows without name and id come last."""
    return STATES.index(row.state), not row.label, sort_key(row.label), row.model_id, row.pk


class FoldedRow(NamedTuple):
    """A row with what takes long to read from it: its place in the default order, and the text of a search."""

    row: Row
    order: tuple[int, bool, SortKey, str, int]
    haystack: str


def fold_row(row: Row, known: FoldedRow | None) -> FoldedRow:
    """Return the row folded; `known` if that is of the same object."""
    if known and known.row is row:
        return known
    text = row.searched_text
    return FoldedRow(row, default_order(row), fold_for_search(text))
