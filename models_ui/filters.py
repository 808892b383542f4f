"""Filters that the address bar holds, for the pages of a history: read, written and shown as chips.

Pages follow the entries' keys (`before`), so that a page does not shift while others are added.
"""

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from models_ui.labels import a_few

MAX_TEXT = 200
MAX_VALUES = 50
_SPACES = re.compile(r"\s+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_PARAMETERS = {"since": "from", "until": "to"}  # what a field is called in the address, where that differs


class Filters:
    """The base of a frozen dataclass whose fields are parameters. Fields that are tuples hold alternatives.

    `page`     the name of the address
    `several`  for each tuple what it may hold
    `read`     for every other field a function that reads its value, and gives None for one that makes no sense
    """

    page: ClassVar[str]
    several: ClassVar[Mapping[str, Container[str]]]
    read: ClassVar[Mapping[str, Callable[[str], Any]]]

    @classmethod
    def parse(cls, query_string: str) -> tuple[Self, list[str]]:
        """Read a query string. Never raises: what makes no sense is left out and told in sentences."""
        names = {parameter: name for name, parameter in cls._parameters().items()}
        values: dict[str, Any] = {}
        ignored: list[str] = []
        for parameter, raw in parse_qsl(query_string, keep_blank_values=True, max_num_fields=None)[:1000]:
            name, value = names.get(parameter, ""), tidy(raw)
            if not name:
                ignored.append(
                    _("“%(parameter)s” is no filter of this page, so it was ignored.")
                    % {"parameter": tidy(parameter)[:60]}
                )
            elif not value:
                continue
            elif name in cls.several:
                if value in cls.several[name]:
                    values[name] = tuple(sorted({*values.get(name, ()), value}))[:MAX_VALUES]
                else:
                    ignored.append(_not_a_value(parameter, value))
            elif name in values:
                ignored.append(
                    _("“%(parameter)s” was given more than once; only the first was used.") % {"parameter": parameter}
                )
            elif (understood := cls.read[name](value)) is None:
                ignored.append(_not_a_value(parameter, value))
            else:
                values[name] = understood
        return cls(**values), a_few(ignored)

    @classmethod
    def _parameters(cls) -> dict[str, str]:
        """Each field's parameter, in order."""
        return {each.name: _PARAMETERS.get(each.name, each.name) for each in fields(cls)}  # type: ignore[arg-type]

    def pairs(self) -> list[tuple[str, str]]:
        """The canonical parameters, in order; defaults are left out."""
        found: list[tuple[str, str]] = []
        for name, parameter in self._parameters().items():
            value = getattr(self, name)
            values = value if isinstance(value, tuple) else (value,) if value not in ("", None) else ()
            found.extend((parameter, str(each)) for each in values)
        return found

    def address(self, page: str = "") -> str:
        parameters = urlencode(self.pairs())
        return reverse(page or self.page) + (f"?{parameters}" if parameters else "")

    def changed(self, **changes: Any) -> Self:
        """Another filter, from its newest entry on."""
        return replace(self, **{"before": None, **changes})  # type: ignore[type-var]

    def without(self, name: str, value: str) -> Self:
        return self.changed(**{name: tuple(each for each in getattr(self, name) if each != value)})

    @property
    def has_filters(self) -> bool:
        return self.changed() != type(self)()


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    address: str  # without this filter


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    selected: bool


class ShortText(Container[str]):
    """Any text that a column of so many characters may hold."""

    def __init__(self, longest: int) -> None:
        self.longest = longest

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str) and len(value) <= self.longest


def read_text(value: str) -> str:
    return value[:MAX_TEXT].strip()


def read_id(value: str) -> str:
    return value[:300]


def read_day(value: str) -> date | None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if 1970 <= day.year < 9000 else None


def read_key(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


def tidy(text: str) -> str:
    return _SPACES.sub(" ", _UNPRINTABLE.sub("", _SPACES.sub(" ", text))).strip()


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _not_a_value(parameter: str, value: str) -> str:
    words = {"parameter": parameter, "value": value[:60]}
    return _("“%(value)s” is not one of the values of “%(parameter)s”, so it was ignored.") % words
