"""Sessions in the database, as Django keeps them; the one that every page reads is read by a prepared query."""

from datetime import UTC, datetime
from typing import Any, Final

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from models_ui.people.sessions import last_seen_of
from models_ui.prepared_query import PreparedQuery

_SESSION: Final = PreparedQuery(
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now).values_list(
        "session_data", Subquery(last_seen_of(OuterRef("session_key")))
    ),
    key="an example",
    now=datetime(2001, 2, 3, tzinfo=UTC),
)


class SessionStore(db.SessionStore):
    """`seen_at` is when the record of the session was last noted; None where it has no record."""

    seen_at: datetime | None = None

    def load(self) -> dict[str, Any]:
        row = _SESSION.first(key=self.session_key, now=timezone.now())
        if row is None:
            self._session_key = None
            return {}
        self.seen_at = row[1]
        data: dict[str, Any] = self.decode(row[0])
        return data
