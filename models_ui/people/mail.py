"""Short mails to one person about their account."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail

from models_ui.services.bulkhead import take_place

log = logging.getLogger(__name__)
_CONSOLE = "django.core.mail.backends.console.EmailBackend"


def can_send_mail() -> bool:
    """Whether there is a mail server. Without one Django would print the mail, and a log would keep its link."""
    return bool(settings.EMAIL_BACKEND != _CONSOLE)


def mail_person(address: str, subject: str, *paragraphs: str, about: str) -> bool:
    """Send a mail of these paragraphs. Return whether the mail server took it.

    Nothing is sent without a mail server, or while the places for calls to other servers are taken. A failure is
    logged with `about`, which names what the mail is about and holds no address.
    """
    if not can_send_mail() or not take_place():
        return False
    try:
        send_mail(subject, "\n\n".join(paragraphs) + "\n", None, [address])
    except (OSError, SMTPException) as error:
        log.warning("The mail about %s could not be sent: %s", about, type(error).__name__)
        return False
    return True
