"""What browsers refused on our pages: the address that they report to, and the page that shows Managers the reports."""

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from models_ui.access.roles import Role
from models_ui.models import BrowserReport
from models_ui.web.browser_reports import body_of, may_report, parse_reports, store_reports
from models_ui.web.request import Request, role_of_request


@login_not_required
@csrf_exempt
@require_POST
def browser_report(request: HttpRequest) -> HttpResponse:
    """Take the reports of a browser, which sends neither cookies nor a token with them."""
    if not may_report(get_adapter().get_client_ip(request)):
        return HttpResponse(status=429)
    body = body_of(request)
    if body is None:
        return HttpResponse(status=413)
    store_reports(parse_reports(body))
    return HttpResponse(status=204)


@require_safe
def browser_reports(request: Request) -> HttpResponse:
    """Show Managers what browsers refused."""
    if role_of_request(request) < Role.MANAGER:
        raise PermissionDenied(_("Only Managers see what browsers refused."))
    return render(
        request, "models_ui/browser_reports.html", {"reports": BrowserReport.objects.order_by("-last_at", "pk")}
    )
