"""What upstream changed by itself: one filterable page, and the same filter as CSV and JSON."""

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.store import load_index
from models_ui.changes.page import COLUMNS, ChangesPage, ChangesQuery, change_cells, export_changes
from models_ui.listing.csv_export import csv_download
from models_ui.web.request import Request, is_whole_form, last_visit_of, query_string, render_list
from models_ui.web.request_limits import limit_exports


@require_safe
def changes(request: Request) -> HttpResponse:
    query, ignored = ChangesQuery.parse(query_string(request))
    if not ignored and is_whole_form(request):
        return HttpResponseRedirect(query.address())
    context = {"page": ChangesPage(query, ignored, _index(), last_visit_of(request))}
    return render_list(request, "models_ui/changes.html", context, query.address(), part="answer")


@require_safe
@limit_exports
def changes_csv(request: Request) -> HttpResponse:
    query, _ = ChangesQuery.parse(query_string(request))
    rows = map(change_cells, export_changes(query, _index(), last_visit_of(request)))
    return csv_download(query_string(request), "changes", COLUMNS, rows, times=("at",))


@require_safe
@limit_exports
def changes_json(request: Request) -> HttpResponse:
    query, _ = ChangesQuery.parse(query_string(request))
    records = list(export_changes(query, _index(), last_visit_of(request)))
    return JsonResponse({"query": query.changed().address(), "total": len(records), "changes": records})


def _index() -> CatalogIndex:
    return load_index(timezone.now())
