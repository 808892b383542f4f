"""Changes to accounts that a terminal alone makes: those of superusers, whom the page of people leaves as they are."""

from django.contrib.auth.models import User
from django.db import transaction

from models_ui.access import people
from models_ui.access.people import PersonState
from models_ui.mirror.state import move_version
from models_ui.people.roster import NotChanged
from models_ui.people.sessions import end_sessions_after


def change_account(pk: int, *, is_active: bool | None = None, is_superuser: bool | None = None) -> None:
    """Change what is given. Raise NotChanged where this would leave nobody with the Manager role."""
    with transaction.atomic():
        people.lock_roles()
        person = User.objects.get(pk=pk)
        before, was_last = PersonState.of(person), people.is_last_manager(person)
        person.is_active = person.is_active if is_active is None else is_active
        person.is_superuser = person.is_superuser if is_superuser is None else is_superuser
        if was_last and not person.is_active:
            raise NotChanged(people.NEEDS_A_MANAGER)
        person.save(update_fields=["is_active", "is_superuser"])
        move_version()  # the models of a person without access count as nobody's
        people.record_changes(None, before, person)
        end_sessions_after(before, person)
