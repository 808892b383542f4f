"""Small helpers between views and HTTP."""

from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from models_ui.permissions import Role, role_of


class Request(HttpRequest):
    """A request as our views get it: behind login, with htmx's headers read."""

    user: User
    htmx: HtmxDetails
    request_id: str


def query_string(request: HttpRequest) -> str:
    """The address's parameters as text. WSGI hands over bytes read as Latin-1; people paste UTF-8."""
    raw: str = request.META.get("QUERY_STRING", "")
    return raw.encode("latin-1", "replace").decode("utf-8", "replace")


def is_whole_form(request: Request) -> bool:
    """Whether a form without JavaScript has named all its fields; the address worth sharing has only those in use."""
    return not request.htmx and any("" in values for _, values in request.GET.lists())


def role_in(request: HttpRequest) -> Role:
    """The role of whoever asks, looked up once a request."""
    if not hasattr(request, "_role"):
        request._role = role_of(request.user)  # type: ignore[attr-defined]
    return request._role  # type: ignore[attr-defined,no-any-return]


def is_ours(request: HttpRequest, address: str) -> bool:
    """Whether an address that came with a request is one of this dashboard, and so one to lead people to."""
    return url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )


def results(request: Request, template: str, context: dict[str, Any], address: str) -> HttpResponse:
    """A list as its whole page, or as the partial `results` of it, which leaves the browser at `address`.

    Typing corrects the entry in the browser's history, and so does what leads to where one is; every other step adds
    one.
    """
    if not wants_fragment(request):
        return render(request, template, context)
    response = render(request, f"{template}#results", context)
    stays = request.htmx.trigger_name == "q" or request.htmx.current_url_abs_path == address
    response["HX-Replace-Url" if stays else "HX-Push-Url"] = address
    return response


def wants_fragment(request: Request) -> bool:
    """Whether only the swapped piece is asked for. A boosted or history-restoring request wants the whole page."""
    return bool(request.htmx) and not request.htmx.boosted and not request.htmx.history_restore_request
