"""The history of everybody's actions: one filterable page, and the same filter as CSV and JSON."""

import csv
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from models_ui.activity import COLUMNS, ActivityPage, ActivityQuery, as_cells, as_record, exported
from models_ui.catalog.export import BYTE_ORDER_MARK, cell
from models_ui.http import Request, query_string, results, role_in
from models_ui.permissions import exports_everyones


@require_safe
def activity(request: Request) -> HttpResponse:
    query, ignored = ActivityQuery.parse(query_string(request))
    if not ignored and not request.htmx and any("" in values for _, values in request.GET.lists()):
        return HttpResponseRedirect(query.address())  # a form sent without JavaScript names all its fields
    context = {"page": ActivityPage(query, ignored, role_in(request))}
    return results(request, "models_ui/activity.html", context, query.address())


@require_safe
def activity_csv(request: Request) -> HttpResponse:
    response = HttpResponse(BYTE_ORDER_MARK, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="activity-{timezone.now():%Y-%m-%d}.csv"'
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    for record in _records(request):
        writer.writerow([cell(value) for value in as_cells(record)])
    return response


@require_safe
def activity_json(request: Request) -> HttpResponse:
    query, _ = ActivityQuery.parse(query_string(request))
    records = _records(request)
    body = {"query": query.address(), "everyone": exports_everyones(role_in(request)), "total": len(records)}
    return JsonResponse({**body, "actions": records})


def _records(request: Request) -> list[dict[str, Any]]:
    query, _ = ActivityQuery.parse(query_string(request))
    found = exported(query, role_in(request), request.user.get_username())
    return [as_record(event) for event in found.iterator(chunk_size=1000)]
