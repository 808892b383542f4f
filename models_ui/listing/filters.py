"""Lists with filters that the address bar holds, for the pages of a history: read, written and shown as chips."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, Final, Generic, Self, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from models_ui.listing.csv_export import Download, other_download
from models_ui.listing.querystring import MAX_TEXT, MAX_VALUES, Ignored, split, tidy, with_query
from models_ui.text.folding import words_to_find
from models_ui.text.humanize import quoted
from models_ui.text.isolation import fill
from models_ui.text.labels import MOST_SENTENCES


def told_ignored(ignored: Iterable[Ignored]) -> list[str]:
    """What of an address was ignored: each sentence once, and no more of them than anybody reads; the last one says
    how many there are beside."""
    found = list(dict.fromkeys(map(_ignored, ignored)))
    rest = len(found) - MOST_SENTENCES
    if rest <= 0:
        return found
    more = ngettext("%(count)d more was ignored.", "%(count)d more were ignored.", rest) % {"count": rest}
    return [*found[:MOST_SENTENCES], more]


def _ignored(ignored: Ignored) -> str:
    sentences = {
        "unknown_parameter": _("“%(parameter)s” is not a filter of this page, so it was ignored."),
        "unknown_value": _("“%(value)s” is not one of the values of “%(parameter)s”, so it was ignored."),
        "not_a_number": _("“%(value)s” is not a number that “%(parameter)s” can take, so it was ignored."),
        "repeated": _("“%(parameter)s” was given more than once; only the first was used."),
        "too_long": _("The text in “%(parameter)s” is too long; only its first %(most)d characters count."),
        "too_many": _("There are too many values in “%(parameter)s”, so the last ones were ignored."),
    }
    words = {"parameter": ignored.parameter, "value": ignored.value, "most": MAX_TEXT}
    return fill(sentences[ignored.reason], words)


PER_PAGE = 50
_PARAMETERS = {"since": "from", "until": "to"}  # what a field is called in the address, where that differs

Entry = TypeVar("Entry", bound=Model)


class Filters:
    """The base of a frozen dataclass whose fields are parameters. Fields that are tuples hold alternatives.

    `page`     the name of the address
    `several`  for each tuple what it may hold

    Each has these fields, besides its own: words to search for, a model's id, two UTC days, both included, and the
    key of an entry that those of this page are older than.
    """

    q: str
    model: str
    since: date | None
    until: date | None
    before: int | None

    page: ClassVar[str]
    several: ClassVar[Mapping[str, Container[str]]]

    @classmethod
    def parse(cls, query_string: str) -> tuple[Self, tuple[Ignored, ...]]:
        """Read a query string. Never raises: what makes no sense is left out and reported."""
        names = {parameter: name for name, parameter in cls._parameters().items()}
        values: dict[str, Any] = {}
        ignored: list[Ignored] = []
        for parameter, raw in split(query_string)[0]:
            name, value = names.get(parameter, ""), tidy(raw)
            if not name:
                ignored.append(Ignored.of(parameter, value, "unknown_parameter"))
            elif not value:
                continue
            elif name in cls.several:
                if value in cls.several[name]:
                    values[name] = tuple(sorted({*values.get(name, ()), value}))[:MAX_VALUES]
                else:
                    ignored.append(Ignored.of(parameter, value, "unknown_value"))
            elif name in values:
                ignored.append(Ignored.of(parameter, value, "repeated"))
            elif (understood := _READ[name](value)) is None:
                ignored.append(Ignored.of(parameter, value, "unknown_value"))
            else:
                values[name] = understood
        return cls(**values), tuple(ignored)

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
        return with_query(reverse(page or self.page), urlencode(self.pairs()))

    def changed(self, **changes: Any) -> Self:
        """Another filter, from its newest entry on."""
        return replace(self, **{"before": None, **changes})  # type: ignore[type-var]

    def without(self, name: str, value: str) -> Self:
        return self.changed(**{name: tuple(each for each in getattr(self, name) if each != value)})

    def narrowed(self, found: QuerySet[Entry]) -> QuerySet[Entry]:
        """Those of the chosen days whose `search_text` has every word."""
        if self.since:
            found = found.filter(at__gte=_midnight(self.since))
        if self.until:
            found = found.filter(at__lt=_midnight(self.until) + timedelta(days=1))
        for word in words_to_find(self.q):
            found = found.filter(search_text__contains=word)
        return found

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


def _text(value: str) -> str:
    return value[:MAX_TEXT].strip()


def _id(value: str) -> str:
    return value[:300]


def _day(value: str) -> date | None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if 1970 <= day.year < 9000 else None


def _key(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


# For every field with one value, what it is read by: None for a value that makes no sense.
_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    "q": _text,
    "model": _id,
    "since": _day,
    "until": _day,
    "before": _key,
}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


# --- The page of a list

Query = TypeVar("Query", bound=Filters)


class ListPage(Generic[Query, Entry]):
    """One page of what a query finds, the newest first; pages follow the entries' keys, so that none shifts while the
    list grows. `shown` are its entries, and `older` and `newest` the addresses of other pages, empty where there are
    none."""

    counted: ClassVar = 1_000  # beyond it the page says "more than"
    # What the fields with several values are called in a chip, before the value.
    labels: ClassVar[Mapping[str, str | Promise]] = {}

    def __init__(self, query: Query, ignored: Sequence[Ignored], found: QuerySet[Entry]) -> None:
        self.query = query
        self.ignored = told_ignored(ignored)
        self.total = found[: self.counted + 1].count()
        here = found.filter(pk__lt=query.before) if query.before is not None else found
        entries = list(here[: PER_PAGE + 1])
        self.shown = entries[:PER_PAGE]
        self.older = query.changed(before=self.shown[-1].pk).address() if len(entries) > PER_PAGE else ""
        self.newest = query.changed().address() if query.before is not None else ""

    def value_label(self, name: str, value: str) -> str:
        """What one of a field's values is called."""
        return value

    @property
    def chips(self) -> Iterator[Chip]:
        """Each filter in use, with the address of the page without it."""
        query = self.query
        if query.q:
            yield Chip(quoted(query.q), query.changed(q="").address())
        if query.model:
            yield Chip(fill(_("Model: %(model)s"), {"model": query.model}), query.changed(model="").address())
        for name in query.several:
            for value in getattr(query, name):
                chip = self.value_label(name, value)
                if name in self.labels:
                    chip = fill(_("%(label)s: %(value)s"), {"label": self.labels[name], "value": chip})
                yield Chip(chip, query.without(name, value).address())
        if query.since:
            words = {"day": date_format(query.since, "j M Y")}
            yield Chip(fill(_("From %(day)s"), words), query.changed(since=None).address())
        if query.until:
            words = {"day": date_format(query.until, "j M Y")}
            yield Chip(fill(_("Until %(day)s"), words), query.changed(until=None).address())

    def options(self, name: str, values: Iterable[str]) -> list[Option]:
        """The values of a field to choose from."""
        chosen = getattr(self.query, name)
        return [Option(each, self.value_label(name, each), each in chosen) for each in values]

    @property
    def cleared(self) -> str:
        return reverse(self.query.page)

    @property
    def csv_address(self) -> str:
        return self.query.changed().address(f"{self.query.page}_csv")

    @property
    def other_csv(self) -> Download:
        return other_download(self.csv_address)

    @property
    def json_address(self) -> str:
        return self.query.changed().address(f"{self.query.page}_json")
