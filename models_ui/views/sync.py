"""The Refresh button, and the sync that a stale page asks for by itself."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from models_ui.mirror.state import describe_freshness, is_stale, mirror_state, news_in_words
from models_ui.mirror.sync import SyncResult, run_sync
from models_ui.text.isolation import fill
from models_ui.views.errors import too_busy
from models_ui.web.request import Request, is_own_address, wants_fragment
from models_ui.web.request_limits import refuse_too_many


@require_http_methods(["GET", "HEAD", "POST"])
def sync(request: Request) -> HttpResponse:
    """Sync now on POST; only look on GET. Answer with the freshness line.

    The event `catalog-changed` tells the page to load its rows. A page that asked by itself keeps them until the person
    wants the new ones: nothing moves under the cursor.
    """
    asked = "by_itself" not in request.POST if request.method == "POST" else "asked" in request.GET
    if request.method == "POST" and asked and (refusal := refuse_too_many(request, "sync", request.user.pk)):
        return refusal
    result = _run_sync(request, asked=asked) if request.method == "POST" else None
    if result and result.outcome == "busy":
        # A page that asked by itself asks again later; a person is told.
        return too_busy(request, back=_address_of_form(request)) if asked else HttpResponse(status=204)
    if wants_fragment(request):
        return _freshness_line(request, result, asked=asked)
    if result and result.outcome == "synced" and result.run:
        messages.info(request, fill(_("Refreshed: %(news)s."), {"news": news_in_words(result.run)}))
    return HttpResponseRedirect(_address_of_form(request))


def _freshness_line(request: Request, result: SyncResult | None, *, asked: bool) -> HttpResponse:
    mirror = mirror_state()
    version_seen = (request.POST or request.GET).get("version", "")
    line = describe_freshness(mirror, timezone.now())
    # A page without rows says in their place why there are none, so any news is for the rows, too.
    has_changed = mirror.version != version_seen or not mirror.version
    is_offered = has_changed and not asked and bool(version_seen)
    if is_offered or line.running:
        # The page still shows the rows of the version it saw, and names that version the next time it asks.
        line = replace(line, version=version_seen, offer_new=is_offered)
    if asked:
        line = replace(line, news=_news_since(result, has_changed=has_changed))
    response = render(request, "models_ui/catalog.html#freshness", {"freshness": line, "asked": asked})
    if has_changed and not is_offered and not line.running:
        response["HX-Trigger"] = "catalog-changed"
    return response


def _news_since(result: SyncResult | None, *, has_changed: bool) -> str:
    """Return in words what is new since the page that asked was rendered, which may be older than the run."""
    news = news_in_words(result.run) if result and result.run else _("nothing new")
    return _("models changed") if has_changed and news == _("nothing new") else news


def _run_sync(request: Request, *, asked: bool) -> SyncResult:
    """Sync and return the outcome. A page that asks by itself gets a sync only while the rows are old."""
    if asked:
        return run_sync(asked_by=request.user.get_username())
    return run_sync() if is_stale(mirror_state(), timezone.now()) else SyncResult("fresh")


def _address_of_form(request: Request) -> str:
    """Return the address of the page that the form was on, if it is one of ours."""
    address = request.POST.get("next", "")
    return address if is_own_address(request, address) else resolve_url("catalog")
