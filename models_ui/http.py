"""Small helpers between views and HTTP."""

from django.contrib.auth.models import User
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class Request(HttpRequest):
    """A request as our views get it: behind login, with htmx's headers read."""

    user: User
    htmx: HtmxDetails
    request_id: str


def wants_fragment(request: Request) -> bool:
    """Whether only the swapped piece is asked for. A boosted or history-restoring request wants the whole page."""
    return bool(request.htmx) and not request.htmx.boosted and not request.htmx.history_restore_request
