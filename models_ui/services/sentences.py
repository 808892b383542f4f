"""Upstream's own words, found in whatever an error's body is and made fit to be shown on one line."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from models_ui.text.plain import plain_text


def error_sentence(body: object, status: int | None) -> str:
    """Upstream's own sentence in an error body (decoded JSON or text), else the status's standard phrase.

    At least seven shapes occur on the wire: `message`, `detail` (a string, a list of {loc, msg}, an object),
    `message.detail`, `error.message`, plain text. An object or HTML is never printed.
    """
    return plain_text(_find_sentence(body) or _status_phrase(status))


def _find_sentence(body: object, depth: int = 0) -> str:
    if isinstance(body, str):
        text = body.strip()
        return "" if text.startswith(("<", "{", "[")) else text
    if depth >= 4:  # deeper than any shape seen; also ends a body nested by malice
        return ""
    if isinstance(body, Mapping):
        found = (_find_sentence(body[key], depth + 1) for key in ("message", "detail", "error", "msg") if key in body)
        return next(filter(None, found), "")
    if isinstance(body, list):
        return "; ".join(filter(None, (_find_complaint(item, depth + 1) for item in body[:5])))
    return ""


def _find_complaint(item: Any, depth: int) -> str:
    """One entry of a validation error: `{"loc": ["body", "name"], "msg": "Too long"}` becomes "name: Too long"."""
    message = _find_sentence(item, depth)
    loc = item.get("loc") if isinstance(item, Mapping) else None
    if not message or not isinstance(loc, list):
        return message
    where = ".".join(str(part) for part in loc if isinstance(part, str | int) and part not in ("body", "path", "query"))
    return f"{where}: {message}" if where else message


def _status_phrase(status: int | None) -> str:
    try:
        return HTTPStatus(status).phrase if status is not None else ""
    except ValueError:
        return f"HTTP status {status}"
