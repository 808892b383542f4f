"""Reading upstream's answers: JSON read leniently, the key taken out, an error answer as one of our exceptions."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec

from models_ui.services import errors
from models_ui.services.errors import ModelsAPIError
from models_ui.services.exchange import Reply
from models_ui.services.redaction import Redaction, redaction_of
from models_ui.text.plain import plain_text


def error_sentence(body: object, status: int | None) -> str:
    """Return upstream's own sentence in an error body (decoded JSON or text), else the status's standard phrase.

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
    """Return a validation error's sentence: `{"loc": ["body", "name"], "msg": "Too long"}` is "name: Too long"."""
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


# Statuses of a write after which nobody knows whether it happened: a gateway lost the server behind it (502, 504,
# Cloudflare's 520 and 524). A 500 or 503 is the server's own word that it failed.
OUTCOME_UNKNOWN = frozenset({502, 504, 520, 524})

_LONGEST_INTEGER = 400  # digits; Python refuses to read more than 4,300, which would hide the rest of the list


def decode_json(body: bytes) -> object:
    """Return the value in a JSON body. Raise ValueError when there is none.

    What strict JSON forbids but a lenient server sends is read too: NaN, lone surrogates, broken UTF-8, a byte
    order mark. So one odd name cannot hide a whole list.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(body.decode("utf-8-sig", errors="replace"), parse_int=_read_integer)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _read_integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def correlation_id(headers: Mapping[str, str], body: object = None) -> str:
    """Return the id that Mistral's support asks for. Before mid 2025 it had another name."""
    from_body = body.get("request_id") if isinstance(body, dict) else None
    return (
        headers.get("mistral-correlation-id")
        or headers.get("x-kong-request-id")
        or (from_body if isinstance(from_body, str) else "")
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait. `Retry-After` is a number of seconds or an HTTP date; None if absent or neither."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value):
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


@dataclass(frozen=True, slots=True)
class APIAnswer:
    """A 2xx answer. `value` is the decoded JSON; it is None, and `empty` True, when there was no body."""

    status: int
    value: object
    empty: bool
    correlation_id: str
    allow: tuple[str, ...] = ()


def read_reply(reply: Reply, *, is_late: bool, write: bool, model_id: str, secret: str) -> APIAnswer | ModelsAPIError:
    """Return what a reply says, without the secret, which a gateway may echo anywhere in it.

    `is_late`: the time was over before all of the reply had come.
    """
    status = reply.status
    if not 200 <= status < 300:
        body = reply.body or b""
        return error_from_answer(status, reply.headers, body, write=write, model_id=model_id, secret=secret)
    kind: type[ModelsAPIError] = errors.TimedOut if is_late else errors.TooLarge
    if reply.body is not None and not is_late:
        try:
            return _read_success(reply, reply.body, redaction_of(secret))
        except ValueError:
            kind = errors.NotJSON
    headers = redaction_of(secret).headers(reply.headers)
    return kind(status=status, correlation_id=correlation_id(headers), outcome_unknown=write, model_id=model_id)


def _read_success(reply: Reply, body: bytes, redaction: Redaction) -> APIAnswer:
    """Return the answer in a 2xx reply. Raise ValueError when its body is no JSON."""
    is_empty = not body.strip() or reply.verb == "OPTIONS"  # whose body, if any, is prose
    decoded = None if is_empty else decode_json(body)
    headers, value = redaction.headers(reply.headers), redaction.value(decoded)
    return APIAnswer(reply.status, value, is_empty, correlation_id(headers, value), allowed_verbs(headers))


def error_from_answer(
    status: int, headers: Mapping[str, str], body: bytes, *, write: bool, model_id: str, secret: str
) -> ModelsAPIError:
    """Return the exception for an answer that is no success. `secret` is taken out of all of upstream's words."""
    redaction = redaction_of(secret)
    headers, decoded = redaction.headers(headers), redaction.value(_decode_error_body(body))
    kind = _class_of_status(status, headers, decoded, write=write, model_id=model_id)
    detail = _redirect_target(headers) if kind is errors.Redirected else error_sentence(decoded, None)
    error = kind(
        detail,
        status=status,
        correlation_id=correlation_id(headers, decoded),
        outcome_unknown=write and (status in OUTCOME_UNKNOWN or issubclass(kind, errors.BadAnswer)),
        retry_after=retry_after(headers),
        model_id=model_id,
    )
    if isinstance(error, errors.RouteNotFound):
        error.allow = allowed_verbs(headers)
    return error


def allowed_verbs(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the verbs that an `Allow` header names, in capitals."""
    return tuple(verb.strip().upper() for verb in headers.get("allow", "").split(",") if verb.strip())


def _class_of_status(
    status: int, headers: Mapping[str, str], body: object, *, write: bool, model_id: str
) -> type[ModelsAPIError]:
    if 300 <= status < 400:
        return errors.Redirected
    if status == 403:
        return _class_of_403(body, write=write)
    if status == 404:
        return _class_of_404(body, model_id)
    if status == 429:
        return errors.NotInPlan if _has_zero_limit(headers) else errors.RateLimited
    if status in _CLASSES:
        return _CLASSES[status]
    if 400 <= status < 500:
        return errors.Invalid
    return errors.UpstreamFailed if 500 <= status < 600 else errors.BadAnswer


_CLASSES: dict[int, type[ModelsAPIError]] = {
    401: errors.Unauthorized,
    402: errors.Forbidden,
    405: errors.RouteNotFound,
    408: errors.TimedOut,
    409: errors.UpstreamConflict,
    410: errors.Gone,
}


def _class_of_403(body: object, *, write: bool) -> type[ModelsAPIError]:
    named = {str(body.get("type")), str(body.get("code"))} if isinstance(body, dict) else set()
    if named & {"tier_not_allowed", "1910"}:
        return errors.TierNotAllowed
    if named & {"labs_not_enabled", "1913"}:
        return errors.LabsNotEnabled
    # No recording of this body exists, only Mistral's glossary, which names it as a cause of 403 on delete.
    words = error_sentence(body, None)
    if write and re.search(r"\b(base|platform|official)\b.*\bmodel|fine-?tuned", words, re.IGNORECASE):
        return errors.BaseModelProtected
    return errors.Forbidden


def _class_of_404(body: object, model_id: str) -> type[ModelsAPIError]:
    """Return the class for a 404. Only one that speaks of the model means that the model is gone."""
    if not model_id:
        return errors.RouteNotFound
    sentence = error_sentence(body, None).casefold()
    # The id is taken out before reading on: a model could be called "deprecated".
    words = re.sub(rf"(?<![\w-]){re.escape(model_id.casefold())}(?![\w-])", "", sentence)
    if not words:
        return errors.RouteNotFound if _is_html(body) else errors.NotFound
    if words.rstrip(".") == "not found" or re.search(r"\bno route\b|\b(url|path|endpoint|page)\b", words):
        return errors.RouteNotFound
    if re.search(r"\b(deprecated|retired)\b", words):
        return errors.ModelRetired
    return errors.ModelNotFound if "model" in words or words != sentence else errors.NotFound


def _is_html(body: object) -> bool:
    return isinstance(body, str) and body.lstrip().startswith("<")


def _has_zero_limit(headers: Mapping[str, str]) -> bool:
    """Whether a rate limit is 0, as in `x-ratelimit-limit-req-minute: 0`. A *remaining* 0 is only this minute's."""
    limits = (value for name, value in headers.items() if re.match(r"(x-)?ratelimit(bysize)?-limit\b", name.lower()))
    return any(re.fullmatch(r"\s*0+(\.0+)?\s*", value) for value in limits)


def _decode_error_body(body: bytes) -> object:
    try:
        return decode_json(body)
    except ValueError:
        return body.decode("utf-8", errors="replace")


def _redirect_target(headers: Mapping[str, str]) -> str:
    """Return scheme and host only: the rest of a redirect's address may hold secrets."""
    try:
        parts = urlsplit(headers.get("location", ""))
        return f"{parts.scheme}://{parts.hostname}" if parts.hostname else ""
    except ValueError:
        return ""
