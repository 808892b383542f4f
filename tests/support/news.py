"""What runs of the sync found changed, in the sentences that people read."""

from datetime import timedelta

from models_ui.changes.sentences import change_sentence
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogChange
from tests.support.clock import CONFIRMED, wait


def told(after: timedelta = CONFIRMED) -> list[str]:
    """One more run, long enough after the one before to confirm what that said, and the sentences that it made."""
    wait(after)
    last = CatalogChange.objects.count()
    assert run_sync().outcome == "synced"
    return [change_sentence(each) for each in CatalogChange.objects.order_by("pk")[last:]]


def kinds() -> list[str]:
    """The kind of every change so far, in order."""
    return [each.kind for each in CatalogChange.objects.order_by("pk")]
