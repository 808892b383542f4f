"""What the tests of single sign-on share: a dashboard that is set up for it."""

from collections.abc import Iterator

import pytest

from tests.support.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider
from tests.support.sign_on import DORA, ROLES


@pytest.fixture
def provider(settings) -> Iterator[IdentityProvider]:
    """The dashboard is set up for this provider, as by the environment."""
    with IdentityProvider(people={"dora": dict(DORA)}) as running:
        settings.OIDC_ISSUER = running.issuer
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
        settings.OIDC_NAME, settings.OIDC_ROLES = "Acme ID", dict(ROLES)
        yield running
