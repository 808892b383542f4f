"""The plot of context lengths."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log2
from typing import Final, NamedTuple

from models_ui.catalog.row import Row
from models_ui.text.humanize import percent

MOST_DOTS: Final = 16
_HIGHEST: Final = 120
_DOT, _LEFT, _WIDE = 11, 0.03, 0.94


class Tick(NamedTuple):
    tokens: int
    x: str
    major: bool


class Dot(NamedTuple):
    x: str
    y: int
    tuned: bool


class Block(NamedTuple):
    x: str
    width: str
    y: int
    height: int
    tuned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Models of about the same context length: half a doubling wide, so that 128,000 and 131,072 stand together."""

    lowest: int
    highest: int
    base: int
    tuned: int
    x: str
    y: int  # where its number stands

    @property
    def total(self) -> int:
        return self.base + self.tuned


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextPlot:
    columns: Sequence[Column]
    dots: Sequence[Dot]
    blocks: Sequence[Block]  # in place of dots where they are too many
    ticks: Sequence[Tick]
    floor: int
    unknown: int  # models whose context nobody told

    @property
    def height(self) -> int:
        return self.floor + 26

    @property
    def known(self) -> int:
        return sum(column.total for column in self.columns)


def context_plot(rows: Iterable[Row]) -> ContextPlot:
    """One dot for each model, stacked over its context length; fine-tunes upon base models."""
    bins: dict[int, list[Row]] = {}
    unknown = 0
    for row in rows:
        if row.max_context_length is None or row.max_context_length < 1:
            unknown += 1
        else:
            bins.setdefault(round(log2(row.max_context_length) * 2), []).append(row)
    if not bins:
        return ContextPlot(columns=(), dots=(), blocks=(), ticks=(), floor=0, unknown=unknown)
    low, high = floor(min(bins) / 2), ceil(max(bins) / 2)
    if high - low < 2:
        low, high = max(low - 1, 0), high + 1

    def across(doublings: float) -> float:
        return _LEFT + _WIDE * (doublings - low) / (high - low)

    most = max(map(len, bins.values()))
    single = most <= MOST_DOTS
    ground = 22 + (most * _DOT if single else _HIGHEST)
    columns, dots, blocks = [], [], []
    for key in sorted(bins):
        tuned = sum(row.is_fine_tuned for row in bins[key])
        base, total, share = len(bins[key]) - tuned, len(bins[key]), across(key / 2)
        tall = total * _DOT if single else round(total * _HIGHEST / most)
        contexts = [row.max_context_length for row in bins[key] if row.max_context_length is not None]
        columns.append(
            Column(
                lowest=min(contexts),
                highest=max(contexts),
                base=base,
                tuned=tuned,
                x=percent(share),
                y=ground - max(tall, 1) - 5,
            )
        )
        if single:
            x, lowest_dot = percent(share), ground - _DOT // 2 - 1
            dots += [Dot(x, lowest_dot - _DOT * level, level >= base) for level in range(total)]
        else:
            blocks += _blocks(share, _WIDE / (high - low) * 0.36, ground, base, tuned, _HIGHEST / most)
    every = ceil((high - low) / 12)
    ticks = [
        Tick(2**each, percent(across(each)), (each - low) % (2 * every) == 0) for each in range(low, high + 1, every)
    ]
    return ContextPlot(columns=columns, dots=dots, blocks=blocks, ticks=ticks, floor=ground, unknown=unknown)


def _blocks(share: float, width: float, ground: int, base: int, tuned: int, scale: float) -> list[Block]:
    """A column's two parts, each at least a pixel tall."""
    found = []
    for count, is_tuned in ((base, False), (tuned, True)):
        if count:
            height = max(round(count * scale), 1)
            ground -= height
            found.append(Block(percent(share - width / 2), percent(width), ground, height, is_tuned))
    return found
