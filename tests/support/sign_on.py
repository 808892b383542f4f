"""Single sign-on as a person does it: to the identity provider, and back with what it says."""

import re
from urllib.parse import parse_qsl, urlsplit

from django.test import Client

from models_ui.models import AuditEvent
from tests.support.identity_provider import IdentityProvider

ROLES = {"ml-admins": "Manager", "ml-team": "Editor", "*": "Viewer"}
DORA = {
    "sub": "dora-0815",
    "preferred_username": "dora",
    "name": "Dora Maar",
    "email": "dora@example.org",
    "email_verified": True,
    "groups": ["ml-team", "skiing"],
}


def begin(client: Client, **form: str) -> str:
    """Press the button, and return the address that the browser is led to."""
    answer = client.post("/sign-on/", form)
    assert answer.status_code == 200, answer.content.decode()
    return answer["Refresh"].removeprefix("0; url=")


def sign_on(client: Client, provider: IdentityProvider, who: str | None = "dora", **form: str):
    """Sign in at the provider, and return what the dashboard answers to who comes back."""
    address = begin(client, **form)
    back = provider.decide(dict(parse_qsl(urlsplit(address).query)), who)
    assert urlsplit(back).path == "/sign-on/callback/"
    return client.get(back)


def is_in(client: Client) -> bool:
    return client.get("/keyboard/").status_code == 200  # a page that takes little


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def told() -> list[tuple[str, str, str]]:
    return list(AuditEvent.objects.order_by("pk").values_list("kind", "actor", "label"))
