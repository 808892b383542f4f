"""`manage.py check_api`: test address, key and dialect, one line each. Changes nothing, upstream or here."""

import logging
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from models_ui.services import models_api
from models_ui.services.diagnosis import Diagnosis, diagnose_api
from models_ui.services.errors import BadAnswer, Forbidden, ModelsAPIError, NotConfigured, NotFound, Unauthorized

NOT_TRIED = "cannot be told before the rest works."
_MARKS = {True: "ok", False: "FAILED", None: "?"}


class Command(BaseCommand):
    help = (
        "Tell whether the Models API's address, the key and the dialect work. Exits with 0 only when nothing is wrong."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, verbosity: int = 1, **options: Any) -> None:
        if verbosity < 2:
            logging.getLogger("models_ui.services").setLevel(logging.CRITICAL)
        if settings.DEMO:
            self.stdout.write("No MISTRAL_API_KEY is set, so this is about the demo's sandbox.")
        try:
            diagnosis = diagnose_api(models_api())
        except NotConfigured as error:
            raise CommandError(error.user_message) from None
        lines = _finding_lines(diagnosis)
        for part, (works, sentence) in lines.items():
            self.stdout.write(f"{_MARKS[works]:7} {part:8} {sentence}")
        if verbosity > 1:
            for line in diagnosis.evidence:
                self.stdout.write(f"        {line}")
        if broken := _broken_parts(lines):
            raise CommandError(f"The {' and the '.join(broken).lower()} cannot be used as it is.")


Finding = tuple[bool | None, str]


def _finding_lines(diagnosis: Diagnosis) -> dict[str, Finding]:
    """Return for each part whether it works (None: cannot be told), with a sentence."""
    address: Finding = (True, f"{diagnosis.address} answers.")
    key: Finding = (True, "The key is accepted.")
    models: Finding = (None, NOT_TRIED)
    dialect: Finding = (None, NOT_TRIED)
    error = diagnosis.error
    if error is None:
        models, dialect = _list_line(diagnosis), _dialect_line(diagnosis)
    elif not diagnosis.reachable or isinstance(error, BadAnswer | NotFound):
        address, key = (False, f"{diagnosis.address}: {_address_sentence(error)}"), (None, NOT_TRIED)
    elif isinstance(error, Unauthorized | Forbidden):
        key = (False, _with_id(error))
    else:
        key, models = (None, NOT_TRIED), (False, _with_id(error))
    return {"Address": address, "Key": key, "List": models, "Dialect": dialect}


def _broken_parts(lines: dict[str, Finding]) -> list[str]:
    return [part for part, (works, _) in lines.items() if works is False]


def _address_sentence(error: ModelsAPIError) -> str:
    if isinstance(error, NotFound):
        return (
            f"something answers there, but it knows no models ({error.status}). MODELS_API_BASE_URL is the part "
            "before /models and usually ends in /v1."
        )
    return _with_id(error)


def _list_line(diagnosis: Diagnosis) -> Finding:
    entries = f"{diagnosis.entries} entries, every alias counted, in {diagnosis.milliseconds:.0f} ms."
    if not diagnosis.entries:
        return False, "The list is empty: the key may belong to another organisation."
    return True, entries + (f" {diagnosis.unreadable} of them cannot be read." if diagnosis.unreadable else "")


def _dialect_line(diagnosis: Diagnosis) -> Finding:
    chosen = f"{diagnosis.dialect}, " + (
        "which MODELS_API_DIALECT=auto takes for this address"
        if settings.MODELS_API_DIALECT == "auto"
        else "as MODELS_API_DIALECT says"
    )
    if diagnosis.dialect_fits:
        return True, f"{chosen}, fits."
    if diagnosis.dialect_fits is None:
        return None, f"{chosen}. Whether it fits cannot be told without changing a model."
    if diagnosis.better_dialect:
        return False, (
            f"{chosen}, does not fit: the address answers to {diagnosis.better_dialect}. "
            f"Reading works, changing models does not. Set MODELS_API_DIALECT={diagnosis.better_dialect}."
        )
    return False, f"{chosen}, does not fit: the address has no routes for changing models."


def _with_id(error: ModelsAPIError) -> str:
    suffix = f" (correlation id {error.correlation_id})" if error.correlation_id else ""
    return error.user_message + suffix
