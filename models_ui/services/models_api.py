"""The client of the Models API: six verbs, typed values and exceptions of our own out, no HTTP."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from models_ui.services import errors
from models_ui.services.answers import APIAnswer
from models_ui.services.cards import ModelCard, ModelList, parse_card
from models_ui.services.dialects import DELETE, LIST, NOT_CLEARABLE, RETRIEVE, Dialect, Route
from models_ui.services.transport import Transport
from models_ui.vocabulary import id_is_routable


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that upstream accepted a write. Its answer is not always the whole model, so the model is read again."""

    correlation_id: str


class ModelsAPI:
    """The Models API at one address in one dialect.

    Every method raises a ModelsAPIError (see `errors.py`). Those that take an id raise InvalidModelId, before any call,
    for an id that no route may carry.
    """

    def __init__(self, transport: Transport, dialect: Dialect) -> None:
        self.transport = transport
        self.dialect = dialect

    def __repr__(self) -> str:
        return f"<ModelsAPI at {self.transport.base_url}, {self.dialect.name} dialect>"

    def list(self) -> ModelList:
        """Return every model the key may see, one entry per alias. The list may be empty."""
        answer = self.transport.call(LIST.verb, LIST.path())
        entries = list_entries(answer.value)
        if entries is None:
            raise errors.WrongShape(status=answer.status, correlation_id=answer.correlation_id)
        return parse_list(entries, correlation_id=answer.correlation_id, fetched_at=datetime.now(UTC))

    def retrieve(self, model_id: str) -> ModelCard:
        """Return one model. Raise ModelNotFound or ModelRetired, both ModelGone, when upstream says that it is gone."""
        answer = self.transport.call(RETRIEVE.verb, RETRIEVE.path(_check_id(model_id)), model_id=model_id)
        card = parse_card(answer.value)
        if card is None or not card.id:
            raise errors.WrongShape(status=answer.status, correlation_id=answer.correlation_id, model_id=model_id)
        return card

    def update(self, model_id: str, **values: str | None) -> Receipt:
        """Change fields, by the names that upstream gives them: a text sets a field, None clears it.

        Raise NameCannotBeCleared, before any call, where the dialect cannot clear names.
        """
        if not values:
            raise ValueError("update() needs a field")
        changes = {field: self.dialect.cleared(field) if value is None else value for field, value in values.items()}
        if NOT_CLEARABLE in changes.values():
            raise errors.NameCannotBeCleared(model_id=model_id)
        return self._write(self.dialect.update, model_id, changes)

    def archive(self, model_id: str) -> Receipt:
        return self._write(self.dialect.archive, model_id)

    def unarchive(self, model_id: str) -> Receipt:
        return self._write(self.dialect.unarchive, model_id)

    def delete(self, model_id: str) -> Receipt:
        """Delete a model for ever: a fine-tune cannot be trained again."""
        return self._write(DELETE, model_id)

    def _write(self, route: Route, model_id: str, body: Mapping[str, object] | None = None) -> Receipt:
        answer = self.transport.call(route.verb, route.path(_check_id(model_id)), model_id=model_id, body=body)
        if not _is_confirmed(answer, route):
            raise errors.WrongShape(
                status=answer.status, correlation_id=answer.correlation_id, outcome_unknown=True, model_id=model_id
            )
        return Receipt(answer.correlation_id)


def _check_id(model_id: str) -> str:
    """Return the id if a route may carry it. Raise InvalidModelId otherwise."""
    if not id_is_routable(model_id):
        raise errors.InvalidModelId(model_id=model_id)
    return model_id


def list_entries(value: Any) -> list[Any] | None:
    """Return the entries in the body of a list answer, or None when it has none."""
    entries = value.get("data") if isinstance(value, dict) else value
    return entries if isinstance(entries, list) else None


def parse_list(entries: Iterable[Any], *, correlation_id: str, fetched_at: datetime) -> ModelList:
    """Return a list answer's entries as cards. `fetched_at` is when the answer had arrived."""
    cards = [parse_card(entry) for entry in entries]
    return ModelList(
        cards=tuple(card for card in cards if card is not None),
        unreadable=cards.count(None),
        correlation_id=correlation_id,
        fetched_at=fetched_at,
    )


def _is_confirmed(answer: APIAnswer, route: Route) -> bool:
    """Whether a write's 2xx answer may be believed: an object that does not say the opposite of what was asked.

    No body at all is fine with a 204, and after a delete, where there is nothing left to show.
    """
    if answer.empty:
        return answer.status == 204 or route is DELETE
    if not isinstance(answer.value, dict):
        return False
    if route.promises is None:
        return True
    flag, promised = route.promises
    return answer.value.get(flag) is not (not promised)
