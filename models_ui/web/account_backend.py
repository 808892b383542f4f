"""How the person of a session is read: together with what every page needs of them."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import User


class AccountBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """Signs people in as django-allauth does, and reads their preferences in the query that reads them."""

    def get_user(self, user_id: Any) -> User | None:
        people = User.objects.select_related("preferences__default_list")
        person = people.filter(pk=user_id).first()
        return person if person is not None and self.user_can_authenticate(person) else None
