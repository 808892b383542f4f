"""One-time links that make an account: a Manager invites somebody, and the first Manager sets the dashboard up.

Looking at a link changes nothing; the form that chooses a name and a password spends it. The secret has 256 random bits
and is stored as its hash alone.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet

from models_ui.access import people
from models_ui.access.roles import Role, give_role, make_roles, role_of
from models_ui.audit.plain_events import record_plain_event
from models_ui.models import Invitation

PREFIX: Final = "invite-"  # by it a secret is known wherever it turns up; `log_filters.py` blots it out
VALID_FOR: Final = timedelta(days=7)
SETUP_VALID_FOR: Final = timedelta(hours=24)
MOST_OPEN: Final = 200


class TooManyInvitations(Exception):
    """There are as many open invitations as there may be."""


class LinkIsSpent(Exception):
    """The link is unknown, expired, revoked or used."""


def open_invitations() -> QuerySet[Invitation]:
    """Return the invitations that nobody has accepted or revoked, expired ones included, the newest first."""
    return Invitation.objects.filter(accepted_at=None, revoked_at=None, is_setup=False).select_related("invited_by")


def invite(*, actor: User, role: Role, email: str, now: datetime) -> tuple[Invitation, str]:
    """Return a new invitation and the secret of its link. Raise TooManyInvitations."""
    with transaction.atomic():
        people.lock_roles()
        if open_invitations().count() >= MOST_OPEN:
            raise TooManyInvitations
        secret = _new_secret()
        invitation = Invitation.objects.create(
            digest=_hash_secret(secret),
            role=role.name.lower(),
            email=email,
            invited_by=actor,
            made_at=now,
            expires_at=now + VALID_FOR,
        )
        record_plain_event(actor, "person.invited", "", after={"role": invitation.role})
    return invitation, secret


def renew_invitation(*, actor: User, pk: int, now: datetime) -> tuple[Invitation, str] | None:
    """Return the open invitation with a new link, which replaces the former one; None if there is none."""
    secret = _new_secret()
    with transaction.atomic():
        invitation = open_invitations().select_for_update(of=("self",)).filter(pk=pk).first()
        if invitation is None:
            return None
        invitation.digest, invitation.expires_at, invitation.invited_by = _hash_secret(secret), now + VALID_FOR, actor
        invitation.save(update_fields=["digest", "expires_at", "invited_by"])
        record_plain_event(actor, "invitation.renewed", "", after={"role": invitation.role})
    return invitation, secret


def revoke_invitation(*, actor: User, pk: int, now: datetime) -> bool:
    """Make the link of an open invitation useless. Return whether there was such an invitation."""
    with transaction.atomic():
        invitation = open_invitations().filter(pk=pk).first()
        if invitation is None or not open_invitations().filter(pk=pk).update(revoked_at=now):
            return False
        record_plain_event(actor, "invitation.revoked", "", before={"role": invitation.role})
    return True


def can_anybody_sign_in() -> bool:
    """Whether there is a person with access. A link that sets the dashboard up is for where there is nobody."""
    return User.objects.filter(is_active=True).exists()


def make_setup_link(now: datetime) -> str | None:
    """Return the secret of a new link for the first Manager. None if somebody can sign in already.

    A setup link that was made before stops working.
    """
    with transaction.atomic():
        make_roles()
        people.lock_roles()
        if can_anybody_sign_in():
            return None
        Invitation.objects.filter(is_setup=True, accepted_at=None, revoked_at=None).update(revoked_at=now)
        secret = _new_secret()
        Invitation.objects.create(
            digest=_hash_secret(secret),
            role=Role.MANAGER.name.lower(),
            is_setup=True,
            made_at=now,
            expires_at=now + SETUP_VALID_FOR,
        )
    return secret


def invitation_with(secret: str, now: datetime) -> Invitation | None:
    """Return the invitation of a link that can still be used.

    A link dies with the role of its maker: a Manager who is one no longer cannot let anybody in.
    """
    waiting = Q(digest=_hash_secret(secret), accepted_at=None, revoked_at=None, expires_at__gt=now)
    invitation = Invitation.objects.filter(waiting).select_related("invited_by").first()
    return invitation if invitation is not None and _still_stands(invitation) else None


def accept_invitation(secret: str, person: User, now: datetime) -> User:
    """Save the new person with the role of the invitation, and spend its link.

    `person` has a name and a password and is not saved yet. Raise LinkIsSpent if the link cannot be used any more.
    """
    with transaction.atomic():
        people.lock_roles()
        invitation = invitation_with(secret, now)
        if invitation is None:
            raise LinkIsSpent
        person.email = invitation.email or person.email
        person.save(force_insert=True)
        unspent = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
        if not unspent.update(accepted_at=now, accepted_by=person):
            raise LinkIsSpent
        give_role(person, Role.named(invitation.role))
        maker = invitation.invited_by.get_username() if invitation.invited_by else ""
        record_plain_event(person, "person.joined", maker, after={"role": invitation.role})
    return person


def _still_stands(invitation: Invitation) -> bool:
    if invitation.is_setup:
        return not can_anybody_sign_in()
    maker = invitation.invited_by
    return maker is not None and maker.is_active and role_of(maker) >= Role.MANAGER


def _new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def _hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
