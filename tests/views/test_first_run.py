"""The first run: from the link that makes the first Manager to the fine-tunes, and what is said where that fails."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from models_ui.leases import take_lease
from models_ui.mirror.state import LEASE, lease_seconds
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogModel, SyncRun
from models_ui.people.invitations import make_setup_link
from sandbox import Sandbox
from tests.support.pages import text_of

KEY = "s3cret-key-0123456789"
PASSWORD = "correct-horse-battery-9"


def check(manager: Client) -> str:
    """Press the button, and return what the page then says."""
    answer = manager.post("/first-run/")
    assert answer.status_code == 200
    assert KEY not in answer.content.decode()
    return text_of(answer.content.decode())


def button_of(manager: Client) -> str:
    """Press the button, and return where the next one leads."""
    html = manager.post("/first-run/").content.decode()
    return re.search(r'class="button primary" href="([^"]+)"', html)[1]


def test_the_first_run_leads_from_the_link_to_the_fine_tunes(db, sandbox, client):
    link = f"/invitation/{make_setup_link(timezone.now())}/"
    chosen = {"username": "ana", "email": "", "password1": PASSWORD, "password2": PASSWORD}
    page = client.post(link, chosen, follow=True)
    assert "Your account is ready." in text_of(page.content.decode())
    said = check(client)
    assert "The key is accepted." in said
    listed = client.get("/models/").context["page"]
    assert f"{listed.result.total} models were fetched." in said
    address = button_of(client)
    fine_tunes = client.get(address).context["page"].result.total
    assert f"{fine_tunes} of them are your own fine-tunes." in said
    assert "type=fine-tuned" in address


def test_looking_at_the_page_asks_the_api_nothing(manager, sandbox):
    for _ in range(2):
        assert manager.get("/first-run/").status_code == 200
    assert sandbox.calls == []
    assert not SyncRun.objects.exists()


def test_it_tells_what_to_do_first_and_leads_there(manager, sandbox):
    html = manager.post("/first-run/").content.decode()
    said = text_of(html)
    for words in ("a name that your colleagues recognise", "Say who looks after each", "lose their base model"):
        assert words in said
    assert 'href="/retirements/"' in html
    assert 'href="/people/"' in html


def test_without_fine_tunes_it_leads_to_the_models_and_asks_for_no_names(manager, sandbox):
    sandbox.catalog.replace([entry for entry in sandbox.catalog.entries() if entry["type"] == "base"])
    said = check(manager)
    assert "None of them is a fine-tune of your own." in said
    assert "a name that your colleagues recognise" not in said
    assert button_of(manager) == "/models/"


# --- A foreign upstream


def hanging(upstream: Sandbox, settings) -> None:
    settings.MODELS_API_TIMEOUT, settings.MODELS_API_TOTAL_TIMEOUT = 0.2, 0.5
    upstream.faults.add(kind="hang", seconds=3)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("wrong key", ["Address works", "Key does not work", "does not accept the dashboard’s API key"]),
        ("wrong path", ["Address does not work", "usually ends in /v1"]),
        ("nobody there", ["Address does not work", "connection refused"]),
        ("hangs", ["Address does not work", "did not answer in time"]),
        ("HTML", ["Address does not work", "The answer is not JSON"]),
        ("redirect", ["Address does not work", "sends us elsewhere"]),
        ("not in the plan", ["Address works", "Key does not work", "plan"]),
        ("in trouble", ["Address works", "Key not known", "List does not work", "in trouble (500)"]),
        ("empty", ["Key works", "List does not work", "may belong to another organisation"]),
    ],
)
def test_what_does_not_work_is_said_in_words_and_nothing_is_fetched(manager, point_at, settings, trouble, words):
    with Sandbox(key=KEY) as upstream:
        point_at(upstream)
        faults = {"redirect": "redirect", "not in the plan": "403", "in trouble": "500"}
        if trouble in faults:
            upstream.faults.add(faults[trouble])
        elif trouble == "HTML":
            upstream.faults.add(kind="html", status=200)
        elif trouble == "wrong key":
            point_at(upstream, key="another-key-0123456789")
        elif trouble == "wrong path":
            point_at(url=upstream.url.removesuffix("/v1"), key=KEY)
        elif trouble == "hangs":
            hanging(upstream, settings)
        elif trouble == "empty":
            upstream.faults.add(kind="empty", verb="list")
        else:
            upstream.stop()
        said = check(manager)
    for sentence in (*words, "No models could be fetched.", "Try again"):
        assert sentence in said
    assert "were fetched" not in said
    assert not CatalogModel.objects.exists()


def test_a_dialect_that_does_not_fit_is_told_beside_the_models_that_can_be_read(manager, point_at):
    with Sandbox(key=KEY, dialects=["platform"]) as upstream:
        point_at(upstream, dialect="contract")
        said = check(manager)
        assert {call.method for call in upstream.calls} <= {"GET", "OPTIONS"}
    assert "Dialect does not work" in said
    assert "Set MODELS_API_DIALECT=platform." in said
    assert "models were fetched" in said
    assert "Before you change a model, mend what does not work" in said


def test_a_setting_that_makes_no_sense_is_named(manager, point_at, settings):
    point_at(url="https://api.mistral.ai/v1", key=KEY)
    settings.MODELS_API_DIALECT = "klingon"
    assert "MODELS_API_DIALECT" in check(manager)


def test_models_of_an_earlier_run_are_not_counted_as_fetched(manager, sandbox, settings):
    run_sync()
    settings.MISTRAL_API_KEY = "another-key-0123456789"
    said = check(manager)
    assert "No models could be fetched." in said
    assert "were fetched" not in said


def test_a_list_that_is_not_believed_is_told_with_its_reason(manager, sandbox, point_at):
    run_sync()
    with Sandbox(key=KEY) as other:
        point_at(other)
        said = check(manager)
    assert "another" in said
    assert "were fetched" not in said


def test_while_the_models_are_being_fetched_the_page_says_so(manager, sandbox):
    take_lease(LEASE, lease_seconds())
    said = check(manager)
    assert "The models are being fetched at this moment." in said
    assert "mend" not in said.lower()


def test_once_it_is_mended_trying_again_goes_on(manager, sandbox):
    sandbox.faults.add(kind="status", status=500, times=20)
    assert "No models could be fetched." in check(manager)
    sandbox.faults.clear()
    assert "models were fetched" in check(manager)


def test_the_first_run_is_for_managers(viewer):
    assert viewer.get("/first-run/").status_code == 403
    assert viewer.post("/first-run/").status_code == 403
