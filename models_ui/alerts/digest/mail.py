"""A digest as an e-mail in plain text, sent by whichever of Django's backends the settings name."""

import smtplib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from models_ui.alerts.digest.content import Digest
from models_ui.alerts.digest.sentences import and_more
from models_ui.public_url import full_address
from models_ui.services.webhook import Posted
from models_ui.text.plain import plain_text

MOST: Final = 100  # items; the pages have the others
# What a mail server says when it takes a message certainly not.
_REFUSED: Final = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError)


@dataclass(frozen=True, slots=True)
class Letter:
    """A digest that is ready to be sent."""

    message: EmailMessage

    @classmethod
    def of(cls, digest: Digest, address: str) -> "Letter":
        """In the language that is active."""
        headers = {"Auto-Submitted": "auto-generated", "List-Unsubscribe": f"<{full_address(reverse('watching'))}>"}
        return cls(EmailMessage(_subject(digest), "\n".join(_lines(digest)), to=[address], headers=headers))

    @property
    def text(self) -> str:
        return f"{self.message.subject}\n\n{self.message.body}"

    def send(self, key: str) -> Posted:
        connection = get_connection()
        try:
            return _sent(self.message, connection)
        finally:
            with suppress(Exception):  # what became of the message is known by then
                connection.close()


def _sent(message: EmailMessage, connection: BaseEmailBackend) -> Posted:
    """Only once the message is under way nobody knows any more; until then, whatever goes wrong is certain."""
    try:
        message.message()  # an address or subject that cannot be in a header says so here
        connection.open()
    except Exception as failure:  # a backend may raise anything
        return Posted("failed", _why(failure))
    try:
        count = connection.send_messages([message])
    except _REFUSED as failure:
        return Posted("failed", _why(failure))
    except Exception as failure:
        return Posted("unknown", _why(failure))
    return Posted("sent") if count else Posted("failed", "the mail backend sent nothing")


def _why(failure: Exception) -> str:
    """For whoever runs the command. The server's own words may be anything, so they are cut to one short line."""
    if isinstance(failure, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(failure.recipients.values()), (0, b""))
        return f"the mail server refused the address ({code} {_said(said)})"
    if isinstance(failure, smtplib.SMTPResponseException):
        return f"the mail server refused it ({failure.smtp_code} {_said(failure.smtp_error)})"
    if isinstance(failure, TimeoutError):
        return "the mail server did not answer in time"
    if isinstance(failure, OSError):
        return f"the connection to the mail server failed ({plain_text(str(failure), 100) or type(failure).__name__})"
    return f"it cannot be an e-mail ({plain_text(str(failure), 100)})"


def _said(words: object) -> str:
    return plain_text(words.decode(errors="replace") if isinstance(words, bytes) else str(words), 100)


def _subject(digest: Digest) -> str:
    count = len(digest.items)
    return ngettext("Model dashboard: %(count)d thing to know", "Model dashboard: %(count)d things to know", count) % {
        "count": count
    }


def _lines(digest: Digest) -> Iterator[str]:
    left = MOST
    for title, items in digest.sections:
        if items[:left]:
            yield title.upper()
        for item in items[:left]:
            yield from ("", f"- {item.sentence}", f"  {item.link}")
        if items[:left]:
            yield ""
        left = max(left - len(items), 0)
    if len(digest.items) > MOST:
        yield from (
            and_more(len(digest.items) - MOST),
            full_address(reverse("changes")),
            full_address(reverse("retirements")),
            "",
        )
    yield "-- "
    yield _("You asked for this digest. Change or end it on your watch list:")
    yield full_address(reverse("watching"))
