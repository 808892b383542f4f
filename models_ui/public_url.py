"""Full addresses of the dashboard's pages, for readers elsewhere: in a calendar, a feed reader or a mail."""

import os
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import get_script_prefix


def full_address(path: str, request: HttpRequest | None = None) -> str:
    """Return the full address of a path, as `reverse` makes it.

    DASHBOARD_URL comes first, since a request may have come by a name that only this machine knows.
    """
    if settings.DASHBOARD_URL:
        return f"{settings.DASHBOARD_URL}/{path.removeprefix(get_script_prefix()).removeprefix('/')}"
    if request is not None:
        return request.build_absolute_uri(path)
    # A command has no request that would name the path which `serve` mounts the dashboard at.
    mount = os.environ.get("SCRIPT_NAME", "").strip("/ ")
    return f"http://127.0.0.1:{settings.PORT}{'/' if mount else ''}{mount}{path}"


def with_public_host(address: str) -> str:
    """Return a full address that was made for a request as one below DASHBOARD_URL, if that is set."""
    if not settings.DASHBOARD_URL:
        return address
    return full_address(urlunsplit(("", "", *urlsplit(address)[2:])))


def public_host() -> str:
    """Return the host of DASHBOARD_URL; empty if that is not set."""
    return urlsplit(settings.DASHBOARD_URL).netloc
