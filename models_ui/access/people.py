"""People and their roles: the events that the history keeps of changes, and the check that a Manager is left.

Change people only in a transaction that begins with `lock_roles`. Then changes at the same time are made one after the
other, and what was checked is still true when it is written. Each kind of change is an event of its own.
"""

import secrets
from dataclasses import dataclass
from typing import Any, Final, Self

from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from models_ui.access.roles import Role, role_of
from models_ui.audit.chain import Entry, Outcome, append_event
from models_ui.log_filters import request_id
from models_ui.models import AuditEvent

SUPERUSER: Final = "superuser"  # recorded in the history like a role, though it is not one of `Role`
NEEDS_A_MANAGER: Final = gettext_lazy(
    "This is the last person with the Manager role. Make somebody else a Manager first."
)


# What somebody did: the words between that person's name and the name of the person whose account was changed.
KINDS: Final[dict[str, str | Promise]] = {
    "person.added": pgettext_lazy("somebody … a person", "added"),
    "person.role_changed": pgettext_lazy("somebody … a person", "changed the role of"),
    "person.activated": pgettext_lazy("somebody … a person", "gave access back to"),
    "person.deactivated": pgettext_lazy("somebody … a person", "took access away from"),
    "person.renamed": pgettext_lazy("somebody … a person", "renamed"),
    "person.email_changed": pgettext_lazy("somebody … a person", "changed the e-mail address of"),
    "person.password_changed": pgettext_lazy("somebody … a person", "changed the password of"),
    "person.deleted": pgettext_lazy("somebody … a person", "deleted the account of"),
}
KIND_LABELS: Final[dict[str, str | Promise]] = {
    "person.added": gettext_lazy("Add a person"),
    "person.role_changed": gettext_lazy("Change a role"),
    "person.activated": gettext_lazy("Give access back"),
    "person.deactivated": gettext_lazy("Take access away"),
    "person.renamed": gettext_lazy("Rename a person"),
    "person.email_changed": gettext_lazy("Change an e-mail address"),
    "person.password_changed": gettext_lazy("Change a password"),
    "person.deleted": gettext_lazy("Delete an account"),
}


@dataclass(frozen=True, slots=True)
class PersonState:
    """The facts of a person whose changes are recorded. The e-mail address is only compared, never recorded."""

    username: str
    role: str
    is_active: bool
    email: str

    @classmethod
    def of(cls, person: User) -> Self:
        role = SUPERUSER if person.is_superuser else role_of(person).name.lower()
        return cls(person.username, role, person.is_active, person.email)


def lock_roles() -> None:
    """Lock changes of people until the transaction ends; others wait."""
    list(Group.objects.select_for_update().filter(name=Role.MANAGER.group_name))


def is_last_manager(person: User) -> bool:
    """Whether this person is the only active Manager. Superusers do not count."""
    managers = _managers()
    return managers.filter(pk=person.pk).exists() and managers.count() == 1


def _managers() -> QuerySet[User]:
    return User.objects.filter(is_active=True, is_superuser=False, groups__name=Role.MANAGER.group_name).distinct()


def record_added(actor: User, person: User) -> None:
    state = PersonState.of(person)
    _record(actor, "person.added", state.username, {}, {"role": state.role, "is_active": state.is_active})


def record_changes(actor: User, before: PersonState, person: User) -> None:
    """Record one event for each kind of change between the state before and the saved person."""
    after = PersonState.of(person)
    if before.username != after.username:
        _record(actor, "person.renamed", after.username, {"username": before.username}, {"username": after.username})
    if before.role != after.role:
        _record(actor, "person.role_changed", after.username, {"role": before.role}, {"role": after.role})
    if before.is_active != after.is_active:
        kind = "person.activated" if after.is_active else "person.deactivated"
        _record(actor, kind, after.username, {"is_active": before.is_active}, {"is_active": after.is_active})
    if before.email != after.email:
        _record(actor, "person.email_changed", after.username, {}, {})


def record_password(actor: User, person: User) -> None:
    _record(actor, "person.password_changed", person.username, {}, {})


def record_deleted(actor: User, person: User) -> None:
    """Record the deletion of an account. Call it before the account is deleted."""
    state = PersonState.of(person)
    _record(actor, "person.deleted", state.username, {"role": state.role, "is_active": state.is_active}, {})


def _record(actor: User, kind: str, label: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    entry = Entry(
        action_id=secrets.token_hex(16),
        kind=kind,
        actor=actor.get_username(),
        model_id="",
        label=label,
        before=before,
        after=after,
        request_id=request_id.get(),
    )
    append_event(entry, Outcome.SUCCEEDED)


# --- In words


def change_words(event: AuditEvent) -> tuple[str, str] | None:
    """Return in words what the event changed, before and after; None if the kind alone says it all."""
    if event.kind == "person.role_changed":
        return _role_words(event.before.get("role")), _role_words(event.after.get("role"))
    if event.kind == "person.renamed":
        return str(event.before.get("username", "")), str(event.after.get("username", ""))
    if event.kind == "person.added":
        return _("no account"), _role_words(event.after.get("role"))
    return None


def _role_words(role: Any) -> str:
    if role == SUPERUSER:
        return _("superuser")
    return next((known.label for known in Role if known.name.lower() == role), str(role))
