"""People who sign in by the identity provider: who they are here, and with which role.

A person is known by issuer and subject alone. Names, e-mail addresses and roles are renewed at each sign-in.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from models_ui.access import people
from models_ui.access.group_roles import find_groups, gives_roles, role_of_groups
from models_ui.access.people import PersonState
from models_ui.access.roles import Role, give_role, make_roles, role_of
from models_ui.audit.plain_events import record_plain_event
from models_ui.people.sessions import end_all_sessions, end_sessions_after
from models_ui.text.keepers import RESERVED
from models_ui.text.plain import plain_text

log = logging.getLogger(__name__)

LONGEST_NAME: Final = 150
_NOT_IN_USERNAMES: Final = re.compile(r"[^\w.@+-]+")
NO_ROLE: Final = gettext_lazy(
    "You are known, but none of your groups has access to this dashboard. Ask whoever looks after your groups."
)
WITHOUT_ACCESS: Final = gettext_lazy("Your access to this dashboard was taken away. A Manager can give it back.")
EMAIL_TAKEN: Final = gettext_lazy(
    "An account with your e-mail address is here already, and it is not linked to your sign-on. Ask a Manager of the "
    "dashboard."
)


class NotAdmitted(Exception):
    """The person is known to the provider and does not get in. `sentence` says why; `why` is for the log."""

    def __init__(self, sentence: str | Promise, why: str) -> None:
        super().__init__(why)
        self.sentence, self.why = sentence, why


@dataclass(frozen=True, slots=True)
class Identity:
    """What the provider says of a person."""

    issuer: str
    subject: str
    username: str  # as it calls itself there; may be taken here
    name: str
    email: str  # empty where there is none, or the provider says that it is not theirs
    is_email_verified: bool  # the provider vouches for the address
    groups: frozenset[str]

    @classmethod
    def of_claims(cls, claims: Mapping[str, Any]) -> "Identity":
        email, verified = _text_of(claims, "email", 254), claims.get("email_verified")
        username = _text_of(claims, "preferred_username", LONGEST_NAME)
        return cls(
            issuer=settings.OIDC_ISSUER,
            subject=claims["sub"],
            username=username or email.partition("@")[0],
            name=_text_of(claims, "name", LONGEST_NAME),
            email=email if _is_address(email) and verified is not False and verified != "false" else "",
            is_email_verified=verified is True or verified == "true",
            groups=find_groups(claims, settings.OIDC_GROUPS_CLAIM),
        )


@dataclass(frozen=True, slots=True)
class Admission:
    """A person who may come in. `kept_manager`: their groups say less, and somebody has to be a Manager."""

    account: SocialAccount
    kept_manager: bool


def _text_of(claims: Mapping[str, Any], name: str, longest: int) -> str:
    value = claims.get(name)
    return plain_text(value, longest) if isinstance(value, str) else ""


def _is_address(email: str) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    return True


def is_linked(user: User) -> bool:
    """Whether the person signs in by the identity provider that is configured now."""
    return bool(settings.OIDC_ISSUER) and _links().filter(user=user).exists()


def linked_to_sign_on() -> Exists:
    """Return the condition on people that `is_linked` asks of one."""
    return Exists(_links().filter(user=OuterRef("pk")))


def _links() -> Any:
    return SocialAccount.objects.filter(provider=settings.OIDC_ISSUER)


def admit_person(identity: Identity) -> Admission:
    """Return the person of an identity, made, linked and renewed as needed. Raise NotAdmitted."""
    make_roles()
    try:
        with transaction.atomic():
            people.lock_roles()
            return _admit_locked(identity)
    except NotAdmitted as refused:
        log.warning("Sign-on refused for subject %r: %s", identity.subject[:80], refused.why)
        known = _links().filter(uid=identity.subject).select_related("user").first()
        if known is not None:
            # Whoever does not get in any more does not stay in elsewhere.
            end_all_sessions(known.user)
        raise


def _admit_locked(identity: Identity) -> Admission:
    account = _links().filter(uid=identity.subject).select_related("user").first()
    person = account.user if account else _person_to_link(identity)
    if person is not None and not person.is_active:
        raise NotAdmitted(WITHOUT_ACCESS, f"person {person.pk} is deactivated")
    role = role_of_groups(identity.groups) if gives_roles() else None
    is_kept = person is not None and gives_roles() and role != Role.MANAGER and people.is_last_manager(person)
    if gives_roles() and role is None and not is_kept and not (person and person.is_superuser):
        raise NotAdmitted(NO_ROLE, f"none of {len(identity.groups)} groups has a role")
    if person is None:
        person = _make_person(identity, role or Role.VIEWER)
    else:
        _renew_person(person, identity)
        if account is None:
            _take_over(person)
    account = account or SocialAccount.objects.create(user=person, provider=identity.issuer, uid=identity.subject)
    if is_kept:
        log.warning("Sign-on leaves the role Manager to person %s, who is the last one", person.pk)
    elif role is not None:
        _renew_role(person, role)
    return Admission(account, is_kept)


# --- Known by e-mail address


def _person_to_link(identity: Identity) -> User | None:
    """Return the local account that a new identity may take, None where there is none.

    Raise NotAdmitted where an account has its e-mail address and may not be taken.
    """
    if not identity.email:
        return None
    of_address = Q(email__iexact=identity.email) | Q(
        emailaddress__email__iexact=identity.email, emailaddress__verified=True
    )
    found = list(User.objects.filter(of_address).distinct()[:2])
    if not found:
        return None
    person = found[0]
    may_link = settings.OIDC_LINK_BY_EMAIL and identity.is_email_verified and len(found) == 1
    if not may_link or person.is_superuser or is_linked(person):
        raise NotAdmitted(EMAIL_TAKEN, f"person {person.pk} has the same e-mail address")
    return person


def _take_over(person: User) -> None:
    """Leave of an account that is linked now nothing by which somebody else could still come in.

    The password's end is that of every session that began with it, as Django has it.
    """
    EmailAddress.objects.filter(user=person, verified=False).delete()
    person.set_unusable_password()
    person.save(update_fields=["password"])
    record_plain_event(None, "person.linked", person.username)


# --- The account


def _make_person(identity: Identity, role: Role) -> User:
    person = User(username=_free_username(identity), first_name=identity.name, email=identity.email)
    person.set_unusable_password()
    person.save(force_insert=True)
    give_role(person, role)
    record_plain_event(None, "person.joined_by_sign_on", person.username, after={"role": role.name.lower()})
    return person


def _free_username(identity: Identity) -> str:
    """Return a username that nobody has, nor as an e-mail address, since either signs in."""
    wanted = _NOT_IN_USERNAMES.sub("-", identity.username).strip("-@")[: LONGEST_NAME - 5] or "person"
    number = 1
    while True:
        name = wanted if number == 1 else f"{wanted}-{number}"
        is_taken = User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name))
        if name.casefold() not in RESERVED and not is_taken.exists():
            return name
        number += 1


def _renew_person(person: User, identity: Identity) -> None:
    """Store the name and the address that the provider says now. An address that somebody else has is left out."""
    changed = []
    if identity.name and identity.name != person.get_full_name():
        person.first_name, person.last_name = identity.name, ""
        changed += ["first_name", "last_name"]
    if identity.email and identity.email != person.email:
        if User.objects.filter(email__iexact=identity.email).exclude(pk=person.pk).exists():
            log.warning("Sign-on names an e-mail address of person %s that somebody else has", person.pk)
        else:
            person.email = identity.email
            EmailAddress.objects.filter(user=person).delete()
            changed += ["email"]
    if changed:
        person.save(update_fields=changed)
        record_plain_event(None, "person.renewed", person.username)


def _renew_role(person: User, role: Role) -> None:
    if person.is_superuser or role_of(person) == role:
        return
    before = PersonState.of(person)
    give_role(person, role)
    words = {"before": {"role": before.role}, "after": {"role": role.name.lower()}}
    record_plain_event(None, "person.role_from_sign_on", person.username, **words)
    end_sessions_after(before, person)
