"""How the person of a session is read: together with what every page needs of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.auth.models import User
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from models_ui.models import Preferences, SavedList
from models_ui.people.sign_on import is_linked
from models_ui.prepared_query import PreparedQuery


@dataclass(frozen=True, slots=True)
class _Part:
    """A model of which each row of the query has the columns."""

    model: type[Model]
    path: str  # to it from the person
    columns: Sequence[str]
    key: int  # the place of the primary key among them

    @classmethod
    def of(cls, model: type[Model], path: str) -> "_Part":
        fields = model._meta.concrete_fields
        key = next(place for place, field in enumerate(fields) if field.primary_key)
        return cls(model, path, [field.attname for field in fields], key)


_PARTS: Final = (
    _Part.of(User, ""),
    _Part.of(Preferences, "preferences__"),
    _Part.of(SavedList, "preferences__default_list__"),
)


def _person(user_id: int) -> QuerySet[User, Any]:
    columns = [f"{part.path}{column}" for part in _PARTS for column in part.columns]
    return User.objects.filter(pk=user_id).values_list(*columns)


_PERSON: Final = PreparedQuery(_person, user_id=987_654_321)


class AccountBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """Signs people in as django-allauth does, and reads their preferences in the query that reads them."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        """Return whose password it is. Who is linked to the identity provider signs in there alone."""
        if not settings.PASSWORD_SIGN_IN:
            return None
        self._checked: set[int] = set()
        person: User | None = super().authenticate(request, **credentials)
        return None if person is None or (is_linked(person) and not person.is_superuser) else person

    def _check_password(self, user: User | None, password: str) -> User | None:
        """Check the password of an account once, though allauth finds it by its name and by its e-mail address.

        A second time would tell by how long it takes that there is such an account.
        """
        if user is None or user.pk in self._checked:
            return None
        self._checked.add(user.pk)
        checked: User | None = super()._check_password(user, password)
        return checked

    def get_user(self, user_id: Any) -> User | None:
        row = _PERSON.first(user_id=user_id)
        if row is None:
            return None
        person, preferences, saved_list = _instances(row)
        if preferences is not None:
            Preferences._meta.get_field("default_list").set_cached_value(preferences, saved_list)
            Preferences._meta.get_field("owner").set_cached_value(preferences, person)
        User._meta.get_field("preferences").set_cached_value(person, preferences)
        return person if self.user_can_authenticate(person) else None


def _instances(row: Sequence[Any]) -> list[Any]:
    """Return an instance of each model, None where a person has none."""
    instances, start = [], 0
    for part in _PARTS:
        values = row[start : start + len(part.columns)]
        is_there = values[part.key] is not None
        instances.append(part.model.from_db(DEFAULT_DB_ALIAS, part.columns, values) if is_there else None)
        start += len(part.columns)
    return instances
