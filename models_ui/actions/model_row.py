"""The model an action is about: what upstream says of it now, and its row, which takes in what was done and read."""

import secrets
from collections.abc import Iterable
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from models_ui.access.verbs import FIELDS, Verb
from models_ui.mirror.fact_rules import answer_of_one
from models_ui.mirror.grouping import RealModel
from models_ui.mirror.merge import take_in
from models_ui.mirror.pending import Pending
from models_ui.models import CatalogModel, Mirror
from models_ui.services.cards import ModelCard
from models_ui.services.errors import WrongShape
from models_ui.services.models_api import ModelsAPI
from models_ui.vocabulary import FINE_TUNED, make_storable

# --- What upstream says


def look(api: ModelsAPI, row: CatalogModel, field: str | None) -> ModelCard:
    """The model as it is now. An answer about another one, or one that garbles what we came for, is none."""
    card = api.retrieve(row.model_id)
    if card.id != row.model_id or field in card.problems:
        raise WrongShape(model_id=row.model_id)
    return card


_AT_ONCE: Final = 500  # values in one query
_KNOWN: Final = object()


def current_value(card: ModelCard, row: CatalogModel, field: str, default: Any = _KNOWN) -> Any:
    """What upstream says now; where its answer does not say, what was confirmed last."""
    said = says(card, field)
    if field == "archived" and said is None:
        return row.archived if default is _KNOWN else default
    return said


def says(card: ModelCard, field: str) -> Any:
    """A field of the card. The contract clears a text with "", the platform with null: both mean none."""
    value = getattr(card, field)
    return value if field == "archived" else value or None


# --- The row


def row_of(model_id: str) -> CatalogModel | None:
    """The model's row: the fine-tune's, should upstream have given its id to another model as well."""
    model_id = make_storable(model_id)
    return rows_of([model_id]).get(model_id)


def rows_of(model_ids: Iterable[str]) -> dict[str, CatalogModel]:
    """The same for several ids at once; ids that no model has are left out."""
    ids = list(dict.fromkeys(model_ids))
    found: dict[str, CatalogModel] = {}
    for start in range(0, len(ids), _AT_ONCE):
        for row in CatalogModel.objects.filter(model_id__in=ids[start : start + _AT_ONCE]):
            if row.model_id not in found or row.type == FINE_TUNED:
                found[row.model_id] = row
    return found


def apply(row: CatalogModel, verb: Verb, after: dict[str, Any], card: ModelCard | None, *, gone: bool = False) -> None:
    """What the write did, then what the re-read says, which may know better."""
    refresh(row)
    if verb is Verb.DELETE:
        now = timezone.now()
        row.deleted_at, row.missing_since, row.last_seen_at = now, row.missing_since or now, now
        row.pending = {}
    else:
        setattr(row, FIELDS[verb], after[FIELDS[verb]])
        pending = Pending.from_json(row.pending)
        pending.forget(FIELDS[verb])
        row.pending = pending.to_json()
        if card is not None:
            take_in_card(row, card)
    if gone and verb is not Verb.DELETE:
        mark_gone(row)
    save(row)


def keep(row: CatalogModel, card: ModelCard) -> None:
    """What the look at upstream showed stays, whatever comes of the action."""
    with transaction.atomic():
        refresh(row)
        if take_in_card(row, card) - {"pending"}:
            save(row)


def mark_gone(row: CatalogModel) -> None:
    refresh(row)
    if row.missing_since is None:
        row.missing_since = timezone.now()
        row.last_seen_at = Mirror.objects.get(pk=1).last_synced_at or row.last_seen_at
        save(row)


def take_in_card(row: CatalogModel, card: ModelCard) -> set[str]:
    # Only for a row that was missing does it matter whether people were told so.
    synced_at = None if row.missing_since is None else Mirror.objects.get(pk=1).last_synced_at
    model = RealModel(identity=row.identity, card=card, aliases=card.aliases)
    return take_in(row, model, answer_of_one(timezone.now(), synced_at))


def refresh(row: CatalogModel) -> None:
    """The row as it is now, held until the transaction ends: a sync may have changed it while upstream was asked."""
    row.refresh_from_db(from_queryset=CatalogModel.objects.select_for_update())


def save(row: CatalogModel) -> None:
    """Save the row and move the mirror's version, so that every process builds its index anew."""
    row.acted_at = timezone.now()
    row.save()
    Mirror.objects.filter(pk=1).update(version=secrets.token_urlsafe(9))


def fresh(row: CatalogModel) -> CatalogModel:
    return CatalogModel.objects.get(pk=row.pk)
