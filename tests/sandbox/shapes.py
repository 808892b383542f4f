"""The two published shapes every answer has to fit: the contract's, in our own words, and the SDK's classes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from mistralai.client.models import BaseModelCard, FTModelCard, ModelList


class Capabilities(msgspec.Struct):
    completion_chat: bool
    completion_fim: bool
    function_calling: bool
    fine_tuning: bool
    vision: bool


class Model(msgspec.Struct):
    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    name: str | None
    description: str | None
    max_context_length: int
    aliases: list[str]
    deprecation: datetime | None
    capabilities: Capabilities
    type: Literal["base", "fine-tuned"]


class Models(msgspec.Struct):
    object: Literal["list"]
    data: list[Model]


class Deleted(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    object: Literal["model"]
    deleted: bool


CONTRACT_FIELDS = set(Model.__struct_fields__)


def contract_list(body: bytes) -> list[Model]:
    return msgspec.json.decode(body, type=Models).data


def contract_model(body: bytes) -> Model:
    """For write answers, which hold the contract's fields and none beyond."""
    model = msgspec.json.decode(body, type=Model)
    content = msgspec.json.decode(body)
    assert set(content) == CONTRACT_FIELDS
    assert set(content["capabilities"]) == set(Capabilities.__struct_fields__)
    return model


def platform_list(body: bytes) -> list[Any]:
    """Every entry as one of the SDK's two cards; an entry it only tolerates would be neither."""
    data = ModelList.model_validate_json(body).data
    assert data is not None
    assert all(isinstance(card, BaseModelCard | FTModelCard) for card in data)
    return data
