"""Locks on signing in, told in the history: once each, and never so often that an attacker could fill the table."""

from typing import Final

from django.contrib.auth.models import User
from django.db.models import Q

from models_ui.access.rate_limits import may_use
from models_ui.audit.plain_events import record_plain_event
from models_ui.vocabulary import make_storable

LONGEST_NAME: Final = 150
HOUR: Final = 3600
# Anybody can lock any name, so names that nobody has count together and are told less often.
MOST_OF_PEOPLE: Final = 60
MOST_OF_STRANGERS: Final = 10


def record_lockout(tried_name: str, *, seconds: int) -> None:
    """Record that signing in under this name is locked for so many seconds, unless this lock is told already."""
    name = make_storable(tried_name)[:LONGEST_NAME]
    person = User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name)).order_by("pk").first()
    if not may_use(f"lockout of {name.lower()}", most=1, seconds=seconds):
        return
    whose, most = ("people", MOST_OF_PEOPLE) if person else ("strangers", MOST_OF_STRANGERS)
    if may_use(f"lockouts of {whose}", most=most, seconds=HOUR):
        record_plain_event(None, "sign_in.locked", person.username if person else name)
