"""The history of all actions: one filterable page, and the same filter as CSV and JSON."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_safe

from models_ui.access.roles import exports_everyones
from models_ui.actions.activity import (
    COLUMNS,
    ActivityPage,
    ActivityQuery,
    Reader,
    action_record,
    exported_events,
    record_cells,
)
from models_ui.audit.renames import names_of_person
from models_ui.listing.csv_export import csv_download
from models_ui.web.fresh_sign_in import needs_fresh_sign_in
from models_ui.web.request import Request, is_whole_form, last_visit_of, query_string, render_list, role_of_request
from models_ui.web.request_limits import limit_exports


@require_safe
def activity(request: Request) -> HttpResponse:
    query, ignored = ActivityQuery.parse(query_string(request))
    if not ignored and is_whole_form(request):
        return HttpResponseRedirect(query.address())
    context = {"page": ActivityPage(query, ignored, _reader(request))}
    return render_list(request, "models_ui/activity.html", context, query.address(), part="answer")


@require_safe
@needs_fresh_sign_in("GET")
@limit_exports
def activity_csv(request: Request) -> HttpResponse:
    rows = map(record_cells, _export_records(request))
    return csv_download(query_string(request), "activity", COLUMNS, rows, times=("at",))


@require_safe
@needs_fresh_sign_in("GET")
@limit_exports
def activity_json(request: Request) -> HttpResponse:
    query, _ = ActivityQuery.parse(query_string(request))
    records = _export_records(request)
    body = {"query": query.address(), "everyone": exports_everyones(role_of_request(request)), "total": len(records)}
    return JsonResponse({**body, "actions": records})


def _export_records(request: Request) -> list[dict[str, Any]]:
    query, _ = ActivityQuery.parse(query_string(request))
    events = exported_events(query, _reader(request))
    return [action_record(event) for event in events.iterator(chunk_size=1000)]


def _reader(request: Request) -> Reader:
    return Reader(names_of_person(request.user.get_username()), role_of_request(request), last_visit_of(request))
