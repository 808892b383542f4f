"""Which role the groups of the identity provider give."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.conf import settings

from models_ui.access.roles import Role

EVERYBODY: Final = "*"  # in OIDC_ROLES: the role of those whose groups are not named
MOST_GROUPS: Final = 5000


def gives_roles() -> bool:
    """Whether roles come from the identity provider; otherwise Managers give them here."""
    return bool(settings.OIDC_ISSUER and settings.OIDC_ROLES)


def role_of_groups(groups: Iterable[str]) -> Role | None:
    """Return the highest role that one of the groups gives, else everybody's; None where there is none."""
    named = [settings.OIDC_ROLES[group] for group in groups if group in settings.OIDC_ROLES and group != EVERYBODY]
    given = [Role.named(name) for name in named or [settings.OIDC_ROLES.get(EVERYBODY, "")] if name]
    return max(given, default=None)


def find_groups(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    """Return the groups that a claim names: a list, or one group as text.

    A claim inside of others is named by its path, as `realm_access.roles`.
    """
    value: Any = claims.get(claim)
    if value is None and "." in claim:
        value = claims
        for name in claim.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
    groups = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return frozenset(group for group in groups[:MOST_GROUPS] if isinstance(group, str) and group)
