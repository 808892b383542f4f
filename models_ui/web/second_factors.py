"""Second factors, as django-allauth keeps them: encrypted, each code good once, and demanded of some roles."""

import base64
import hashlib
import logging
import secrets
from collections.abc import Callable
from typing import Any, Final

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from models_ui.access.rate_limits import may_use
from models_ui.people.second_factors import can_take_away, has_second_factor, is_demanded
from models_ui.public_url import public_host
from models_ui.web.request import lead_to, role_of_request

logger = logging.getLogger(__name__)

# What people may use before they have turned a second factor on.
_OPEN: Final = ("mfa_", "account_", "set_language", "profile")


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret. After SECRET_KEY has changed nobody can read it, and no code is right."""
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            logger.warning("A second factor was stored under another SECRET_KEY: its owner has to turn it on anew.")
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def get_totp_issuer(self) -> str:
        return public_host() or context.request.get_host()

    def get_totp_label(self, user: User) -> str:
        return user.get_username()

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """Return the name of a passkey that its owner gives none."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return _("Passkey %(number)d") % {"number": number} if number > 1 else _("Passkey")

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return can_take_away(authenticator)


def _box() -> Fernet:
    """Return what encrypts with a key of its own, which is made from SECRET_KEY."""
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"second factors:" + settings.SECRET_KEY.encode()).digest()))


class UsedCodes:
    """The method of a cache that django-allauth calls to note that a code was used, on the table of limits.

    Django's default cache belongs to one process: a code that somebody has looked over the shoulder for would be good
    once more in each of the others.
    """

    def add(self, name: str, _value: Any, timeout: int) -> bool:
        """Return True if no process has noted it before, within two periods of a code."""
        return may_use(name, most=1, seconds=2 * timeout)


def note_codes_in_the_database() -> None:
    """Make django-allauth use this in this process. Raise ImproperlyConfigured if its module has changed."""
    if not hasattr(totp, "cache"):
        raise ImproperlyConfigured("django-allauth notes used codes in another way now: see web/second_factors.py.")
    totp.cache = UsedCodes()


class SecondFactorMiddleware:
    """Leads people whose role needs a second factor to the page where they turn one on; until then all else waits."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view_func: Callable[..., Any], *_rest: Any) -> HttpResponse | None:
        if not settings.MFA_REQUIRED_ROLES or not getattr(view_func, "login_required", True):
            return None
        name = (request.resolver_match.url_name or "") if request.resolver_match else ""
        if not needs_second_factor(request) or name.startswith(_OPEN):
            return None
        messages.warning(request, _("Your role needs a second factor. Turn one on, then go on."))
        return lead_to(request, reverse("mfa_activate_totp"))


def needs_second_factor(request: HttpRequest) -> bool:
    """Whether the person's role needs a second factor that they do not have."""
    if not isinstance(request.user, User):
        return False
    return is_demanded(role_of_request(request)) and not has_second_factor(request.user)
