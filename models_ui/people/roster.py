"""The people of the dashboard as Managers see them, and the changes that Managers make to them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.functional import Promise

from models_ui.access import people
from models_ui.access.group_roles import gives_roles
from models_ui.access.people import PersonState
from models_ui.access.roles import Role, give_role, highest_role
from models_ui.catalog.index import CatalogIndex
from models_ui.mirror.state import move_version
from models_ui.people.preferences import preferences_of
from models_ui.people.second_factors import holds_second_factor
from models_ui.people.sessions import end_sessions_after
from models_ui.people.sign_on import is_linked, linked_to_sign_on
from models_ui.text.keepers import keeper_of


class NotChanged(Exception):
    """The change is not possible. `sentence` says why."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Person:
    """One line of the roster."""

    pk: int
    name: str
    full_name: str  # as they call themselves in their profile; may be empty
    email: str
    role: Role
    is_linked: bool  # signs in by the identity provider
    is_system: bool  # a superuser: a Manager by what the terminal gave, not by what is given here
    is_active: bool
    last_seen: datetime | None  # UTC, to a few minutes
    invited_by: str
    has_second_factor: bool = False
    looks_after: int = 0  # models

    @property
    def role_label(self) -> str:
        return self.role.label

    @property
    def has_role_from_sign_on(self) -> bool:
        return self.is_linked and gives_roles() and not self.is_system


def roster() -> Iterator[Person]:
    """Yield everybody: who may sign in first, then by name. Takes two queries."""
    everybody = (
        User.objects.select_related("invitation__invited_by", "preferences")
        .prefetch_related("groups")
        .annotate(is_linked=linked_to_sign_on(), has_second_factor=holds_second_factor())
    )
    for user in sorted(everybody, key=lambda user: (not user.is_active, user.get_username().casefold())):
        names = {group.name for group in user.groups.all()}
        invitation = getattr(user, "invitation", None)
        yield Person(
            pk=user.pk,
            name=user.get_username(),
            full_name=user.get_full_name(),
            email=user.email,
            role=highest_role(names, is_superuser=user.is_superuser),
            is_linked=user.is_linked,
            has_second_factor=user.has_second_factor,
            is_system=user.is_superuser,
            is_active=user.is_active,
            last_seen=preferences_of(user).seen_at or user.last_login,
            invited_by=invitation.invited_by.get_username() if invitation and invitation.invited_by else "",
        )


def models_looked_after(index: CatalogIndex, username: str) -> list[str]:
    """Return the ids of the models that a person looks after, also of those that are gone."""
    keeper = keeper_of(username)
    return [row.model_id for row in index.rows if keeper in row.keepers and row.model_id]


def change_role(*, actor: User, pk: int, role: Role) -> User:
    """Give a person this role instead of the present one. A lower one ends their sessions.

    Raise User.DoesNotExist, and NotChanged where the role comes from sign-on, or where this would leave nobody with the
    Manager role.
    """
    with transaction.atomic():
        person = _lock_person(pk)
        if gives_roles() and is_linked(person):
            raise NotChanged(people.ROLE_FROM_SIGN_ON)
        before = PersonState.of(person)
        if role != Role.MANAGER and people.is_last_manager(person):
            raise NotChanged(people.NEEDS_A_MANAGER)
        give_role(person, role)
        people.record_changes(actor, before, person)
        end_sessions_after(before, person)
    return person


def set_active(*, actor: User, pk: int, is_active: bool) -> User:
    """Take a person's access away and end their sessions, or give the access back.

    Raise User.DoesNotExist, and NotChanged where this would leave nobody with the Manager role.
    """
    with transaction.atomic():
        person = _lock_person(pk)
        before = PersonState.of(person)
        if not is_active and people.is_last_manager(person):
            raise NotChanged(people.NEEDS_A_MANAGER)
        person.is_active = is_active
        person.save(update_fields=["is_active"])
        move_version()  # the models of a person without access count as nobody's
        people.record_changes(actor, before, person)
        end_sessions_after(before, person)
    return person


def _lock_person(pk: int) -> User:
    """Return a person whose account only this transaction changes. Raise NotChanged for a superuser."""
    people.lock_roles()
    person = User.objects.get(pk=pk)
    if person.is_superuser:
        raise NotChanged(people.SUPERUSERS_STAY)
    return person
