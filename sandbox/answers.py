"""Answers of the API: the cards, the confirmations and the many shapes of an error.

No single error shape exists upstream. The bodies here were recorded or quoted from live traffic of 2025 and 2026; where
none is known (405, 410, a base model refusing a write) the text is ours, in the shape of the service that would answer.
"""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.company import CLASSIFIER_TARGETS

JSON = "application/json"
HTML = "text/html; charset=UTF-8"


@dataclass(frozen=True)
class Answer:
    """One HTTP answer before it is sent."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(status: int, content: Any, **headers: str) -> Answer:
    """Return a JSON answer. Lone surrogates, which a client can send, stay escaped."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    return Answer(status, body, headers=headers)


def correlation_id() -> str:
    """Return a UUIDv7, as in `mistral-correlation-id`: milliseconds since 1970, then random bits."""
    bits = int(time.time() * 1000) << 80 | secrets.randbits(80)
    bits = bits & ~(0xF << 76) | 7 << 76
    return str(uuid.UUID(int=bits & ~(3 << 62) | 2 << 62))


# Cards


def contract_model(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the contract's `Model`: eleven fields, five capability flags, and not whether it is archived."""
    known = ("completion_chat", "completion_fim", "function_calling", "fine_tuning", "vision")
    return {
        "id": entry["id"],
        "object": "model",
        "created": entry.get("created", 0),
        "owned_by": entry.get("owned_by", "mistralai"),
        "name": entry.get("name"),
        "description": entry.get("description"),
        "max_context_length": entry.get("max_context_length", 32768),
        "aliases": entry.get("aliases", []),
        "deprecation": entry.get("deprecation"),
        "capabilities": _flags(entry, known),
        "type": entry.get("type", "base"),
    }


def fine_tuned_model(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the platform's answer to an update: no `type` and no retirement, but workspace and root version."""
    known = ("completion_chat", "completion_fim", "function_calling", "fine_tuning", "classification")
    owner, root = str(entry.get("owned_by")), str(entry.get("root"))
    model = {
        "id": entry["id"],
        "object": "model",
        "created": entry.get("created", 0),
        "owned_by": owner,
        "workspace_id": str(uuid.uuid5(uuid.NAMESPACE_URL, owner)),  # one workspace for each organisation
        "root": root,
        "root_version": _version(root),
        "archived": bool(entry.get("archived")),
        "name": entry.get("name"),
        "description": entry.get("description"),
        "capabilities": _flags(entry, known),
        "max_context_length": entry.get("max_context_length", 32768),
        "aliases": entry.get("aliases", []),
        "job": entry.get("job"),
        "model_type": "completion",
    }
    if str(entry["id"]).startswith("ft:classifier:"):
        model |= {"model_type": "classifier", "classifier_targets": CLASSIFIER_TARGETS}
    return model


def confirmation(model_id: str, **done: bool) -> Answer:
    """Return the short answer to a platform archive, unarchive or any delete."""
    return answer(200, {"id": model_id, "object": "model", **done})


def _flags(entry: Mapping[str, Any], known: tuple[str, ...]) -> dict[str, bool]:
    capabilities = entry.get("capabilities")
    return {flag: bool(capabilities.get(flag)) if isinstance(capabilities, dict) else False for flag in known}


def _version(root: str) -> str:
    """Return "2410" of a dated id, "latest" of a floating one."""
    tail = root.rpartition("-")[2]
    return tail if tail.isdigit() else "latest"


# Errors


def error_object(message: Any, kind: str, code: str | None = None, **more: Any) -> dict[str, Any]:
    """Return the error object of the documentation; `message` is not always text."""
    return {"object": "error", "message": message, "type": kind, "param": None, "code": code, **more}


def no_route() -> Answer:
    """Return the gateway's answer to a path, or a verb on a path, that no service has."""
    return answer(404, {"message": "no Route matched with those values", "request_id": secrets.token_hex(16)})


def wrong_key() -> Answer:
    return answer(401, {"detail": "Invalid API Key"})


def not_found(model_id: str) -> Answer:
    return answer(404, {"message": f"Model {model_id} was not found."})


def deprecated(model_id: str) -> Answer:
    return answer(404, {"message": f"Model {model_id} is deprecated."})


def refused(what: str) -> Answer:
    return answer(403, error_object(f"Base models cannot be {what}.", "forbidden"))


def bad_request(text: str) -> Answer:
    """Return the contract's answer to a wrong body."""
    return answer(400, error_object(text, "invalid_request_error", raw_status_code=400))


def detail(status: int, text: str, **headers: str) -> Answer:
    """Return a refusal of the fine-tuning service: one string."""
    return answer(status, {"detail": text}, **headers)


def html_page(status: int) -> bytes:
    """Return an error page of the network in front of the API: long, and nothing in it is for people."""
    ray = secrets.token_hex(8)
    title = {200: "Just a moment...", 502: "502: Bad gateway", 503: "503: Service unavailable"}.get(
        status, f"{status}: Error"
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en-US"><head><title>api.mistral.ai | {title}</title>'
        '<meta charset="UTF-8"><style>body{font-family:system-ui;margin:0}</style></head>\n'
        f'<body><div id="cf-wrapper"><h1>{title}</h1><p>The web server reported an error. '
        f"Cloudflare Ray ID: <strong>{ray}</strong></p><script>window.__CF$cv$params={{r:'{ray}'}}</script>"
        f"{'<!-- padding -->' * 40}</div></body></html>\n"
    ).encode()


_VALIDATION = [
    {"type": "extra_forbidden", "loc": ["body", "store"], "msg": "Extra inputs are not permitted", "input": False}
]
_RATE_LIMITED = error_object("Rate limit exceeded", "rate_limited", "1300", raw_status_code=429)

SHAPES: dict[str, Callable[[str], Any]] = {
    # 400
    "invalid-model": lambda model: error_object(
        f"Invalid model: {model}", "invalid_model", "1500", raw_status_code=400
    ),
    "bad-request": lambda _: error_object("name should be a string.", "invalid_request_error", raw_status_code=400),
    # 401, the newest first
    "invalid-key": lambda _: {"detail": "Invalid API Key"},
    "unauthorized": lambda _: {"detail": "Unauthorized"},
    "gateway-unauthorized": lambda model: {"message": "Unauthorized", "request_id": secrets.token_hex(16)},
    # 403
    "tier": lambda model: {
        "object": "error",
        "message": "This model is not available in your subscription tier",
        "type": "tier_not_allowed",
        "code": "1910",
    },
    "labs": lambda model: {
        "object": "error",
        "message": "Labs models are not enabled for this organization",
        "type": "labs_not_enabled",
        "code": "1913",
    },
    # 404
    "not-found": lambda model: {"message": f"Model {model} was not found."},
    "deprecated": lambda model: {"message": f"Model {model} is deprecated."},
    "no-route": lambda model: {"message": "no Route matched with those values", "request_id": secrets.token_hex(16)},
    # 405, 409, 410 and others for which no body is known
    "detail-text": lambda _: {"detail": "The request could not be completed."},
    # 422
    "validation-list": lambda _: {"detail": _VALIDATION},
    "validation-text": lambda _: {"detail": "Model not available for this type of fine-tuning (completion)."},
    "validation-object": lambda model: error_object({"detail": _VALIDATION}, "invalid_request_error"),
    # 429
    "rate-limit": lambda model: _RATE_LIMITED,
    "gateway-rate-limit": lambda model: {"message": "Requests rate limit exceeded"},
    # 500: the text speaks of 503
    "unavailable": lambda model: error_object("Service unavailable.", "internal_server_error", "1000"),
}
"""Recorded error bodies by name, for a model's id. Besides these, a fault knows "html" and "nothing"."""

DEFAULT_SHAPES = {
    400: "invalid-model",
    401: "invalid-key",
    403: "tier",
    404: "not-found",
    422: "validation-list",
    429: "rate-limit",
    500: "unavailable",
    502: "html",
    503: "html",
    504: "html",
}


def error(status: int, shape: str | None = None, model: str | None = None, **headers: str) -> Answer:
    """Return an error answer in a named shape, or in the one recorded for its status."""
    shape = shape or DEFAULT_SHAPES.get(status, "detail-text")
    if shape == "html":
        return Answer(status, html_page(status), HTML, headers)
    if shape == "nothing" or status in (204, 304):  # HTTP allows these two no body
        return Answer(status, b"", headers=headers)
    return answer(status, SHAPES[shape](model or "unknown"), **headers)
