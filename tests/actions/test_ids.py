"""An id is hostile input, wherever it comes from: it never reaches another route of upstream's."""

from urllib.parse import quote

import pytest

from models_ui.access.policy import ActionDenied
from models_ui.actions import perform
from models_ui.audit import chain
from models_ui.mirror.sync import run_sync
from models_ui.models import AuditEvent, CatalogModel
from tests.actions.conftest import by
from tests.support import verbs

HOSTILE = (
    "../files/abc?x=1#y",
    "..",
    "a/b",
    "a?b",
    "a#b",
    "a\\b",
    "a%2fb",
    "a b",
    "a\nb",
    "a\0b",
    "a\u202eb",
    "\ud800",
    "x" * 301,
    "x" * 100_000,
    "",
)
VERBS = (
    lambda context, each: verbs.rename_model(context=context, model_id=each, name="x", seen=None),
    lambda context, each: verbs.archive_model(context=context, model_id=each),
    lambda context, each: verbs.unarchive_model(context=context, model_id=each),
    lambda context, each: perform.delete_model(context=context, model_id=each),
    lambda context, each: verbs.protect_model(context=context, model_id=each),
)


def named(model_id: str) -> str:
    return ascii(model_id[:20])


@pytest.mark.parametrize("hostile", HOSTILE, ids=named)
def test_an_unusable_id_is_refused_before_any_call_and_in_the_history(alice, synced, sandbox, hostile, client_of):
    sandbox.log.clear()
    for act in VERBS:
        with pytest.raises(ActionDenied):
            act(by(alice), hostile)
    assert sandbox.calls == []
    assert set(AuditEvent.objects.values_list("outcome", flat=True)) == {"refused"}
    assert AuditEvent.objects.count() == len(VERBS)
    assert chain.verify_chain() == (len(VERBS), None)
    assert client_of(alice).get("/activity/").status_code == 200
    assert client_of(alice).get("/activity.csv").status_code == 200


@pytest.mark.parametrize("hostile", [each for each in HOSTILE if "\ud800" not in each and len(each) < 400], ids=named)
@pytest.mark.parametrize("verb", ["rename", "archive", "delete"])
def test_an_unusable_id_in_an_address_leads_nowhere(alice, synced, sandbox, hostile, verb, client_of):
    sandbox.log.clear()
    client = client_of(alice)
    for address in (f"/models/{quote(hostile, safe='')}/{verb}/", f"/models/{quote(hostile)}/{verb}/"):
        assert client.get(address).status_code == 404
        assert client.post(address, {"typed_id": hostile, "value": "x"}).status_code == 404
    assert sandbox.calls == []


@pytest.mark.parametrize("hostile", ["../files/abc?x=1#y", "a/b", "a%2fb", "..", "a\u202eb"], ids=named)
def test_an_unusable_id_in_a_list_becomes_a_row_without_action(alice, synced, sandbox, hostile, client_of):
    entry = sandbox.catalog.find(sandbox.catalog.fine_tunes()[0]) | {"id": hostile, "name": None}
    sandbox.catalog.add(entry)
    assert run_sync().outcome == "synced"
    assert CatalogModel.objects.filter(model_id=hostile).exists()
    sandbox.log.clear()
    for act in VERBS:
        with pytest.raises(ActionDenied, match="Its id cannot be part of an address"):
            act(by(alice), hostile)
    assert sandbox.calls == []
    client = client_of(alice)
    for page in ("/models/?type=fine-tuned", "/activity/"):
        html = client.get(page).content.decode()
        assert f'href="/models/{hostile}' not in html
        assert quote(hostile, safe="") + "/archive/" not in html


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("hostile", ["../files/abc?x=1#y", "x/../y", "a" * 65], ids=named)
def test_in_a_form_it_is_only_a_wrong_confirmation(alice, tune, sandbox, hostile, client_of):
    sandbox.log.clear()
    assert client_of(alice).post(f"/models/{tune}/delete/", {"typed_id": hostile}).status_code == 422
    assert client_of(alice).post(f"/activity/{quote(hostile, safe='')}/undo/").status_code == 404
    assert sandbox.calls == []
