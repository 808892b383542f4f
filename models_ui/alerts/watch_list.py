"""Watch lists: which models a person wants to be warned about, and which warnings they have dealt with.

Here alone is written what they watch, acknowledge and snooze. All of it is idempotent: done twice, it is done once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, Literal

from django.contrib.auth.models import User
from django.db.models import QuerySet

from models_ui.alerts.concerns import Concern, worst_of
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.links import address_of, address_of_id
from models_ui.catalog.row import Row
from models_ui.models import Watch
from models_ui.text.folding import SortKey, sort_key

MOST: Final = 500  # models on one person's list
SNOOZES: Final = (7, 30)  # days

Standing = Literal["attention", "snoozed", "acknowledged", "calm"]
STANDINGS: Final[tuple[Standing, ...]] = ("attention", "snoozed", "acknowledged", "calm")


class TooMany(Exception):
    """The person watches as many models as one may."""


class UnknownModel(Exception):
    """No model of the catalog answers to the id."""


class HasChanged(Exception):
    """What was to be acknowledged is not what there is to know now."""


@dataclass(frozen=True)
class Watched:
    """One entry of a watch list, with what its id leads to at `now`."""

    watch: Watch
    index: CatalogIndex
    now: datetime

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The models that the id leads to; none once nobody answers to it any more."""
        return meant_by(self.watch.model_id, self.index)

    @cached_property
    def concern(self) -> Concern | None:
        return worst_of(self.rows, self.index.find, self.now)

    @property
    def standing(self) -> Standing:
        if self.concern is None:
            return "calm" if self.rows else "attention"
        if self.watch.acknowledged == self.concern.key:
            return "acknowledged"
        if self.watch.snoozed_until is not None and self.now.date() < self.watch.snoozed_until:
            return "snoozed"
        return "attention"

    @property
    def label(self) -> str:
        """An alias is called by its own name, since it is the alias that is watched."""
        row = self.row
        return row.label if row and row.model_id == self.watch.model_id else self.watch.model_id

    @property
    def row(self) -> Row | None:
        """The one model it leads to."""
        return self.rows[0] if len(self.rows) == 1 else None

    @property
    def is_alias(self) -> bool:
        return self.row is not None and self.row.model_id != self.watch.model_id

    @property
    def address(self) -> str:
        """Of the model's page; of the choice between several; empty where none can carry the id."""
        if self.row:
            return address_of(self.row, self.index)
        return address_of_id(self.watch.model_id) if self.rows else ""

    @property
    def _order(self) -> tuple[int, tuple[int, float], SortKey]:
        urgency = self.concern.urgency if self.concern else (0, 0.0)
        return STANDINGS.index(self.standing), urgency, sort_key(self.label)


def meant_by(model_id: str, index: CatalogIndex) -> tuple[Row, ...]:
    """What an id means today comes before what it once meant."""
    found = index.find(model_id)
    return tuple(row for row in found if not row.is_missing) or tuple(found)


def watches_of(owner: User) -> QuerySet[Watch]:
    return Watch.objects.filter(owner=owner)


def watch_list(watches: Iterable[Watch], index: CatalogIndex, now: datetime) -> list[Watched]:
    """What needs attention, then what is snoozed, acknowledged or calm; each the most urgent first."""
    return sorted((Watched(each, index, now) for each in watches), key=lambda each: each._order)


def add_watch(*, owner: User, model_id: str, index: CatalogIndex, now: datetime) -> Watch:
    """Put an id or alias on the person's list, where it may be already."""
    if not index.find(model_id):
        raise UnknownModel(model_id)
    known = watches_of(owner).filter(model_id=model_id).first()
    if known is not None:
        return known
    if watches_of(owner).count() >= MOST:
        raise TooMany
    return watches_of(owner).get_or_create(owner=owner, model_id=model_id, defaults={"created_at": now})[0]


def stop_watch(entry: Watch) -> None:
    watches_of(entry.owner).filter(pk=entry.pk).delete()


def acknowledge_watch(entry: Watched, *, seen: str) -> None:
    """Keep quiet until the concern becomes another one. `seen` is the key of the one that the person was shown."""
    if entry.concern is None or entry.concern.key != seen:
        raise HasChanged
    _note(entry.watch, acknowledged=seen, snoozed_until=None)


def snooze_watch(entry: Watched, *, days: int) -> None:
    """Keep quiet for some days, whatever the concern becomes meanwhile. Where there is none, there is nothing to do."""
    if entry.concern is not None:
        _note(entry.watch, acknowledged="", snoozed_until=entry.now.date() + timedelta(days=days))


def resume_watch(entry: Watch) -> None:
    """Take up again what was acknowledged or snoozed."""
    _note(entry, acknowledged="", snoozed_until=None)


def _note(entry: Watch, **values: object) -> None:
    Watch.objects.filter(pk=entry.pk).update(**values)
