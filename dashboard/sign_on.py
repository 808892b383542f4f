"""The check of what the environment says about single sign-on."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from dashboard.environment import ROLES

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LONGEST_ISSUER = 200  # characters, since each link of a person to the issuer holds it


def check_sign_on(
    issuer: str, client_id: str, client_secret: str, roles: Mapping[str, str], *, takes_passwords: bool
) -> None:
    """Raise ImproperlyConfigured where people could not sign in, or a secret would travel in the clear."""
    if not issuer:
        if client_id or client_secret:
            raise ImproperlyConfigured("OIDC_CLIENT_ID or OIDC_CLIENT_SECRET is set, and OIDC_ISSUER is not.")
        if not takes_passwords:
            raise ImproperlyConfigured("PASSWORD_SIGN_IN=off without OIDC_ISSUER would let nobody sign in.")
        return
    if not (client_id and client_secret):
        raise ImproperlyConfigured("OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET.")
    if problem := _find_problem(issuer):
        raise ImproperlyConfigured(f"OIDC_ISSUER={issuer} {problem}.")
    for group, role in roles.items():
        if role not in ROLES:
            raise ImproperlyConfigured(f"OIDC_ROLES gives {group} the role {role}. Roles are {', '.join(ROLES)}.")


def _find_problem(issuer: str) -> str:
    """Return why this can be no issuer; empty if it can."""
    try:
        parts = urlsplit(issuer)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return "is no web address"
    if not host or "@" in parts.netloc or "?" in issuer or "#" in issuer or not issuer.isprintable():
        return "must be an address without a name, a password, ? or #"
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        return "must begin with https://"
    return f"is longer than {_LONGEST_ISSUER} characters" if len(issuer) > _LONGEST_ISSUER else ""
