"""What belongs to one person: their name, the models that they look after, their views and private links."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction

from models_ui.audit.plain_events import record_plain_event
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.links import Named, address_of
from models_ui.catalog.row import Row
from models_ui.catalog.status import Status
from models_ui.models import FeedAddress, SavedList, Watch
from models_ui.text.keepers import keeper_of

MOST_MODELS: Final = 12  # named on the page; the catalog has all of them


@dataclass(frozen=True, slots=True)
class LookedAfter:
    """A model that the person looks after."""

    named: Named
    status: Status
    is_watched: bool


@dataclass(frozen=True, slots=True)
class Mine:
    """How much of each kind a person has, and the first few of the models that they look after."""

    models: Sequence[LookedAfter]
    model_count: int
    views: int
    links: int
    watches: int


def what_is_mine(user: User, index: CatalogIndex) -> Mine:
    """Return what the person has here. Takes three queries."""
    keeper = keeper_of(user.get_username())
    rows = [row for row in index.rows if keeper in row.keepers and not row.is_missing]
    watched = set(Watch.objects.filter(owner=user).values_list("model_id", flat=True))
    return Mine(
        models=[_looked_after(row, index, watched) for row in rows[:MOST_MODELS]],
        model_count=len(rows),
        views=SavedList.objects.filter(owner=user).count(),
        links=FeedAddress.objects.filter(owner=user).count(),
        watches=len(watched),
    )


def _looked_after(row: Row, index: CatalogIndex, watched: Set[str]) -> LookedAfter:
    is_watched = not watched.isdisjoint({row.model_id, *row.aliases})
    return LookedAfter(Named(row, address_of(row, index)), index.status_of_row(row), is_watched)


def store_name(user: User, name: str) -> None:
    """Store the full name that pages show beside the person's menu. An empty one shows the user name again."""
    if name == user.get_full_name():
        return
    with transaction.atomic():
        user.first_name, user.last_name = name, ""
        user.save(update_fields=["first_name", "last_name"])
        record_plain_event(user, "settings.name_changed")


def note_password_changed(user: User) -> None:
    """Record that a person has given themselves another password."""
    record_plain_event(user, "person.password_changed")
