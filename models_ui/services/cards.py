"""A model as upstream describes it, read field by field so that one odd value hides nothing else.

Upstream's shapes differ between the contract, the live platform and its history: fields are missing, null or new,
and the set of capabilities grows. So nothing here raises because of what was sent; what was odd is listed in
`ModelCard.problems`. Text is made valid Unicode without NUL, so that it can be stored and shown.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any, TypeVar

from models_ui.vocabulary import BASE, FINE_TUNED, valid_texts

LONGEST_CAPABILITY = 100
MOST_TOKENS = 2**31 - 1  # what a database integer holds; the longest context seen is 262,144

T = TypeVar("T")
_CENTURY = (946_684_800, 4_102_444_800)  # Unix seconds: from 2000 to the end of 2099
_DIGITS = re.compile(r"\d{10}(?:\.\d+)?|\d{13}", re.ASCII)
_DATE_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d|\d{8})"
    r"(?:(?:T| +)(\d\d(?::?\d\d(?::?\d\d(?:[.,]\d+)?)?)?) *(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?|Z)?",
    re.ASCII,
)
# As in HTTP and e-mail (RFC 9110, RFC 5322): Thu, 31 Dec 2026 12:00:00 GMT
_HEADER_DATE = re.compile(r"(?:[A-Z]{3}, )?\d\d? [A-Z]{3} \d{4} \d\d:\d\d:\d\d (?:GMT|UTC|[+-]\d{4})", re.ASCII)
_MIDNIGHT = re.compile(r"24(?::?00){0,2}(?:[.,]0+)?")  # the end of the day
_LEAP_SECOND = re.compile(r"(\d\d:?\d\d:?)60(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One entry of the list, or the answer about one model. Equality leaves `raw` out.

    `id`                   "" when none was sent
    `type`                 "base", "fine-tuned" or whatever came; told from root, job and id when it is missing
    `created`              aware, UTC; None for base models, where upstream sends the time of the request
    `max_context_length`   tokens, at least 1
    `aliases`              the other ids of the same model, without duplicates
    `capabilities`         every flag upstream sent, in its order, also those nobody has heard of
    `deprecation`          aware, UTC: when the model stops answering (not when that was announced)
    `replacement`          the id, often a "-latest" alias, that upstream recommends instead
    `root`, `job`          fine-tuned models: the base model's id, the training job's id
    `archived`             None when the answer did not say, which is not the same as False
    `raw`                  the payload as sent; `make_storable(raw)` makes it fit for a database
    `problems`             fields that were missing though required, null where they should not be, or mistyped
    """

    id: str
    type: str
    name: str | None = None
    description: str | None = None
    owned_by: str = ""
    created: datetime | None = None
    max_context_length: int | None = None
    aliases: tuple[str, ...] = ()
    capabilities: Mapping[str, bool] = field(default_factory=dict)
    deprecation: datetime | None = None
    replacement: str | None = None
    default_temperature: float | None = None
    root: str | None = None
    job: str | None = None
    archived: bool | None = None
    raw: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    problems: tuple[str, ...] = ()

    @property
    def is_fine_tuned(self) -> bool:
        return self.type == FINE_TUNED


@dataclass(frozen=True, slots=True)
class ModelList:
    """One answer of the list call, in upstream's order; `unreadable` counts the entries that were no JSON objects."""

    cards: tuple[ModelCard, ...]
    unreadable: int
    correlation_id: str
    fetched_at: datetime
    """Aware, UTC: when the answer had arrived."""


def parse_card(raw: object) -> ModelCard | None:
    """Return the card in one decoded JSON value; None only when that value is no object. Never raises."""
    if not isinstance(raw, dict):
        return None
    fields = _Fields(raw)
    model_id = fields.read("id", _read_text, required=True, nullable=False) or ""
    root = fields.read("root", _read_text)
    job = fields.read("job", _read_text)
    kind = fields.read("type", _read_word, required=True, nullable=False) or _guess_type(model_id, root, job)
    if kind == FINE_TUNED:
        fields.refuse_null("root", "job")
    created = fields.read("created", _read_epoch, required=True, nullable=False)
    return ModelCard(
        id=model_id,
        type=kind,
        name=fields.read("name", _read_text),
        description=fields.read("description", _read_text),
        owned_by=fields.read("owned_by", _read_text, nullable=False) or "",
        created=created if kind == FINE_TUNED else None,
        max_context_length=fields.read("max_context_length", _read_tokens, nullable=False),
        aliases=_read_aliases(fields, model_id),
        capabilities=_read_capabilities(fields),
        deprecation=fields.read("deprecation", _date_time),
        replacement=fields.read("deprecation_replacement_model", _read_text),
        default_temperature=fields.read("default_model_temperature", _read_temperature),
        root=root,
        job=job,
        archived=fields.read("archived", _read_flag, nullable=False),
        raw=raw,
        problems=tuple(dict.fromkeys(fields.problems)),
    )


def digest_of_id(model_id: str) -> str:
    """Return a hash that stands for an id in the address of a page, where the id itself cannot."""
    return sha256(model_id.encode("utf-8", "surrogatepass")).hexdigest()[:40]


class _Fields:
    """A reader of one payload's fields, texts as valid Unicode, with the names of those that were not as promised."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = {name: valid_texts(value) for name, value in raw.items()}
        self.problems: list[str] = []

    def read(self, name: str, check: Callable[[Any], T], *, required: bool = False, nullable: bool = True) -> T | None:
        if name not in self.raw:
            if required:
                self.problems.append(name)
            return None
        value = self.raw[name]
        if value is None:
            if not nullable:
                self.problems.append(name)
            return None
        try:
            return check(value)
        except (ValueError, OverflowError, OSError):  # the last two: numbers and times beyond what Python can hold
            self.problems.append(name)
            return None

    def refuse_null(self, *names: str) -> None:
        self.problems += [name for name in names if name in self.raw and self.raw[name] is None]


def _read_aliases(fields: _Fields, model_id: str) -> tuple[str, ...]:
    entries = fields.read("aliases", _read_list, nullable=False) or []
    names = [entry for entry in entries if isinstance(entry, str) and entry]
    if len(names) != len(entries):
        fields.problems.append("aliases")
    return tuple(name for name in dict.fromkeys(names) if name != model_id)


def _read_capabilities(fields: _Fields) -> dict[str, bool]:
    """Return the flags of an object. A list of names, which another server might send, means that all are true."""
    sent = fields.read("capabilities", _flags_or_names, required=True, nullable=False) or {}
    if isinstance(fields.raw.get("capabilities"), list):
        fields.problems.append("capabilities")  # understood, but not as promised
    flags: dict[str, bool] = {}
    for key, value in sent.items():
        if isinstance(key, str) and 0 < len(key) <= LONGEST_CAPABILITY and isinstance(value, bool):
            flags[key] = value
        else:
            fields.problems.append(f"capabilities.{str(key)[:LONGEST_CAPABILITY]}")
    return flags


def _guess_type(model_id: str, root: str | None, job: str | None) -> str:
    return FINE_TUNED if root or job or model_id.startswith("ft:") else BASE


# Checks: a decoded JSON value in, the typed value out, ValueError or OverflowError when it is something else.


def _read_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("not text")
    return value


def _read_word(value: Any) -> str:
    if not (text := _read_text(value)):
        raise ValueError("empty")
    return text


def _read_flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("not a boolean")
    return value


def _read_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("not a list")
    return value


def _flags_or_names(value: Any) -> dict[Any, Any]:
    if isinstance(value, dict):
        return value
    return {name if isinstance(name, str) else "": True for name in _read_list(value)}


def _read_number(value: Any) -> int | float:
    # In Python a bool is an int; in JSON it is not a number.
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("not a number")
    return value


def _whole_number(value: Any) -> int:
    number = _read_number(value)
    if number != int(number):
        raise ValueError("not a whole number")
    return int(number)


def _read_tokens(value: Any) -> int:
    if not 0 < (number := _whole_number(value)) <= MOST_TOKENS:
        raise ValueError("not a number of tokens")
    return number


def _read_temperature(value: Any) -> float:
    if not 0 <= (number := _read_number(value)) <= 100:
        raise ValueError("not a temperature")
    return float(number)


def _read_epoch(value: Any) -> datetime:
    """Return the moment of Unix seconds, as upstream sends `created`."""
    if (seconds := _whole_number(value)) <= 0:
        raise ValueError("not a time")
    return _check_plausible(datetime.fromtimestamp(seconds, UTC))


def _date_time(value: Any) -> datetime:
    """Return the moment that `deprecation` names, wherever it can mean one thing only.

    That is ISO 8601 (always 12:00 UTC so far), a Unix time or a date as in headers. Without an offset it is taken as
    UTC; a day alone begins at 00:00 UTC.
    """
    if not isinstance(value, str):
        return _unix_time(_read_number(value))
    text = _read_text(value).strip().upper().replace("\N{MINUS SIGN}", "-")
    if _DIGITS.fullmatch(text):
        return _unix_time(float(text) if "." in text else int(text))
    if _HEADER_DATE.fullmatch(text):
        return _check_plausible(parsedate_to_datetime(text).astimezone(UTC))
    parts = _DATE_TIME.fullmatch(text)
    if parts is None:
        raise ValueError("not a date or time")
    day, time, zone = parts.groups()
    offset = "+00:00" if zone in (None, "Z", "UTC", "GMT") else zone
    clock, more = _clock_time(time or "00:00")
    return _check_plausible(datetime.fromisoformat(f"{day}T{clock}{offset}").astimezone(UTC) + more)


def _clock_time(time: str) -> tuple[str, timedelta]:
    """Return a time that Python's clock has, and how much later the one meant is: 24:00 and leap seconds end a day."""
    if _MIDNIGHT.fullmatch(time):
        return "00:00", timedelta(days=1)
    if leap := _LEAP_SECOND.fullmatch(time):
        return f"{leap[1]}59", timedelta(seconds=1)
    return time, timedelta()


def _unix_time(number: int | float) -> datetime:
    """Return the moment of seconds or milliseconds since 1970, which cannot be mistaken in this century."""
    for unit in (1, 1000):
        if _CENTURY[0] <= number / unit < _CENTURY[1]:
            return datetime.fromtimestamp(number / unit, UTC)
    raise ValueError("not a Unix time of this century")


def _check_plausible(when: datetime) -> datetime:
    # The first and last years of the calendar break as soon as someone converts them to a local time.
    if not 1970 <= when.year <= 9000:
        raise ValueError("not a plausible time")
    return when
