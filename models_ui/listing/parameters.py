"""The parameters of an address as fields of frozen dataclasses, and the only parser of a list's query string.

    q: str = parameter("", read_text)
    kind: tuple[str, ...] = alternatives(one_of(KINDS))
    page: int = parameter(1, read_page, role="place")

`parse` reads a query string and reports what it ignored. `serialize` writes the canonical query string: parameters in
the order of the fields, values sorted, defaults left out. So `parse(serialize(query))` returns `query`. No Django here,
because `catalog/query.py` uses none.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache, lru_cache
from typing import Any, Generic, Literal, NamedTuple, Self, TypeVar, cast
from urllib.parse import urlencode

from models_ui.listing.querystring import MAX_TEXT, MAX_VALUES, Ignored, Reason, split_query, tidy_text

Role = Literal["filter", "view", "place"]
"""A filter chooses the rows, a view the way they are shown, and a place the page of them."""

_SURROGATES = re.compile(r"[\ud800-\udfff]")


class ParsedValue(NamedTuple):
    """The result of reading one text.

    `value`    the parsed value, None if invalid
    `ignored`  why all or part of the text was not used
    """

    value: Any
    ignored: Reason | None = None


Reader = Callable[[str], ParsedValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    default: Any
    read: Reader
    name: str = ""  # in the address; if empty, the name of the field
    role: Role = "filter"
    several: bool = False  # whether its values are alternatives, kept as a sorted tuple
    is_joined: bool = False  # whether it may be repeated, which means the same as its values with commas between
    verbatim: bool = False  # keep leading and trailing spaces, because upstream values may contain them


def parameter(default: Any, read: Reader, *, name: str = "", role: Role = "filter", is_joined: bool = False) -> Any:
    """Return a field for a parameter with one value."""
    return _field(Parameter(default=default, read=read, name=name, role=role, is_joined=is_joined))


def alternatives(read: Reader, *, verbatim: bool = False) -> Any:
    """Return a field for a parameter that may be repeated; `read` reads one of its values."""
    return _field(Parameter(default=(), read=read, several=True, verbatim=verbatim))


def _field(spec: Parameter) -> Any:
    return field(default=spec.default, metadata={"parameter": spec})


# --- Readers


def read_text(text: str) -> ParsedValue:
    """Read words to search for."""
    return ParsedValue(text[:MAX_TEXT].strip(), "too_long" if len(text) > MAX_TEXT else None)


def one_of(values: Iterable[str]) -> Reader:
    """Return a reader that accepts exactly these values."""
    return meaning_of({value: value for value in values})


def meaning_of(meanings: Mapping[str, object]) -> Reader:
    """Return a reader that accepts these texts and returns the value that each stands for."""
    return lambda text: ParsedValue(meanings[text]) if text in meanings else ParsedValue(None, "unknown_value")


def text_up_to(longest: int) -> Reader:
    """Return a reader that accepts any text of at most so many characters."""
    return lambda text: ParsedValue(text) if len(text) <= longest else ParsedValue(None, "unknown_value")


# --- Queries


@lru_cache(maxsize=4096)  # a page has dozens of links, which differ in a parameter or two
def _encode_parameter(name: str, text: str) -> str:
    return urlencode({name: text}, safe=",")


class AddressQuery:
    """The base of a frozen dataclass whose fields are parameters."""

    __slots__ = ()

    @classmethod
    def parse(cls, query_string: str) -> "Parsed[Self]":
        """Read a query string. Never raises: invalid parts are left out and reported."""
        parser = _Parser(parameters_of(cls))
        parser.read_all(query_string)
        return Parsed(cls(**parser.values()), tuple(parser.ignored))

    def pairs(self) -> list[tuple[str, str]]:
        """Return the canonical parameters, in order; defaults are left out."""
        pairs: list[tuple[str, str]] = []
        for field_name, spec in parameters_of(type(self)).items():
            value = getattr(self, field_name)
            if value == spec.default:
                continue
            values: Iterable[object] = value if isinstance(value, tuple) else (value,)
            pairs.extend((spec.name, "1" if single is True else str(single)) for single in values)
        return pairs

    def serialize(self) -> str:
        return "&".join(_encode_parameter(name, text) for name, text in self.pairs())

    def __str__(self) -> str:
        return self.serialize()

    def changed(self, **changes: Any) -> Self:
        """Return a copy with these changes, back on page one."""
        return replace(self, **{**self._defaults("place"), **changes})  # type: ignore[type-var]  # a dataclass

    def cleared(self) -> Self:
        """Return a copy without any filter, in the same order and page size."""
        return replace(self, **self._defaults("filter", "place"))  # type: ignore[type-var]

    def without(self, field_name: str, value: object) -> Self:
        """Return a copy without this filter, or without this one of its alternatives."""
        present, default = getattr(self, field_name), parameters_of(type(self))[field_name].default
        rest = tuple(other for other in present if other != value) if isinstance(present, tuple) else default
        return self.changed(**{field_name: rest})

    def filters(self) -> Iterator[tuple[str, Any]]:
        """Yield the field and the value of each filter in use, alternatives one by one."""
        for field_name, spec in parameters_of(type(self)).items():
            value = getattr(self, field_name)
            if spec.role == "filter" and value != spec.default:
                for single in value if isinstance(value, tuple) else (value,):
                    yield field_name, single

    @property
    def has_filters(self) -> bool:
        # Both reset the page, so they differ only in filters.
        return self.changed() != self.cleared()

    def _defaults(self, *roles: Role) -> dict[str, Any]:
        return {name: spec.default for name, spec in parameters_of(type(self)).items() if spec.role in roles}


Query = TypeVar("Query", bound=AddressQuery)


class Parsed(NamedTuple, Generic[Query]):
    query: Query
    ignored: tuple[Ignored, ...]


def parameters_of(query_type: type[AddressQuery]) -> Mapping[str, Parameter]:
    """Return the parameter of each field, in order."""
    return _parameters_of(cast(Any, query_type))


@cache
def _parameters_of(query_type: Any) -> Mapping[str, Parameter]:
    specs = {column.name: column.metadata["parameter"] for column in fields(query_type)}
    return {field_name: replace(spec, name=spec.name or field_name) for field_name, spec in specs.items()}


class _Parser:
    """Parses one query string: collects the values by field, and what was ignored."""

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self.ignored: list[Ignored] = []
        self._fields = {spec.name: (field_name, spec) for field_name, spec in parameters.items()}
        self._single: dict[str, Any] = {}
        self._several: dict[str, set[str]] = {}

    def read_all(self, query_string: str) -> None:
        pairs, rest = split_query(query_string)
        if rest:
            self._ignore("?", rest, "too_many")
        for name, text in self._join(pairs):
            if name in self._fields:
                self._read(*self._fields[name], text)
            else:
                self._ignore(name, text, "unknown_parameter")

    def _join(self, pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """Yield the parameters, those that a form repeats as one, at the place of the first."""
        joined: dict[str, list[str]] = {}
        for name, text in pairs:
            if name in self._fields and self._fields[name][1].is_joined and text:
                joined.setdefault(name, []).append(text)
        for name, text in pairs:
            if name not in joined:
                yield name, text
            elif texts := joined[name]:
                yield name, ",".join(texts)
                texts.clear()

    def values(self) -> dict[str, Any]:
        return {**self._single, **{name: tuple(sorted(values)) for name, values in self._several.items()}}

    def _read(self, field_name: str, spec: Parameter, text: str) -> None:
        text = _SURROGATES.sub("\ufffd", text) if spec.verbatim else tidy_text(text)
        if not text:
            return  # an empty field sets nothing
        if field_name in self._single:
            self._ignore(spec.name, text, "repeated")
            return
        reading = spec.read(text)
        if reading.ignored is not None:
            self._ignore(spec.name, text, reading.ignored)
        if reading.value is None:
            return
        if spec.several:
            self._add(field_name, spec, reading.value)
        else:
            self._single[field_name] = reading.value

    def _add(self, field_name: str, spec: Parameter, value: str) -> None:
        values = self._several.setdefault(field_name, set())
        if len(values) < MAX_VALUES or value in values:
            values.add(value)
        else:
            self._ignore(spec.name, value, "too_many")

    def _ignore(self, name: str, value: str, reason: Reason) -> None:
        self.ignored.append(Ignored.of(name, value, reason))
