"""Orders of a catalog's rows, by several columns and by groups; each is computed when it is first asked for. Pure."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from models_ui.catalog.groups import Group
from models_ui.catalog.row_sets import positions_in_set

_MOST_KEPT: Final = 60  # an address may name any sequence of columns


class Orders:
    """The orders of `size` rows. `keys_of` returns for a column the rows' keys, None where a row has no value."""

    def __init__(self, size: int, keys_of: Callable[[str], Sequence[Any]]) -> None:
        self._size = size
        self._keys_of = keys_of
        self._keys: dict[str, Sequence[Any]] = {}
        self._kept: dict[tuple[str, str], Sequence[int]] = {}

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
