"""`manage.py send_digest`: send people and the team's webhook what is new and what lies ahead, for cron."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from models_ui.alerts.digest.run import RunReport, send_digests

_FAILED = ("failed", "unknown")


class Command(BaseCommand):
    help = (
        "Send each person who asked for it, and DIGEST_WEBHOOK_URL, what they have not been told yet. Sends nothing "
        "when there is nothing to say. Exits with 1 when something was not sent or may not have arrived."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="print what would be sent to whom, and change nothing"
        )

    def handle(self, *args: Any, dry_run: bool = False, **options: Any) -> None:
        reports = []
        for report in send_digests(dry_run=dry_run):
            reports.append(report)
            if line := _report_line(report):
                (self.stderr if report.outcome in _FAILED else self.stdout).write(line)
        self._summarize(reports)
        if failures := sum(report.outcome in _FAILED for report in reports):
            raise CommandError(f"{failures} of {len(reports)} digests went wrong.")

    def _summarize(self, reports: list[RunReport]) -> None:
        if not reports:
            self.stdout.write("Nobody has asked for a digest, and DIGEST_WEBHOOK_URL is not set.")
        elif all(report.outcome == "nothing" for report in reports):
            self.stdout.write("Nothing to say.")
        is_printed = settings.EMAIL_BACKEND.endswith(".console.EmailBackend")
        if is_printed and any(report.outcome == "sent" and report.by_mail for report in reports):
            self.stdout.write("EMAIL_URL is not set, so e-mail is written here instead of being sent.")


def _report_line(report: RunReport) -> str:
    items = f"{report.items} item{'' if report.items == 1 else 's'}"
    return {
        "nothing": f"{report.who} {report.why}." if report.why else "",
        "ready": f"{report.who} would be told {items}:\n\n{report.text}\n",
        "sent": f"{report.who} was told {items}.",
        "busy": f"{report.who} is being told by another run.",
        "failed": f"{report.who} was not told, and will be by the next run: {report.why}.",
        "unknown": f"{report.who} may have been told {items}, and will not be again: {report.why}.",
    }[report.outcome]
