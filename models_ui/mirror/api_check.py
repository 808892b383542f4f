"""What a look at the Models API shows, in words: for `manage.py check_api` and for the first Manager."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from models_ui.mirror.sync import SyncResult
from models_ui.services import models_api
from models_ui.services.diagnosis import Diagnosis, diagnose_api
from models_ui.services.errors import BadAnswer, Forbidden, ModelsAPIError, NotConfigured, NotFound, Unauthorized
from models_ui.services.stored_errors import stored_error_sentence
from models_ui.text.isolation import fill


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of the connection. `works` is None where it cannot be told."""

    part: str
    works: bool | None
    sentence: str


@dataclass(frozen=True, slots=True)
class ApiCheck:
    findings: tuple[Finding, ...]
    evidence: tuple[str, ...]

    @property
    def broken(self) -> list[str]:
        return [finding.part for finding in self.findings if finding.works is False]

    @property
    def list_is_broken(self) -> bool:
        """Whether the models cannot be listed. A dialect that does not fit hinders changes alone."""
        return any(finding.works is not True for finding in self.findings[:3])


def look_at_api() -> ApiCheck:
    """Return the findings, also where a setting makes no sense. Changes nothing."""
    try:
        return check_api()
    except NotConfigured as error:
        return ApiCheck((Finding(_("Address"), False, str(error.user_message)),), ())


def why_not_fetched(result: SyncResult) -> str:
    """Return why no models were fetched, as a sentence; empty where they were."""
    if result.outcome == "failed" and result.run:
        return stored_error_sentence(result.run.failure)
    if result.outcome == "joined":
        return _("The models are being fetched at this moment. Try again when that is done.")
    return _("Too many requests wait for the Models API. Try again in a moment.") if result.outcome == "busy" else ""


def check_api() -> ApiCheck:
    """Return the findings. Changes nothing. Raise NotConfigured if a setting makes no sense."""
    diagnosis = diagnose_api(models_api())
    return ApiCheck(tuple(_findings(diagnosis)), diagnosis.evidence)


def _findings(diagnosis: Diagnosis) -> list[Finding]:
    address = Finding(_("Address"), True, fill(_("%(address)s answers."), {"address": diagnosis.address}))
    key = Finding(_("Key"), True, _("The key is accepted."))
    models, dialect = _not_tried(_("List")), _not_tried(_("Dialect"))
    error = diagnosis.error
    if error is None:
        models, dialect = _list_finding(diagnosis), _dialect_finding(diagnosis)
    elif not diagnosis.reachable or isinstance(error, BadAnswer | NotFound):
        address = Finding(_("Address"), False, f"{diagnosis.address}: {_address_sentence(error)}")
        key = _not_tried(_("Key"))
    elif isinstance(error, Unauthorized | Forbidden):
        key = Finding(_("Key"), False, _with_id(error))
    else:
        key, models = _not_tried(_("Key")), Finding(_("List"), False, _with_id(error))
    return [address, key, models, dialect]


def _not_tried(part: str) -> Finding:
    return Finding(part, None, _("cannot be told before the rest works."))


def _address_sentence(error: ModelsAPIError) -> str:
    if not isinstance(error, NotFound):
        return _with_id(error)
    sentence = _(
        "something answers there, but it knows no models (%(status)s). MODELS_API_BASE_URL is the part before /models "
        "and usually ends in /v1."
    )
    return fill(sentence, {"status": error.status})


def _list_finding(diagnosis: Diagnosis) -> Finding:
    if not diagnosis.entries:
        return Finding(_("List"), False, _("The list is empty: the key may belong to another organisation."))
    sentence = _("%(entries)d entries, every alias counted, in %(time)d ms.") % {
        "entries": diagnosis.entries,
        "time": round(diagnosis.milliseconds or 0),
    }
    if diagnosis.unreadable:
        unreadable = ngettext("%d of them cannot be read.", "%d of them cannot be read.", diagnosis.unreadable)
        sentence = f"{sentence} {unreadable % diagnosis.unreadable}"
    return Finding(_("List"), True, sentence)


def _dialect_finding(diagnosis: Diagnosis) -> Finding:
    part = _("Dialect")
    is_chosen_here = settings.MODELS_API_DIALECT == "auto"
    choice = (
        _("%(dialect)s, which MODELS_API_DIALECT=auto takes for this address")
        if is_chosen_here
        else _("%(dialect)s, as MODELS_API_DIALECT says")
    )
    chosen = fill(choice, {"dialect": diagnosis.dialect})
    if diagnosis.dialect_fits:
        return Finding(part, True, fill(_("%(chosen)s, fits."), {"chosen": chosen}))
    if diagnosis.dialect_fits is None:
        sentence = _("%(chosen)s. Whether it fits cannot be told without changing a model.")
        return Finding(part, None, fill(sentence, {"chosen": chosen}))
    if diagnosis.better_dialect:
        sentence = _(
            "%(chosen)s, does not fit: the address answers to %(better)s. Reading works, changing models does not. "
            "Set MODELS_API_DIALECT=%(better)s."
        )
        return Finding(part, False, fill(sentence, {"chosen": chosen, "better": diagnosis.better_dialect}))
    sentence = _("%(chosen)s, does not fit: the address has no routes for changing models.")
    return Finding(part, False, fill(sentence, {"chosen": chosen}))


def _with_id(error: ModelsAPIError) -> str:
    suffix = f" (correlation id {error.correlation_id})" if error.correlation_id else ""
    return str(error.user_message) + suffix
