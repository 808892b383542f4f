"""Renaming people (not models). What follows a person by username is renamed too; the history keeps the old name.

`apps.py` lists the receivers of `person_renamed`, which do this in the same transaction: for who looks after a model,
for the filters of saved views and private links, for warnings and for bulk jobs.

People are renamed in a terminal alone, by `manage.py account`. `rename_before_save` receives Django's signal
`pre_save`, so the same happens when other code saves a `User` with another username.
"""

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from models_ui.access.people import lock_roles, person_renamed
from models_ui.audit.plain_events import record_plain_event
from models_ui.audit.renames import RENAMED


def rename_person(person: User, username: str) -> None:
    """Give a person another username. Raise ValidationError if it is not valid, or somebody signs in with it."""
    person.username = User.normalize_username(username)
    person.clean_fields(exclude=["password"])
    others = User.objects.exclude(pk=person.pk)
    if others.filter(Q(username__iexact=person.username) | Q(email__iexact=person.username)).exists():
        raise ValidationError("Somebody signs in with this name already.")
    person.save(update_fields=["username"])


def rename_before_save(
    *, instance: User, raw: bool = False, update_fields: frozenset[str] | None = None, **_: Any
) -> None:
    """Rename a person who is about to be saved with another username."""
    if raw or instance.pk is None or (update_fields is not None and "username" not in update_fields):
        return
    before = User.objects.filter(pk=instance.pk).values_list("username", flat=True).first()
    if before is not None and before != instance.username:
        _store_username(instance.pk, before, instance.username)


def _store_username(pk: int, before: str, after: str) -> None:
    with transaction.atomic():
        lock_roles()
        User.objects.filter(pk=pk).update(username=after)
        person_renamed.send(sender=User, before=before, after=after)
        record_plain_event(None, RENAMED, after, {"username": before}, {"username": after})
