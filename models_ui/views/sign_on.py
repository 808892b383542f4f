"""Signing in by the identity provider, and by the link from a terminal that takes its place when it is down."""

from typing import Any

from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from models_ui.people.sign_in_links import note_link_used, person_of_link
from models_ui.web.request import Request, is_own_address
from models_ui.web.sign_on import begin_sign_on, finish_sign_on


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign_on(request: HttpRequest) -> HttpResponse:
    """Lead to the identity provider. Whoever opens the address by itself finds the button on the sign-in page."""
    _check_sign_on()
    return begin_sign_on(request) if request.method == "POST" else redirect("account_login")


@require_safe
def sign_on_again(request: Request) -> HttpResponse:
    """Ask somebody who has neither password nor second factor here to prove at the provider who they are."""
    _check_sign_on()
    where = request.GET.get("next", "")
    back = where if is_own_address(request, where) else resolve_url(settings.LOGIN_REDIRECT_URL)
    return render(request, "account/sign_on_again.html", {"back": back})


@login_not_required
@require_GET
def sign_on_callback(request: HttpRequest) -> HttpResponseBase:
    """Take who comes back from the identity provider. A HEAD must not spend what they come back with."""
    _check_sign_on()
    return finish_sign_on(request)


def _check_sign_on() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Sign in whom a link from a terminal is for. Only the POST spends the link."""
    with transaction.atomic():
        person = person_of_link(secret)
        if person is not None and request.method == "POST":
            note_link_used(person)
            answer: HttpResponse = perform_login(request, person)
            return answer
    context: dict[str, Any] = {"person": person, "request_id": getattr(request, "request_id", "")}
    page = render(request, "account/sign_in_link.html", context, status=200 if person else 404)
    page["X-Robots-Tag"] = "noindex"
    page["Referrer-Policy"] = "strict-origin"  # with no-referrer the CSRF check would refuse the form
    return page
