"""The addresses that the settings name, checked once."""

import ipaddress
from urllib.parse import urlsplit

from django.utils.translation import gettext_noop

from models_ui.services.errors import NotConfigured


def check_address(url: str) -> str:
    """Return the base URL without a trailing slash. Raise NotConfigured.

    It is the part before `/models`, so it usually ends in `/v1`. For Mistral's own hosts, whose SDK is given the
    bare host, a missing `/v1` is added; any other address is taken as it is.
    """
    if problem := find_address_problem(url) or _find_api_problem(url):
        raise NotConfigured(problem, setting="MODELS_API_BASE_URL")
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if not path and is_mistral(parts.hostname or ""):
        path = "/v1"
    return f"{parts.scheme}://{parts.netloc}{path}"


def find_address_problem(url: str) -> str:
    """Return why this is no web address of a host, or ""."""
    if any(character.isspace() or not character.isprintable() for character in url):
        return gettext_noop("it contains spaces or control characters")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return gettext_noop("it is no web address")
    if parts.scheme not in ("http", "https") or not host:
        return gettext_noop("it must start with https:// and name a host")
    return ""


def _find_api_problem(url: str) -> str:
    """Return why this web address cannot be that of the Models API, or ""."""
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        return gettext_noop("it must not contain a user name or password")
    if "?" in url or "#" in url:
        return gettext_noop("it must not contain ? or #")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        return gettext_noop("it must start with https://, or the API key would travel in the clear")
    return ""


def host_of(url: str) -> str:
    """Return the host name in lower case, without port."""
    return urlsplit(url).hostname or ""


def is_mistral(host: str) -> bool:
    """Whether a host is one of Mistral's: api.mistral.ai, its regional siblings, or any other below mistral.ai."""
    name = host.rstrip(".")
    return name == "mistral.ai" or name.endswith(".mistral.ai")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, so that nobody else can listen in."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
