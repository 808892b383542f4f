"""`manage.py check_api`: test address, key and dialect, one line each. Changes nothing, upstream or here."""

import logging
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from models_ui.mirror.api_check import check_api
from models_ui.services.errors import NotConfigured

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
            check = check_api()
        except NotConfigured as error:
            raise CommandError(error.user_message) from None
        for finding in check.findings:
            self.stdout.write(f"{_MARKS[finding.works]:7} {finding.part:8} {finding.sentence}")
        if verbosity > 1:
            for line in check.evidence:
                self.stdout.write(f"        {line}")
        if check.broken:
            raise CommandError(f"The {' and the '.join(check.broken).lower()} cannot be used as it is.")
