"""What a message offers to do next about an action: to undo it, or to look again what became of it.

Django's messages carry text and tags only, so the offer travels in a message's extra tags. Only this module makes and
reads them.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest


class OfferKind(StrEnum):
    """Each is the name of the address that the offer's button leads to."""

    UNDO = "undo"
    SETTLE = "settle"


@dataclass(frozen=True, slots=True)
class MessageOffer:
    kind: OfferKind
    action_id: str


def add_offering_message(request: HttpRequest, level: int, text: str, offer: MessageOffer | None = None) -> None:
    messages.add_message(request, level, text, extra_tags=f"{offer.kind}:{offer.action_id}" if offer else "")


def offer_of_message(message: Message) -> MessageOffer | None:
    kind, _, action_id = (message.extra_tags or "").partition(":")
    return MessageOffer(OfferKind(kind), action_id) if action_id and kind in set(OfferKind) else None
