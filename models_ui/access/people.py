"""People and their roles: the events that the history keeps of changes, and the check that a Manager is left.

Change people only in a transaction that begins with `lock_roles`. Then changes at the same time are made one after the
other, and what was checked is still true when it is written. Each kind of change is an event of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.dispatch import Signal
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from models_ui.access.roles import Role, role_of
from models_ui.audit.plain_events import PlainKind, record_plain_event
from models_ui.models import AuditEvent

# Sent with the names before and after, in the transaction of a rename: whatever names the person follows.
person_renamed: Final = Signal()

SUPERUSER: Final = "superuser"  # recorded in the history like a role, though it is not one of `Role`
_RANKS: Final = (*(role.name.lower() for role in Role), SUPERUSER)
NEEDS_A_MANAGER: Final = gettext_lazy(
    "This is the last person with the Manager role. Make somebody else a Manager first."
)
SUPERUSERS_STAY: Final = gettext_lazy(
    "This account was made in a terminal, and is changed there: manage.py account, manage.py changepassword."
)
ROLE_FROM_SIGN_ON: Final = gettext_lazy(
    "This role comes from single sign-on, with each sign-in. It changes with the person’s groups there."
)


@dataclass(frozen=True, slots=True)
class PersonState:
    """The facts of a person whose changes are recorded."""

    username: str
    role: str
    is_active: bool

    @classmethod
    def of(cls, person: User) -> Self:
        role = SUPERUSER if person.is_superuser else role_of(person).name.lower()
        return cls(person.username, role, person.is_active)


def active_usernames(among: Iterable[str]) -> frozenset[str]:
    """Return which of these usernames belong to people who have access."""
    return frozenset(User.objects.filter(username__in=list(among), is_active=True).values_list("username", flat=True))


def lock_roles() -> None:
    """Lock changes of people until the transaction ends; others wait."""
    list(Group.objects.select_for_update().filter(name=Role.MANAGER.group_name))


def is_last_manager(person: User) -> bool:
    """Whether this person is the only active Manager. Superusers do not count."""
    managers = _managers()
    return managers.filter(pk=person.pk).exists() and managers.count() == 1


def _managers() -> QuerySet[User]:
    return User.objects.filter(is_active=True, is_superuser=False, groups__name=Role.MANAGER.group_name).distinct()


def has_lost_rights(before: PersonState, after: PersonState) -> bool:
    """Return whether somebody's role is lower than before, or their access is gone."""
    return _RANKS.index(after.role) < _RANKS.index(before.role) or (before.is_active and not after.is_active)


def record_added(actor: User, person: User) -> None:
    state = PersonState.of(person)
    record_plain_event(actor, "person.added", state.username, after={"role": state.role, "is_active": state.is_active})


def record_changes(actor: User | None, before: PersonState, person: User) -> None:
    """Record one event for each kind of change between the state before and the saved person."""
    after = PersonState.of(person)
    if before.role != after.role:
        record_plain_event(actor, "person.role_changed", after.username, {"role": before.role}, {"role": after.role})
    if before.is_active != after.is_active:
        kind = "person.activated" if after.is_active else "person.deactivated"
        record_plain_event(actor, kind, after.username, {"is_active": before.is_active}, {"is_active": after.is_active})


# --- In words


def _changed_role(event: AuditEvent) -> tuple[str, str]:
    return _role_words(event.before.get("role")), _role_words(event.after.get("role"))


def _changed_name(event: AuditEvent) -> tuple[str, str]:
    return str(event.before.get("username", "")), str(event.after.get("username", ""))


def _given_role(event: AuditEvent) -> tuple[str, str]:
    return "", _role_words(event.after.get("role"))


def _role_words(role: Any) -> str:
    if role == SUPERUSER:
        return _("superuser")
    return next((known.label for known in Role if known.name.lower() == role), str(role))


KINDS: Final[Mapping[str, PlainKind]] = {
    "person.added": PlainKind(
        label=gettext_lazy("Add a person"),
        told=gettext_lazy("%(who)s added %(subject)s with the role %(after)s"),
        change_words=_given_role,
    ),
    "person.invited": PlainKind(
        label=gettext_lazy("Invite a person"),
        told=gettext_lazy("%(who)s invited somebody with the role %(after)s"),
        change_words=_given_role,
    ),
    "person.joined": PlainKind(
        label=gettext_lazy("Accept an invitation"),
        told=gettext_lazy("%(who)s accepted the invitation of %(subject)s"),
        told_unnamed=gettext_lazy("%(who)s set this dashboard up"),
        change_words=_given_role,
    ),
    "invitation.renewed": PlainKind(
        label=gettext_lazy("Renew an invitation"), told=gettext_lazy("%(who)s made a new link for an invitation")
    ),
    "invitation.revoked": PlainKind(
        label=gettext_lazy("Revoke an invitation"), told=gettext_lazy("%(who)s revoked an invitation")
    ),
    "person.role_changed": PlainKind(
        label=gettext_lazy("Change a role"),
        told=gettext_lazy("%(who)s changed the role of %(subject)s from %(before)s to %(after)s"),
        change_words=_changed_role,
    ),
    "person.role_from_sign_on": PlainKind(
        label=gettext_lazy("Role from sign-on"),
        told=gettext_lazy("Sign-on changed the role of %(subject)s from %(before)s to %(after)s"),
        change_words=_changed_role,
    ),
    "person.joined_by_sign_on": PlainKind(
        label=gettext_lazy("First sign-on"),
        told=gettext_lazy("%(subject)s came in by sign-on for the first time, with the role %(after)s"),
        change_words=_given_role,
    ),
    "person.linked": PlainKind(
        label=gettext_lazy("Link to sign-on"),
        told=gettext_lazy("The account of %(subject)s was linked to sign-on by its e-mail address"),
    ),
    "person.renewed": PlainKind(
        label=gettext_lazy("Name or address from sign-on"),
        told=gettext_lazy("Sign-on renewed the name or the e-mail address of %(subject)s"),
    ),
    "sign_in_link.made": PlainKind(
        label=gettext_lazy("Make a link to sign in"),
        told=gettext_lazy("A one-time link to sign in as %(subject)s was made in a terminal"),
    ),
    "sign_in_link.used": PlainKind(
        label=gettext_lazy("Sign in by a link"),
        told=gettext_lazy("%(subject)s signed in by a one-time link from a terminal"),
    ),
    "person.second_factor_reset": PlainKind(
        label=gettext_lazy("Take a second factor away"),
        told=gettext_lazy("%(who)s took the second factor of %(subject)s away"),
    ),
    "person.activated": PlainKind(
        label=gettext_lazy("Give access back"), told=gettext_lazy("%(who)s gave access back to %(subject)s")
    ),
    "person.deactivated": PlainKind(
        label=gettext_lazy("Take access away"), told=gettext_lazy("%(who)s took access away from %(subject)s")
    ),
    "person.renamed": PlainKind(
        label=gettext_lazy("Rename a person"),
        told=gettext_lazy("%(who)s renamed the person %(before)s to %(after)s"),
        change_words=_changed_name,
    ),
    "person.email_changed": PlainKind(
        label=gettext_lazy("Change an e-mail address"),
        told=gettext_lazy("%(who)s changed the e-mail address of %(subject)s"),
    ),
    "person.password_changed": PlainKind(
        label=gettext_lazy("Change a password"),
        told=gettext_lazy("%(who)s changed the password of %(subject)s"),
        told_unnamed=gettext_lazy("%(who)s changed their password"),
    ),
    "person.deleted": PlainKind(
        label=gettext_lazy("Delete an account"),
        told=gettext_lazy("%(who)s deleted the account of %(subject)s"),
    ),
}
