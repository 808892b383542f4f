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

MOST_ITEMS: Final = 100  # items; the pages have the others
# What a mail server says when it takes a message certainly not.
_REFUSED: Final = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError)


@dataclass(frozen=True, slots=True)
class MailLetter:
    """A digest that is ready to be sent by e-mail."""

    message: EmailMessage

    @classmethod
    def of(cls, digest: Digest, address: str) -> "MailLetter":
        """Write the e-mail in the active language."""
        headers = {"Auto-Submitted": "auto-generated", "List-Unsubscribe": f"<{full_address(reverse('watching'))}>"}
        return cls(EmailMessage(_subject_line(digest), "\n".join(_body_lines(digest)), to=[address], headers=headers))

    @property
    def text(self) -> str:
        return f"{self.message.subject}\n\n{self.message.body}"

    def send(self, key: str) -> Posted:
        connection = get_connection()
        try:
            return _send_message(self.message, connection)
        finally:
            with suppress(Exception):  # what became of the message is known by then
                connection.close()


def _send_message(message: EmailMessage, connection: BaseEmailBackend) -> Posted:
    """Send the message.

    Whatever fails before the message is handed over has failed for certain; after that the outcome can be unknown.
    """
    try:
        message.message()  # an address or subject that cannot be in a header says so here
        connection.open()
    except Exception as failure:  # a backend may raise anything
        return Posted("failed", _describe_failure(failure))
    try:
        count = connection.send_messages([message])
    except _REFUSED as failure:
        return Posted("failed", _describe_failure(failure))
    except Exception as failure:
        return Posted("unknown", _describe_failure(failure))
    return Posted("sent") if count else Posted("failed", "the mail backend sent nothing")


def _describe_failure(failure: Exception) -> str:
    """Return the failure in one short line for the operator.

    The server's own words are cut, since they may be anything.
    """
    if isinstance(failure, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(failure.recipients.values()), (0, b""))
        return f"the mail server refused the address ({code} {_server_words(said)})"
    if isinstance(failure, smtplib.SMTPResponseException):
        return f"the mail server refused it ({failure.smtp_code} {_server_words(failure.smtp_error)})"
    if isinstance(failure, TimeoutError):
        return "the mail server did not answer in time"
    if isinstance(failure, OSError):
        return f"the connection to the mail server failed ({plain_text(str(failure), 100) or type(failure).__name__})"
    return f"it cannot be an e-mail ({plain_text(str(failure), 100)})"


def _server_words(words: object) -> str:
    return plain_text(words.decode(errors="replace") if isinstance(words, bytes) else str(words), 100)


def _subject_line(digest: Digest) -> str:
    count = len(digest.items)
    return ngettext("Model dashboard: %(count)d thing to know", "Model dashboard: %(count)d things to know", count) % {
        "count": count
    }


def _body_lines(digest: Digest) -> Iterator[str]:
    left = MOST_ITEMS
    for title, items in digest.sections:
        if items[:left]:
            yield title.upper()
        for item in items[:left]:
            yield from ("", f"- {item.sentence}", f"  {item.link}")
        if items[:left]:
            yield ""
        left = max(left - len(items), 0)
    if len(digest.items) > MOST_ITEMS:
        yield from (
            and_more(len(digest.items) - MOST_ITEMS),
            full_address(reverse("changes")),
            full_address(reverse("retirements")),
            "",
        )
    yield "-- "
    yield _("You asked for this digest. Change or end it on your watch list:")
    yield full_address(reverse("watching"))
