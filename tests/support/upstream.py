"""Upstreams without a sandbox: calls that fail, a port at which nobody listens, and a list that costs no HTTP."""

import socket
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from models_ui.mirror import sync
from models_ui.services.cards import ModelCard, ModelList, parse_card
from models_ui.services.dialects import PLATFORM, Dialect
from models_ui.services.errors import ModelsAPIError


def failure_of(call: Callable[[], object]) -> ModelsAPIError:
    with pytest.raises(ModelsAPIError) as caught:
        call()
    return caught.value


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def listing_of(
    entries: Iterable[dict[str, Any]],
    *,
    dialect: Dialect = PLATFORM,
    retrieve: Callable[[str], ModelCard] | None = None,
) -> AbstractContextManager[Any]:
    """Let a sync find these entries without HTTP, which would take the time of a hundred examples."""
    cards = tuple(card for entry in entries if (card := parse_card(entry)))
    listed = ModelList(cards=cards, unreadable=0, correlation_id="", fetched_at=timezone.now())
    api = SimpleNamespace(
        list=lambda: listed, retrieve=retrieve, transport=SimpleNamespace(base_url="here"), dialect=dialect
    )
    return mock.patch.object(sync, "models_api", lambda: api)
