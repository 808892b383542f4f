"""The picture of retirements: each model is a lane that ends on its date, with our fine-tunes as lanes below it.

The words are HTML, so that they wrap and grow with the reader's letters. The lanes are SVG, with attributes and classes
alone: across, everything is a percentage of the room for lanes. Reads no database and no clock: the caller gives the
dates and the current time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final, Literal

from models_ui.retirements.endings import add_months, month_of
from models_ui.retirements.ends import EndGroup, ModelEnd
from models_ui.retirements.query import RetirementsQuery
from models_ui.text.humanize import svg_percent

MOST_LANES: Final = 40
MOST_HANGING: Final = 6  # lanes below one base model

_ROOM: Final = 0.64  # share of the width at the last date; behind it is room for words
_BEYOND: Final = 0.7  # where lanes end whose date is farther away than the picture reaches
_SHORTEST_LANE: Final = 0.012
_BEFORE: Final = 0.07  # share of the time shown that lies before the first date or today
_BACK, _AHEAD = timedelta(days=365), timedelta(days=730)  # farther dates do not stretch the scale
_LEAST: Final = timedelta(days=42)  # shown at the least

_TICK_ROOM: Final = 0.085  # share of the width that the name of a tick takes
_NARROW_TICK_ROOM: Final = 0.19  # ... where there is little room
_EDGE: Final = 0.03

Shape = Literal["ahead", "past", "perhaps", "beyond"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    at: datetime
    x: str
    unit: Literal["day", "month", "year"]
    is_named: bool = True
    is_minor: bool = False  # without a name where there is little room


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    end: ModelEnd
    x: str  # where it ends
    shape: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneGroup:
    base: Lane
    hanging: Sequence[Lane]
    rest: int  # fine-tunes of this base model that are left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Gantt:
    groups: Sequence[LaneGroup]
    ticks: Sequence[Tick]
    today: str
    rest: int  # models whose lanes are left out


def draw_gantt(groups: Sequence[EndGroup], query: RetirementsQuery, now: datetime) -> Gantt:
    """Return the picture of these dates, on a scale that ends with the last of them or with the horizon asked for."""
    scale = _Scale.of([group.ending.at for group in groups], query.within, now.astimezone(UTC))
    drawn = list(_lane_groups(groups, scale))
    return Gantt(
        groups=drawn,
        ticks=list(scale.ticks()),
        today=svg_percent(scale.share_of(scale.now)),
        rest=sum(1 + len(group.hanging) for group in groups[len(drawn) :]),
    )


def _lane_groups(groups: Iterable[EndGroup], scale: "_Scale") -> Iterator[LaneGroup]:
    """Yield lanes as far as there is room for them."""
    room = MOST_LANES
    for group in groups:
        hanging = group.hanging if len(group.hanging) <= MOST_HANGING else group.hanging[: MOST_HANGING - 1]
        room -= 1 + len(hanging)
        if room < 0:
            break
        yield LaneGroup(
            base=scale.lane(ModelEnd(group.ending.row, group.ending)),
            hanging=[scale.lane(end) for end in hanging],
            rest=len(group.hanging) - len(hanging),
        )


@dataclass(frozen=True, slots=True)
class _Scale:
    """How moments become shares of the width."""

    now: datetime
    first: datetime  # at the left edge
    last: datetime  # at _ROOM

    @classmethod
    def of(cls, dates: Iterable[datetime], within: int | None, now: datetime) -> "_Scale":
        shown = [at for at in dates if now - _BACK <= at <= now + _AHEAD]
        first = min([now, *shown])
        last = now + timedelta(days=within) if within else max([now, *shown])
        span = last - first if within else max(last - first, _LEAST)
        return cls(now, first - span * _BEFORE, first + span)

    def share_of(self, at: datetime) -> float:
        return (at - self.first) / (self.last - self.first) * _ROOM

    def lane(self, end: ModelEnd) -> Lane:
        is_beyond = end.at > self.last
        share = _BEYOND if is_beyond else max(self.share_of(end.at), _SHORTEST_LANE)
        return Lane(end=end, x=svg_percent(share), shape="beyond" if is_beyond else _shape_of(end))

    # --- The axis

    def ticks(self) -> Iterator[Tick]:
        """Yield the days, months or years that the axis names, as close as their names have room."""
        moments, unit, room = self._moments()
        every = max(1, -int(-_NARROW_TICK_ROOM // room))
        today = self.share_of(self.now)
        for number, at in enumerate(moments):
            share = self.share_of(at)
            beside_today = abs(share - today)
            yield Tick(
                at=at,
                x=svg_percent(share),
                unit="year" if unit == "month" and at.month == 1 else unit,
                is_named=_EDGE <= share <= 1 - _EDGE and beside_today >= _TICK_ROOM * 0.75,
                is_minor=number % every > 0 or beside_today < _NARROW_TICK_ROOM * 0.75,
            )

    def _moments(self) -> tuple[list[datetime], Literal["day", "month"], float]:
        """Return the moments of the finest ticks whose names have room, and the room of each."""
        day = self.share_of(self.first + timedelta(days=1))
        for weeks in (1, 2):
            if day * 7 * weeks >= _TICK_ROOM:
                return list(self._weeks(weeks)), "day", day * 7 * weeks
        steps = (1, 2, 3, 6, *(12 * years for years in (1, 2, 5, 10)))
        months = next((months for months in steps if day * 29 * months >= _TICK_ROOM), steps[-1])
        return list(self._months(months)), "month", day * 29 * months

    def _weeks(self, step: int) -> Iterator[datetime]:
        """Yield Mondays from the left edge to the right one."""
        first = self.first.replace(hour=0, minute=0, second=0, microsecond=0)
        first += timedelta(days=7 - first.weekday())
        return self._as_far_as_shown(first + timedelta(weeks=number) for number in count(0, step))

    def _months(self, step: int) -> Iterator[datetime]:
        """Yield firsts of months, among them each January."""
        month = month_of(self.first)
        month = add_months(month, step - (month.month - 1) % step)
        starts = (add_months(month, number) for number in count(0, step))
        return self._as_far_as_shown(datetime(start.year, start.month, 1, tzinfo=UTC) for start in starts)

    def _as_far_as_shown(self, moments: Iterable[datetime]) -> Iterator[datetime]:
        for at in moments:
            if self.share_of(at) > 1:
                return
            yield at


def _shape_of(end: ModelEnd) -> Shape:
    if end.is_inherited:
        return "perhaps"
    return "past" if end.stage == "retired" else "ahead"
