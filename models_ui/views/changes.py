"""What upstream changed by itself: one filterable page, and the same filter as CSV and JSON."""

import csv

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from models_ui.catalog.export import BYTE_ORDER_MARK, cell
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.store import current_index
from models_ui.http import Request, query_string, results
from models_ui.news import COLUMNS, ChangesPage, ChangesQuery, exported
from models_ui.sync import mirror_state


@require_safe
def changes(request: Request) -> HttpResponse:
    query, ignored = ChangesQuery.parse(query_string(request))
    if not ignored and not request.htmx and any("" in values for _, values in request.GET.lists()):
        return HttpResponseRedirect(query.address())  # a form sent without JavaScript names all its fields
    context = {"page": ChangesPage(query, ignored, _index())}
    return results(request, "models_ui/changes.html", context, query.address())


@require_safe
def changes_csv(request: Request) -> HttpResponse:
    query, _ = ChangesQuery.parse(query_string(request))
    response = HttpResponse(BYTE_ORDER_MARK, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="changes-{timezone.now():%Y-%m-%d}.csv"'
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    for record in exported(query, _index()):
        writer.writerow([cell(value) for value in record.values()])
    return response


@require_safe
def changes_json(request: Request) -> HttpResponse:
    query, _ = ChangesQuery.parse(query_string(request))
    records = list(exported(query, _index()))
    return JsonResponse({"query": query.changed().address(), "total": len(records), "changes": records})


def _index() -> CatalogIndex:
    return current_index(mirror_state(), timezone.now())
