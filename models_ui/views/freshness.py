"""How current the mirror is, in the words and states that a page shows."""

from dataclasses import dataclass
from datetime import datetime

from models_ui.failures import is_refusal, sentence_of
from models_ui.models import Mirror
from models_ui.sync import is_stale


@dataclass(frozen=True, slots=True)
class Freshness:
    synced_at: datetime | None
    seconds: int | None  # since the last success
    stale: bool  # the page should ask for a sync behind itself
    running: bool
    version: str
    failure: str  # what went wrong last, as a sentence; empty when the last run succeeded
    refused: bool  # upstream refused our key: trying again will not help
    correlation_id: str
    unreadable: int  # entries of the last list that could not be read at all
    offer_new: bool = False  # rows changed behind the page


def freshness(mirror: Mirror, now: datetime) -> Freshness:
    running = mirror.sync_is_running
    return Freshness(
        synced_at=mirror.last_synced_at,
        seconds=int((now - mirror.last_synced_at).total_seconds()) if mirror.last_synced_at else None,
        stale=not running and is_stale(mirror, now),
        running=running,
        version=mirror.version,
        failure=sentence_of(mirror.failure) if mirror.failure else "",
        refused=is_refusal(mirror.failure),
        correlation_id=mirror.failure.get("correlation_id", ""),
        unreadable=mirror.unreadable,
    )
