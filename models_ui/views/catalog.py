"""The catalog: every model on one page with filters, and the same query as CSV and JSON."""

import json
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from models_ui.alerts.watch_list import keys_of_watches
from models_ui.bulk import sentences
from models_ui.catalog.export import COLUMNS, TIMES, export_cells, export_objects
from models_ui.catalog.kept_views import catalog_view
from models_ui.catalog.links import catalog_address
from models_ui.catalog.page import tab_of_mine
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.saved_tabs import saved_views
from models_ui.catalog.store import load_index
from models_ui.listing.csv_export import csv_download
from models_ui.mirror.state import describe_freshness, mirror_state
from models_ui.people.preferences import preferences_of, preferred_columns
from models_ui.views.row_style import row_style_of
from models_ui.web.request import (
    Request,
    is_whole_form,
    query_string,
    render_list,
    role_of_request,
    wants_fragment,
)
from models_ui.web.request_limits import limit_exports


@require_safe
def catalog(request: Request) -> HttpResponse:
    asked, ignored = CatalogQuery.parse(query_string(request))
    preferences = preferences_of(request.user)
    query = (
        asked.in_statuses().as_asked_by(request.user.get_username()).without_defaults(preferred_columns(preferences))
    )
    if not ignored and (query != asked or is_whole_form(request)) and not wants_fragment(request):
        return HttpResponseRedirect(catalog_address(query))
    mirror, now = mirror_state(), timezone.now()
    index = load_index(now, mirror.version)
    style, role = row_style_of(request.user, query, index, now), role_of_request(request)
    view = catalog_view(index, query, ignored, now, role, style)
    context: dict[str, Any] = {
        "view": view,
        "mine": tab_of_mine(index, view.query, request.user.get_username()),
        "saved_views": saved_views(request.user, role, view.query, index, preferred_columns(preferences)),
        "watched": _addresses_that_stop_watching(request, view.model_ids),
        "freshness": describe_freshness(mirror, now),
        "jobs": sentences.running_jobs_in_words,
    }
    response = render_list(request, "models_ui/catalog.html", context, catalog_address(view.query), part="answer")
    if view.results:
        response.packed_part = view.results  # type: ignore[attr-defined]  # for CompressionMiddleware
    return response


def _addresses_that_stop_watching(request: Request, model_ids: frozenset[str]) -> str:
    """Return for each model of a page that the person watches the address that ends it, as JSON for the row's menu."""
    keys = keys_of_watches(request.user, model_ids)
    return json.dumps({model_id: reverse("stop_watch", args=[pk]) for model_id, pk in keys.items()})


@require_safe
@limit_exports
def catalog_csv(request: Request) -> HttpResponse:
    query = CatalogQuery.parse(query_string(request)).query.as_asked_by(request.user.get_username())
    mirror, now = mirror_state(), timezone.now()
    rows = export_cells(load_index(now, mirror.version), query, mirror.last_synced_at)
    return csv_download(query_string(request), "models", COLUMNS, rows, times=TIMES)


@require_safe
@limit_exports
def catalog_json(request: Request) -> HttpResponse:
    query = CatalogQuery.parse(query_string(request)).query.as_asked_by(request.user.get_username())
    mirror, now = mirror_state(), timezone.now()
    models = export_objects(load_index(now, mirror.version), query, mirror.last_synced_at)
    body = {"query": query.serialize(), "synced_at": mirror.last_synced_at, "total": len(models), "models": models}
    return JsonResponse(body)
