"""The model of an action: what upstream says of it now, and its row, which takes in what was done and read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from models_ui.access.verbs import VERBS, Verb
from models_ui.audit.outcome_detail import NO_DETAIL, OutcomeDetail, UnconfirmedDetail
from models_ui.audit.renames import name_of_former
from models_ui.mirror.fact_rules import Answer
from models_ui.mirror.grouping import RealModel
from models_ui.mirror.merge import take_in
from models_ui.mirror.pending import Confirmation, Pending
from models_ui.mirror.state import move_version
from models_ui.models import CatalogModel, Mirror
from models_ui.services import models_api
from models_ui.services.cards import ModelCard
from models_ui.services.errors import ModelGone, ModelsAPIError, NotFound, RouteNotFound, WrongShape
from models_ui.services.models_api import ModelsAPI
from models_ui.text.keepers import keeper_of, rename_keeper, username_of
from models_ui.vocabulary import FINE_TUNED, make_storable

_ROWS_IN_ONE_QUERY: Final = 500
# A field of which upstream need not say anything; the row then keeps what was confirmed last.
_OFTEN_UNSAID: Final = "archived"


# --- What upstream says


def read_upstream(api: ModelsAPI, row: CatalogModel, field: str | None) -> ModelCard:
    """Return the model as it is now. Raise WrongShape for another model's card, or one that garbles the field."""
    card = api.retrieve(row.model_id)
    if card.id != row.model_id or field in card.problems:
        raise WrongShape(model_id=row.model_id)
    return card


def value_on_card(card: ModelCard, field: str) -> Any:
    """Return a field of the card. The contract clears a text with "", the platform with null: both mean none."""
    value = getattr(card, field)
    return value if isinstance(value, bool) else value or None


def confirmed_value(row: CatalogModel, card: ModelCard, field: str | None) -> Any:
    """Return the field's value on the card, None without a field.

    Where the answer does not say the value, return the one that was confirmed last.
    """
    if field is None:
        return None
    value = value_on_card(card, field)
    return row.archived if field == _OFTEN_UNSAID and value is None else value


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading the model after a write showed: a card, or that the model is gone, or neither if it failed."""

    card: ModelCard | None
    is_gone: bool = False

    def shows(self, field: str | None, wanted: Any) -> bool:
        """Whether the write has done what was asked; without a field, a deletion."""
        if field is None:
            return self.is_gone
        return self.card is not None and value_on_card(self.card, field) == wanted

    def detail_after_success(self, field: str | None, wanted: Any) -> OutcomeDetail:
        """Return what the reading leaves open of a write that upstream has confirmed."""
        if field is None:
            return NO_DETAIL if self.is_gone else UnconfirmedDetail()
        if self.card is None:
            return UnconfirmedDetail()
        value = value_on_card(self.card, field)
        if value == wanted or (field == _OFTEN_UNSAID and value is None):
            return NO_DETAIL
        return UnconfirmedDetail(reads=value)


def read_after_write(api: ModelsAPI, row: CatalogModel, field: str | None) -> Reading:
    try:
        return Reading(read_upstream(api, row, field))
    except RouteNotFound:
        return Reading(None)
    except ModelsAPIError as error:
        return Reading(None, is_gone=isinstance(error, NotFound if field is None else ModelGone))


def can_clear_names() -> bool:
    """Whether the configured dialect can take a name away; the form says so before anybody tries."""
    try:
        return models_api().dialect.can_clear_name
    except ModelsAPIError:
        return True


# --- The row


def find_row(model_id: str) -> CatalogModel | None:
    """Return the model's row: the fine-tune's, should upstream have given its id to another model as well."""
    return next(iter(rows_of([model_id]).values()), None)


def rows_of(model_ids: Iterable[str]) -> dict[str, CatalogModel]:
    """Return the rows of several ids, by id. Ids that no model has are left out."""
    ids = list(dict.fromkeys(make_storable(list(model_ids))))
    rows: dict[str, CatalogModel] = {}
    for start in range(0, len(ids), _ROWS_IN_ONE_QUERY):
        for row in CatalogModel.objects.filter(model_id__in=ids[start : start + _ROWS_IN_ONE_QUERY]):
            if row.model_id not in rows or row.type == FINE_TUNED:
                rows[row.model_id] = row
    return rows


def apply_outcome(row: CatalogModel, verb: Verb, after: dict[str, Any], reading: Reading) -> OutcomeDetail:
    """Write what upstream confirmed into the row, then what the reading shows, which may know better.

    Return what the reading leaves open.
    """
    lock_row(row)
    field = VERBS[verb].field
    if reading.is_gone and field is not None:
        mark_gone(row)  # loads the row anew, so it comes before the value that was confirmed
    if field is None:
        now = timezone.now()
        row.deleted_at, row.missing_since, row.last_seen_at = now, row.missing_since or now, now
        row.pending = {}
    else:
        setattr(row, field, after[field])
        pending = Pending.from_json(row.pending)
        pending.forget(field)
        row.pending = pending.to_json()
        if reading.card is not None:
            take_in_card(row, reading.card)
    left_open = reading.detail_after_success(field, after.get(field or ""))
    save_row(row)
    return left_open


def store_reading(row: CatalogModel, card: ModelCard) -> None:
    """Take a card into the row, and save the row if that changed more than what waits for a second answer."""
    with transaction.atomic():
        lock_row(row)
        if take_in_card(row, card) - {"pending"}:
            save_row(row)


def mark_gone(row: CatalogModel) -> None:
    """Note that upstream says there is no such model."""
    lock_row(row)
    if row.missing_since is None:
        row.missing_since = timezone.now()
        row.last_seen_at = Mirror.objects.get(pk=1).last_synced_at or row.last_seen_at
        save_row(row)


def set_deletion_day(row: CatalogModel, due_at: datetime | None) -> None:
    """Set or take away the day on which the model is to be deleted. The caller has locked the row."""
    if row.deletion_due_at != due_at:
        row.deletion_due_at = due_at
        save_row(row)


def take_in_card(row: CatalogModel, card: ModelCard) -> set[str]:
    """Take a card into the row without saving it, and return the columns that changed."""
    # Only for a row that was missing does it matter whether people were told so.
    synced_at = None if row.missing_since is None else Mirror.objects.get(pk=1).last_synced_at
    model = RealModel(identity=row.identity, card=card, aliases=card.aliases)
    # An answer about one model confirms nothing, since only a list's run tells what is confirmed.
    confirmation = Confirmation(timezone.now(), after=timedelta.max)
    return take_in(row, model, Answer(confirmation, synced_at=synced_at))


def lock_row(row: CatalogModel) -> None:
    """Load the row anew and lock it until the transaction ends: a sync may have changed it while upstream was asked."""
    row.refresh_from_db(from_queryset=CatalogModel.objects.select_for_update())


def lock_row_and_version(row: CatalogModel) -> None:
    """Lock the row and the mirror's version, before an event is added after which the row may have to be saved.

    Every transaction locks row, version and history in this order, so that none waits for another in a circle.
    """
    lock_row(row)
    Mirror.objects.select_for_update().get(pk=1)


def lock_keepers(keepers: Iterable[str]) -> list[str]:
    """Return people and teams by the names that people have now, which they keep until the transaction ends.

    Somebody may have been renamed since the names were read. Accounts are locked before the row, as a rename does.
    """
    names = [name for keeper in keepers if (name := username_of(keeper))]
    accounts = User.objects.select_for_update(no_key=True).filter(username__in=names).order_by("pk")
    present = set(accounts.values_list("username", flat=True))
    former = {keeper_of(name): keeper_of(name_of_former(name)) for name in names if name not in present}
    return list(dict.fromkeys(former.get(keeper, keeper) for keeper in keepers))


def rename_in_rows(*, before: str, after: str, **_: Any) -> None:
    """Let a person who is renamed go on looking after the same models."""
    old = keeper_of(before)
    kept = CatalogModel.objects.exclude(keepers=[]).values_list("pk", "keepers")
    keys = [pk for pk, keepers in kept if old in keepers]
    rows = list(CatalogModel.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
    for row in rows:
        row.keepers = rename_keeper(row.keepers, before, after)
    CatalogModel.objects.bulk_update(rows, ["keepers"], batch_size=_ROWS_IN_ONE_QUERY)
    move_version()


def save_row(row: CatalogModel) -> None:
    """Save the row and move the mirror's version, so that every process reads the row and renews its index."""
    row.acted_at = timezone.now()
    row.save()
    move_version()


def none_for_empty(value: Any) -> Any:
    """Return the value to compare with: None for an empty text, which means the same."""
    return None if value == "" else value
