"""The second factors of people: which they have, and that the history tells when one comes or goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from models_ui.access.roles import Role, role_of
from models_ui.audit.plain_events import record_plain_event
from models_ui.people.mail import mail_person
from models_ui.text.isolation import fill

_PROVING: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # recovery codes only stand in for these


@dataclass(frozen=True, slots=True)
class Passkey:
    pk: int
    name: str
    since: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """What a person has turned on."""

    has_app: bool
    passkeys: Sequence[Passkey]
    codes: int  # recovery codes that are left

    @property
    def is_on(self) -> bool:
        return self.has_app or bool(self.passkeys)


def second_factors_of(user: User) -> SecondFactors:
    held = list(Authenticator.objects.filter(user=user).order_by("pk"))
    codes = [each.wrap().get_unused_codes() for each in held if each.type == Authenticator.Type.RECOVERY_CODES]
    return SecondFactors(
        has_app=any(each.type == Authenticator.Type.TOTP for each in held),
        passkeys=[
            Passkey(each.pk, each.wrap().name, each.created_at, each.last_used_at)
            for each in held
            if each.type == Authenticator.Type.WEBAUTHN
        ],
        codes=sum(map(len, codes)),
    )


def has_second_factor(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type__in=_PROVING).exists())


def holds_second_factor() -> Exists:
    """Return the condition that a person of a query has a second factor."""
    return Exists(Authenticator.objects.filter(user=OuterRef("pk"), type__in=_PROVING))


def is_demanded(role: Role) -> bool:
    """Whether the settings demand a second factor of this role, or of one that it includes."""
    return any(role >= Role.named(name) for name in settings.MFA_REQUIRED_ROLES)


def can_take_away(authenticator: Authenticator) -> bool:
    """Whether its owner may turn it off: not the last one of a person whose role needs one."""
    others = Authenticator.objects.filter(user=authenticator.user, type__in=_PROVING).exclude(pk=authenticator.pk)
    is_proving = authenticator.type in _PROVING
    return not is_proving or not is_demanded(role_of(authenticator.user)) or others.exists()


def reset_second_factors(*, actor: User | None, person: User) -> bool:
    """Take away all second factors of a person who cannot use them any more, and mail them that it was done.

    Return False if they have none. `actor` is None for the terminal.
    """
    with transaction.atomic():
        number = Authenticator.objects.filter(user=person).delete()[0]
        if not number:
            return False
        record_plain_event(actor, "person.second_factor_reset", person.get_username())
    _tell_person(person)
    return True


def _tell_person(person: User) -> None:
    if not person.email:
        return
    told = fill(_("Your account %(person)s has no second factor any more."), {"person": person.get_username()})
    advice = _(
        "Turn one on again in your profile. If you did not ask for this, tell a Manager of the dashboard at once."
    )
    subject = _("Your second factor was taken away")
    mail_person(person.email, subject, told, advice, about=f"the second factor of person {person.pk}")


def note_stored(instance: Authenticator, created: bool, **_options: Any) -> None:
    """Record that a person turned a second factor on. Recovery codes come with it and are not told."""
    if created and instance.type in _PROVING:
        record_plain_event(instance.user, "settings.second_factor_added")


def note_removed(user: User, authenticator: Authenticator, **_options: Any) -> None:
    if authenticator.type in _PROVING:
        record_plain_event(user, "settings.second_factor_removed")
