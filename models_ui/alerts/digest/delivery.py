"""Send a digest once: claim its items, send it, and store the outcome.

    lease on the reader -> claim (committed) -> send
        -> sent: the claim stays
        -> failed for certain: the claim is deleted, and the next run sends the items again
        -> unknown: the claim stays, and the log and the reader's watch list say that the digest may be lost

Each item told to a reader is a row that no second run can insert, so two runs at once send it once. A process that
dies leaves its claim behind; when its lease has expired, the outcome of that claim is unknown.
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
        """Send the digest and return the outcome. Never raise. `key` is the same for every attempt."""


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """The outcome of a delivery. `busy`: another run is telling this reader, or has just done so."""

    outcome: Literal["sent", "failed", "unknown", "busy"]
    why: str = ""


def mark_left_claims_unknown() -> None:
    """Set the outcome of claims that dead processes left behind to unknown."""
    claims = list(Delivery.objects.filter(outcome=Outcome.CLAIMED).select_related("reader"))
    dead = [claim.pk for claim in claims if not is_under_way(claim.reader)]
    if count := Delivery.objects.filter(pk__in=dead, outcome=Outcome.CLAIMED).update(outcome=Outcome.UNKNOWN):
        log.warning("digest: %d left behind by a process that died; may not have arrived, not sent again", count)


def is_under_way(reader: DigestReader) -> bool:
    """Return whether another run is telling this reader right now."""
    return is_taken(_lease_name(reader), CLAIM_SECONDS)


def _lease_name(reader: DigestReader) -> str:
    return f"digest:{reader.pk}"


def deliver_digest(digest: Digest, letter: Letter) -> DeliveryResult:
    """Send a digest, unless another run is telling this reader or has claimed any of its items."""
    name = _lease_name(digest.reader)
    token = take_lease(name, CLAIM_SECONDS)
    if token is None:
        return DeliveryResult("busy")
    delivery = _claim_items(digest)
    result = _send_claimed(delivery, digest, letter) if delivery else DeliveryResult("busy")
    # Whatever broke off before this point leaves the lease to expire, as a process that died does.
    release_lease(name, token)
    return result


def _send_claimed(delivery: Delivery, digest: Digest, letter: Letter) -> DeliveryResult:
    posted = _send_letter(letter, str(delivery.pk))
    with transaction.atomic():
        if posted.outcome == "failed":
            Delivery.objects.filter(pk=delivery.pk).delete()
        else:
            Delivery.objects.filter(pk=delivery.pk).update(outcome=Outcome(posted.outcome))
    _log_outcome(delivery, posted)
    return DeliveryResult(posted.outcome, posted.why)


def _log_outcome(delivery: Delivery, posted: Posted) -> None:
    level = logging.INFO if posted.outcome == "sent" else logging.WARNING
    outcome = "may not have arrived, and is not sent again" if posted.outcome == "unknown" else posted.outcome
    log.log(level, "digest: %s, %d items, %s", delivery.reader, delivery.items, outcome)


def _send_letter(letter: Letter, key: str) -> Posted:
    try:
        return letter.send(key)
    except Exception:  # a fault of ours, anywhere in it: it may have been sent, and the other readers are not to wait
        log.exception("digest: sending broke off")
        return Posted("unknown", "something went wrong in the dashboard; it is in its log")


def _claim_items(digest: Digest) -> Delivery | None:
    """Claim all items of the digest and commit. Return None when another run has claimed one of them."""
    delivery = Delivery(reader=digest.reader, items=len(digest.items), claimed_at=timezone.now())
    said = [Said(reader=digest.reader, key=key, delivery=delivery) for key in digest.keys]
    try:
        with transaction.atomic():
            delivery.save(force_insert=True)
            Said.objects.bulk_create(said, batch_size=500)
    except IntegrityError:
        return None
    return delivery
