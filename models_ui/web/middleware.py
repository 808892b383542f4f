"""What holds for every request: an id for the log, the security headers, sign-in, and answers to htmx."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from allauth.account.forms import LoginForm
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.contrib.messages import get_messages
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _

from models_ui.log_filters import request_id
from models_ui.people.preferences import note_visit, preferences_of, zone_of
from models_ui.people.sessions import note_session_seen
from models_ui.web.account_views import check_password_use
from models_ui.web.request import is_own_address, lead_to, typed_texts

GetResponse = Callable[[HttpRequest], HttpResponseBase]
# The pages that set a password.
_OF_PASSWORDS = ("account_change_password", "account_set_password", "account_reset_password")


class RequestIdMiddleware:
    """Gives each request an id, for every log line that it causes and for the X-Request-ID header of its answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.request_id = secrets.token_hex(8)  # type: ignore[attr-defined]
        token = request_id.set(request.request_id)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response


class HeadMiddleware:
    """Drops the body of an answer to HEAD, which gunicorn would not send and would warn about in the log."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method == "HEAD":
            if isinstance(response, StreamingHttpResponse):
                response.streaming_content = ()
            elif isinstance(response, HttpResponse):
                response.content = b""  # Content-Length stays what it is for GET
        return response


class ContentSecurityPolicyMiddleware:
    """Sends the policy of the setting `SECURE_CSP`, unless a view has set its own.

    It does the same as Django 6's `middleware.csp` without nonces, so that moving to Django 6 deletes this class. As
    there, Django's own pages for a 404 and a 500 in debug mode get no policy, since their style is inline.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    @cached_property
    def policy(self) -> str:
        rules = (f"{name} {' '.join(values)}" for name, values in settings.SECURE_CSP.items())
        # Not `report-to`: browsers that know it drop reports of plain HTTP, and keep others for a minute.
        return "; ".join((*rules, f"report-uri {reverse('browser_report')}"))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not (settings.DEBUG and response.status_code in (404, 500)):
            response.setdefault("Content-Security-Policy", self.policy)
        return response


class ResourcePolicyMiddleware:
    """Lets no other site embed an answer. Static files are answers, too, so it stands before WhiteNoise."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response


class PrivatePagesMiddleware:
    """Lets nobody but the browser of the person who asked keep a page.

    Sensors that no page needs are switched off.

    Only static files may be kept by a cache or by the store of the Back button.
    """

    permissions = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response["Permissions-Policy"] = self.permissions
        response.setdefault("Cache-Control", "private, no-store")
        return response


class LoginMiddleware(LoginRequiredMiddleware):
    """Leads to the sign-in page and back.

    A form that was sent cannot be sent again after signing in. So people are led back to the page they sent it from,
    with a message that nothing was done, and with any text they had written.
    """

    def handle_no_permission(  # type: ignore[override]  # Django would only ever redirect
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        if request.method in ("GET", "HEAD"):
            if getattr(request.session, "has_ended", False):
                messages.info(request, _("You were signed out after some time. Sign in to go on."))
            return super().handle_no_permission(request, view_func)
        came_from = request.headers.get("Referer", "")
        back = came_from if is_own_address(request, came_from) else resolve_url(settings.LOGIN_REDIRECT_URL)
        if typed_texts(request) and not request.htmx:  # type: ignore[attr-defined]
            # Nothing in answer leaves the page with its form as it is, and our script says why.
            has_script = "with_script" in request.POST
            return HttpResponse(status=204) if has_script else self._sign_in_beside_text(request, back)
        messages.warning(request, _("You were signed out, so nothing was done. Sign in, then do it again."))
        return redirect_to_login(back)

    @staticmethod
    def _sign_in_beside_text(request: HttpRequest, back: str) -> HttpResponse:
        """Return the sign-in page with the texts that the person had written.

        Keeping them until after a redirect would mean to store them.
        """
        carried = format_html('<input type="hidden" name="{}" value="{}">', REDIRECT_FIELD_NAME, back)
        context = {"form": LoginForm(request=request), "redirect_field": carried, "signed_out": True}
        return render(request, "account/login.html", context)


class PasswordPagesMiddleware:
    """Closes the pages that set a password: for everybody where passwords are off, else for who has none here."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        name = request.resolver_match.url_name if request.resolver_match else ""
        if not (name or "").startswith(_OF_PASSWORDS):
            return
        if not settings.PASSWORD_SIGN_IN:
            raise Http404
        if isinstance(request.user, User):
            check_password_use(request.user)


class PersonMiddleware:
    """Shows times in the person's zone, and notes when people are here, for what is new since their last visit."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()  # the thread goes on to other people

    def process_view(self, request: HttpRequest, view_func: Callable[..., Any], *_: Any) -> None:
        """Read the person's preferences, unless the view is open to those who are not signed in."""
        if not getattr(view_func, "login_required", True) or not isinstance(request.user, User):
            return
        timezone.activate(zone_of(preferences_of(request.user)))
        with suppress(DatabaseError):  # a database that cannot be written may still be read
            now = timezone.now()
            note_visit(request.user, now)
            note_session_seen(request, getattr(request.session, "seen_at", None), now)


class WrongMethodMiddleware:
    """Gives an address that only takes forms a page for people who open it by itself."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method != "GET" or response.status_code != 405 or not request.user.is_authenticated:
            return response
        context = {
            "title": _("There is nothing to see here"),
            "sentence": _("This address only takes what a form sends. Go back to the page with the form."),
        }
        page = render(request, "error.html", context, status=405)
        page["Allow"] = response["Allow"]
        return page


class HtmxResponseMiddleware:
    """Tells caches that a page and its fragment share an address, and makes htmx load the sign-in page as a whole.

    htmx would follow the redirect and swap the sign-in form into the middle of a table.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        patch_vary_headers(response, ("HX-Request", "HX-History-Restore-Request"))
        if request.htmx and self._leads_to_login(response):  # type: ignore[attr-defined]
            where = request.htmx.current_url_abs_path or settings.LOGIN_REDIRECT_URL  # type: ignore[attr-defined]
            if request.method == "GET" and request.htmx.trigger_name == "q":  # type: ignore[attr-defined]
                where = request.get_full_path()  # with the words that were just typed
            return lead_to(request, redirect_to_login(resolve_url(where)).url)
        if request.htmx and response.status_code != 204 and not response.has_header("HX-Redirect"):  # type: ignore[attr-defined]
            self._append_messages(request, response)
        return response

    @staticmethod
    def _append_messages(request: HttpRequest, response: HttpResponseBase) -> None:
        """Append messages that htmx puts in their place, since they stand outside of what is swapped."""
        if isinstance(response, HttpResponse) and len(get_messages(request)):
            flash = render_to_string("flash.html", {"messages": get_messages(request)}, request)
            # Inside a template, because behind a bare table row a browser's parser would take the forms apart.
            response.write(f'<template><div hx-swap-oob="beforeend:#flash">{flash}</div></template>')

    @staticmethod
    def _leads_to_login(response: HttpResponseBase) -> bool:
        return response.status_code == 302 and urlsplit(response["Location"]).path == resolve_url(settings.LOGIN_URL)
