"""Replacements: the model that a replacement's name means today, and what changes with a move to it.

Upstream names a replacement by an id or, often, by a floating alias, which means what it means today. The replacement
may be unknown, gone, or retiring itself; its own replacement may lead back. Nothing is guessed. Pure: no Django.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from typing import Final, Literal, NamedTuple

from models_ui.catalog.lifecycle import Lifecycle, days_until, lifecycle_stage
from models_ui.catalog.row import Row

Find = Callable[[str], Sequence[Row]]
"""The models that an id or alias leads to today: none, one or several. `CatalogIndex.find` is one."""

Outcome = Literal["none", "unknown", "several", "itself", "found"]
Doubt = Literal["", "unknown", "several", "itself", "retired", "missing", "circular", "retiring"]


LONGEST_PATH: Final = 12  # ids of a path of replacements that a page shows


class Onward(NamedTuple):
    """Where the replacements of a replacement lead, each by its id."""

    ids: tuple[str, ...] = ()
    is_circular: bool = False


_NOWHERE: Final = Onward()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What changes from one model to another. A flag that upstream does not tell of both is no gain and no loss."""

    contexts: tuple[int | None, int | None]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    untold: tuple[str, ...]  # one has it, and the API does not say whether the other has
    temperatures: tuple[float | None, float | None]  # the defaults

    @property
    def context_change(self) -> Literal["unknown", "same", "larger", "smaller"]:
        before, after = self.contexts
        if before is None or after is None:
            return "unknown"
        if before == after:
            return "same"
        return "larger" if after > before else "smaller"

    @property
    def same_capabilities(self) -> bool:
        return not (self.gained or self.lost or self.untold)

    @property
    def temperature_changes(self) -> bool:
        return None not in self.temperatures and self.temperatures[0] != self.temperatures[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """The model that upstream names in place of another, and what that name means today."""

    named: str  # as upstream says it; empty when it names nothing
    outcome: Outcome
    row: Row | None = None  # when found
    candidates: tuple[Row, ...] = ()  # when the id leads to several
    stage: Lifecycle = "active"
    at: datetime | None = None  # when the replacement itself stops working, UTC
    days: int | None = None  # ... until then
    # Follows the replacements of the replacement; only when they are asked for, and once.
    follow: Callable[[], "Onward"] = field(default=lambda: _NOWHERE, compare=False, repr=False)
    comparison: Comparison | None = None

    @property
    def after(self) -> tuple[str, ...]:
        """Where the replacements lead from there on, each by its id."""
        return self.follow().ids

    @property
    def path(self) -> tuple[str, ...]:
        """The same for a page: of a long way only its beginning and its end."""
        ids = self.after
        return ids if len(ids) <= LONGEST_PATH else (*ids[: LONGEST_PATH - 2], "…", ids[-1])

    @property
    def circular(self) -> bool:
        """Whether the replacements lead back to where they have been."""
        return self.outcome == "itself" or self.follow().is_circular

    @property
    def by_alias(self) -> bool:
        """Whether the name is not the model's own id, so that it may mean another model tomorrow."""
        return self.row is not None and self.named != self.row.model_id

    @property
    def doubt(self) -> Doubt:
        """The worst reason why a move there is not the last one, or not possible; empty when there is none."""
        if self.outcome != "found":
            return "" if self.outcome == "none" else self.outcome
        if self.stage == "retired":
            return "retired"
        if self.row is not None and self.row.is_missing:
            return "missing"
        if self.circular:
            return "circular"
        return "retiring" if self.stage == "retiring" else ""


def compare_models(before: Row, after: Row) -> Comparison:
    """Return what a move from one model to the other gains and loses."""
    return Comparison(
        contexts=(before.max_context_length, after.max_context_length),
        gained=tuple(key for key in after.capabilities if key in before.lacks),
        lost=tuple(key for key in before.capabilities if key in after.lacks),
        untold=(*_untold_by(after, before.capabilities), *_untold_by(before, after.capabilities)),
        temperatures=(before.default_temperature, after.default_temperature),
    )


def _untold_by(row: Row, capabilities: Iterable[str]) -> Iterator[str]:
    """Yield the capabilities of which upstream does not say whether the model has them."""
    return (key for key in capabilities if key not in row.capabilities and key not in row.lacks)


def replacement_of(row: Row, find: Find, now: datetime) -> Replacement:
    """Return what the row's replacement means today, compared with the row."""
    if not row.replacement:
        return Replacement(named="", outcome="none")
    candidates = tuple(find(row.replacement))
    if not candidates:
        return Replacement(named=row.replacement, outcome="unknown")
    if any(candidate.pk == row.pk for candidate in candidates):
        return Replacement(named=row.replacement, outcome="itself")
    if len(candidates) > 1:
        return Replacement(named=row.replacement, outcome="several", candidates=candidates)
    target = candidates[0]
    at = target.deprecation.astimezone(UTC) if target.deprecation else None
    now = now.astimezone(UTC)
    return Replacement(
        named=row.replacement,
        outcome="found",
        row=target,
        stage=lifecycle_stage(at, now),
        at=at,
        days=days_until(at, now) if at else None,
        follow=cache(partial(_follow_replacements, row, target, find)),
        comparison=compare_models(row, target),
    )


def _follow_replacements(start: Row, first: Row, find: Find) -> Onward:
    """Return where replacements lead beyond the first one, up to the last that is known.

    A replacement without a date ends the way, whatever it names as its own.
    """
    seen = {start.pk, first.pk}
    path: list[str] = []
    current = first
    while current.deprecation is not None and current.replacement:
        candidates = find(current.replacement)
        if len(candidates) != 1:
            return Onward((*path, current.replacement))
        current = candidates[0]
        path.append(current.model_id)
        if current.pk in seen:
            return Onward(tuple(path), is_circular=True)
        seen.add(current.pk)
    return Onward(tuple(path))
