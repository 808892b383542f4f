"""For load balancers and monitors, without login: does the process answer, and is it any use?"""

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
    """200 while the process can answer at all; asks nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, has all migrations, and pages find their static files; else 503 and the reason."""
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
    """Whether this process knows the addresses of static files, without which no page can be made."""
    try:
        return bool(getattr(staticfiles_storage, "hashed_files", True))
    except (ValueError, OSError):  # a manifest that cannot be read
        return False
