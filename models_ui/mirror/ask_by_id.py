"""Asking by id for fine-tunes that a list leaves out, where a list may leave out what is merely archived.

In the contract's dialect archiving removes a model from the list. Only the answer that there is no such model tells
that it is gone; "no Route", 405 and every other failure say nothing of it.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from models_ui.mirror.fact_rules import Answer
from models_ui.mirror.merge import take_in_absence
from models_ui.mirror.pending import CONFIRM_AFTER, Confirmation, Pending
from models_ui.mirror.source import Source
from models_ui.models import CatalogModel
from models_ui.services.cards import ModelCard, ModelList
from models_ui.services.errors import ModelGone, ModelsAPIError
from models_ui.vocabulary import FINE_TUNED, id_is_routable

MOST_ASKED: Final = 20  # models in one run
ASK_AGAIN_AFTER: Final = timedelta(minutes=30)
LONGEST: Final = 15.0  # seconds after which a run asks for no further model: a person may be waiting for it


@dataclass(frozen=True, slots=True)
class Asked:
    """Upstream's answers about models asked for by id, by their rows' keys: a card, or None for gone.

    `keys` are all rows that were asked for. `lists_archived` says that no list leaves out what is merely archived.
    """

    lists_archived: bool
    cards: Mapping[int, ModelCard | None] = field(default_factory=dict)
    keys: frozenset[int] = frozenset()

    def concerns(self, row: CatalogModel) -> bool:
        """Whether the model may be left out of the list though it exists."""
        return not self.lists_archived and row.missing_since is None and _can_be_asked_for(row)

    def take_in(self, row: CatalogModel, answer: Answer) -> set[str]:
        """Take in that a list leaves out a model that may be archived, with what upstream said of it by its id."""
        if row.pk in self.cards:
            card = self.cards[row.pk]
            changed = take_in_absence(row, answer, is_gone=True) if card is None else _take_in_presence(row, card)
        elif row.archived or Confirmation(answer.at).is_over(Pending.from_json(row.pending).absent_since):
            changed = set()
        else:
            changed = take_in_absence(row, answer)
        pending = Pending.from_json(row.pending)
        pending.is_left_out = row.archived and (pending.is_left_out or row.missing_since is None)
        if row.pk in self.keys:
            pending.asked_at = answer.at
        row.pending = pending.to_json()
        return changed | {"pending"}


def ask_by_id(source: Source, listed: ModelList, before_each: Callable[[], None]) -> Asked:
    """Ask for the models that need it, those first that were not asked for longest; stop when a call fails."""
    if source.lists_archived:
        return Asked(lists_archived=True)
    cards: dict[int, ModelCard | None] = {}
    keys: set[int] = set()
    deadline = time.monotonic() + LONGEST
    for row in _rows_to_ask_for(listed):
        if time.monotonic() > deadline:
            break
        before_each()
        keys.add(row.pk)
        try:
            cards[row.pk] = source.retrieve(row.model_id)
        except ModelGone:
            cards[row.pk] = None
        except ModelsAPIError:
            break
    return Asked(lists_archived=False, cards=cards, keys=frozenset(keys))


def _rows_to_ask_for(listed: ModelList) -> list[CatalogModel]:
    now, ids = listed.fetched_at, {card.id for card in listed.cards}
    waiting: list[tuple[datetime | None, CatalogModel]] = []
    for row in CatalogModel.objects.filter(type=FINE_TUNED, missing_since=None).order_by("pk"):
        if row.model_id not in ids and _can_be_asked_for(row):
            pending = Pending.from_json(row.pending)
            if _is_due(pending.asked_at, now) and (row.archived or _is_absence_confirmed(pending, now)):
                waiting.append((pending.asked_at, row))
    return [row for _asked_at, row in sorted(waiting, key=_longest_ago_first)[:MOST_ASKED]]


def _longest_ago_first(item: tuple[datetime | None, CatalogModel]) -> tuple[bool, float]:
    asked_at, _row = item
    return asked_at is not None, asked_at.timestamp() if asked_at is not None else 0.0


def _can_be_asked_for(row: CatalogModel) -> bool:
    return row.type == FINE_TUNED and id_is_routable(row.model_id)


def _is_due(asked_at: datetime | None, now: datetime) -> bool:
    # A moment ahead is of a clock that was set back.
    return asked_at is None or asked_at > now or now - asked_at >= ASK_AGAIN_AFTER


def _is_absence_confirmed(pending: Pending, now: datetime) -> bool:
    return Confirmation(now, CONFIRM_AFTER).is_over(pending.absent_since)


def _take_in_presence(row: CatalogModel, card: ModelCard) -> set[str]:
    """Take in that a model exists which the list leaves out: it is archived, unless the answer says otherwise."""
    pending = Pending.from_json(row.pending)
    pending.absent_since = None
    archived = True if card.archived is None else card.archived
    changed = {"archived"} if row.archived != archived else set()
    row.archived, row.pending = archived, pending.to_json()
    return changed | {"pending"}
