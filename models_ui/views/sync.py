"""The Refresh button, and the sync that a stale page asks for by itself."""

from dataclasses import replace

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from models_ui.mirror.state import describe_freshness, is_stale, mirror_state
from models_ui.mirror.sync import run_sync
from models_ui.views.errors import too_busy
from models_ui.web.request import Request, is_own_address, wants_fragment


@require_http_methods(["GET", "HEAD", "POST"])
def sync(request: Request) -> HttpResponse:
    """Sync now on POST; only look on GET. Answer with the freshness line.

    The event `catalog-changed` tells the page to load its rows. A page that asked by itself keeps them until the person
    wants the new ones: nothing moves under the cursor.
    """
    by_itself = request.method != "POST" or "by_itself" in request.POST
    if request.method == "POST" and _run_sync(request, by_itself=by_itself) == "busy":
        # A page that asked by itself asks again later; a person is told.
        return HttpResponse(status=204) if by_itself else too_busy(request, back=_address_of_form(request))
    if not wants_fragment(request):
        return HttpResponseRedirect(_address_of_form(request))
    return _freshness_line(request, by_itself=by_itself)


def _freshness_line(request: Request, *, by_itself: bool) -> HttpResponse:
    mirror = mirror_state()
    version_seen = (request.POST or request.GET).get("version", "")
    line = describe_freshness(mirror, timezone.now())
    # A page without rows says in their place why there are none, so any news is for the rows, too.
    has_changed = mirror.version != version_seen or not mirror.version
    is_offered = has_changed and by_itself and bool(version_seen)
    if is_offered or line.running:
        # The page still shows the rows of the version it saw, and names that version the next time it asks.
        line = replace(line, version=version_seen, offer_new=is_offered)
    response = render(request, "models_ui/catalog.html#freshness", {"freshness": line, "asked": not by_itself})
    if has_changed and not is_offered and not line.running:
        response["HX-Trigger"] = "catalog-changed"
    return response


def _run_sync(request: Request, *, by_itself: bool) -> str:
    """Sync and return the outcome. A page that asks by itself gets a sync only while the rows are old."""
    if not by_itself:
        return run_sync(asked_by=request.user.get_username()).outcome
    return run_sync().outcome if is_stale(mirror_state(), timezone.now()) else "fresh"


def _address_of_form(request: Request) -> str:
    """Return the address of the page that the form was on, if it is one of ours."""
    address = request.POST.get("next", "")
    return address if is_own_address(request, address) else resolve_url("catalog")
