"""The roles Viewer, Editor and Manager, stored as Django groups. Each includes the permissions of the one before."""

from collections.abc import Collection
from enum import IntEnum
from typing import Any, Final

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, User
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy

from models_ui.prepared_query import PreparedQuery


class Role(IntEnum):
    VIEWER = 1
    EDITOR = 2
    MANAGER = 3

    @property
    def group_name(self) -> str:
        return self.name.capitalize()

    @property
    def label(self) -> str:
        return str(ROLE_LABELS[self])

    @property
    def explanation(self) -> str:
        """What the role may do, as a person reads it."""
        return str(_EXPLANATIONS[self])

    @classmethod
    def named(cls, name: str) -> "Role":
        """Return the role that a table keeps by its name in lower case."""
        return cls[name.upper()]


ROLE_LABELS = {
    Role.VIEWER: gettext_lazy("Viewer"),
    Role.EDITOR: gettext_lazy("Editor"),
    Role.MANAGER: gettext_lazy("Manager"),
}
_EXPLANATIONS = {
    Role.VIEWER: gettext_lazy("Reads everything; watches models and saves views of their own."),
    Role.EDITOR: gettext_lazy(
        "Also renames, describes, archives and restores fine-tunes, says who looks after models, keeps tags, notes "
        "and plans, asks for deletions and takes them back."
    ),
    Role.MANAGER: gettext_lazy(
        "Also deletes and protects fine-tunes, decides on deletions, exports everybody’s activity, and gives roles."
    ),
}


def highest_role(names: Collection[str], *, is_superuser: bool) -> Role:
    """Return the highest role among groups with these names: Manager for superusers, Viewer where none is a role."""
    if is_superuser:
        return Role.MANAGER
    return max((role for role in Role if role.group_name in names), default=Role.VIEWER)


def role_of(user: AbstractBaseUser | AnonymousUser) -> Role:
    """Return the person's highest role: Manager for superusers, Viewer without a group. Makes one query at most."""
    assert isinstance(user, User)
    if user.is_superuser:
        return Role.MANAGER
    memberships = _MEMBERSHIPS.first(user_id=user.pk) or ()
    return max((role for role, is_member in zip(Role, memberships, strict=False) if is_member), default=Role.VIEWER)


def _memberships(user_id: int) -> QuerySet[User, Any]:
    groups = User.groups.through.objects.filter(user_id=OuterRef("pk"))
    return User.objects.filter(pk=user_id).values_list(
        *(Exists(groups.filter(group__name=role.group_name)) for role in Role)
    )


_MEMBERSHIPS: Final = PreparedQuery(_memberships, user_id=987_654_321)


def give_role(person: User, role: Role) -> None:
    """Give a person this role in the place of the former one. Other groups of the person stay."""
    person.groups.remove(*Group.objects.filter(name__in=[each.group_name for each in Role]))
    person.groups.add(Group.objects.get_or_create(name=role.group_name)[0])


def make_roles() -> None:
    """Create the groups of the three roles, if they do not exist."""
    for role in Role:
        Group.objects.get_or_create(name=role.group_name)


def exports_everyones(role: Role) -> bool:
    """Whether this role's activity export contains everybody's actions, not only the person's own."""
    return role >= Role.MANAGER
