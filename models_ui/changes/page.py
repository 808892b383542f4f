"""Reading what upstream changed: what was asked for (`ChangesQuery`, held by the address bar), and it in sentences.

/changes/?kind=alias.repointed&model=mistral-medium-latest&from=2026-11-01&before=1234
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import groupby
from typing import Any, ClassVar, Final

from django.db.models import Q, QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from models_ui.catalog.index import CatalogIndex, Row
from models_ui.catalog.links import address_of, address_of_id
from models_ui.changes.sentences import KINDS, Told, kind_label, sentence_of, told_of
from models_ui.listing.filters import PER_PAGE, Filters, ListPage, Option
from models_ui.listing.querystring import Ignored
from models_ui.models import CatalogChange, SyncRun
from models_ui.text.isolation import balance, isolate

LATELY: Final = 5
AFFECTS: Final = {"fine-tunes": gettext_lazy("What our fine-tunes were trained from")}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesQuery(Filters):
    """Filters and place. Days are UTC, both ends included."""

    q: str = ""
    kind: tuple[str, ...] = ()
    affects: tuple[str, ...] = ()
    model: str = ""  # an id or an alias
    since: date | None = None
    until: date | None = None
    before: int | None = None  # a change's key: older ones follow it

    page: ClassVar = "changes"
    several: ClassVar = {"kind": KINDS, "affects": AFFECTS}

    def matches(self, index: CatalogIndex) -> QuerySet[CatalogChange]:
        """What fits, the newest first; of every page."""
        found = CatalogChange.objects.order_by("-pk")
        if self.kind:
            found = found.filter(kind__in=self.kind)
        if self.affects:
            found = found.filter(_of_roots(index))
        if self.model:
            found = found.filter(_about(self.model))
        return self.narrowed(found)


def _about(model_id: str) -> Q:
    """A model's own changes, and an alias's: also where it led elsewhere, told from both ends."""
    moved = Q(subject=model_id) | Q(before=model_id)
    return Q(model_id=model_id) | Q(moved, kind="alias.repointed")


def _of_roots(index: CatalogIndex) -> Q:
    """What the organisation's fine-tunes were trained from: the models themselves, and the ids they are known by."""
    named = {row.root for row in index.rows if row.root and not row.is_missing}
    roots = {root.model_id for each in named for root in index.find(each)}
    return Q(model_id__in=named | roots) | Q(kind="alias.repointed", subject__in=named)


# --- Changes as a page tells them


@dataclass(frozen=True, slots=True)
class Line:
    """One change, as text and as a sentence whose models are links."""

    change: CatalogChange
    index: CatalogIndex

    @property
    def at(self) -> datetime:
        return self.change.at

    @property
    def kind(self) -> str:
        return isolate(kind_label(self.change.kind))

    @property
    def sentence(self) -> str:
        return sentence_of(self.change)

    @property
    def linked(self) -> SafeString:
        told = told_of(self.change)
        words = {name: format_html("<bdi>{}</bdi>", balance(word)) for name, word in told.words.items()}
        for name, model_id in told.ids.items():
            if address := self._address(model_id):
                words[name] = format_html('<a href="{}">{}</a>', address, words[name])
        return format_html(_braced(told), **words)

    @property
    def model_id(self) -> str:
        """The id, where the sentence calls the model by its name."""
        return self.change.model_id if self.change.label not in ("", self.change.model_id) else ""

    def _address(self, model_id: str) -> str:
        found = self.index.find(model_id)
        if len(found) == 1:
            return address_of(found[0], self.index)
        return address_of_id(model_id) if found else ""


def _braced(told: Told) -> str:
    """The sentence as `format_html` wants it; its text is ours, but a kind nobody has heard of is anybody's."""
    text = told.sentence.replace("{", "{{").replace("}", "}}")
    for name in told.words:
        text = text.replace(f"%({name})s", f"{{{name}}}")
    return str(format_html("{}", text.replace("%%", "%")))


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Pointing:
    """What an alias meant for a while. `since` is None where that is longer than anybody has looked."""

    model_id: str
    address: str
    since: datetime | None
    until: datetime | None


def lately(index: CatalogIndex) -> list[Line]:
    return [Line(each, index) for each in CatalogChange.objects.order_by("-pk")[:LATELY]]


def changes_of(row: Row, index: CatalogIndex, most: int = 10) -> list[Line]:
    """A model's own, the newest first."""
    if not row.model_id:
        return []
    return [Line(each, index) for each in ChangesQuery(model=row.model_id).matches(index)[:most]]


def moved_aliases(row: Row) -> frozenset[str]:
    """Those of its aliases that have meant something else."""
    moved = CatalogChange.objects.filter(kind="alias.repointed", subject__in=row.aliases) if row.aliases else ()
    return frozenset(each.subject for each in moved)


class ChangesPage(ListPage[ChangesQuery, CatalogChange]):
    """One page of what upstream changed."""

    labels: ClassVar = {"kind": gettext_lazy("What")}

    def __init__(self, query: ChangesQuery, ignored: Sequence[Ignored], index: CatalogIndex) -> None:
        super().__init__(query, ignored, query.matches(index))
        self.index = index
        self.lines = [Line(each, index) for each in self.shown]

    @property
    def days(self) -> list[Day]:
        return [Day(day, list(lines)) for day, lines in groupby(self.lines, key=lambda line: line.at.date())]

    @cached_property
    def is_empty(self) -> bool:
        """Whether nothing has ever changed, which is another thing than no match."""
        return not self.total and not CatalogChange.objects.exists()

    @property
    def first_synced_at(self) -> datetime | None:
        succeeded = SyncRun.objects.filter(outcome=SyncRun.Outcome.SUCCEEDED)
        return succeeded.order_by("pk").values_list("finished_at", flat=True).first()

    @cached_property
    def about(self) -> Sequence[Row]:
        """The model that is asked for by one of its ids."""
        return self.index.find(self.query.model) if self.query.model else ()

    @property
    def about_address(self) -> str:
        return address_of(self.about[0], self.index) if len(self.about) == 1 else ""

    @cached_property
    def pointings(self) -> list[Pointing]:
        """Where the id that is asked for pointed, and when: what it means now comes first."""
        if not self.query.model:
            return []
        moves = CatalogChange.objects.filter(kind="alias.repointed", subject=self.query.model).order_by("-pk")
        return list(self._pointings(list(moves[:PER_PAGE])))

    def _pointings(self, moves: Sequence[CatalogChange]) -> Iterator[Pointing]:
        until = None
        for move in moves:
            yield Pointing(str(move.after), self._address(move.after), move.at, until)
            until = move.at
        if moves:
            yield Pointing(str(moves[-1].before), self._address(moves[-1].before), None, until)

    def _address(self, model_id: Any) -> str:
        found = [row for row in self.index.find(str(model_id)) if row.model_id == model_id]
        return address_of(found[0], self.index) if found else ""

    def value_label(self, name: str, value: str) -> str:
        return kind_label(value) if name == "kind" else str(AFFECTS[value])

    @property
    def kinds(self) -> list[Option]:
        return self.options("kind", KINDS)

    @property
    def affected(self) -> list[Option]:
        return self.options("affects", AFFECTS)


# --- Exports


def exported(query: ChangesQuery, index: CatalogIndex) -> Iterable[Mapping[str, Any]]:
    """Every match for machines, and in words."""
    return map(as_record, query.changed().matches(index).iterator(chunk_size=1000))


def as_record(change: CatalogChange) -> dict[str, Any]:
    return {
        "at": change.at,
        "kind": change.kind,
        "model_id": change.model_id,
        "model_name": change.label or None,
        "subject": change.subject or None,
        "before": change.before,
        "after": change.after,
        "sentence": sentence_of(change),
    }


def as_cells(record: Mapping[str, Any]) -> list[Any]:
    """Return a record for a spreadsheet, with its dates as dates."""
    if not record["kind"].startswith("deprecation."):
        return list(record.values())
    return [_read_date(value) if name in ("before", "after") else value for name, value in record.items()]


def _read_date(value: Any) -> Any:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value


COLUMNS: Final = ("at", "kind", "model_id", "model_name", "subject", "before", "after", "sentence")
