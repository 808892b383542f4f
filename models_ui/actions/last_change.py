"""The last action that changed a field of a model."""

from models_ui.access.verbs import FIELDS, KINDS
from models_ui.audit import history
from models_ui.audit.chain import Outcome
from models_ui.models import AuditEvent


def last_change_of_field(model_id: str, field: str) -> AuditEvent | None:
    kinds = [KINDS[verb] for verb, each in FIELDS.items() if each == field]
    changes = AuditEvent.objects.filter(model_id=model_id, kind__in=kinds, outcome=Outcome.SUCCEEDED)
    return history.by_beginning(changes).last()
