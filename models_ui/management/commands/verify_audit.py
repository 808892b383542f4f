"""`manage.py verify_audit`: check that no event of the history was changed, removed or added by hand."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from models_ui.audit.chain import Tampering, verify_chain
from models_ui.models import AuditEvent, AuditHead

_WHAT = {
    "changed": "is not as it was written",
    "unreadable": "is not as it was written: it cannot even be read",
    "predecessor": "does not follow the one before it: events were removed, inserted or put in another order there",
}


class Command(BaseCommand):
    help = "Check the hash chain of the audit log. Ends with 1 and names the first event that was tampered with."

    def handle(self, *args: Any, **options: Any) -> None:
        count, tampering = verify_chain()
        if tampering is not None:
            raise CommandError(f"{_tampering_sentence(tampering)} The {count} before it are whole.", returncode=1)
        head = AuditHead.objects.filter(pk=1).first()
        self.stdout.write(f"{count} events, the chain is whole.")
        if head and count:
            self.stdout.write(f"Its last hash is {head.last_hash}")


def _tampering_sentence(tampering: Tampering) -> str:
    if tampering.key is None:
        return "Events are missing from the end of the log, or were added to it by hand."
    sentence = f"Event {tampering.key} {_WHAT[tampering.fault]}."
    if tampering.fault == "unreadable":
        return sentence
    event = AuditEvent.objects.get(pk=tampering.key)
    return f"{sentence} It says: {event.actor}, {event.kind}, {event.model_id!r}, {event.outcome}."
