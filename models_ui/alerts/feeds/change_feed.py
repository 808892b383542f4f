"""`changes.atom`: the latest changes upstream, as sentences in the language of its address."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from models_ui.alerts.feeds.atom import AtomEntry, AtomFeed
from models_ui.alerts.feeds.query import FeedQuery
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.links import address_of
from models_ui.catalog.row import Row
from models_ui.changes.kinds import ALIAS_REPOINTED, change_label, find_kind
from models_ui.changes.sentences import change_sentence
from models_ui.models import CatalogChange, FeedAddress
from models_ui.text.isolation import fill, isolate

MOST_CHANGES: Final = 100
SEARCHED: Final = 10_000  # changes looked through for as many that fit a narrow filter

# Ids of ours are tag: URIs of a name that can never belong to anybody, so no host name of an installation is in them.
_TAG: Final = "tag:models-dashboard.invalid,2026"


@dataclass(frozen=True, slots=True)
class ChangeFeed:
    address: FeedAddress
    query: FeedQuery
    index: CatalogIndex
    link: Callable[[str], str]

    def written(self) -> bytes:
        changes = list(islice(self._chosen(), MOST_CHANGES))
        feed = AtomFeed(
            id=f"{_TAG}:feed/{_unique_key(self.address.pk, self.address.created_at)}",
            title=isolate(self.address.name),
            author=_("Model dashboard"),
            updated=changes[0].at if changes else self.address.created_at,
            language=self.address.language,
            link=self.link(reverse("retirements")),
        )
        return feed.written(self._entry(change) for change in changes)

    def _chosen(self) -> Iterator[CatalogChange]:
        """Yield the changes that the filters let through, newest first.

        A change to a model that the index does not know passes only without filters.
        """
        matching: dict[str, frozenset[int]] = {}
        newest = CatalogChange.objects.order_by("-at", "-pk")[:SEARCHED]
        for change in newest.iterator(chunk_size=500):
            if change.kind not in matching:
                # "Gone from Mistral’s list" is news to whoever asked for listed models.
                ignored = find_kind(change.kind).own_filters
                query = self.index.without_words_about(self.query.models.changed(**ignored), ignored)
                matching[change.kind] = frozenset(row.pk for row in self.index.matches(query))
            rows = self._rows(change)
            if any(row.pk in matching[change.kind] for row in rows) or not (rows or self.query.has_filters):
                yield change

    def _rows(self, change: CatalogChange) -> list[Row]:
        """Return the models that a change concerns. A repointed alias concerns its old model, too."""
        ids = [change.model_id, change.before] if change.kind == ALIAS_REPOINTED else [change.model_id]
        return [row for model_id in ids if isinstance(model_id, str) for row in self.index.find(model_id)]

    def _entry(self, change: CatalogChange) -> AtomEntry:
        return AtomEntry(
            id=f"{_TAG}:change/{_unique_key(change.pk, change.at)}",
            at=change.at,
            title=change_sentence(change),
            content=" ".join(self._sentences(change)),
            link=self.link(self._page(change)),
            kind=change.kind,
            kind_label=isolate(change_label(change.kind)),
        )

    def _sentences(self, change: CatalogChange) -> Iterator[str]:
        yield change_sentence(change)
        if change.label:
            yield fill(_("Its id is %(id)s."), {"id": change.model_id})
        when = {"day": date_format(change.at, "j M Y"), "time": date_format(change.at, "H:i")}
        yield fill(_("Read from the Models API on %(day)s, %(time)s UTC."), when)

    def _page(self, change: CatalogChange) -> str:
        rows = self.index.find(change.model_id)
        return address_of(rows[0], self.index) if rows else reverse("catalog")


def _unique_key(pk: int, at: datetime) -> str:
    """Return a key that no other installation has, since it holds a moment to the microsecond."""
    return f"{pk}-{int(at.timestamp() * 1_000_000)}"
