"""One run over all readers: the team's webhook first, then each person.

A failure for one reader does not stop the others.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

from django.conf import settings
from django.utils import timezone
from django.utils.translation import override

from models_ui.alerts.digest import mail, slack
from models_ui.alerts.digest.content import Digest, digest_for
from models_ui.alerts.digest.delivery import Letter, deliver_digest, is_under_way, mark_left_claims_unknown
from models_ui.alerts.digest.readers import people_to_tell, skip_absent, webhook_reader
from models_ui.catalog.store import load_index
from models_ui.models import DigestReader
from models_ui.services import digest_webhook
from models_ui.services.webhook import BadWebhook


@dataclass(frozen=True, slots=True)
class RunReport:
    """The outcome for one reader. `who` is a username, or the webhook with its host; never a secret or an e-mail
    address.

    `nothing`: there was nothing to tell. `ready`: a dry run; `text` is what would have been sent.
    """

    who: str
    outcome: Literal["nothing", "ready", "sent", "failed", "unknown", "busy"]
    items: int = 0
    why: str = ""
    text: str = ""
    by_mail: bool = False


@dataclass(frozen=True, slots=True)
class _Channel:
    who: str
    reader: DigestReader
    write: Callable[[Digest], Letter]


def send_digests(*, dry_run: bool = False) -> Iterator[RunReport]:
    """Tell every reader what they have not been told, and yield the outcomes.

    A dry run sends, claims and stores nothing.
    """
    now = timezone.now()
    if not dry_run:
        mark_left_claims_unknown()
        skip_absent(now, webhook=bool(settings.DIGEST_WEBHOOK_SECRET_URL))
    for channel in _find_channels(now, dry_run=dry_run):
        yield channel if isinstance(channel, RunReport) else _tell_reader(channel, now, dry_run=dry_run)


def _find_channels(now: datetime, *, dry_run: bool) -> Iterator[_Channel | RunReport]:
    """Yield a channel for each reader, or a report for a reader who cannot be told."""
    try:
        webhook = digest_webhook()
    except BadWebhook as error:
        yield RunReport("webhook", "failed", why=f"DIGEST_WEBHOOK_URL cannot be used: {error}")
    else:
        if webhook is not None:
            reader = webhook_reader(now, remember=not dry_run)
            yield _Channel(f"webhook at {webhook.host}", reader, partial(slack.SlackLetter.of, webhook=webhook))
    for reader in people_to_tell():
        assert reader.owner is not None
        who, address = reader.owner.get_username(), reader.owner.email
        if address:
            yield _Channel(who, reader, partial(mail.MailLetter.of, address=address))
        else:
            yield RunReport(who, "nothing", why="wants a digest and has no e-mail address")


def _tell_reader(channel: _Channel, now: datetime, *, dry_run: bool) -> RunReport:
    if channel.reader.pk and is_under_way(channel.reader):
        return RunReport(channel.who, "busy")
    with override(channel.reader.language):
        digest = digest_for(channel.reader, load_index(now), now)
        if not digest.items:
            return RunReport(channel.who, "nothing")
        letter = channel.write(digest)
    if dry_run:
        return RunReport(channel.who, "ready", len(digest.items), text=letter.text)
    result = deliver_digest(digest, letter)
    by_mail = channel.reader.owner is not None
    return RunReport(channel.who, result.outcome, len(digest.items), result.why, by_mail=by_mail)
