"""What the frame of every page shows: who is signed in, and whether this is the demo."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from models_ui.access.roles import Role
from models_ui.catalog.links import catalog_address
from models_ui.models import Preferences
from models_ui.people.preferences import default_query, preferences_of
from models_ui.web.request import role_of_request, typed_texts


def frame_context(request: HttpRequest) -> dict[str, Any]:
    return {
        "nav": request.resolver_match.url_name if request.resolver_match else "",
        "role": SimpleLazyObject(lambda: role_of_request(request)),
        "preferences": SimpleLazyObject(lambda: _preferences_of_request(request)),
        "may_edit": SimpleLazyObject(lambda: role_of_request(request) >= Role.EDITOR),
        "may_manage": SimpleLazyObject(lambda: role_of_request(request) >= Role.MANAGER),
        "typed": SimpleLazyObject(lambda: typed_texts(request)),
        "models_address": SimpleLazyObject(lambda: catalog_address(default_query(_preferences_of_request(request)))),
        "csrf_cookie_name": settings.CSRF_COOKIE_NAME,
        "demo": settings.DEMO,
        "demo_password": settings.DEMO_PASSWORD if settings.DEMO else "",
        "demo_people": ("viewer", "editor", "manager"),
        "has_sign_on": bool(settings.OIDC_ISSUER),
        "sign_on_name": settings.OIDC_NAME,
        "takes_passwords": settings.PASSWORD_SIGN_IN,
    }


def _preferences_of_request(request: HttpRequest) -> Preferences:
    """Return the person's preferences, the defaults where nobody is signed in."""
    user = getattr(request, "user", None)
    return preferences_of(user) if isinstance(user, User) else Preferences()
