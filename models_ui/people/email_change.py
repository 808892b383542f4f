"""A new e-mail address: it takes the place of the former one when the link that is mailed to it was followed."""

import logging
from smtplib import SMTPException
from typing import Final

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from models_ui.access.rate_limits import may_use
from models_ui.audit.plain_events import record_plain_event
from models_ui.people.mail import mail_person
from models_ui.text.isolation import fill

log = logging.getLogger(__name__)
# How often one person may ask for a link, or try a password here.
MOST_TRIES: Final = 5
TRIES_WITHIN: Final = 600  # seconds


def may_try(user: User) -> bool:
    """Count one try of the person to change the address. Return False where there were too many."""
    return may_use(f"e-mail address of {user.pk}", most=MOST_TRIES, seconds=TRIES_WITHIN)


def waiting_address(user: User) -> str:
    """Return the address whose link the person has not followed yet; empty if there is none."""
    waiting = EmailAddress.objects.filter(user=user, verified=False).exclude(email__iexact=user.email)
    return waiting.values_list("email", flat=True).order_by("-pk").first() or ""


def ask_for_confirmation(request: HttpRequest, user: User, email: str) -> bool:
    """Mail a link to the new address. Return whether the mail server took it. An earlier link stops working."""
    forget_waiting(user)
    try:
        EmailAddress.objects.add_email(request, user, email, confirm=True)
    except (OSError, SMTPException) as error:
        log.warning("The link for a new address of person %s could not be mailed: %s", user.pk, type(error).__name__)
        forget_waiting(user)
        return False
    return True


def forget_waiting(user: User) -> None:
    """Forget addresses that were not confirmed, so that their links stop working."""
    EmailAddress.objects.filter(user=user, verified=False).delete()


def tell_former_address(user: User, former: str) -> None:
    """Tell the former address of the change, in case somebody else made it."""
    told = fill(_("The e-mail address of the account %(person)s was changed."), {"person": user.get_username()})
    advice = _("If that was not you, tell a Manager of the dashboard at once.")
    mail_person(
        former, _("Your e-mail address was changed"), told, advice, about=f"the new address of person {user.pk}"
    )


def take_confirmed(email_address: EmailAddress) -> None:
    """Put a confirmed address in the place of the person's former ones. The history tells that, and not the address."""
    with transaction.atomic():
        email_address.set_as_primary()
        EmailAddress.objects.filter(user=email_address.user).exclude(pk=email_address.pk).delete()
        record_plain_event(email_address.user, "settings.email_changed")
