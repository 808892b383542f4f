"""The two warnings before a deletion: when it is planned, and a day before. Part of the work of `manage.py run_jobs`.

Whoever watches the model or looks after it gets both by e-mail; those without an address read it on the overview. A
warning is sent at least once: a worker that dies between sending and writing that down leaves it to be sent again. A
deletion is not carried out before both are sent (`actions/due_deletions.py`), and about a day after the last at the
earliest. Without days of grace nobody is warned.
"""

import logging
from collections.abc import Iterator
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from models_ui.actions.deletion_states import (
    DeletionMoved,
    due_warnings,
    is_last_warning,
    note_told,
    note_warned,
    note_warning_failed,
)
from models_ui.catalog.links import address_of_id
from models_ui.leases import release_lease, take_lease
from models_ui.models import CatalogModel, DigestReader, PlannedDeletion, Watch
from models_ui.public_url import full_address
from models_ui.text.humanize import long_day
from models_ui.text.isolation import fill
from models_ui.text.keepers import username_of
from models_ui.text.plain import plain_text

log = logging.getLogger(__name__)

_LEASE_SECONDS: Final = 300  # longer than sending a warning to everybody should take; later, it is sent once more
_LONGEST: Final = 200  # characters of a name or a reason


def run_deletion_warning() -> bool:
    """Send one warning that is due to everybody who has not got it yet. Return False if none is due."""
    for plan in due_warnings(timezone.now())[:8]:
        name = f"deletion-warning:{plan.pk}"
        token = take_lease(name, _LEASE_SECONDS)
        if token is None:
            continue
        try:
            _warn_everybody(plan)
        except DeletionMoved:  # taken back or stopped a moment ago
            pass
        finally:
            release_lease(name, token)
        return True
    return False


def _warn_everybody(plan: PlannedDeletion) -> None:
    plan.refresh_from_db()
    row = CatalogModel.objects.get(pk=plan.row_id)
    warning = "last" if is_last_warning(plan) else "first"
    failed = False
    for person in _people_to_warn(row):
        if person.get_username() in plan.told.get(warning, ()):
            continue
        if _send_warning(person, plan, row):
            note_told(plan, warning, person.get_username())
        else:
            failed = True
    if failed:
        note_warning_failed(plan)
    else:
        note_warned(plan, row, warning)


def _people_to_warn(row: CatalogModel) -> Iterator[User]:
    """Yield the people with an e-mail address who watch the model or look after it."""
    names = [name for keeper in row.keepers if (name := username_of(keeper))]
    watching = Watch.objects.filter(model_id__in=[row.model_id, *row.aliases]).values("owner")
    who = Q(username__in=names) | Q(pk__in=watching)
    yield from User.objects.filter(who, is_active=True).exclude(email="").order_by("pk")


def _send_warning(person: User, plan: PlannedDeletion, row: CatalogModel) -> bool:
    """Send the warning. Return whether the mail server took it."""
    reader = DigestReader.objects.filter(owner=person).first()
    with override(reader.language if reader else settings.LANGUAGE_CODE):
        message = _write_warning(person, plan, row)
        try:
            return bool(message.send())
        except Exception as error:  # a backend may raise anything
            log.warning("a warning of the deletion of %s was not sent: %s", plan.model_id, type(error).__name__)
            return False


def _write_warning(person: User, plan: PlannedDeletion, row: CatalogModel) -> EmailMessage:
    assert plan.due_at is not None
    words = {
        "model": plain_text(row.name or row.model_id, _LONGEST),
        "id": plain_text(row.model_id, _LONGEST),
        "day": long_day(plan.due_at),
        "who": plan.decided_by,
        "reason": plain_text(plan.reason, _LONGEST),
    }
    lines = [
        fill(_("%(model)s (%(id)s) is archived, and is deleted on %(day)s. %(who)s has decided that."), words),
        *([fill(_("Reason: %(reason)s"), words)] if plan.reason else []),
        _("Until then every Editor can keep it, at one click:"),
        full_address(address_of_id(row.model_id)),
        "",
        "-- ",
        _("You watch this model, or look after it."),
    ]
    subject = fill(_("%(model)s is deleted on %(day)s"), words)
    headers = {"Auto-Submitted": "auto-generated"}
    return EmailMessage(subject, "\n".join(lines), to=[person.email], headers=headers)
