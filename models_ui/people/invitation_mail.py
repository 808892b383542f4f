"""The mail that carries the link of an invitation."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from models_ui.models import Invitation
from models_ui.people.mail import mail_person
from models_ui.text.isolation import fill


def mail_invitation(invitation: Invitation, link: str) -> bool:
    """Send the link. Return whether the mail server took it; without a mail server nothing is sent or printed."""
    day = date_format(invitation.expires_at, "j M Y")
    maker = invitation.invited_by.get_username() if invitation.invited_by else ""
    asks = fill(_("%(person)s invites you to the dashboard of your organisation’s models:"), {"person": maker})
    lasts = fill(_("The link works once, until %(day)s UTC."), {"day": day})
    subject = _("An invitation to the models dashboard")
    return mail_person(invitation.email, subject, asks, link, lasts, about=f"invitation {invitation.pk}")
