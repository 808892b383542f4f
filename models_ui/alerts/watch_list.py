"""Watch lists: the models a person wants to be warned about, and the warnings they have dealt with.

This module alone writes watches. Each write is idempotent: done twice, it has the effect of once.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final, Literal

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from models_ui.alerts.concerns import Concern, worst_of
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.links import address_of, address_of_id
from models_ui.catalog.row import Row
from models_ui.catalog.status import Status
from models_ui.models import CatalogModel, Watch
from models_ui.prepared_query import PreparedQuery
from models_ui.text.folding import SortKey, sort_key
from models_ui.text.keepers import username_of

MOST_WATCHES: Final = 500  # models on one person's list
SNOOZES: Final = (7, 30)  # days

Standing = Literal["attention", "snoozed", "acknowledged", "calm"]
STANDINGS: Final[tuple[Standing, ...]] = ("attention", "snoozed", "acknowledged", "calm")


_WATCHES_OF: Final = PreparedQuery(
    lambda owner_id: Watch.objects.filter(owner_id=owner_id).values_list("model_id", "pk"), owner_id=987_654_321
)


class TooManyWatches(Exception):
    """The person watches as many models as one person may."""


class UnknownModel(Exception):
    """No model of the catalog has this id or alias."""


class HasChanged(Exception):
    """The concern to acknowledge is no longer the current one."""


@dataclass(frozen=True)
class Watched:
    """One entry of a watch list, with the models that its id leads to at `now`."""

    watch: Watch
    index: CatalogIndex
    now: datetime

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The models that the id leads to; empty when no model has the id any more."""
        return find_meant(self.watch.model_id, self.index)

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
        """The model's name. An alias is shown by its own name, since the alias is what is watched."""
        row = self.row
        return row.label if row and row.model_id == self.watch.model_id else self.watch.model_id

    @property
    def row(self) -> Row | None:
        """The only model that the id leads to; None when there are several or none."""
        return self.rows[0] if len(self.rows) == 1 else None

    @property
    def status(self) -> Status | None:
        """The status of the model that is told of; None where the id leads to none, or to several of no concern."""
        row = self.concern.row if self.concern else self.row
        return self.index.status_of_row(row) if row else None

    @property
    def is_alias(self) -> bool:
        return self.row is not None and self.row.model_id != self.watch.model_id

    @property
    def address(self) -> str:
        """The address of the model's page, or of the choice between several models; empty where no address can carry
        the id.
        """
        if self.row:
            return address_of(self.row, self.index)
        return address_of_id(self.watch.model_id) if self.rows else ""

    @property
    def _order(self) -> tuple[int, tuple[int, float], SortKey]:
        urgency = self.concern.urgency if self.concern else (0, 0.0)
        return STANDINGS.index(self.standing), urgency, sort_key(self.label)


def find_meant(model_id: str, index: CatalogIndex) -> tuple[Row, ...]:
    """Return the models that an id leads to today, or those it led to in the past when there are none today."""
    rows = index.find(model_id)
    return tuple(row for row in rows if not row.is_missing) or tuple(rows)


def watches_of(owner: User) -> QuerySet[Watch]:
    return Watch.objects.filter(owner=owner)


def keys_of_watches(owner: User, model_ids: Container[str]) -> dict[str, int]:
    """Return the keys of the entries by which the person watches some of these ids, by id."""
    return {model_id: pk for model_id, pk in _WATCHES_OF.all(owner_id=owner.pk) if model_id in model_ids}


def watch_list(watches: Iterable[Watch], index: CatalogIndex, now: datetime) -> list[Watched]:
    """Return the entries by standing (attention, snoozed, acknowledged, calm), the most urgent first in each."""
    return sorted((Watched(watch, index, now) for watch in watches), key=lambda entry: entry._order)


def put_on_list(*, owner: User, model_id: str, index: CatalogIndex, now: datetime) -> Watch:
    """Put an id or alias on the person's list, unless it is there already. Raise UnknownModel or TooManyWatches."""
    if not index.find(model_id):
        raise UnknownModel(model_id)
    known = watches_of(owner).filter(model_id=model_id).first()
    if known is not None:
        return known
    if watches_of(owner).count() >= MOST_WATCHES:
        raise TooManyWatches
    return watches_of(owner).get_or_create(owner=owner, model_id=model_id, defaults={"created_at": now})[0]


def watch_what_they_look_after(*, row: CatalogModel, field: str, before: Any, **_: Any) -> None:
    """Put a model on the lists of the people who look after it from now on. They may take it off again."""
    names = [username_of(keeper) for keeper in row.keepers if keeper not in before] if field == "keepers" else []
    for owner in User.objects.filter(username__in=[name for name in names if name]) if any(names) else ():
        if row.model_id and watches_of(owner).count() < MOST_WATCHES:
            defaults = {"created_at": timezone.now()}
            watches_of(owner).get_or_create(owner=owner, model_id=row.model_id, defaults=defaults)


def take_off_list(entry: Watch) -> None:
    watches_of(entry.owner).filter(pk=entry.pk).delete()


def acknowledge_concern(entry: Watched, *, seen: str) -> None:
    """Silence the entry until its concern changes.

    `seen` is the key of the concern that the person was shown. Raise HasChanged when it is not the current one.
    """
    if entry.concern is None or entry.concern.key != seen:
        raise HasChanged
    _update_watch(entry.watch, acknowledged=seen, snoozed_until=None)


def snooze_concerns(entry: Watched, *, days: int) -> None:
    """Silence the entry for some days, whatever its concern becomes. Do nothing where there is no concern."""
    if entry.concern is not None:
        _update_watch(entry.watch, acknowledged="", snoozed_until=entry.now.date() + timedelta(days=days))


def resume_warnings(entry: Watch) -> None:
    """End the acknowledgement or snooze of an entry."""
    _update_watch(entry, acknowledged="", snoozed_until=None)


def _update_watch(entry: Watch, **values: object) -> None:
    Watch.objects.filter(pk=entry.pk).update(**values)
