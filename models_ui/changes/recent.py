"""What changed at Mistral lately: a few lines for other pages, those about our fine-tunes first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from models_ui.catalog.index import CatalogIndex
from models_ui.changes.page import ChangeLine
from models_ui.models import CatalogChange
from models_ui.vocabulary import FINE_TUNED

MOST_LINES: Final = 5
MOST_COUNTED: Final = 200
_LATELY: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class RecentChanges:
    lines: Sequence[ChangeLine]
    total: int  # MOST_COUNTED stands for as many or more
    since: datetime
    is_since_visit: bool  # otherwise of the last days

    @property
    def is_counted(self) -> bool:
        return self.total < MOST_COUNTED


def recent_changes(index: CatalogIndex, now: datetime, last_visit: datetime | None = None) -> RecentChanges:
    """Return the changes since a person was here last; since some days ago where that is not known."""
    since = last_visit or now - _LATELY
    changes = list(CatalogChange.objects.filter(at__gte=since).order_by("-pk")[:MOST_COUNTED])
    ours = index.cached_with_facts("ids of ours", lambda: _ids_of_ours(index))
    changes.sort(key=lambda change: ours.isdisjoint((change.model_id, change.subject, str(change.before))))
    lines = [ChangeLine(change, index) for change in changes[:MOST_LINES]]
    return RecentChanges(lines, len(changes), since, last_visit is not None)


def _ids_of_ours(index: CatalogIndex) -> frozenset[str]:
    """Return the ids of our fine-tunes, and those of the models that they were trained from."""
    ours = [row for row in index.rows if row.type == FINE_TUNED and not row.is_missing]
    roots = {row.root for row in ours if row.root}
    bases = {base.model_id for root in roots for base in index.find(root)}
    return frozenset(roots | bases | {row.model_id for row in ours})
