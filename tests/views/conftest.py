"""What the tests of pages share: browsers of people, a fine-tune, and a dashboard that is set up for single sign-on."""

from collections.abc import Iterator

import pytest
from django.test import Client

from sandbox import Sandbox
from tests.support.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider
from tests.support.sign_on import DORA, ROLES


@pytest.fixture
def tune(synced, sandbox: Sandbox) -> str:
    """A live fine-tune with a name."""
    return sandbox.catalog.fine_tunes()[0]


@pytest.fixture
def editor(bob, client_of) -> Client:
    """The browser of Bob, an Editor."""
    return client_of(bob)


@pytest.fixture
def manager(alice, client_of) -> Client:
    """The browser of Alice, a Manager."""
    return client_of(alice)


@pytest.fixture
def provider(settings) -> Iterator[IdentityProvider]:
    """The dashboard is set up for this provider, as by the environment."""
    with IdentityProvider(people={"dora": dict(DORA)}) as running:
        settings.OIDC_ISSUER = running.issuer
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
        settings.OIDC_NAME, settings.OIDC_ROLES = "Acme ID", dict(ROLES)
        yield running
