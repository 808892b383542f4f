"""Groups of the catalog's rows: by type, base model, status or who looks after them. Pure: no Django, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from models_ui.catalog.replacements import Find
from models_ui.catalog.row import Row
from models_ui.catalog.row_sets import RowSet, sets_by_value
from models_ui.catalog.status import STATUSES, Standing
from models_ui.text.folding import sort_key
from models_ui.text.keepers import NOBODY, keeper_label
from models_ui.vocabulary import BASE, FINE_TUNED

Grouping = Literal["type", "base", "status", "keeper", "none"]
GROUPINGS: Final[tuple[Grouping, ...]] = ("base", "type", "status", "keeper", "none")

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows that stand under one head.

    `key` is the type, the status or a name for the base model: the same on every page as long as the index holds.
    """

    kind: Grouping
    key: str
    rows: RowSet
    base: Row | None = None  # the base model, where it is known
    root: str = ""  # else how the fine-tunes name it; of other groups, who looks after them


def group_rows(grouping: Grouping, rows: Sequence[Row], standings: Sequence[Standing], find: Find) -> tuple[Group, ...]:
    """Return the groups in order; none where rows are not grouped."""
    if grouping == "status":
        return _groups_of_values("status", [standing.status for standing in standings], STATUSES)
    if grouping == "type":
        return _groups_of_values("type", [_type_of(row) for row in rows], (FINE_TUNED, BASE))
    if grouping == "keeper":
        return _groups_of_keepers(rows)
    return _groups_of_bases(rows, standings, find) if grouping == "base" else ()


def _type_of(row: Row) -> str:
    """Return whether a model is ours or Mistral's: types that are not known yet are Mistral's."""
    return FINE_TUNED if row.is_fine_tuned else BASE


def _groups_of_values(kind: Grouping, values: Sequence[str], order: Sequence[str]) -> tuple[Group, ...]:
    sets = sets_by_value(((value,) for value in values), len(values))
    return tuple(Group(kind=kind, key=value, rows=sets[value]) for value in order if value in sets)


def _groups_of_keepers(rows: Sequence[Row]) -> tuple[Group, ...]:
    """Return the models that nobody looks after, then those of each person and team.

    A model of several stands under the one that was named first.
    """
    firsts = [row.present_keepers[:1] for row in rows]
    sets = sets_by_value((first or (NOBODY,) for first in firsts), len(rows))
    order = sorted(sets, key=lambda keeper: (keeper != NOBODY, sort_key(keeper_label(keeper))))
    return tuple(Group(kind="keeper", key=f"keeper-{keeper}", rows=sets[keeper], root=keeper) for keeper in order)


def _groups_of_bases(rows: Sequence[Row], standings: Sequence[Standing], find: Find) -> tuple[Group, ...]:
    """Return the fine-tunes by the base model that they come from, then Mistral's own models.

    Base models whose end puts fine-tunes at risk come first, the next to end before the others; then those with most
    fine-tunes. Those that are not in Mistral's list come last.
    """
    finder = BaseFinder(find)
    bases = [finder.base_of(row) if row.is_fine_tuned else None for row in rows]
    sets = sets_by_value(((base.key,) if base else () for base in bases), len(rows))
    by_key = {base.key: base for base in bases if base}
    at_risk = {
        base.key for base, standing in zip(bases, standings, strict=True) if base and standing.status == "at_risk"
    }
    ordered = sorted(
        by_key.values(), key=lambda base: _place_of_base(base, sets[base.key], is_at_risk=base.key in at_risk)
    )
    ours = [Group(kind="base", key=base.key, rows=sets[base.key], base=base.row, root=base.root) for base in ordered]
    theirs = sets_by_value((() if base else (BASE,) for base in bases), len(rows))
    return *ours, *(Group(kind="type", key=BASE, rows=members) for members in theirs.values())


@dataclass(frozen=True, slots=True)
class Base:
    """What fine-tunes were trained from: a model, or a name that leads to none or to several."""

    key: str
    row: Row | None
    root: str = ""

    @property
    def label(self) -> str:
        return self.row.label if self.row else self.root


class BaseFinder:
    """Finds the base models of fine-tunes. A fine-tune of a fine-tune is followed down to its base model."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._bases: dict[str, Base] = {}

    def base_of(self, row: Row) -> Base:
        base = self._bases.get(row.root)
        if base is None:
            base = self._bases[row.root] = self._follow(row.root)
        return base

    def _follow(self, root: str) -> Base:
        seen: set[str] = set()
        name = root
        while name and name not in seen:
            seen.add(name)
            candidates = self._find(name)
            if len(candidates) != 1:
                break
            if not candidates[0].is_fine_tuned:
                return Base(f"model-{candidates[0].pk}", candidates[0])
            name = candidates[0].root
        return Base(f"root-{root}", None, root)


def _place_of_base(base: Base, members: RowSet, *, is_at_risk: bool) -> tuple[object, ...]:
    is_listed = base.row is not None and not base.row.is_missing
    end = base.row.deprecation if base.row and is_at_risk else None
    return not is_at_risk, not is_listed, end or _NEVER, -members.bit_count(), sort_key(base.label)


@dataclass(frozen=True, slots=True)
class GroupSlice:
    """The part of a group that a page shows."""

    group: Group
    count: int  # the matching rows of the group, on all pages
    positions: tuple[int, ...]
    is_continued: bool  # whether the page before shows a part of it, too


def slice_groups(
    groups: Sequence[Group], matching: RowSet, before: Sequence[int], positions: Sequence[int]
) -> list[GroupSlice]:
    """Return the parts of groups that a page shows. `before` is the last position of the page before, if any."""
    slices: list[GroupSlice] = []
    rest = list(positions)
    for group in groups:
        size = next((size for size, position in enumerate(rest) if not group.rows >> position & 1), len(rest))
        if size:
            is_continued = not slices and any(group.rows >> position & 1 for position in before)
            count = (matching & group.rows).bit_count()
            slices.append(GroupSlice(group, count, tuple(rest[:size]), is_continued))
            rest = rest[size:]
        if not rest:
            break
    return slices
