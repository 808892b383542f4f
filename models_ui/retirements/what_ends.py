"""What ends with what: each base model as a line to its end, with the fine-tunes that hang from it.

Across, everything is a percentage of the picture's width, and down it is pixels, as in `gantt.py`. Today stands at
one place in every picture, and the last date that is near at another, so that the words behind a mark have room.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.links import Named, address_of, named_replacement
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.row import Row
from models_ui.catalog.status import LISTED, Status
from models_ui.retirements.endings import add_months, month_of
from models_ui.retirements.families import Families, Family, Member
from models_ui.text.humanize import svg_percent
from models_ui.vocabulary import FINE_TUNED

MOST_FAMILIES: Final = 8
MOST_MEMBERS: Final = 4  # of each family; the link behind them leads to all

TODAY: Final = 0.2  # shares of the width
NEAR: Final = 0.55  # of the last date within the horizon
FAR: Final = 0.6  # of dates beyond it
GOES_ON: Final = 0.76  # where the arrow of a model without a date ends
_FIRST: Final = 0.05
_SHORTEST, _LONGEST = 60, 400  # days of the horizon
_BESIDE: Final = 0.065  # nearer to today no month is named
_CLOSE: Final = 0.17  # ... where there is little room


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthTick:
    first: date
    x: str
    is_minor: bool  # left out where there is little room


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine:
    """A fine-tune as pages show it in its family."""

    row: Row
    status: Status
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyLine:
    """A family as pages show it: some of its members, and where the others are."""

    family: Family
    address: str  # of the base model's page; "" where it is not known
    instead: Named | None
    members: Sequence[MemberLine]
    rest: int
    query: CatalogQuery  # the catalog's view of all its members
    x: str = ""  # where its line ends


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatEnds:
    months: Sequence[MonthTick]
    today: str
    lines: Sequence[FamilyLine]
    rest: int  # families that have no room


def member_line(member: Member, index: CatalogIndex) -> MemberLine:
    return MemberLine(row=index.renewed(member.row), status=member.status, address=address_of(member.row, index))


def family_line(family: Family, index: CatalogIndex, *, most: int = MOST_MEMBERS, x: str = "") -> FamilyLine:
    # One more is shown where the fold would hide just that one.
    shown = family.members if len(family.members) == most + 1 else family.members[:most]
    return FamilyLine(
        family=family,
        address=address_of(family.base, index) if family.base else "",
        instead=named_replacement(family.replacement, index),
        members=[member_line(member, index) for member in shown],
        rest=len(family.members) - len(shown),
        query=CatalogQuery(type=(FINE_TUNED,), status=LISTED, root=tuple(sorted(family.roots))),
        x=x,
    )


def draw_what_ends(families: Families, index: CatalogIndex, now: datetime) -> WhatEnds:
    """Return the picture of the most urgent families."""
    shown = families.most_urgent(MOST_FAMILIES)
    scale = _Scale.of(shown, now)
    return WhatEnds(
        months=scale.months(),
        today=svg_percent(TODAY),
        lines=[family_line(family, index, x=svg_percent(scale.end_of(family))) for family in shown],
        rest=len(families.all) - len(shown),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """How days become shares of the width."""

    now: datetime
    horizon: int  # days from today to NEAR

    @classmethod
    def of(cls, families: Sequence[Family], now: datetime) -> "_Scale":
        ahead = [family.days for family in families if family.fate == "ends" and family.days is not None]
        near = [days for days in ahead if days <= _LONGEST]
        return cls(now.astimezone(UTC), max((_SHORTEST, *near)))

    def share_of(self, at: datetime) -> float:
        days = (at - self.now).total_seconds() / 86_400
        return TODAY + days / self.horizon * (NEAR - TODAY)

    def end_of(self, family: Family) -> float:
        """Return where the family's line ends. An end of which no date is known is no later than today."""
        if family.fate == "goes_on":
            return GOES_ON
        if family.at is None:
            return TODAY
        return min(max(self.share_of(family.at), _FIRST), FAR)

    def months(self) -> list[MonthTick]:
        """Return the months that have room for a name, every one, second, third or fourth of them."""
        first = month_of(self.now)
        step = next(step for step in (1, 2, 3, 4, 6) if step * 30.4 / self.horizon * (NEAR - TODAY) > _BESIDE)
        ticks: list[MonthTick] = []
        for number in range(-24, 36):
            month = add_months(first, number)
            share = self.share_of(datetime(month.year, month.month, 1, tzinfo=UTC))
            if not 0.02 <= share <= 0.98 or month.month % step != 1 % step or abs(share - TODAY) < _BESIDE:
                continue
            is_minor = abs(share - TODAY) < _CLOSE or (len(ticks) % 2 == 1 and step * 30.4 / self.horizon < 0.4)
            ticks.append(MonthTick(first=month, x=svg_percent(share), is_minor=is_minor))
        return ticks
