"""The mail that carries the link of an invitation."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from models_ui.models import Invitation
from models_ui.services.bulkhead import take_place
from models_ui.text.isolation import fill

log = logging.getLogger(__name__)
CONSOLE = "django.core.mail.backends.console.EmailBackend"


def mail_invitation(invitation: Invitation, link: str, request: HttpRequest) -> bool:
    """Send the link. Return whether the mail server took it; without a mail server nothing is sent or printed."""
    if settings.EMAIL_BACKEND == CONSOLE or not take_place():
        return False
    day = date_format(invitation.expires_at, "j M Y")
    maker = invitation.invited_by.get_username() if invitation.invited_by else ""
    asks = fill(_("%(person)s invites you to the dashboard of your organisation’s models:"), {"person": maker})
    lasts = fill(_("The link works once, until %(day)s UTC."), {"day": day})
    text = f"{asks}\n\n{link}\n\n{lasts}\n"
    try:
        send_mail(_("An invitation to the models dashboard"), text, None, [invitation.email])
    except (OSError, SMTPException) as error:
        log.warning("The invitation %s could not be mailed: %s", invitation.pk, type(error).__name__)
        return False
    return True
