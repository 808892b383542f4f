"""A way in when the identity provider is down: a link, made in a terminal, that signs one Manager in once.

Nothing is stored for it. The link is signed over the account as it was when the link was made, the last sign-in among
it, so signing in by any way spends it.
"""

from datetime import timedelta
from typing import Final

from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.utils.http import base36_to_int

from models_ui.access.roles import Role, role_of
from models_ui.audit.plain_events import record_plain_event

VALID_FOR: Final = timedelta(hours=1)
_LONGEST_KEY: Final = 18  # digits of a primary key


class NoSuchManager(Exception):
    """Nobody of this name is a Manager with access."""


class SignInLinkTokens(PasswordResetTokenGenerator):
    key_salt = "models_ui.people.sign_in_links"

    def check_token(self, user: User | None, token: str | None) -> bool:
        """Whether the token is this person's, unspent, and made within VALID_FOR."""
        if not super().check_token(user, token):
            return False
        made = base36_to_int(str(token).partition("-")[0])
        return self._num_seconds(self._now()) - made <= VALID_FOR.total_seconds()


_tokens = SignInLinkTokens()


def make_sign_in_link(username: str) -> str:
    """Return the secret of a link that signs this person in. Raise NoSuchManager."""
    with transaction.atomic():
        person = User.objects.filter(username=username).first()
        if person is None or not _may_use(person):
            raise NoSuchManager
        record_plain_event(None, "sign_in_link.made", person.username)
    return f"{person.pk}-{_tokens.make_token(person)}"


def person_of_link(secret: str) -> User | None:
    """Return whom a link signs in; None if it is spent, too old or nobody's."""
    key, _, token = secret.partition("-")
    if not (key.isascii() and key.isdecimal() and len(key) <= _LONGEST_KEY):
        return None
    person = User.objects.select_for_update(of=("self",)).filter(pk=int(key)).first()
    return person if person is not None and _tokens.check_token(person, token) and _may_use(person) else None


def note_link_used(person: User) -> None:
    record_plain_event(person, "sign_in_link.used", person.username)


def _may_use(person: User) -> bool:
    return person.is_active and role_of(person) >= Role.MANAGER
