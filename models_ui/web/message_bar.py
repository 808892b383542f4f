"""The one bar of messages: the newest, what it offers to do next, and how many others Activity tells.

Django's messages carry text and tags only, so what a message says of its action travels in its extra tags. Only this
module makes and reads them.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

from models_ui.models import AuditEvent

_MODEL_LETTERS: Final = 12


class OfferKind(StrEnum):
    """Each is the name of the address that the offer's button leads to."""

    UNDO = "undo"
    SETTLE = "settle"


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What a message says of an action that Activity tells; a message of anything else has none of it.

    `model` stands for the model and is no text of anybody's: of several messages on one model only the newest counts.
    """

    model: str = ""
    action_id: str = ""
    offer: str = ""  # an OfferKind, or nothing
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class MessageBar:
    """The newest message. `others` are older ones that are not about an action, so Activity does not have them.

    `earlier` are the models of older messages about actions.
    """

    newest: Message
    facts: MessageFacts
    others: Sequence[Message]
    earlier: Sequence[str]

    @property
    def is_calm(self) -> bool:
        return self.newest.level < messages.WARNING


def add_action_message(
    request: HttpRequest, level: int, text: str, event: AuditEvent, offer: OfferKind | None = None
) -> None:
    """Add a message on an action, with the event that tells it. A success needs no help, so it names no call."""
    model = hashlib.sha256(event.model_id.encode(errors="replace")).hexdigest()[:_MODEL_LETTERS]
    correlation_id = event.correlation_id if level >= messages.WARNING else ""
    facts = MessageFacts(model, event.action_id, offer or "", correlation_id)
    messages.add_message(request, level, text, extra_tags=urlencode(asdict(facts)))


def bar_of_messages(added: Iterable[Message]) -> MessageBar | None:
    """Return the bar for these messages, which counts as showing them; None without any."""
    told = [(message, _facts_of(message)) for message in added]
    if not told:
        return None
    newest, facts = told.pop()
    others = [message for message, told_by in told if not told_by.model]
    models = dict.fromkeys(told_by.model for _message, told_by in told)
    return MessageBar(newest, facts, others, [model for model in models if model not in ("", facts.model)])


def _facts_of(message: Message) -> MessageFacts:
    pairs = dict(parse_qsl(message.extra_tags or ""))
    known = {name: pairs.get(name, "") for name in MessageFacts.__slots__}
    return MessageFacts(**known) if known["offer"] in ("", *OfferKind) else MessageFacts()
