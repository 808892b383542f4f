"""Where a person is signed in. django-allauth keeps a record beside each session; this module reads and ends them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.db import transaction

from models_ui.audit.plain_events import record_plain_event

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
            browser=_first_named(_BROWSERS, record.user_agent),
            system=_first_named(_SYSTEMS, record.user_agent),
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
        others = list(UserSession.objects.filter(user=user).exclude(session_key=session_key))
        for record in others:
            record.end()
        if others:
            record_plain_event(user, "session.ended", "", after={"sessions": len(others)})
    return len(others)


def note_session_seen(session_key: str, now: datetime) -> None:
    UserSession.objects.filter(session_key=session_key).update(last_seen_at=now)


def _first_named(names: dict[str, str], user_agent: str) -> str:
    return next((name for word, name in names.items() if word in user_agent), "")
