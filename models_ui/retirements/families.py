"""Families: base models with the fine-tunes that were trained from them, which end with them. Pure: no Django.

A family is what a fine-tune's root leads to, through fine-tunes of fine-tunes down to the base model. Where the root
leads nowhere, the id that the fine-tunes name is all that is known of their base model.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Literal

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.replacements import Find, Replacement, replacement_of
from models_ui.catalog.risks import Risk, RiskKind
from models_ui.catalog.row import Row
from models_ui.catalog.status import ANSWERING, STATUSES, Status
from models_ui.text.folding import SortKey, sort_key

Fate = Literal["ends", "past", "goes_on", "gone", "unknown"]
"""Of a base model: it has a date ahead; its date is past and it is still listed; neither; it is not in the list any
more; it never was, or the fine-tunes name none.
"""

_FATES: Final[dict[RiskKind, Fate]] = {
    "retiring": "ends",
    "retired": "past",
    "missing": "gone",
    "unknown": "unknown",
}
_SECTIONS: Final[Sequence[tuple[Fate, ...]]] = (("ends", "past"), ("goes_on",), ("gone", "unknown"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A fine-tune of a family."""

    row: Row
    status: Status

    @property
    def is_live(self) -> bool:
        return self.status in ANSWERING


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One base model and its fine-tunes that are in the list: those in need first, archived ones last."""

    base: Row | None  # None where the root leads nowhere
    root: str  # the id that the fine-tunes name, the first of several; "" where they name none
    fate: Fate
    at: datetime | None  # when the base model stops working or did, UTC; of one that is gone, since when it is
    days: int | None  # until a date ahead or past; None without one
    replacement: Replacement
    members: tuple[Member, ...]
    roots: tuple[str, ...]  # all ids by which the fine-tunes name it

    @property
    def name(self) -> str:
        return self.base.label if self.base else self.root

    @property
    def live(self) -> int:
        return sum(member.is_live for member in self.members)

    @property
    def day(self) -> date | None:
        return self.at.date() if self.at else None

    @property
    def is_at_risk(self) -> bool:
        return self.fate != "goes_on" and self.live > 0

    @property
    def order(self) -> tuple[int, bool, float, int, SortKey]:
        """Return a sort key: those that end by their date, those that go on by their size, those that are gone.

        Of those that end, families in which nothing is live come last.
        """
        section = next(number for number, fates in enumerate(_SECTIONS) if self.fate in fates)
        seconds = self.at.timestamp() if section == 0 and self.at else 0.0
        return section, section == 0 and not self.live, seconds, -self.live, sort_key(self.name)


@dataclass(frozen=True, slots=True)
class Families:
    """Every family in order, and the family of each fine-tune and base model by the row's key."""

    all: tuple[Family, ...]
    by_row: dict[int, Family]

    def most_urgent(self, most: int) -> list[Family]:
        """Return so many in order; of more than that, those with live fine-tunes at risk before all others."""
        chosen = sorted(self.all, key=lambda family: not family.is_at_risk)[:most]
        return sorted(chosen, key=lambda family: family.order)


def families_at(index: CatalogIndex, now: datetime) -> Families:
    """Return the families, kept with the index for the UTC day: a date that comes builds another index."""
    return index.cached_with_facts(("families", now.astimezone(UTC).date()), lambda: find_families(index, now))


def find_families(index: CatalogIndex, now: datetime) -> Families:
    """Return the families of a whole catalog at one moment, computed anew."""
    finder = index.risks_at(now)
    grouped: dict[tuple[int, str], list[tuple[Row, Risk | None, Row | None]]] = {}
    for row in index.rows:
        if row.is_fine_tuned and not row.is_missing:
            risk = finder.risk_of(row)
            base = risk.base if risk else _follow_root(row, index.find)
            key = (base.pk, "") if base else (0, row.root)
            grouped.setdefault(key, []).append((row, risk, base))
    families = [_build_family(group, index, now) for group in grouped.values()]
    families.sort(key=lambda family: family.order)
    by_row = {member.row.pk: family for family in families for member in family.members}
    by_base = {family.base.pk: family for family in families if family.base}
    return Families(tuple(families), {**by_row, **by_base})


def _follow_root(row: Row, find: Find) -> Row | None:
    """Return the base model of a fine-tune that has one: through those that it was trained from."""
    seen, current = {row.pk}, row
    while current.is_fine_tuned:
        following = next((base for base in find(current.root) if base.pk not in seen), None)
        if following is None:
            break
        seen.add(following.pk)
        current = following
    return current if current is not row else None


def _build_family(group: Sequence[tuple[Row, Risk | None, Row | None]], index: CatalogIndex, now: datetime) -> Family:
    row, risk, base = group[0]
    fate, at, days = _fate_of(risk)
    roots = tuple(dict.fromkeys(child.root for child, _, _ in group if child.root))
    return Family(
        base=base,
        root=row.root,
        fate=fate,
        at=at,
        days=days,
        replacement=replacement_of(base, index.find, now) if base else Replacement(named="", outcome="none"),
        members=_in_order((child for child, _, _ in group), index),
        roots=roots,
    )


def _fate_of(risk: Risk | None) -> tuple[Fate, datetime | None, int | None]:
    if risk is None:
        return "goes_on", None, None
    gone_since = risk.base.missing_since if risk.base else None
    if gone_since is not None:
        return "gone", risk.at or gone_since.astimezone(UTC), risk.days
    return _FATES[risk.kind], risk.at, risk.days


def _in_order(rows: Iterable[Row], index: CatalogIndex) -> tuple[Member, ...]:
    members = [Member(row=row, status=index.status_of_row(row)) for row in rows]
    members.sort(key=lambda member: (not member.is_live, -STATUSES.index(member.status), sort_key(member.row.label)))
    return tuple(members)
