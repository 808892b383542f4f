"""The plot of context lengths. Pure: no Django, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log2
from typing import Final, NamedTuple, Self

from models_ui.catalog.row import Row
from models_ui.text.humanize import svg_percent

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
    unknown: int  # models without a known context length

    @property
    def height(self) -> int:
        return self.floor + 26

    @property
    def known(self) -> int:
        return sum(column.total for column in self.columns)


@dataclass(frozen=True, slots=True)
class _Scale:
    """From doublings of the context length to shares of the width, and from models to pixels."""

    low: int
    high: int
    most: int  # models in the tallest column

    @classmethod
    def of(cls, bins: Mapping[int, Sequence[Row]]) -> Self:
        """Return the scale of columns that are numbered by half doublings."""
        low, high = floor(min(bins) / 2), ceil(max(bins) / 2)
        if high - low < 2:
            low, high = max(low - 1, 0), high + 1
        return cls(low, high, max(map(len, bins.values())))

    @property
    def has_dots(self) -> bool:
        """Whether each model has a dot of its own; otherwise columns are blocks."""
        return self.most <= MOST_DOTS

    @property
    def pixels_a_model(self) -> float:
        return _DOT if self.has_dots else _HIGHEST / self.most

    @property
    def floor(self) -> int:
        return 22 + (self.most * _DOT if self.has_dots else _HIGHEST)

    @property
    def block_width(self) -> float:
        return _WIDE / (self.high - self.low) * 0.36

    def share(self, doublings: float) -> float:
        return _LEFT + _WIDE * (doublings - self.low) / (self.high - self.low)


def build_context_plot(rows: Iterable[Row]) -> ContextPlot:
    """Return one dot for each model, stacked over its context length; fine-tunes upon base models."""
    bins, unknown = _bins_of(rows)
    if not bins:
        return ContextPlot(columns=(), dots=(), blocks=(), ticks=(), floor=0, unknown=unknown)
    scale = _Scale.of(bins)
    columns, dots, blocks = [], [], []
    for number in sorted(bins):
        share = scale.share(number / 2)
        column = _column_of(bins[number], share, scale)
        columns.append(column)
        if scale.has_dots:
            dots += _stack_dots(column, scale)
        else:
            blocks += _stack_blocks(column, share, scale)
    return ContextPlot(
        columns=columns, dots=dots, blocks=blocks, ticks=_ticks_of(scale), floor=scale.floor, unknown=unknown
    )


def _bins_of(rows: Iterable[Row]) -> tuple[dict[int, list[Row]], int]:
    """Return the models of each half doubling, and how many have no context length."""
    bins: dict[int, list[Row]] = {}
    unknown = 0
    for row in rows:
        if row.max_context_length is None or row.max_context_length < 1:
            unknown += 1
        else:
            bins.setdefault(round(log2(row.max_context_length) * 2), []).append(row)
    return bins, unknown


def _column_of(rows: Sequence[Row], share: float, scale: _Scale) -> Column:
    tuned = sum(row.is_fine_tuned for row in rows)
    lengths = [row.max_context_length for row in rows if row.max_context_length is not None]
    height = round(len(rows) * scale.pixels_a_model)
    return Column(
        lowest=min(lengths),
        highest=max(lengths),
        base=len(rows) - tuned,
        tuned=tuned,
        x=svg_percent(share),
        y=scale.floor - max(height, 1) - 5,
    )


def _ticks_of(scale: _Scale) -> list[Tick]:
    """Return a tick for each doubling, or for so many that a dozen remain; every second one is major."""
    step = ceil((scale.high - scale.low) / 12)
    doublings = range(scale.low, scale.high + 1, step)
    return [
        Tick(2**power, svg_percent(scale.share(power)), (power - scale.low) % (2 * step) == 0) for power in doublings
    ]


def _stack_dots(column: Column, scale: _Scale) -> list[Dot]:
    lowest = scale.floor - _DOT // 2 - 1
    return [Dot(column.x, lowest - _DOT * level, level >= column.base) for level in range(column.total)]


def _stack_blocks(column: Column, share: float, scale: _Scale) -> list[Block]:
    """Return a column's two parts, each at least a pixel tall."""
    ground, width, blocks = scale.floor, scale.block_width, []
    for count, is_tuned in ((column.base, False), (column.tuned, True)):
        if count:
            height = max(round(count * scale.pixels_a_model), 1)
            ground -= height
            blocks.append(Block(svg_percent(share - width / 2), svg_percent(width), ground, height, is_tuned))
    return blocks
