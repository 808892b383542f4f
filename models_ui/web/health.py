"""Probes for load balancers and monitors, without login: does the process answer, and can it serve pages?"""

import os
from collections.abc import Iterator
from functools import cache

from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from models_ui.bulk.jobs import last_heartbeat
from models_ui.mirror.state import mirror_state


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200 while the process can answer at all. The database is not asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """Return 200 if the database can be read and written and has all migrations, and static files can be found; else
    503 with the reason.

    The lines below say how old the last good sync and the last sign of a job runner are. Old ones are no reason to send
    people elsewhere: every process of the dashboard has the same.
    """
    reason = _why_not_ready()
    lines = [reason] if reason else ["ready", *_ages()]
    return HttpResponse("\n".join([*lines, ""]), status=503 if reason else 200, content_type="text/plain")


def _ages() -> Iterator[str]:
    now = timezone.now()
    synced, seen = mirror_state().last_synced_at, last_heartbeat(now)
    yield f"last good sync: {(now - synced).total_seconds():.0f} s ago" if synced else "last good sync: never"
    yield f"job runner: seen {(now - seen).total_seconds():.0f} s ago" if seen else "job runner: none"


def _why_not_ready() -> str:
    try:
        applied = MigrationRecorder(connection).applied_migrations()
        if not _known_migrations() <= applied.keys():
            return "the database is not migrated: run manage.py migrate"
        mirror_state()
        if _is_read_only():
            return "the database cannot be written"
    except DatabaseError:
        return "the database does not answer"
    return "" if _has_static_files() else "the static files are not collected: run manage.py collectstatic and restart"


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations or ())


def _is_read_only() -> bool:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")
            return bool(cursor.fetchone() == ("on",))
    file = str(connection.settings_dict["NAME"])
    return os.path.isfile(file) and not os.access(file, os.W_OK)  # noqa: PTH113  # it may be no file's name


def _has_static_files() -> bool:
    """Return whether this process knows the addresses of static files, without which no page can be rendered."""
    try:
        return bool(getattr(staticfiles_storage, "hashed_files", True))
    except (ValueError, OSError):  # a manifest that cannot be read
        return False
