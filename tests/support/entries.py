"""Entries as upstream lists them: base models, fine-tunes, and answers that flap."""

from typing import Any

Entries = list[dict[str, Any]]
FLAGS = {"completion_chat": True, "vision": True, "ocr": False}
TUNE = "ft:lima-latest:0a1b2c3d:20250318:9f8e7d6c"


def base(model_id: str, name: str | None = None, /, *aliases: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": model_id,
        "object": "model",
        "created": 1,
        "owned_by": "mistralai",
        "capabilities": FLAGS,
        "name": name,
        "description": f"About {name or model_id}",
        "max_context_length": 131_072,
        "aliases": list(aliases),
        "deprecation": None,
        "deprecation_replacement_model": None,
        "default_model_temperature": 0.3,
        "type": "base",
        **fields,
    }


def tune(model_id: str = TUNE, **fields: Any) -> dict[str, Any]:
    return base(model_id) | {
        "created": 1_742_337_834,
        "owned_by": "0a1b2c3d-09dc-4dc4-812a-95cc4a219f4d",
        "name": "Support",
        "type": "fine-tuned",
        "job": "9f8e7d6c-cf75-4922-92c1-7bb975799321",
        "root": "lima-latest",
        "archived": False,
        **fields,
    }


def listing(name: str, /, *ids: str, **fields: Any) -> list[dict[str, Any]]:
    """A base model as upstream lists it: one entry for each id, naming the others."""
    return [base(each, name, *(other for other in ids if other != each), **fields) for each in ids]


LIMA = listing("lima-2508", "lima-2508", "lima-latest", "lima")
NEMO = listing("nemo", "nemo", "nemo-2407")
OTHER = listing("other", "other")


def nemo(**fields: Any) -> Entries:
    """Two base models and a fine-tune; of `nemo` upstream says what is given."""
    return [*LIMA, *listing("nemo", "nemo", "nemo-2407", **fields), tune()]


# What a faulty answer says of `nemo`; and what faulty answers may say of any model.
FLAP: dict[str, Any] = {
    "capabilities": dict.fromkeys(FLAGS, False),
    "max_context_length": 32_768,
    "description": "Official nemo Mistral AI model",
}
FLAPS: list[dict[str, Any]] = [
    {"capabilities": dict.fromkeys(FLAGS, False), "max_context_length": 32_768, "description": "Official None model"},
    {"capabilities": {**FLAGS, "ocr": True, "reasoning": True}, "max_context_length": 262_144},
    {"capabilities": {}, "max_context_length": None},
    {"name": None, "aliases": []},
    {"aliases": []},
]
