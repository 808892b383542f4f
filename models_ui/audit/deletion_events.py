"""What people read of a deletion that is asked for, planned, taken back or stopped.

The attempt to delete is an event of the verb: see `access/verbs.py`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django.utils.translation import gettext_lazy

from models_ui.audit.plain_events import PlainKind
from models_ui.models import AuditEvent
from models_ui.text.humanize import long_day


def _planned_day(event: AuditEvent) -> tuple[str, str]:
    return _day_words(event.before.get("due_at")), _day_words(event.after.get("due_at"))


def _day_words(due_at: Any) -> str:
    return long_day(datetime.fromisoformat(due_at).astimezone(UTC)) if due_at else ""


DELETION_KINDS: Final[Mapping[str, PlainKind]] = {
    "deletion.asked": PlainKind(
        label=gettext_lazy("Ask for a deletion"),
        told=gettext_lazy("%(who)s asked for the deletion of %(subject)s"),
    ),
    "deletion.planned": PlainKind(
        label=gettext_lazy("Plan a deletion"),
        told=gettext_lazy("%(who)s planned the deletion of %(subject)s for %(after)s"),
        change_words=_planned_day,
    ),
    "deletion.accepted": PlainKind(
        label=gettext_lazy("Accept a deletion"),
        told=gettext_lazy("%(who)s accepted the deletion of %(subject)s, which is planned for %(after)s"),
        change_words=_planned_day,
    ),
    "deletion.declined": PlainKind(
        label=gettext_lazy("Decline a deletion"),
        told=gettext_lazy("%(who)s declined the deletion of %(subject)s"),
    ),
    "deletion.taken_back": PlainKind(
        label=gettext_lazy("Take back a deletion"),
        told=gettext_lazy("%(who)s took back the deletion of %(subject)s"),
    ),
    "deletion.stopped": PlainKind(
        label=gettext_lazy("Stop a deletion by a change"),
        told=gettext_lazy("%(who)s changed %(subject)s, which stopped its deletion"),
    ),
    "deletion.gone": PlainKind(
        label=gettext_lazy("Nothing left to delete"),
        told=gettext_lazy("%(subject)s was gone from Mistral before the deletion that %(who)s planned"),
    ),
    "deletion.put_off": PlainKind(
        label=gettext_lazy("Put off a deletion"),
        told=gettext_lazy(
            "The deletion of %(subject)s, planned by %(who)s, is put off to %(after)s, so that people are warned a day "
            "before"
        ),
        change_words=_planned_day,
    ),
    "deletion.waits": PlainKind(
        label=gettext_lazy("A deletion waits for a person"),
        told=gettext_lazy("The deletion of %(subject)s, planned by %(who)s, waits for a person"),
    ),
}
