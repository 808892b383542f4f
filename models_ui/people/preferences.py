"""What a person has chosen for themselves, and their visits. This module alone writes preferences.

The account backend reads them with the person, so that a page asks the database no query more. A visit ends with
half an hour without a request. Requests are noted every five minutes, so the end of a visit is known to five minutes.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.contrib.auth.models import User
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from models_ui.audit.plain_events import record_plain_event
from models_ui.catalog.columns import default_columns, split_columns
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.rows import RowStyle
from models_ui.catalog.saved_lists import is_visible, query_of_list
from models_ui.models import Preferences

VISIT_GAP: Final = timedelta(minutes=30)
_NOTED_EVERY: Final = timedelta(minutes=5)


def preferences_of(user: User) -> Preferences:
    """Return the person's preferences, the defaults where they never chose. Costs no query for who is signed in."""
    try:
        return user.preferences  # the way back of Preferences.owner
    except ObjectDoesNotExist:
        return Preferences(owner=user)


def store_preferences(owner: User, **changes: Any) -> Preferences:
    """Store these choices, and leave the others as they are."""
    preferences, _created = Preferences.objects.update_or_create(owner=owner, defaults=changes)
    return _keep_with(owner, preferences)


def store_preferences_form(owner: User, choices: Mapping[str, Any]) -> Preferences:
    """Store what the page of preferences sent. The history tells that something changed, and not what."""
    before = preferences_of(owner)
    changed = sorted(name for name, value in choices.items() if getattr(before, name) != value)
    if not changed:
        return before
    with transaction.atomic():
        record_plain_event(owner, "settings.preferences_changed", "", after={"changed": changed})
        return store_preferences(owner, **choices)


# --- The view that Models opens with


def default_query(preferences: Preferences) -> CatalogQuery:
    """Return the query that Models opens with; that of all models where a chosen view is private again."""
    saved = preferences.default_list
    if saved is not None and is_visible(saved, preferences.owner):
        return query_of_list(saved)
    return CatalogQuery(type=(preferences.default_tab,)) if preferences.default_tab else CatalogQuery()


# --- How the catalog looks


def preferred_columns(preferences: Preferences) -> tuple[str, ...]:
    """Return the columns that the person sees where an address names none; none for those of each view."""
    return split_columns(preferences.columns)


def preferred_style(preferences: Preferences, query: CatalogQuery) -> RowStyle:
    """Return how the rows of a query look to this person: with the columns of the address, else those they prefer."""
    usual = default_columns(query.type, query.grouping)
    columns = split_columns(query.columns) or split_columns(preferences.columns) or usual
    return RowStyle(columns, is_roomy=preferences.density == Preferences.Density.ROOMY)


# --- Time zones


def zone_of(preferences: Preferences) -> tzinfo:
    """Return the zone that the person reads times in, UTC where the system no longer knows it."""
    try:
        return ZoneInfo(preferences.time_zone) if preferences.time_zone else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


@cache
def known_zones() -> frozenset[str]:
    """Return the names of the zones that people live in: Europe/Paris, and not EST5EDT or Etc/GMT+3."""
    left_out = ("Etc/", "SystemV/", "US/", "Canada/", "Brazil/", "Chile/", "Mexico/")
    return frozenset(name for name in available_timezones() if "/" in name and not name.startswith(left_out))


# --- Visits


def note_visit(owner: User, now: datetime) -> None:
    """Note that the person is here. Writes once in five minutes, and nothing where another request was first."""
    known = preferences_of(owner)
    before = known.seen_at
    if before is not None and now - before < _NOTED_EVERY:
        return
    known.seen_at = now
    if before is not None and now - before >= VISIT_GAP:
        known.last_visit_at = before
    with transaction.atomic():
        if known._state.adding:
            Preferences.objects.bulk_create([known], ignore_conflicts=True)
        else:
            unchanged = Preferences.objects.filter(owner=owner, seen_at=before)
            unchanged.update(seen_at=now, last_visit_at=known.last_visit_at)
    _keep_with(owner, known)


def _keep_with(owner: User, preferences: Preferences) -> Preferences:
    """Put the preferences in the place of those that the person was read with."""
    owner.preferences = preferences
    return preferences
