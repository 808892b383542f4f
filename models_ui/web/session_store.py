"""Sessions in the database, as Django keeps them; the one that every page reads is read by a prepared query.

A session that is over counts as none, whatever its row and the browser's cookie say.
"""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from models_ui.people.sessions import is_over, last_seen_of
from models_ui.prepared_query import PreparedQuery

_SESSION: Final = PreparedQuery(
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now).values_list(
        "session_data", Subquery(last_seen_of(OuterRef("session_key")))
    ),
    key="an example",
    now=datetime(2001, 2, 3, tzinfo=UTC),
)


class SessionStore(db.SessionStore):
    """`seen_at` is when the record of the session was last noted; None where it has no record.

    `has_ended` says that this request's session was one that is over now.
    """

    seen_at: datetime | None = None
    has_ended = False

    def load(self) -> dict[str, Any]:
        now = timezone.now()
        row = _SESSION.first(key=self.session_key, now=now)
        if row is None:
            self._session_key = None
            return {}
        self.seen_at = row[1]
        data: dict[str, Any] = self.decode(row[0])
        if not is_over(data, self.seen_at, now):
            return data
        with suppress(DatabaseError):  # a database that cannot be written may still be read
            self.delete(self.session_key)
        self._session_key, self.has_ended = None, True
        return {}
