"""`manage.py send_digest`: tells people and the team's webhook what is new and what lies ahead, for cron."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from models_ui.alerts.digest.run import Report, send_digests


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
            if line := _line(report):
                (self.stderr if report.outcome in ("failed", "unknown") else self.stdout).write(line)
        if not reports:
            self.stdout.write("Nobody has asked for a digest, and DIGEST_WEBHOOK_URL is not set.")
        elif all(each.outcome == "nothing" for each in reports):
            self.stdout.write("Nothing to say.")
        if settings.EMAIL_BACKEND.endswith(".console.EmailBackend") and any(
            each.outcome == "sent" and each.by_mail for each in reports
        ):
            self.stdout.write("EMAIL_URL is not set, so e-mail is written here instead of being sent.")
        if wrong := sum(each.outcome in ("failed", "unknown") for each in reports):
            raise CommandError(f"{wrong} of {len(reports)} digests went wrong.")


def _line(report: Report) -> str:
    items = f"{report.items} item{'' if report.items == 1 else 's'}"
    return {
        "nothing": f"{report.who} {report.why}." if report.why else "",
        "ready": f"{report.who} would be told {items}:\n\n{report.text}\n",
        "sent": f"{report.who} was told {items}.",
        "busy": f"{report.who} is being told by another run.",
        "failed": f"{report.who} was not told, and will be by the next run: {report.why}.",
        "unknown": f"{report.who} may have been told {items}, and will not be again: {report.why}.",
    }[report.outcome]
