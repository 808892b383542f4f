"""`manage.py check_api`: whether address, key and dialect work, one line each. Changes nothing, upstream or here."""

import logging
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from models_ui.services import models_api
from models_ui.services.diagnosis import Diagnosis, diagnose_api
from models_ui.services.errors import BadAnswer, Forbidden, ModelsAPIError, NotConfigured, NotFound, Unauthorized

NOT_TRIED = "cannot be told before the rest works."


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
            found = diagnose_api(models_api())
        except NotConfigured as error:
            raise CommandError(error.user_message) from None
        lines = _lines(found)
        for what, (works, sentence) in lines.items():
            mark = {True: "ok", False: "FAILED", None: "?"}[works]
            self.stdout.write(f"{mark:7} {what:8} {sentence}")
        if verbosity > 1:
            for line in found.evidence:
                self.stdout.write(f"        {line}")
        if wrong := [what for what, (works, _) in lines.items() if works is False]:
            raise CommandError(f"The {' and the '.join(wrong).lower()} cannot be used as it is.")


Line = tuple[bool | None, str]


def _lines(found: Diagnosis) -> dict[str, Line]:
    """What works, what does not and what cannot be told, with a sentence about each."""
    address: Line = (True, f"{found.address} answers.")
    key: Line = (True, "The key is accepted.")
    models: Line = (None, NOT_TRIED)
    dialect: Line = (None, NOT_TRIED)
    error = found.error
    if error is None:
        models, dialect = _list_line(found), _dialect_line(found)
    elif not found.reachable or isinstance(error, BadAnswer | NotFound):
        address, key = (False, f"{found.address}: {_address_sentence(error)}"), (None, NOT_TRIED)
    elif isinstance(error, Unauthorized | Forbidden):
        key = (False, _with_id(error))
    else:
        key, models = (None, NOT_TRIED), (False, _with_id(error))
    return {"Address": address, "Key": key, "List": models, "Dialect": dialect}


def _address_sentence(error: ModelsAPIError) -> str:
    if isinstance(error, NotFound):
        return (
            f"something answers there, but it knows no models ({error.status}). MODELS_API_BASE_URL is the part "
            "before /models and usually ends in /v1."
        )
    return _with_id(error)


def _list_line(found: Diagnosis) -> Line:
    entries = f"{found.entries} entries, every alias counted, in {found.milliseconds:.0f} ms."
    if not found.entries:
        return False, "The list is empty: the key may belong to another organisation."
    return True, entries + (f" {found.unreadable} of them cannot be read." if found.unreadable else "")


def _dialect_line(found: Diagnosis) -> Line:
    chosen = f"{found.dialect}, " + (
        "which MODELS_API_DIALECT=auto takes for this address"
        if settings.MODELS_API_DIALECT == "auto"
        else "as MODELS_API_DIALECT says"
    )
    if found.dialect_fits:
        return True, f"{chosen}, fits."
    if found.dialect_fits is None:
        return None, f"{chosen}. Whether it fits cannot be told without changing a model."
    if found.better_dialect:
        return False, (
            f"{chosen}, does not fit: the address answers to {found.better_dialect}. "
            f"Reading works, changing models does not. Set MODELS_API_DIALECT={found.better_dialect}."
        )
    return False, f"{chosen}, does not fit: the address has no routes for changing models."


def _with_id(error: ModelsAPIError) -> str:
    told = f" (correlation id {error.correlation_id})" if error.correlation_id else ""
    return error.user_message + told
