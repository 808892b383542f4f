"""Who may do what. Roles are groups, made by a migration; each one may do all that the one before it may.

Viewer   reads everything
Editor   renames, describes, archives and restores
Manager  deletes, protects, and gives people their roles
"""

from enum import IntEnum

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, User
from django.utils.translation import gettext_lazy as _


class Role(IntEnum):
    VIEWER = 1
    EDITOR = 2
    MANAGER = 3

    @property
    def group_name(self) -> str:
        return self.name.capitalize()

    @property
    def label(self) -> str:
        return str(_LABELS[self])


_LABELS = {Role.VIEWER: _("Viewer"), Role.EDITOR: _("Editor"), Role.MANAGER: _("Manager")}


def role_of(user: AbstractBaseUser | AnonymousUser) -> Role:
    """The highest role the person has. A superuser is a Manager; whoever has no group is a Viewer. One query."""
    assert isinstance(user, User)
    if user.is_superuser:
        return Role.MANAGER
    groups = set(user.groups.values_list("name", flat=True))
    return max((role for role in Role if role.group_name in groups), default=Role.VIEWER)


def make_roles() -> None:
    """The three groups. Does nothing where they exist."""
    for role in Role:
        Group.objects.get_or_create(name=role.group_name)
