"""Probes for load balancers and monitors, without login: does the process answer, and can it serve pages?"""

from functools import cache

from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse

from models_ui.mirror.state import mirror_state


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200 while the process can answer at all. The database is not asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """Return 200 if the database answers and has all migrations, and static files can be found; else 503 with the
    reason.
    """
    reason = _why_not_ready()
    return HttpResponse(f"{reason or 'ready'}\n", status=503 if reason else 200, content_type="text/plain")


def _why_not_ready() -> str:
    try:
        applied = MigrationRecorder(connection).applied_migrations()
        if not _known_migrations() <= applied.keys():
            return "the database is not migrated: run manage.py migrate"
        mirror_state()
    except DatabaseError:
        return "the database does not answer"
    return "" if _has_static_files() else "the static files are not collected: run manage.py collectstatic and restart"


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations or ())


def _has_static_files() -> bool:
    """Return whether this process knows the addresses of static files, without which no page can be rendered."""
    try:
        return bool(getattr(staticfiles_storage, "hashed_files", True))
    except (ValueError, OSError):  # a manifest that cannot be read
        return False
