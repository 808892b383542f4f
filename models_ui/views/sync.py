"""The Refresh button, and the sync that a stale page asks for behind itself."""

from dataclasses import replace

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from models_ui.mirror.state import freshness, is_stale, mirror_state
from models_ui.mirror.sync import run_sync
from models_ui.views.errors import too_busy
from models_ui.web.request import Request, is_ours, wants_fragment


@require_http_methods(["GET", "HEAD", "POST"])
def sync(request: Request) -> HttpResponse:
    """POST syncs now, GET only looks. The answer is the freshness line; `catalog-changed` tells the page to load rows.

    A page that asked by itself keeps its rows until the person wants the new ones: nothing moves under the cursor.
    """
    by_itself = request.method != "POST" or "by_itself" in request.POST
    if request.method == "POST" and _sync(request, by_itself=by_itself) == "busy":
        # A page that asked by itself asks again some day; a person is told.
        return HttpResponse(status=204) if by_itself else too_busy(request, back=_back(request))
    if not wants_fragment(request):
        return HttpResponseRedirect(_back(request))
    mirror = mirror_state()
    seen = (request.POST or request.GET).get("version", "")
    line = freshness(mirror, timezone.now())
    # A page without rows shows in their place why there are none, so news of any kind is for the rows, too.
    changed = mirror.version != seen or not mirror.version
    offer = changed and by_itself and bool(seen)
    if offer or line.running:
        # The page still shows what it saw, and says so the next time it asks.
        line = replace(line, version=seen, offer_new=offer)
    response = render(request, "models_ui/catalog.html#freshness", {"freshness": line, "asked": not by_itself})
    if changed and not offer and not line.running:
        response["HX-Trigger"] = "catalog-changed"
    return response


def _sync(request: Request, *, by_itself: bool) -> str:
    """What a person asks for is done. What a page asks for, only while the rows are old: other pages asked, too."""
    if not by_itself:
        return run_sync(asked_by=request.user.get_username()).outcome
    return run_sync().outcome if is_stale(mirror_state(), timezone.now()) else "fresh"


def _back(request: Request) -> str:
    """The page the form was on, if it is one of ours."""
    where = request.POST.get("next", "")
    return where if is_ours(request, where) else resolve_url("catalog")
