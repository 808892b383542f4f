"""The timeline: where its marks go. The template draws them as SVG, with attributes and classes alone.

Across, everything is a percentage of the picture's width, and down it is pixels: so a picture fills its place at any
width while its letters stay as large as the page's. Pure: no Django, no clock.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from models_ui.retirements.endings import Ending, add_months, month_of, months_between
from models_ui.text.humanize import svg_percent

# --- The timeline: a year back, this month, a year ahead

BACK: Final = 12
AHEAD: Final = 12
MONTHS: Final = BACK + 1 + AHEAD
NAMED_WIDTH: Final = 820  # pixels; names stand beside their marks from this width on, as app.css knows
MOST_LANES: Final = 14
MOST_LETTERS: Final = 30
_LETTER: Final = 6.6  # pixels, on the wide side
_LANE, _TOP, _BAR = 20, 26, 120


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthBand:
    first: date
    x: str
    middle: str
    width: str
    count: int
    starts_year: bool
    quarter: bool  # the months that are named where there is little room


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One model at its date. Its name stands behind it; before it where it is past, or the right edge is near."""

    ending: Ending
    name: str
    x: str
    y: int
    before: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A part of a month's models, where they are too many for a mark each."""

    x: str
    width: str
    y: int
    height: int
    urgency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    months: Sequence[MonthBand]
    marks: Sequence[Mark]
    bars: Sequence[Bar]
    today: str
    floor: int  # where the months' names begin
    top: int = _TOP
    earlier: int  # endings before the picture begins
    later: int  # ... and after it ends

    @property
    def room(self) -> int:
        """For marks and bars, above the axis."""
        return self.floor - self.top

    @property
    def height(self) -> int:
        return self.floor + 54


def timeline_of(endings: Sequence[Ending], now: datetime) -> Timeline:
    """Return the picture of the two years around now. Its axis is the same whatever is filtered."""
    first = add_months(month_of(now), -BACK)
    numbered = [(months_between(first, ending.month), ending) for ending in endings]
    shown = [ending for number, ending in numbered if 0 <= number < MONTHS]
    counts = Counter(number for number, _ in numbered)
    marks = _in_lanes(shown, first)
    bars = [] if marks else _month_bars(shown, first)
    return Timeline(
        months=[_month_band(first, number, counts[number]) for number in range(MONTHS)],
        marks=marks or (),
        bars=bars or (),
        today=svg_percent(_share_of_width(now.astimezone(UTC), first)),
        floor=_TOP + _BAR + 12 if bars else _TOP + _lanes_taken(marks) * _LANE,
        earlier=sum(number < 0 for number, _ in numbered),
        later=sum(number >= MONTHS for number, _ in numbered),
    )


def _lanes_taken(marks: Sequence[Mark]) -> int:
    """Return how many lanes there are, at least three, so that an empty picture has some height."""
    return max([3, *((mark.y - _TOP) // _LANE + 1 for mark in marks)])


def _month_band(first: date, number: int, count: int) -> MonthBand:
    month = add_months(first, number)
    return MonthBand(
        first=month,
        x=svg_percent(number / MONTHS),
        middle=svg_percent((number + 0.5) / MONTHS),
        width=svg_percent(1 / MONTHS),
        count=count,
        starts_year=month.month == 1 or (number == 0 and month.month < 11),
        quarter=month.month % 3 == 1,
    )


def _share_of_width(at: datetime, first: date) -> float:
    """Return the share of the width at which a moment stands; all months are equally wide."""
    days = monthrange(at.year, at.month)[1]
    gone = (at.day - 1 + (at.hour * 3600 + at.minute * 60 + at.second) / 86_400) / days
    return (months_between(first, at.date()) + gone) / MONTHS


def _in_lanes(endings: Sequence[Ending], first: date) -> list[Mark]:
    """Return each mark in the highest lane where its name overlaps no other; none when that takes too many lanes."""
    ends: list[float] = []  # of each lane
    marks = []
    for ending in endings:
        share = _share_of_width(ending.at, first)
        name = _short_name(ending.row.label)
        x, width = share * NAMED_WIDTH, 18 + len(name) * _LETTER
        before = x + width > NAMED_WIDTH or (ending.stage == "retired" and x > width)
        start, end = (x - width, x + 10) if before else (x - 10, x + width)
        lane = next((number for number, taken in enumerate(ends) if start >= taken), len(ends))
        if lane >= MOST_LANES:
            return []
        ends[lane:] = [end, *ends[lane + 1 :]]
        y = _TOP + lane * _LANE + _LANE // 2
        marks.append(Mark(ending=ending, name=name, x=svg_percent(share), y=y, before=before))
    return marks


def _short_name(name: str) -> str:
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"


def _month_bars(endings: Sequence[Ending], first: date) -> list[Bar]:
    """Return months as bars, each of up to three parts: past, soon and later, from the ground up."""
    if not endings:
        return []
    parts = Counter((months_between(first, ending.month), ending.urgency) for ending in endings)
    totals: Counter[int] = Counter()
    for (number, _), count in parts.items():
        totals[number] += count
    scale = _BAR / max(totals.values())
    bars = []
    for number in sorted(totals):
        ground = 0.0
        for urgency in ("past", "soon", "later"):
            height = parts[number, urgency] * scale
            if height:
                y, tall = round(_TOP + 12 + _BAR - ground - height), max(round(height), 1)
                x, width = svg_percent((number + 0.2) / MONTHS), svg_percent(0.6 / MONTHS)
                bars.append(Bar(x=x, width=width, y=y, height=tall, urgency=urgency))
                ground += height
    return bars
