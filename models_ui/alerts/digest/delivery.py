"""Sending a digest once: claim what it says, send it, and write down what came of it.

    lease on the reader -> claim (committed) -> send
        -> sent: it stays said
        -> failed for certain: the claim is taken back, and the next run says it again
        -> unknown: it stays said, and the log and the reader's watch list say that it may be lost

Each thing that a reader is told is a row that no second run can make, so two runs at once send it once. A process that
dies in between leaves its claim behind; once the lease is over, the outcome of that claim is unknown.
"""

import logging
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from django.db import IntegrityError, transaction
from django.utils import timezone

from models_ui.alerts.digest.content import Digest
from models_ui.leases import is_taken, release_lease, take_lease
from models_ui.models import Delivery, DigestReader, Said
from models_ui.services.webhook import Posted

log = logging.getLogger(__name__)

CLAIM_SECONDS: Final = 15 * 60  # longer than sending can take

Outcome = Delivery.Outcome


class Letter(Protocol):
    """A digest in the form in which it is sent."""

    @property
    def text(self) -> str: ...

    def send(self, key: str) -> Posted:
        """Send it. Says itself what went wrong, instead of raising; `key` is the same for every attempt."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of it. `busy`: another run is telling this reader, or has just done so."""

    outcome: Literal["sent", "failed", "unknown", "busy"]
    why: str = ""


def note_left_behind() -> None:
    """Claims of processes that died: whether their digests were sent, nobody knows."""
    claims = list(Delivery.objects.filter(outcome=Outcome.CLAIMED).select_related("reader"))
    dead = [claim.pk for claim in claims if not is_under_way(claim.reader)]
    if count := Delivery.objects.filter(pk__in=dead, outcome=Outcome.CLAIMED).update(outcome=Outcome.UNKNOWN):
        log.warning("digest: %d left behind by a process that died; may not have arrived, not sent again", count)


def is_under_way(reader: DigestReader) -> bool:
    """Whether another run is telling this reader right now."""
    return is_taken(_lease_name(reader), CLAIM_SECONDS)


def _lease_name(reader: DigestReader) -> str:
    return f"digest:{reader.pk}"


def deliver(digest: Digest, letter: Letter) -> Told:
    """Send a digest, unless another run is telling this reader or has claimed any of it."""
    name = _lease_name(digest.reader)
    token = take_lease(name, CLAIM_SECONDS)
    if token is None:
        return Told("busy")
    delivery = _claim(digest)
    told = _deliver(delivery, digest, letter) if delivery else Told("busy")
    # Whatever broke off before this point leaves the lease to expire, as a process that died does.
    release_lease(name, token)
    return told


def _deliver(delivery: Delivery, digest: Digest, letter: Letter) -> Told:
    posted = _send(letter, str(delivery.pk))
    with transaction.atomic():
        if posted.outcome == "failed":
            Delivery.objects.filter(pk=delivery.pk).delete()
        else:
            Delivery.objects.filter(pk=delivery.pk).update(outcome=Outcome(posted.outcome))
    _log_outcome(delivery, posted)
    return Told(posted.outcome, posted.why)


def _log_outcome(delivery: Delivery, posted: Posted) -> None:
    level = logging.INFO if posted.outcome == "sent" else logging.WARNING
    outcome = "may not have arrived, and is not sent again" if posted.outcome == "unknown" else posted.outcome
    log.log(level, "digest: %s, %d items, %s", delivery.reader, delivery.items, outcome)


def _send(letter: Letter, key: str) -> Posted:
    try:
        return letter.send(key)
    except Exception:  # a fault of ours, anywhere in it: it may have been sent, and the other readers are not to wait
        log.exception("digest: sending broke off")
        return Posted("unknown", "something went wrong in the dashboard; it is in its log")


def _claim(digest: Digest) -> Delivery | None:
    """The claim on all that the digest says, committed; None where somebody else has claimed some of it."""
    delivery = Delivery(reader=digest.reader, items=len(digest.items), claimed_at=timezone.now())
    said = [Said(reader=digest.reader, key=key, delivery=delivery) for key in digest.keys]
    try:
        with transaction.atomic():
            delivery.save(force_insert=True)
            Said.objects.bulk_create(said, batch_size=500)
    except IntegrityError:
        return None
    return delivery
