"""Small helpers between views and HTTP."""

from django.contrib.auth.models import User
from django.http import HttpRequest
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


def role_in(request: HttpRequest) -> Role:
    """The role of whoever asks, looked up once a request."""
    if not hasattr(request, "_role"):
        request._role = role_of(request.user)  # type: ignore[attr-defined]
    return request._role  # type: ignore[attr-defined,no-any-return]


def wants_fragment(request: Request) -> bool:
    """Whether only the swapped piece is asked for. A boosted or history-restoring request wants the whole page."""
    return bool(request.htmx) and not request.htmx.boosted and not request.htmx.history_restore_request


def is_ours(request: HttpRequest, where: str) -> bool:
    """Whether an address that was sent along is a page of this dashboard, so that one may be led back there."""
    return url_has_allowed_host_and_scheme(where, allowed_hosts={request.get_host()}, require_https=request.is_secure())
