"""Lists with filters that the address bar holds: what was ignored, in words; chips; and the pages of a history."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, ClassVar, Final, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from models_ui.listing.csv_export import Download, other_download
from models_ui.listing.parameters import AddressQuery, Reading, parameters_of
from models_ui.listing.querystring import MAX_TEXT, Ignored, with_query
from models_ui.text.folding import words_to_find
from models_ui.text.humanize import quote_text
from models_ui.text.isolation import fill

MOST_SENTENCES: Final = 5
PER_PAGE: Final = 50
_LONGEST_ID: Final = 300


# --- What was ignored


def ignored_sentences(ignored: Iterable[Ignored]) -> list[str]:
    """Return what of an address was ignored: each sentence once, and no more of them than people read.

    Beyond `MOST_SENTENCES` the last one says how many there are beside.
    """
    sentences = list(dict.fromkeys(map(_ignored_sentence, ignored)))
    rest = len(sentences) - MOST_SENTENCES
    if rest <= 0:
        return sentences
    more = ngettext("%(count)d more was ignored.", "%(count)d more were ignored.", rest) % {"count": rest}
    return [*sentences[:MOST_SENTENCES], more]


def _ignored_sentence(ignored: Ignored) -> str:
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


# --- Chips


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in use."""

    label: str
    query: AddressQuery  # without this filter


ChipLabel = Callable[[Any], str]


def chips_of(query: AddressQuery, labels: Mapping[str, ChipLabel]) -> list[Chip]:
    """Return the filters in use. `labels` says for each field how its chip reads, in the order of the chips."""
    places = {field_name: place for place, field_name in enumerate(labels)}
    in_use = sorted(query.filters(), key=lambda used: places[used[0]])
    return [Chip(labels[field_name](value), query.without(field_name, value)) for field_name, value in in_use]


# --- The query of a history


def read_model_id(text: str) -> Reading:
    """Read an id, as far as a column can hold it."""
    return Reading(text[:_LONGEST_ID])


def read_day(text: str) -> Reading:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return Reading(None, "unknown_value")
    return Reading(day) if 1970 <= day.year < 9000 else Reading(None, "unknown_value")


def read_key(text: str) -> Reading:
    """Read the primary key of an entry."""
    is_key = text.isascii() and text.isdigit() and len(text) < 19
    return Reading(int(text)) if is_key else Reading(None, "unknown_value")


Entry = TypeVar("Entry", bound=Model)


class Filters(AddressQuery):
    """The base of the query of a history.

    Its fields are, besides its own: words to search for, a model's id, two UTC days, both included, and the key of an
    entry that those of this page are older than. `page` is the name of its address.
    """

    q: str
    model: str
    since: date | None
    until: date | None
    before: int | None

    page: ClassVar[str]

    def address(self, page: str = "") -> str:
        return with_query(reverse(page or self.page), self.serialize())

    def narrow(self, entries: QuerySet[Entry]) -> QuerySet[Entry]:
        """Return the entries of the chosen days whose `search_text` has every word."""
        if self.since:
            entries = entries.filter(at__gte=_start_of_day(self.since))
        if self.until:
            entries = entries.filter(at__lt=_start_of_day(self.until) + timedelta(days=1))
        for word in words_to_find(self.q):
            entries = entries.filter(search_text__contains=word)
        return entries


def _start_of_day(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


# --- The page of a history


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    selected: bool


Query = TypeVar("Query", bound=Filters)


class ListPage(Generic[Query, Entry]):
    """One page of the entries that match a query, the newest first.

    Pages follow the entries' keys, so that none shifts while the list grows. `shown` are the entries, `older` and
    `newest` the addresses of other pages, empty where there are none.
    """

    counted: ClassVar = 1_000  # beyond it the page says "more than"
    # What the fields with several values are called in a chip, before the value.
    labels: ClassVar[Mapping[str, str | Promise]] = {}

    def __init__(self, query: Query, ignored: Sequence[Ignored], matching: QuerySet[Entry]) -> None:
        self.query = query
        self.ignored = ignored_sentences(ignored)
        self.total = matching[: self.counted + 1].count()
        here = matching.filter(pk__lt=query.before) if query.before is not None else matching
        entries = list(here[: PER_PAGE + 1])
        self.shown = entries[:PER_PAGE]
        self.older = query.changed(before=self.shown[-1].pk).address() if len(entries) > PER_PAGE else ""
        self.newest = query.changed().address() if query.before is not None else ""

    def value_label(self, name: str, value: str) -> str:
        """Return the word for a value of a field that has several."""
        return value

    @property
    def chips(self) -> list[Chip]:
        several = [name for name, spec in parameters_of(type(self.query)).items() if spec.several]
        labels: dict[str, ChipLabel] = {
            "q": quote_text,
            "model": lambda model: fill(_("Model: %(model)s"), {"model": model}),
            **{name: partial(self._chip_label, name) for name in several},
            "since": lambda day: fill(_("From %(day)s"), {"day": date_format(day, "j M Y")}),
            "until": lambda day: fill(_("Until %(day)s"), {"day": date_format(day, "j M Y")}),
        }
        return chips_of(self.query, labels)

    def _chip_label(self, name: str, value: str) -> str:
        label = self.value_label(name, value)
        if name not in self.labels:
            return label
        return fill(_("%(label)s: %(value)s"), {"label": self.labels[name], "value": label})

    def options(self, name: str, values: Iterable[str]) -> list[Option]:
        """Return the values of a field to choose from."""
        chosen = getattr(self.query, name)
        return [Option(value, self.value_label(name, value), value in chosen) for value in values]

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
