"""Where a person is signed in, and for how long. django-allauth keeps a record beside each session.

The record says which browser it is and when it was last seen, to five minutes. No address is kept of it. When the
session began stands in the session itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from models_ui.access.people import PersonState, has_lost_rights
from models_ui.audit.plain_events import record_plain_event

SIGNED_IN_AT: Final = "signed_in_at"  # seconds since 1970, in the session
_NOTED_EVERY: Final = timedelta(minutes=5)
_NO_ADDRESS: Final = "0.0.0.0"  # noqa: S104  # means none; the column wants one
# The first that occurs: Edge and Opera call themselves Chrome, too, and Chrome calls itself Safari.
_BROWSERS: Final = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS: Final = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One session of a person."""

    pk: int
    browser: str  # such as Firefox; empty where it cannot be told
    system: str  # such as Windows
    since: datetime
    seen_at: datetime  # to a few minutes
    is_this: bool  # the session that asks


def sessions_of(user: User, session_key: str) -> list[SignedIn]:
    """Return where the person is signed in: this session first, then the latest seen."""
    found = [
        SignedIn(
            pk=record.pk,
            browser=record.data.get("browser", ""),
            system=record.data.get("system", ""),
            since=record.created_at,
            seen_at=record.last_seen_at,
            is_this=record.session_key == session_key,
        )
        for record in UserSession.objects.purge_and_list(user)
    ]
    return sorted(found, key=lambda session: (session.is_this, session.seen_at), reverse=True)


def end_session(user: User, pk: int) -> bool:
    """End one session of the person. Return False if they have no such session."""
    with transaction.atomic():
        record = UserSession.objects.filter(user=user, pk=pk).first()
        if record is None:
            return False
        record.end()
        record_plain_event(user, "session.ended", "", after={"sessions": 1})
    return True


def end_other_sessions(user: User, session_key: str) -> int:
    """End all sessions of the person but this one. Return how many there were."""
    with transaction.atomic():
        number = _delete_sessions(user, but=session_key)
        if number:
            record_plain_event(user, "session.ended", "", after={"sessions": number})
    return number


def end_all_sessions(user: User) -> int:
    """End all sessions of a person who may not stay. Return how many there were; the caller records why."""
    with transaction.atomic():
        return _delete_sessions(user)


def end_sessions_after(before: PersonState, person: User) -> None:
    """End all sessions of a person who may do less than before. Access that is given back finds none either."""
    if has_lost_rights(before, PersonState.of(person)) or before.is_active != person.is_active:
        end_all_sessions(person)


def _delete_sessions(user: User, *, but: str = "") -> int:
    recorded = UserSession.objects.filter(user=user).exclude(session_key=but)
    keys = {*recorded.values_list("session_key", flat=True), *_unrecorded_keys(user)} - {but}
    recorded.delete()
    Session.objects.filter(session_key__in=keys).delete()
    return len(keys)


def _unrecorded_keys(user: User) -> list[str]:
    """Return the keys of the person's sessions from before there were records, and not used since."""
    recorded = UserSession.objects.values("session_key")
    unrecorded = Session.objects.filter(expire_date__gt=timezone.now()).exclude(session_key__in=recorded)
    return [each.session_key for each in unrecorded if each.get_decoded().get(SESSION_KEY) == str(user.pk)]


def last_seen_of(session_key: Any) -> Any:
    """Return the query for when a session was last noted; the key may be a reference to another query."""
    return UserSession.objects.filter(session_key=session_key).values("last_seen_at")[:1]


def note_session_seen(request: HttpRequest, seen_at: datetime | None, now: datetime) -> None:
    """Note that the session is in use, once in five minutes. A session without a record gets one."""
    if seen_at is not None and now - seen_at < _NOTED_EVERY:
        return
    to_five_minutes = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
    key = request.session.session_key
    if not UserSession.objects.filter(session_key=key).update(last_seen_at=to_five_minutes) and key:
        UserSession.objects.create_from_request(request)


def note_signed_in(request: HttpRequest, **_: Any) -> None:
    """Note in the session when it began."""
    request.session[SIGNED_IN_AT] = int(timezone.now().timestamp())


def is_over(session: Mapping[str, Any], seen_at: datetime | None, now: datetime) -> bool:
    """Return whether a session of somebody who signed in was not used for too long, or is too old.

    A session without a record counts as last seen when it began.
    """
    if SESSION_KEY not in session:
        return False
    began, now_at = session.get(SIGNED_IN_AT, 0), now.timestamp()
    if began <= now_at - settings.SESSION_MAX_DAYS * 86_400:
        return True
    seen = max(began, seen_at.timestamp() if seen_at else 0)
    return bool(seen <= now_at - settings.SESSION_IDLE_HOURS * 3600)


def keep_little(instance: UserSession, **_: Any) -> None:
    """Keep the name of the browser and of its system of what django-allauth is about to store of a session."""
    instance.ip = _NO_ADDRESS
    if instance.user_agent:
        browser, system = (_first_named(names, instance.user_agent) for names in (_BROWSERS, _SYSTEMS))
        instance.data = {"browser": browser, "system": system}
        instance.user_agent = ""


def clear_sessions() -> None:
    """Delete the sessions that are over, and the records of all that are gone."""
    now = timezone.now()
    unused = Q(last_seen_at__lte=now - timedelta(hours=settings.SESSION_IDLE_HOURS))
    old = Q(created_at__lte=now - timedelta(days=settings.SESSION_MAX_DAYS))
    Session.objects.filter(session_key__in=UserSession.objects.filter(unused | old).values("session_key")).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()


def _first_named(names: dict[str, str], user_agent: str) -> str:
    return next((name for word, name in names.items() if word in user_agent), "")
