"""What a digest tells one reader: everything that they have not been told yet.

A change upstream is told once, by its key. An upcoming end is told once per reminder (90, 60, … days). If a run was
skipped, only the reminder reached now is told. If the date changes, all reminders count again. Acknowledged and
snoozed models get no reminders of their end, but changes to them are still told. The line of a base model's end says
how many fine-tunes it puts at risk; only people who watch these get a line for each.

Whoever looks after a model watches it, unless they took it off their list. So what a person looks after is a part of
what they watch, and a digest of it leaves out the rest of the list.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import Any, Final, Literal

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from models_ui.alerts.concerns import Concern, concern_of
from models_ui.alerts.watch_list import Watched, watches_of
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.links import address_of
from models_ui.catalog.row import Row
from models_ui.changes.kinds import ALIAS_REPOINTED, DIGEST_SECTIONS, DigestSection
from models_ui.changes.sentences import change_sentence
from models_ui.models import CatalogChange, DigestReader, Said
from models_ui.public_url import full_address
from models_ui.retirements import sentences as retirements_sentences
from models_ui.retirements.endings import Ending, retirements_at
from models_ui.retirements.reminders import reminder_reached
from models_ui.text.folding import SortKey, sort_key
from models_ui.text.isolation import fill
from models_ui.text.keepers import keeper_of
from models_ui.text.plain import plain_text

Section = DigestSection | Literal["ahead"]
SECTIONS: Final[Mapping[Section, Promise]] = {
    "announced": _("Newly announced"),
    "moved": _("Moved or withdrawn"),
    "repointed": _("Aliases that mean something else now"),
    "missing": _("Gone from Mistral’s list"),
    "ahead": _("Ahead"),
}
LONGEST: Final = 600  # characters of one item: a name can be of any length


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a digest, and the keys of everything that is told with it."""

    section: Section
    sentence: str
    link: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """What one reader is told now, in their language."""

    reader: DigestReader
    items: tuple[Item, ...]

    @property
    def keys(self) -> list[str]:
        return list(dict.fromkeys(key for item in self.items for key in item.keys))

    @property
    def sections(self) -> Iterator[tuple[str, list[Item]]]:
        for section, items in groupby(self.items, key=lambda item: item.section):
            yield str(SECTIONS[section]), list(items)


def digest_for(reader: DigestReader, index: CatalogIndex, now: datetime) -> Digest:
    """Return the digest of a reader in the active language. An unsaved reader has been told nothing yet."""
    told_keys = (
        frozenset(Said.objects.filter(reader=reader).values_list("key", flat=True)) if reader.pk else frozenset()
    )
    return Digest(reader, tuple(_Content(reader, index, now, told_keys).items()))


class _Content:
    def __init__(self, reader: DigestReader, index: CatalogIndex, now: datetime, said: frozenset[str]) -> None:
        self.index = index
        self.now = now
        self.said = said
        self.since = reader.since
        self.everything = reader.scope == DigestReader.Scope.EVERYTHING
        watches = watches_of(reader.owner) if reader.owner else ()
        self.watched = [Watched(watch, index, now) for watch in watches]
        if reader.owner and reader.scope == DigestReader.Scope.LOOKED_AFTER:
            keeper = keeper_of(reader.owner.get_username())
            self.watched = [entry for entry in self.watched if any(keeper in row.keepers for row in entry.rows)]

    def items(self) -> Iterator[Item]:
        """Yield the items by section: changes in the order they came, then ends by date."""
        changes = sorted(self._changes(), key=_section_order)
        fresh: set[str] = set()
        for change in changes:
            item = self._changed(change)
            fresh.update(item.keys)
            yield item
        for concern in sorted(self._ahead(), key=_order_by_date):
            key = _reminder_key(concern)
            if key not in self.said and key not in fresh:
                yield self._coming(concern, key)

    # --- Changes

    def _changes(self) -> Iterator[CatalogChange]:
        for change in CatalogChange.objects.filter(at__gt=self.since, kind__in=DIGEST_SECTIONS):
            if _change_key(change) not in self.said and (self.everything or self._is_watched(change)):
                yield change

    def _is_watched(self, change: CatalogChange) -> bool:
        """Return whether a change concerns a watched model and came after the watch began."""
        moved = change.kind == ALIAS_REPOINTED
        since = self._watched_since if moved else self._watched_since | self._bases_watched_since
        # A moved alias also concerns the model that it pointed to before.
        ids = (change.model_id, change.subject, str(change.before)) if moved else (change.model_id,)
        return any(model_id in since and change.at > since[model_id] for model_id in ids)

    @cached_property
    def _watched_since(self) -> dict[str, datetime]:
        """Since when each id is watched: the ids on the list, and the ids of the models that these lead to."""
        return _earliest_watch(
            (entry, {entry.watch.model_id, *(row.model_id for row in entry.rows)}) for entry in self.watched
        )

    @cached_property
    def _bases_watched_since(self) -> dict[str, datetime]:
        """By the id of a base model: since when it counts as watched, because a watched fine-tune runs on it.

        Excludes base models that are on the list themselves.
        """
        bases = ((entry, {base.model_id for row in entry.rows for base in self._bases(row)}) for entry in self.watched)
        return {key: at for key, at in _earliest_watch(bases).items() if key not in self._watched_since}

    def _bases(self, row: Row) -> Iterable[Row]:
        return self.index.find(row.root) if row.root else ()

    def _changed(self, change: CatalogChange) -> Item:
        sentences, keys = [change_sentence(change)], [_change_key(change)]
        row = next((row for row in self.index.find(change.model_id) if row.model_id == change.model_id), None)
        if row is not None and DIGEST_SECTIONS[change.kind] in ("announced", "moved"):
            concern = concern_of(row, self.index.find, self.now)
            if concern is not None and concern.ending is not None:
                sentences += self._advice(concern.ending)
                # The sentence gives the date, so mark the reminder reached as told too.
                keys += [_reminder_key(concern)] if reminder_reached(concern.days) else []
        path = address_of(row, self.index) if row else ""
        path = path or f"{reverse('changes')}?{urlencode({'model': change.model_id})}"
        return _make_item(DIGEST_SECTIONS[change.kind], sentences, path, *keys)

    # --- Ends ahead

    def _ahead(self) -> Iterator[Concern]:
        """Yield the ends that have reached a reminder, without acknowledged and snoozed ones."""
        rows = {row.pk: row for entry in self.watched for row in entry.rows}
        if self.everything:
            rows |= {pk: ending.row for pk, ending in self._endings.items()}
        for pk, row in rows.items():
            concern = concern_of(row, self.index.find, self.now)
            if concern is not None and pk not in self._hushed and _is_ahead(concern) and reminder_reached(concern.days):
                yield concern

    @cached_property
    def _hushed(self) -> set[int]:
        """The rows of acknowledged or snoozed entries.

        Excludes models that another entry still shows as needing attention.
        """
        hushed = {row.pk for entry in self.watched if entry.standing == "snoozed" for row in entry.rows}
        hushed |= {entry.concern.row.pk for entry in self.watched if entry.standing == "acknowledged" and entry.concern}
        return hushed - {row.pk for entry in self.watched if entry.standing == "attention" for row in entry.rows}

    @cached_property
    def _endings(self) -> dict[int, Ending]:
        """The endings of all models with a date, by row key, each with the fine-tunes trained from it."""
        return {ending.row.pk: ending for ending in retirements_at(self.index, self.now).endings}

    def _advice(self, ending: Ending) -> Iterator[str]:
        yield from retirements_sentences.replacement_sentences(ending)
        yield from retirements_sentences.fine_tune_sentences(self._endings.get(ending.row.pk, ending))

    def _coming(self, concern: Concern, key: str) -> Item:
        sentences = [retirements_sentences.risk_sentence(concern.risk)] if concern.risk else []
        if concern.ending is not None:
            sentences = [retirements_sentences.ending_sentence(concern.ending), *self._advice(concern.ending)]
        if alias := self._aliases.get(concern.row.pk):
            sentences.append(fill(gettext("You watch it as %(alias)s."), {"alias": alias}))
        return _make_item("ahead", sentences, address_of(concern.row, self.index), key)

    @cached_property
    def _aliases(self) -> dict[int, str]:
        """By row key, the alias by which the reader watches a model whose own id is not on their list."""
        own = {entry.watch.model_id for entry in self.watched}
        return {row.pk: entry.watch.model_id for entry in self.watched for row in entry.rows if row.model_id not in own}


def _section_order(change: CatalogChange) -> tuple[int, int]:
    return list(SECTIONS).index(DIGEST_SECTIONS[change.kind]), change.pk


def _order_by_date(concern: Concern) -> tuple[int, SortKey, int]:
    return concern.days or 0, sort_key(concern.row.label), concern.row.pk


def _is_ahead(concern: Concern) -> bool:
    if concern.ending is not None:
        return concern.ending.stage == "retiring"
    return concern.risk is not None and concern.risk.kind == "retiring"


def _earliest_watch(ids: Iterable[tuple[Watched, set[str]]]) -> dict[str, datetime]:
    """Return for each id when the first of the entries that lead to it was made."""
    since: dict[str, datetime] = {}
    for entry, model_ids in ids:
        for model_id in model_ids:
            since[model_id] = min(since.get(model_id, entry.watch.created_at), entry.watch.created_at)
    return since


def _change_key(change: CatalogChange) -> str:
    return f"change:{change.pk}"


def _reminder_key(concern: Concern) -> str:
    return f"{concern.key}:{reminder_reached(concern.days)}"


def _make_item(section: Section, sentences: Iterable[Any], path: str, *keys: str) -> Item:
    return Item(section, plain_text(" ".join(map(str, sentences)), LONGEST, isolated=True), full_address(path), keys)
