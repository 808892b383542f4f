"""The official SDK, pointed at the sandbox before and after, sees exactly what the page said."""

import gc
import re
from collections.abc import Iterator
from html import unescape

import pytest
from django.core import signing
from mistralai.client import Mistral
from mistralai.client.errors import SDKError
from mistralai.client.models import FTModelCard

from models_ui.mirror.sync import run_sync
from tests.actions.conftest import row_of

HTMX = {"HX-Request": "true"}


@pytest.fixture
def sdk(sandbox) -> Iterator[Mistral]:
    with Mistral(api_key=sandbox.key, server_url=sandbox.url.removesuffix("/v1")) as client:
        yield client
    del client
    gc.collect()  # it closes its asynchronous half when it is finalised: better here than amid another test


def seen_by_sdk(sdk: Mistral, model_id: str) -> tuple[str | None, str | None, str]:
    card = sdk.models.retrieve(model_id=model_id)
    assert isinstance(card, FTModelCard)
    return card.name, card.description, "Archived" if card.archived else "Live"


def said_by_page(client, model_id: str) -> tuple[str | None, str | None, str]:
    html = client.get(f"/models/{model_id}/").content.decode()
    name = re.search(r"<h1>\s*(?:<span[^>]*>No name yet</span>|(.*?))\s*</h1>", html, re.DOTALL)[1]
    lead = re.search(r'<p class="lead">(.*?)</p>', html, re.DOTALL)
    state = re.search(r'<span class="status \w+">(\w+)</span>', html)[1]
    return name and unescape(name), lead and unescape(lead[1]), state


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("dialect", ["contract", "platform"])
def test_the_sdk_sees_what_the_page_says_before_and_after(alice, client_of, tune, sandbox, sdk, point_at, dialect):
    point_at(sandbox, dialect=dialect)
    client = client_of(alice)

    def send(verb: str, **data: str) -> str:
        html = client.post(f"/models/{tune}/{verb}/", data, headers=HTMX).content.decode()
        assert seen_by_sdk(sdk, tune) == said_by_page(client, tune)
        return html

    assert seen_by_sdk(sdk, tune) == said_by_page(client, tune)
    send("rename", value="Tickets <one>", seen=signing.dumps("Support triage"), action_id="1")
    assert seen_by_sdk(sdk, tune)[0] == "Tickets <one>"
    send("describe", value="Says & does", seen=signing.dumps(row_of(tune).description), action_id="2")
    assert seen_by_sdk(sdk, tune)[1] == "Says & does"
    html = send("archive")
    assert seen_by_sdk(sdk, tune)[2] == "Archived"
    client.post(re.search(r'hx-post="(/activity/[^"]+/undo/)"', html)[1], headers=HTMX)
    assert seen_by_sdk(sdk, tune) == said_by_page(client, tune) == ("Tickets <one>", "Says & does", "Live")
    client.post(f"/models/{tune}/delete/", {"typed_id": tune})
    with pytest.raises(SDKError) as raised:
        sdk.models.retrieve(model_id=tune)
    assert raised.value.status_code == 404
    assert tune not in [card.id for card in sdk.models.list().data]
    assert said_by_page(client, tune) == ("Tickets <one>", "Says & does", "Deleted")


def test_a_change_made_with_the_sdk_is_on_the_page_after_the_next_look(bob, client_of, tune, sdk):
    client = client_of(bob)
    sdk.models.update(model_id=tune, name="By script")
    sdk.models.archive(model_id=tune)
    run_sync()
    assert said_by_page(client, tune) == seen_by_sdk(sdk, tune)
    client.post(f"/models/{tune}/unarchive/", headers=HTMX)
    assert seen_by_sdk(sdk, tune)[2] == "Live"
