"""The orders of the catalog's rows, by several columns and within groups, and the groups themselves.

Each is computed when it is first asked for, then kept. Imports no Django, reads no clock.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Final

from models_ui.catalog.groups import Group, Grouping
from models_ui.catalog.row import STATES, Row
from models_ui.catalog.row_sets import positions_in_set
from models_ui.catalog.status import STATUSES, Standing
from models_ui.text.folding import SortKey, sort_key
from models_ui.text.keepers import keeper_label

_MOST_KEPT: Final = 60  # an address may name any sequence of columns


class Orders:
    """The orders of `size` rows. `keys_of` returns for a column the rows' keys, None where a row has no value."""

    def __init__(self, size: int, keys_of: Callable[[str], Sequence[Any]]) -> None:
        self._size = size
        self._keys_of = keys_of
        self._keys: dict[str, Sequence[Any]] = {}
        self._kept: dict[tuple[str, str], Sequence[int]] = {}
        self._groups: dict[Grouping, Sequence[Group]] = {}

    def groups(self, grouping: Grouping, build: Callable[[], Sequence[Group]]) -> Sequence[Group]:
        """Return the groups of a grouping, which are built when they are first asked for."""
        if grouping not in self._groups:
            self._groups.setdefault(grouping, build())
        return self._groups[grouping]

    def positions(self, sort: str, grouping: str, groups: Sequence[Group]) -> Sequence[int]:
        """Return the positions in the order of `sort`, within the groups in theirs."""
        order = self._kept.get((sort, grouping))
        if order is None:
            order = self._in_groups(groups, self._in_order(sort)) if groups else self._in_order(sort)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[sort, grouping] = order
        return order

    def _in_order(self, sort: str) -> Sequence[int]:
        """Return the positions by several columns: rows without a value come last both ways, ties stay in order."""
        order: Sequence[int] = range(self._size)
        for part in reversed(sort.split(",") if sort else ()):
            keys = self._keys_of_column(part.removeprefix("-"))
            known = [position for position in order if keys[position] is not None]
            known.sort(key=keys.__getitem__, reverse=part.startswith("-"))
            order = known + [position for position in order if keys[position] is None]
        return order

    def _keys_of_column(self, column: str) -> Sequence[Any]:
        if column not in self._keys:
            self._keys[column] = self._keys_of(column)
        return self._keys[column]

    def _in_groups(self, groups: Sequence[Group], order: Sequence[int]) -> Sequence[int]:
        places = [0] * self._size
        for place, group in enumerate(groups):
            for position in positions_in_set(group.rows):
                places[position] = place
        return sorted(order, key=places.__getitem__)


def sort_keys(
    rows: Sequence[Row], names: Sequence[SortKey], standings: Sequence[Standing], column: str
) -> Sequence[Any]:
    """Return the rows' keys in the order of a column, None where a row has no value. `names` are those of labels."""
    key_of = cache(lambda text: sort_key(text) if text else None)  # few types and owners stand in many rows
    keys: dict[str, Iterable[Any]] = {
        "name": (name if name[1] else None for name in names),
        "status": (STATUSES.index(standing.status) for standing in standings),
        "deprecation": (standing.ends_at for standing in standings),
        "context": (row.max_context_length for row in rows),
        "type": (key_of(row.type) for row in rows),
        "root": (key_of(row.root) for row in rows),
        "created": (row.created_at for row in rows),
        "owner": (key_of(row.owned_by) for row in rows),
        "keeper": (key_of(keeper_label(row.present_keepers[0])) if row.present_keepers else None for row in rows),
        "state": (STATES.index(row.state) for row in rows),
    }
    return list(keys[column])
