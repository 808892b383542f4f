"""Events that are about no model: saved views, private links, settings. Those of people are in `access/people.py`.

Such an event has one step, which succeeded: the change that it tells is stored in the same transaction.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from models_ui.audit.chain import Entry, Outcome, append_event
from models_ui.log_filters import request_id
from models_ui.models import AuditEvent
from models_ui.text.humanize import quote_text

Words = str | Promise
ChangeWords = Callable[[AuditEvent], tuple[str, str] | None]
"""Returns in words what an event changed, before and after; None if the kind alone says it all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainKind:
    """What people read of one kind."""

    label: Words  # in a filter
    told: Words  # between a person's name and the event's label
    told_unnamed: Words = ""  # instead of `told` where the event has no label
    change_words: ChangeWords = lambda event: None


def _name_words(event: AuditEvent) -> tuple[str, str] | None:
    """Return the names before and after; None where they are nobody else's business."""
    names = event.before.get("name"), event.after.get("name")
    return (quote_text(str(names[0])), quote_text(str(names[1]))) if all(names) else None


PLAIN_KINDS: Final[Mapping[str, PlainKind]] = {
    "view.saved": PlainKind(
        label=gettext_lazy("Save a view"),
        told=pgettext_lazy("somebody … a view", "saved the view"),
        told_unnamed=gettext_lazy("saved a private view"),
    ),
    "view.renamed": PlainKind(
        label=gettext_lazy("Rename a view"),
        told=pgettext_lazy("somebody … a view", "renamed the view"),
        told_unnamed=gettext_lazy("renamed a private view"),
        change_words=_name_words,
    ),
    "view.updated": PlainKind(
        label=gettext_lazy("Change the filters of a view"),
        told=pgettext_lazy("somebody … a view", "changed the filters of the view"),
        told_unnamed=gettext_lazy("changed the filters of a private view"),
    ),
    "view.shared": PlainKind(
        label=gettext_lazy("Share a view"), told=pgettext_lazy("somebody … a view", "shared the view")
    ),
    "view.unshared": PlainKind(
        label=gettext_lazy("Stop sharing a view"), told=pgettext_lazy("somebody … a view", "stopped sharing the view")
    ),
    "view.deleted": PlainKind(
        label=gettext_lazy("Delete a view"),
        told=pgettext_lazy("somebody … a view", "deleted the view"),
        told_unnamed=gettext_lazy("deleted a private view"),
    ),
    "link.created": PlainKind(
        label=gettext_lazy("Create a private link"),
        told=pgettext_lazy("somebody … a private link", "created the private link"),
    ),
    "link.revoked": PlainKind(
        label=gettext_lazy("Revoke a private link"),
        told=pgettext_lazy("somebody … a private link", "revoked the private link"),
    ),
    "settings.digest_changed": PlainKind(
        label=gettext_lazy("Choose a digest"), told=gettext_lazy("chose what their digest tells")
    ),
    "settings.preferences_changed": PlainKind(
        label=gettext_lazy("Change preferences"), told=gettext_lazy("changed their preferences")
    ),
}


def record_plain_event(
    actor: User, kind: str, label: str, before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None
) -> None:
    """Append the event of a change that is stored in the caller's transaction."""
    entry = Entry(
        action_id=secrets.token_hex(16),
        kind=kind,
        actor=actor.get_username(),
        model_id="",
        label=label,
        before=dict(before or {}),
        after=dict(after or {}),
        request_id=request_id.get(),
    )
    append_event(entry, Outcome.SUCCEEDED)
