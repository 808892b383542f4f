"""Error pages: one clear sentence, what to do, and the id to ask with.

Each falls back on a page that needs no database, session or body, since one of these may be broken.
"""

import logging
import sys
from typing import Any, Final

from django import db
from django.core.exceptions import SuspiciousOperation, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token

from models_ui.web.plain_pages import plain_page
from models_ui.web.request import is_own_address

logger = logging.getLogger(__name__)

# Seconds after which it is worth trying again: where too many wait for upstream, and where the database is gone.
BUSY_PAUSE: Final = 5
_DATABASE_PAUSE: Final = 10


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    sentence = _("Go back and try again.")
    if isinstance(exception, TooManyFieldsSent):
        sentence = _("It has more fields than are read here. Nothing was changed.")
    return _error_page(request, 400, _("That request makes no sense"), sentence)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error_page(
        request, 403, _("You may not do this"), str(exception) or _("Ask a Manager for the role it needs.")
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error_page(
        request, 404, _("There is no such page"), _("The address may be mistyped, or the page has moved.")
    )


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Answer too many logins, password resets and the like, which django-allauth counts."""
    return _error_page(request, 429, _("Too many attempts"), _("Wait a few minutes, then try again."))


def server_error(request: HttpRequest) -> HttpResponse:
    if _is_of_the_database(sys.exc_info()[1]):
        return _database_is_gone(request)
    return _error_page(
        request,
        500,
        _("Something went wrong here"),
        _("It is our fault and it is in the log. Try again, and if it lasts tell whoever runs the dashboard."),
    )


def too_busy(request: HttpRequest, *, back: str = "") -> HttpResponse:
    """Answer 503: nothing was sent, since too many requests are waiting for the Models API."""
    response = _error_page(
        request,
        503,
        _("Too many people are waiting"),
        _("The Models API takes its time to answer others, so nothing was asked of it. Try again in a moment."),
        back=back,
    )
    response["Retry-After"] = str(BUSY_PAUSE)
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    came_from = request.headers.get("Referer", "")
    return _error_page(
        request,
        403,
        _("This page was open for too long"),
        _("Nothing was changed. You may have signed in or out in another tab: load the page again, then repeat it."),
        back=came_from if is_own_address(request, came_from) else "",
    )


def _error_page(request: HttpRequest, status: int, title: str, sentence: str, *, back: str = "") -> HttpResponse:
    try:
        return _whole_page(request, status, title, sentence, back)
    except (MultiPartParserError, SuspiciousOperation):  # of the body, which was no form
        return plain_page(request, status, title, sentence)
    except Exception:
        logger.exception("The page for a %s failed, too", status)
        return plain_page(request, status, title, sentence)


@requires_csrf_token  # which reads the body, and so may fail like the rest
def _whole_page(request: HttpRequest, status: int, title: str, sentence: str, back: str) -> HttpResponse:
    context: dict[str, Any] = {"title": title, "sentence": sentence, "back": back}
    context["request_id"] = getattr(request, "request_id", "")
    response = render(request, "error.html", context, status=status)
    if getattr(request, "htmx", False):
        # A whole page does not belong where a fragment was asked for: its middle takes the place of the page's.
        response["HX-Retarget"] = response["HX-Reselect"] = "#main"
        response["HX-Reswap"] = "outerHTML"
    return response


def _database_is_gone(request: HttpRequest) -> HttpResponse:
    return plain_page(
        request,
        503,
        _("The database does not answer"),
        _("Nothing was changed. Try again in a moment, and if it lasts tell whoever runs the dashboard."),
        retry_after=_DATABASE_PAUSE,
    )


def _is_of_the_database(error: BaseException | None) -> bool:
    """Return whether the database is gone, broken or read-only, as opposed to a wrong query."""
    while error is not None:
        if isinstance(error, db.OperationalError | db.InterfaceError | db.InternalError):
            return True
        if type(error) is db.DatabaseError:  # as of a file that is no database
            return True
        error = error.__cause__ or error.__context__
    return False
