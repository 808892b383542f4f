"""For load balancers and monitors, without login: does the process answer, and is it any use?"""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from models_ui.sync import mirror_state


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process can answer at all; asks nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and its tables exist, else 503."""
    try:
        mirror_state()
    except DatabaseError:
        return HttpResponse("the database does not answer or is not migrated\n", status=503, content_type="text/plain")
    return HttpResponse("ready\n", content_type="text/plain")
