"""Events that are about no model: saved views, private links, settings, locks on signing in.

Those of people are in `access/people.py`.

Such an event has one step, which succeeded: the change that it tells is stored in the same transaction.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from models_ui.audit.chain import Entry, Outcome, append_event
from models_ui.audit.outcome_detail import DenialDetail
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
    told: Words  # with gaps for %(who)s, for the event's label as %(subject)s, and for %(before)s and %(after)s
    told_unnamed: Words = ""  # instead of `told` where the event has no label
    change_words: ChangeWords = lambda event: None


def _name_words(event: AuditEvent) -> tuple[str, str] | None:
    """Return the names before and after; None where they are nobody else's business."""
    names = event.before.get("name"), event.after.get("name")
    return (quote_text(str(names[0])), quote_text(str(names[1]))) if all(names) else None


_SCOPE_WORDS: Final[Mapping[str, Words]] = {
    "nothing": gettext_lazy("nothing"),
    "looked_after": gettext_lazy("the models they look after"),
    "watched": gettext_lazy("the watched models"),
    "everything": gettext_lazy("everything"),
}


def _digest_words(event: AuditEvent) -> tuple[str, str]:
    scopes = [str(side.get("scope", "")) for side in (event.before, event.after)]
    before, after = (str(_SCOPE_WORDS.get(scope, scope)) for scope in scopes)
    return before, after


PLAIN_KINDS: Final[Mapping[str, PlainKind]] = {
    "view.saved": PlainKind(
        label=gettext_lazy("Save a view"),
        told=gettext_lazy("%(who)s saved the view “%(subject)s”"),
        told_unnamed=gettext_lazy("%(who)s saved a private view"),
    ),
    "view.renamed": PlainKind(
        label=gettext_lazy("Rename a view"),
        told=gettext_lazy("%(who)s renamed the view %(before)s to %(after)s"),
        told_unnamed=gettext_lazy("%(who)s renamed a private view"),
        change_words=_name_words,
    ),
    "view.updated": PlainKind(
        label=gettext_lazy("Change the filters of a view"),
        told=gettext_lazy("%(who)s changed the filters of the view “%(subject)s”"),
        told_unnamed=gettext_lazy("%(who)s changed the filters of a private view"),
    ),
    "view.shared": PlainKind(
        label=gettext_lazy("Share a view"), told=gettext_lazy("%(who)s shared the view “%(subject)s” with everyone")
    ),
    "view.unshared": PlainKind(
        label=gettext_lazy("Stop sharing a view"), told=gettext_lazy("%(who)s stopped sharing the view “%(subject)s”")
    ),
    "view.deleted": PlainKind(
        label=gettext_lazy("Delete a view"),
        told=gettext_lazy("%(who)s deleted the view “%(subject)s”"),
        told_unnamed=gettext_lazy("%(who)s deleted a private view"),
    ),
    "link.created": PlainKind(
        label=gettext_lazy("Create a private link"),
        told=gettext_lazy("%(who)s created a private link"),
    ),
    "link.revoked": PlainKind(
        label=gettext_lazy("Revoke a private link"),
        told=gettext_lazy("%(who)s revoked a private link"),
    ),
    "sign_in.locked": PlainKind(
        label=gettext_lazy("Sign-in locked"),
        told=gettext_lazy("Signing in as %(subject)s was locked for some minutes: too many wrong passwords"),
    ),
    "settings.digest_changed": PlainKind(
        label=gettext_lazy("Choose a digest"),
        told=gettext_lazy("%(who)s changed what their digest tells, from %(before)s to %(after)s"),
        change_words=_digest_words,
    ),
    "settings.preferences_changed": PlainKind(
        label=gettext_lazy("Change preferences"),
        told=gettext_lazy("%(who)s changed their preferences"),
    ),
    "settings.name_changed": PlainKind(
        label=gettext_lazy("Change one’s name"),
        told=gettext_lazy("%(who)s changed their name"),
    ),
    "settings.email_changed": PlainKind(
        label=gettext_lazy("Change one’s e-mail address"),
        told=gettext_lazy("%(who)s changed their e-mail address"),
    ),
    "settings.second_factor_added": PlainKind(
        label=gettext_lazy("Turn a second factor on"),
        told=gettext_lazy("%(who)s turned a second factor on"),
    ),
    "settings.second_factor_removed": PlainKind(
        label=gettext_lazy("Turn a second factor off"),
        told=gettext_lazy("%(who)s turned a second factor off"),
    ),
    "session.ended": PlainKind(
        label=gettext_lazy("Sign out elsewhere"),
        told=gettext_lazy("%(who)s signed out elsewhere"),
    ),
}


def record_plain_event(
    actor: User | None,
    kind: str,
    label: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Append the event of a change that is stored in the caller's transaction. `actor` is None if nobody signed in."""
    append_event(_entry(actor, kind, label, dict(before or {}), dict(after or {})), Outcome.SUCCEEDED)


def record_refused_event(actor: User, kind: str, label: str) -> None:
    """Append the event of a change that the person's role does not allow."""
    detail = DenialDetail("Needs the %(role)s role", {"role": "Manager"})
    append_event(_entry(actor, kind, label, {}, {}), Outcome.REFUSED, detail=detail)


def _entry(actor: User | None, kind: str, label: str, before: dict[str, Any], after: dict[str, Any]) -> Entry:
    return Entry(
        action_id=secrets.token_hex(16),
        kind=kind,
        actor=actor.get_username() if actor else "",
        model_id="",
        label=label,
        before=before,
        after=after,
        request_id=request_id.get(),
    )
