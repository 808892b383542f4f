"""How fresh the mirror is, in facts and in words."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from models_ui.leases import is_held
from models_ui.models import Lease, Mirror, SyncRun
from models_ui.prepared_query import PreparedQuery
from models_ui.services.stored_errors import is_refusal, stored_error_sentence


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
    news: str = ""  # what a person who asked for a sync is told of it


def describe_freshness(mirror: Mirror, now: datetime) -> Freshness:
    running = mirror.sync_is_running
    return Freshness(
        synced_at=mirror.last_synced_at,
        seconds=int((now - mirror.last_synced_at).total_seconds()) if mirror.last_synced_at else None,
        stale=not running and is_stale(mirror, now),
        running=running,
        version=mirror.version,
        failure=stored_error_sentence(mirror.failure) if mirror.failure else "",
        refused=is_refusal(mirror.failure),
        correlation_id=mirror.failure.get("correlation_id", ""),
        unreadable=mirror.unreadable,
    )


def news_in_words(run: SyncRun) -> str:
    """Return what a run found: 1 new model, 2 models changed; or that there is nothing new."""
    news = [
        (ngettext("%(count)d new model", "%(count)d new models", run.added), run.added),
        (ngettext("%(count)d model changed", "%(count)d models changed", run.changed), run.changed),
        (ngettext("%(count)d model gone", "%(count)d models gone", run.missing), run.missing),
    ]
    return ", ".join(words % {"count": count} for words, count in news if count) or _("nothing new")


LEASE = "sync"
# Seconds that a run may take beside its call; then another process may believe that the holder died.
LEASE_MARGIN = 60


_COLUMNS: Final = tuple(field.attname for field in Mirror._meta.concrete_fields)
_STATE: Final = PreparedQuery(
    lambda: Mirror.objects.filter(pk=1).values_list(
        *_COLUMNS, Subquery(Lease.objects.filter(name=LEASE).values("expires_at")[:1])
    )
)


def mirror_state() -> Mirror:
    """Return the mirror's state, with the version to read before its rows, and whether a run is under way."""
    row = _STATE.first()
    if row is None:
        return Mirror.objects.get_or_create(pk=1)[0]
    state: Mirror = Mirror.from_db(DEFAULT_DB_ALIAS, _COLUMNS, row[:-1])
    state.sync_is_running = is_held(row[-1], timezone.now(), lease_seconds())
    return state


def is_stale(mirror: Mirror, now: datetime) -> bool:
    """Whether a page should ask for a new run behind itself. A failure is not tried again on every page."""
    # A moment ahead is of a clock that was set back, and says nothing.
    moments = [moment for moment in (mirror.last_synced_at, mirror.failed_at) if moment is not None and moment <= now]
    return not moments or (now - max(moments)).total_seconds() > settings.MODELS_STALE_AFTER


def lease_seconds() -> float:
    """How long a run may hold the lease: longer than the longest call."""
    return float(settings.MODELS_API_TOTAL_TIMEOUT + LEASE_MARGIN)


def move_version() -> None:
    """Move the mirror's version, so that every process reads what was saved since and renews its index."""
    Mirror.objects.filter(pk=1).update(version=secrets.token_urlsafe(9))
