"""Lists with filters that the address bar holds: what was ignored, in words; chips; and the pages of a history."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, ClassVar, Final, Generic, Self, TypeVar

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from models_ui.listing.csv_export import Download, other_download
from models_ui.listing.history_counts import HistoryCounts
from models_ui.listing.history_search import ColumnWords, Speller, condition_of, read_line, words_to_mark
from models_ui.listing.parameters import AddressQuery, ParsedValue, parameters_of
from models_ui.listing.querystring import MAX_TEXT, Ignored, with_query
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


def typo_sentences(corrections: Iterable[tuple[str, str]]) -> list[str]:
    """Return a sentence for each word that was read with a typo, given with what it was read as."""
    sentence = _("Nothing has “%(typed)s”, so it was read as “%(meant)s”.")
    return [fill(sentence, {"typed": typed, "meant": meant}) for typed, meant in corrections]


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


def read_model_id(text: str) -> ParsedValue:
    """Read an id, as far as a column can hold it."""
    return ParsedValue(text[:_LONGEST_ID])


def read_day(text: str) -> ParsedValue:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return ParsedValue(None, "unknown_value")
    return ParsedValue(day) if 1970 <= day.year < 9000 else ParsedValue(None, "unknown_value")


# The periods that a history offers, which end now.
VISIT: Final = "visit"
PERIODS: Final[dict[str, str | Promise]] = {
    VISIT: gettext_lazy("Since I was last here"),
    "7": gettext_lazy("Last 7 days"),
    "30": gettext_lazy("Last 30 days"),
}


def read_key(text: str) -> ParsedValue:
    """Read the primary key of an entry."""
    is_key = text.isascii() and text.isdigit() and len(text) < 19
    return ParsedValue(int(text)) if is_key else ParsedValue(None, "unknown_value")


Entry = TypeVar("Entry", bound=Model)


class Filters(AddressQuery):
    """The base of the query of a history.

    Its fields are, besides its own: words to search for, a model's id, a period, two days of the reader's time zone,
    both included, and the key of an entry that those of this page are older than. `page` is the name of its address.
    """

    q: str
    model: str
    period: str
    since: date | None
    until: date | None
    before: int | None

    page: ClassVar[str]

    @staticmethod
    def searched_columns() -> Sequence[ColumnWords]:
        """Return the words that a search finds besides those of `search_text`."""
        return ()

    def address(self, page: str = "") -> str:
        return with_query(reverse(page or self.page), self.serialize())

    def narrow(self, entries: QuerySet[Entry], last_visit: datetime | None) -> QuerySet[Entry]:
        """Return the entries of the chosen days that have what the words ask for.

        `last_visit` is the end of the reader's last visit; of a first visit everything is new.
        """
        begin = _begin_of_period(self.period, last_visit)
        if begin:
            entries = entries.filter(at__gte=begin)
        if self.since:
            entries = entries.filter(at__gte=_start_of_day(self.since))
        if self.until:
            entries = entries.filter(at__lt=_start_of_day(self.until + timedelta(days=1)))
        return entries.filter(condition_of(self.q, self.searched_columns())) if self.q else entries

    def mend_typos(self, entries: QuerySet[Any], speller: Speller) -> "ReadQuery[Self]":
        """Return the query with the typos of its words mended. `entries` are all that there are."""
        line, corrections = read_line(self.q, entries, self.searched_columns(), speller)
        query = replace(self, q=line) if corrections else self  # type: ignore[type-var]  # a dataclass
        return ReadQuery(query, corrections)


ReadFilters = TypeVar("ReadFilters", bound=Filters)


@dataclass(frozen=True, slots=True)
class ReadQuery(Generic[ReadFilters]):
    """A query as it was read, and the words in which typos were mended, each with what it was read as."""

    query: ReadFilters
    corrections: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The folded words that are to be marked where they stand in a text."""
        return words_to_mark(self.query.q)

    @property
    def sentences(self) -> list[str]:
        return typo_sentences(self.corrections)


def _begin_of_period(period: str, last_visit: datetime | None) -> datetime | None:
    if period in ("", VISIT):
        return last_visit if period else None
    return timezone.now() - timedelta(days=int(period))


def _start_of_day(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())


# --- The page of a history


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    selected: bool
    count: str  # how many entries it leaves; "" where that is not known


@dataclass(frozen=True, slots=True)
class HistoryFacet:
    """A filter with several values: those that some entry has, and the words for those that none here has."""

    name: str
    label: str
    options: Sequence[Option]
    unused: Sequence[str]


@dataclass(frozen=True, slots=True)
class Switch:
    """A link that sets a filter; the link of the one that is set takes it away."""

    label: str
    address: str
    is_current: bool
    count: str = ""


Query = TypeVar("Query", bound=Filters)


class ListPage(Generic[Query, Entry]):
    """One page of the entries that match a query, the newest first.

    Pages follow the entries' keys, so that none shifts while the list grows. `listed` are those of the matching
    entries that stand in the list, if not all do. `shown` are the entries of this page, `older` and `newest` the
    addresses of other pages, empty where there are none.
    """

    counted: ClassVar = 1_000  # beyond it the page says "more than"
    read: ReadQuery[Query]
    # What the fields with several values are called in a chip, before the value.
    labels: ClassVar[Mapping[str, str | Promise]] = {}

    def __init__(
        self,
        query: Query,
        ignored: Sequence[Ignored],
        matching: QuerySet[Entry],
        *,
        last_visit: datetime | None,
        listed: QuerySet[Entry] | None = None,
    ) -> None:
        self.query = query
        self.last_visit = last_visit
        self.ignored = ignored_sentences(ignored)
        self.total = matching[: self.counted + 1].count()
        here = matching if listed is None else listed
        here = here if query.before is None else here.filter(pk__lt=query.before)
        entries = list(here[: PER_PAGE + 1])
        self.shown = entries[:PER_PAGE]
        self.older = query.changed(before=self.shown[-1].pk).address() if len(entries) > PER_PAGE else ""
        self.newest = query.changed().address() if query.before is not None else ""

    @property
    def read_otherwise(self) -> list[str]:
        """The words that were read with a typo, each in a sentence."""
        return self.read.sentences

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
            "period": lambda period: str(PERIODS[period]),
            "since": lambda day: fill(_("From %(day)s"), {"day": date_format(day, "j M Y")}),
            "until": lambda day: fill(_("Until %(day)s"), {"day": date_format(day, "j M Y")}),
        }
        return chips_of(self.query, labels)

    def _chip_label(self, name: str, value: str) -> str:
        label = self.value_label(name, value)
        if name not in self.labels:
            return label
        return fill(_("%(label)s: %(value)s"), {"label": self.labels[name], "value": label})

    def facet(self, name: str, values: Iterable[str], counts: HistoryCounts) -> HistoryFacet:
        """Return a filter with its values, each with the number of entries that it would leave."""
        chosen = getattr(self.query, name)
        known = [(value, self.value_label(name, value)) for value in values]
        options = [
            Option(value, label, value in chosen, counts.words_of(value))
            for value, label in known
            if value in chosen or counts.may_have(value)
        ]
        unused = [label for value, label in known if value not in chosen and not counts.may_have(value)]
        return HistoryFacet(name, str(self.labels[name]), options, unused)

    @property
    def title(self) -> str:
        """The filters in use, for the title of the window; "" without any."""
        return " · ".join(chip.label for chip in self.chips)

    @property
    def periods(self) -> list[Switch]:
        """The periods to choose from; the last visit is one of them once there is one."""
        offered = [name for name in PERIODS if name != VISIT or self.last_visit or self.query.period == VISIT]
        return [self.switch("period", name, str(PERIODS[name])) for name in offered]

    def switch(self, name: str, value: str, label: str, count: str = "") -> Switch:
        is_current = getattr(self.query, name) == value
        query = self.query.changed(**{name: "" if is_current else value})
        return Switch(label, query.address(), is_current, count)

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
