"""The address of the Models API: one string from the settings, checked once."""

import ipaddress
from urllib.parse import urlsplit

from django.utils.translation import gettext_noop

from models_ui.services.errors import NotConfigured

SETTING = "MODELS_API_BASE_URL"


def check_address(url: str) -> str:
    """The base URL without a trailing slash, else NotConfigured.

    It is the part before `/models`, so it usually ends in `/v1`. For Mistral's own hosts, whose SDK is given the
    bare host, a missing `/v1` is added; any other address is taken as it is.
    """
    if any(c.isspace() or not c.isprintable() for c in url):
        raise _wrong(gettext_noop("it contains spaces or control characters"))
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise _wrong(gettext_noop("it is no web address")) from None
    if parts.scheme not in ("http", "https") or not host:
        raise _wrong(gettext_noop("it must start with https:// and name a host"))
    if parts.username is not None or parts.password is not None:
        raise _wrong(gettext_noop("it must not contain a user name or password"))
    if "?" in url or "#" in url:
        raise _wrong(gettext_noop("it must not contain ? or #"))
    if parts.scheme == "http" and not is_loopback(host):
        raise _wrong(gettext_noop("it must start with https://, or the API key would travel in the clear"))
    path = parts.path.rstrip("/")
    if not path and is_mistral(host):
        path = "/v1"
    return f"{parts.scheme}://{parts.netloc}{path}"


def host_of(url: str) -> str:
    """The host name in lower case, without port."""
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


def _wrong(problem: str) -> NotConfigured:
    return NotConfigured(problem, setting=SETTING)
