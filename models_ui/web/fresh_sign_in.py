"""Views that want to know anew who is there: deletions, private links, roles, exports of what people did."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from models_ui.people.sign_on import is_linked
from models_ui.web.request import View, is_own_address, lead_to, typed_texts


def needs_fresh_sign_in(*methods: str) -> Callable[[View], View]:
    """Return a decorator: who proved who they are too long ago is asked to do so again, for these methods.

    A form that was opened in time may be sent for as long again, so that nothing that was typed is lost.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
            is_sent = request.method == "POST"
            if request.method not in methods or is_fresh(request, twice=is_sent and "GET" in methods):
                return view(request, *args, **options)
            return _ask_who_is_there(request)

        return wrapped

    return decorate


def is_fresh(request: HttpRequest, *, twice: bool = False) -> bool:
    """Whether the person gave a password or a second factor in this session within REAUTHENTICATE_AFTER seconds."""
    limit = settings.REAUTHENTICATE_AFTER * (2 if twice else 1)
    if not limit:
        return True
    proofs = (record.get("at", 0) for record in get_authentication_records(request, request.user))
    return time.time() - max(proofs, default=0) < limit


def note_proof(request: HttpRequest, person: User) -> None:
    """Note that a person has just chosen the password of an account that an invitation made."""
    record_authentication(request, person, method="password")


def _ask_who_is_there(request: HttpRequest) -> HttpResponse:
    """Lead to the page that asks for the password or a code, and from there back to where the person is.

    Texts that the person had written are shown instead, beside the way there. With htmx the page keeps them itself.
    """
    page = _page_that_asks(request)
    where = request.get_full_path()
    if request.method == "POST":
        came_from = request.headers.get("Referer", "")
        where = came_from if is_own_address(request, came_from) else resolve_url(settings.LOGIN_REDIRECT_URL)
    address = f"{page}?{urlencode({'next': where})}"
    if typed_texts(request) and not request.htmx:  # type: ignore[attr-defined]
        return render(request, "account/not_fresh.html", {"where": address}, status=403)
    if request.method == "POST":
        messages.warning(request, _("Nothing was done yet: confirm who you are, then do it again."))
    return lead_to(request, address)


def _page_that_asks(request: HttpRequest) -> str:
    """Return the address where the person can prove who they are. Raise PermissionDenied where they have no way."""
    assert isinstance(request.user, User)
    if methods := get_adapter().get_reauthentication_methods(request.user):
        return str(methods[0]["url"])
    if is_linked(request.user):
        return reverse("sign_on_again")
    raise PermissionDenied(_("You signed in a while ago. Sign out, sign in again, then do it again."))
