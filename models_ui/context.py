"""What every page's frame shows, whatever the page: who is signed in, and whether this is the demo."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from models_ui.permissions import role_of


def page(request: HttpRequest) -> dict[str, Any]:
    return {
        "nav": request.resolver_match.url_name if request.resolver_match else "",
        "role": SimpleLazyObject(lambda: role_of(request.user)),
        "demo": settings.DEMO,
        "demo_password": settings.DEMO_PASSWORD if settings.DEMO else "",
        "demo_people": ("viewer", "editor", "manager"),
    }
