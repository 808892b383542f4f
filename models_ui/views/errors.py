"""Pages for what went wrong: one clear sentence, what to do, and the id to ask with."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token

from models_ui.http import is_ours


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 400, _("That request makes no sense"), _("Go back and try again."))


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403, _("You may not do this"), str(exception) or _("Ask a Manager for the role it needs."))


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 404, _("There is no such page"), _("The address may be mistyped, or the page has moved."))


@requires_csrf_token
def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Of logins, password resets and the like, which django-allauth counts."""
    return _page(request, 429, _("Too many attempts"), _("Wait a few minutes, then try again."))


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    return _page(
        request,
        500,
        _("Something went wrong here"),
        _("It is our fault and it is in the log. Try again, and if it lasts tell whoever runs the dashboard."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    came_from = request.headers.get("Referer", "")
    return _page(
        request,
        403,
        _("This page was open for too long"),
        _("Nothing was changed. You may have signed in or out in another tab: load the page again, then repeat it."),
        back=came_from if is_ours(request, came_from) else "",
    )


def _page(request: HttpRequest, status: int, title: str, sentence: str, *, back: str = "") -> HttpResponse:
    context: dict[str, Any] = {"title": title, "sentence": sentence, "back": back}
    context["request_id"] = getattr(request, "request_id", "")
    response = render(request, "error.html", context, status=status)
    if getattr(request, "htmx", False):
        # A whole page does not belong where a fragment was asked for: its middle takes the place of the page's.
        response["HX-Retarget"] = response["HX-Reselect"] = "#main"
        response["HX-Reswap"] = "outerHTML"
    return response
