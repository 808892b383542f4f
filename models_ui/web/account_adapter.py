"""How django-allauth signs people in and sends mail. Managers make accounts; nobody signs up."""

from types import SimpleNamespace
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.core.internal.httpkit import get_client_ip
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from models_ui.access.lockouts import record_lockout
from models_ui.catalog.links import catalog_address
from models_ui.people.email_change import take_confirmed, tell_former_address
from models_ui.people.preferences import default_query, preferences_of
from models_ui.people.profile import note_password_changed
from models_ui.public_url import public_host, with_public_host
from models_ui.services.bulkhead import take_place
from models_ui.web.account_views import check_password_use
from models_ui.web.fresh_sign_in import is_fresh
from models_ui.web.plain_pages import plain_page

_APP, _FAILED = "allauth.account", "login_failed"  # what allauth calls the limit on failed logins


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send the mail, or answer 503 if too many requests are waiting for other servers already."""
        if not take_place():
            busy = plain_page(
                allauth_context.request,
                503,
                gettext_lazy("Too many people are waiting"),
                gettext_lazy("No mail was sent, since the mail server takes its time. Try again in a moment."),
                retry_after=5,
            )
            raise ImmediateHttpResponse(busy)
        super().send_mail(template_prefix, email, context)

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """Write a mail whose links lead to DASHBOARD_URL, whatever host the request named."""
        context = {name: with_public_host(value) if name.endswith("_url") else value for name, value in context.items()}
        if host := public_host():
            context["current_site"] = SimpleNamespace(name=host, domain=host)
        return super().render_mail(template_prefix, email, context, headers)  # type: ignore[no-any-return]

    def format_email_subject(self, subject: str) -> str:
        host = public_host()
        return f"[{host}] {subject}" if host else super().format_email_subject(subject)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address of the client. Behind a Unix socket it is not known, and all clients share one."""
        return get_client_ip(request) or "0.0.0.0"  # noqa: S104  # the address that means none

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Put the confirmed address in the place of the former one, for the person who asked for it alone."""
        if request.user.pk != email_address.user_id:
            raise ImmediateHttpResponse(redirect_to_login(request.get_full_path()))
        person: User = email_address.user
        former = person.email
        with transaction.atomic():
            is_confirmed = bool(super().confirm_email(request, email_address))
            if is_confirmed:
                take_confirmed(email_address)
        if is_confirmed and former:
            tell_former_address(person, former)
        return is_confirmed

    def set_password(self, user: User, password: str) -> None:
        """Set the password that a person chose, and record that they did.

        Raise PermissionDenied where they sign in by the identity provider.
        """
        check_password_use(user)
        with transaction.atomic():
            super().set_password(user, password)
            note_password_changed(user)

    def is_reauthentication_required(self, *, app: str, **_options: Any) -> bool:
        """Return whether django-allauth's own pages ask who is there: after as long as ours do."""
        return not is_fresh(allauth_context.request)

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        return reverse("profile")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt, as allauth does, and record it in the history if it finds the name locked."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            name = self._get_login_attempts_cache_key(request, **credentials)
            rate = next(rate for rate in ratelimit.get_rates(app=_APP, action=_FAILED) if rate.per == "key")
            config = {_FAILED: f"{rate.amount}/{rate.duration:.0f}s/key"}
            # The address that too many attempts came from may be locked instead, and says nothing of the name.
            if not ratelimit.consume(request, app=_APP, action=_FAILED, config=config, key=name, dry_run=True):
                record_lockout(name, seconds=int(rate.duration))
            raise

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: str) -> str:
        """Return the key by which failed logins are counted: the name alone.

        django-allauth adds the request's host, which an attacker chooses: another port in it would start a new
        count.
        """
        return credentials.get("email", credentials.get("username", "")).lower()

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Return the view that the person opens Models with."""
        assert isinstance(request.user, User)
        return catalog_address(default_query(preferences_of(request.user)))

    def is_safe_url(self, url: str) -> bool:
        """Return whether people may be redirected to the address. A malformed one is unsafe; allauth would raise."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False
