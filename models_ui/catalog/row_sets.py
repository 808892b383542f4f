"""Sets of rows as Python integers, one bit for each row: `&`, `|` and `~` combine sets, `bit_count` counts rows."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

Value = TypeVar("Value", bound=Hashable)
RowSet = int
"""A set of rows: bit n is set if the row at position n is in the set."""


def full_set(size: int) -> RowSet:
    """Return the set of all rows."""
    return (1 << size) - 1


_DIGITS: Final = bytes.maketrans(b"\0\1", b"01")


def set_of_answers(answers: Iterable[int]) -> RowSet:
    """Return the set of the rows whose answer is 1 and not 0, from one answer for each row."""
    return int(b"0" + bytes(answers)[::-1].translate(_DIGITS), 2)


def sets_by_value(values_of_rows: Iterable[Iterable[Value]], size: int) -> dict[Value, RowSet]:
    """Return for each value the set of rows that have it."""
    width = -(-size // 8)
    collected: dict[Value, bytearray] = {}
    for position, values in enumerate(values_of_rows):
        for value in values:
            bits = collected.get(value)
            if bits is None:
                bits = collected[value] = bytearray(width)
            bits[position >> 3] |= 1 << (position & 7)
    return {value: int.from_bytes(bits, "little") for value, bits in collected.items()}


def move_row(rows: RowSet, old: int, new: int) -> RowSet:
    """Return the set after a row went from one position to another, and those in between made room."""
    bit = rows >> old & 1
    without = rows & (1 << old) - 1 | rows >> old + 1 << old
    return without & (1 << new) - 1 | bit << new | without >> new << new + 1


def with_row_moved(
    sets: Mapping[Value, RowSet], old: int, new: int, before: set[Value], after: set[Value]
) -> dict[Value, RowSet]:
    """Return the set of each value after a row went from one position to another, lost some values and got others."""
    moved = dict(sets) if old == new else {value: move_row(rows, old, new) for value, rows in sets.items()}
    bit = 1 << new
    for value in before - after:
        moved[value] &= ~bit
    for value in after - before:
        moved[value] = moved.get(value, 0) | bit
    return moved


def positions_in_set(rows: RowSet) -> Iterator[int]:
    """Yield the positions of a set's rows, ascending."""
    for start, byte in enumerate(rows.to_bytes(-(-rows.bit_length() // 8), "little")):
        if byte:
            yield from (start * 8 + bit for bit in range(8) if byte >> bit & 1)


def slice_in_order(rows: RowSet, order: Sequence[int], start: int, end: int) -> list[int]:
    """Return the positions of a set's rows that come from `start` to `end` when the set is put in this order."""
    end = min(end, rows.bit_count())
    if end <= start:
        return []
    bits = rows.to_bytes(-(-len(order) // 8) or 1, "little")
    positions: list[int] = []
    seen = 0
    for position in order:
        if bits[position >> 3] >> (position & 7) & 1:
            if seen >= start:
                positions.append(position)
            seen += 1
            if seen == end:
                break
    return positions
