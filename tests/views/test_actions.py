"""Actions as a person meets them: in the row, on the model's page and on a page of its own, with and without htmx."""

import json
import re
from html import unescape

import pytest
from django.core import signing
from django.test import Client

from models_ui.actions import perform
from models_ui.actions.context import Context
from models_ui.models import AuditEvent, CatalogModel, Lease
from sandbox import Sandbox
from tests.support import verbs

HTMX = {"HX-Request": "true"}


@pytest.fixture
def tune(synced, sandbox: Sandbox) -> str:
    return sandbox.catalog.fine_tunes()[0]


@pytest.fixture
def editor(bob, client_of) -> Client:
    return client_of(bob)


@pytest.fixture
def manager(alice, client_of) -> Client:
    return client_of(alice)


def form_of(client: Client, address: str, **headers: str) -> dict[str, str]:
    """The fields of the form as it was served, the CSRF token aside."""
    html = client.get(address, headers=headers).content.decode()
    fields = re.findall(r'<input[^>]*?name="(\w+)"(?:[^>]*?value="([^"]*)")?', html)
    fields += re.findall(r'<textarea[^>]*?name="(\w+)"[^>]*>\n?([^<]*)</textarea>', html)
    names = ("value", "seen", "action_id", "typed_id", "reason", "insist", "since")
    return {name: unescape(value) for name, value in fields if name in names}


def flash_of(html: str) -> str:
    """The message that travels behind a fragment, out of band."""
    found = re.search(r'<template><div hx-swap-oob="beforeend:#flash">(.*)</div></template>', html, re.DOTALL)
    assert found, html[-300:]
    return found[1]


# --- The three surfaces


def test_the_row_becomes_a_form_and_the_answer_is_the_row(editor, tune, sandbox):
    address = f"/models/{tune}/rename/"
    row = editor.get(address, headers=HTMX).content.decode()
    assert row.startswith("<tr")
    assert re.search(r'aria-describedby="(of-\d+-value_helptext)"', row)[1] in re.findall(r'id="([^"]+)"', row)
    assert "Up to 100 characters" in row
    form = form_of(editor, address, **HTMX)
    answer = editor.post(address, form | {"value": "Better"}, headers=HTMX)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert html.startswith('<tr role="row" class="live"')
    assert html.count("<tr") == 1
    assert ">Better</a>" in html
    assert f'<code title="{tune}">' in html
    assert "The name is now “Better”." in flash_of(html)
    assert "data-focus" in html
    assert sandbox.catalog.find(tune)["name"] == "Better"


def test_the_models_page_becomes_a_form_and_the_answer_is_the_page(editor, tune):
    address, headers = f"/models/{tune}/describe/", HTMX | {"HX-Target": "model"}
    html = editor.get(address, headers=headers).content.decode()
    assert '<article class="model"' in html and "<main" not in html
    assert 'hx-target="#model"' in html
    form = form_of(editor, address, **headers)
    html = editor.post(address, form | {"value": "Fresh"}, headers=headers).content.decode()
    assert '<article class="model"' in html and "<main" not in html
    assert '<p class="lead">Fresh</p>' in html
    assert "</strong> changed the description of" in html  # its history


def test_cancel_puts_the_row_back(editor, tune):
    html = editor.get(f"/models/{tune}/row/", headers=HTMX).content.decode()
    assert html.startswith("<tr")
    assert "<form" not in html
    assert editor.get(f"/models/{tune}/row/")["Location"] == f"/models/{tune}/"


@pytest.mark.parametrize("verb", ["rename", "describe", "archive", "unarchive", "protect", "unprotect", "delete"])
def test_every_action_has_a_page_of_its_own(manager, tune, verb):
    CatalogModel.objects.filter(model_id=tune).update(archived=verb == "unarchive")
    response = manager.get(f"/models/{tune}/{verb}/")
    html = response.content.decode()
    assert response.status_code == 200
    assert "<h1>" in html
    assert tune in html
    assert f'action="/models/{tune}/{verb}/"' in html


def test_without_javascript_one_comes_back_to_the_filtered_list(editor, tune):
    where = "/models/?type=fine-tuned&type=base&sort=-context&page=2"
    response = editor.post(f"/models/{tune}/archive/", {"next": where})
    assert response.status_code == 302
    assert response["Location"] == where
    html = editor.get(where).content.decode()
    assert "Support triage is archived." in html
    assert "Undo" in html


def test_a_form_page_remembers_where_one_came_from(editor, tune):
    where = "http://testserver/models/?q=support"
    html = editor.get(f"/models/{tune}/rename/", headers={"Referer": where}).content.decode()
    assert f'name="next" value="{where}"' in html


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_an_action_leads_nobody_elsewhere(editor, tune, where):
    response = editor.post(f"/models/{tune}/archive/", {"next": where})
    assert response["Location"] == f"/models/{tune}/"


def test_a_form_that_came_from_itself_leads_to_the_model(editor, tune):
    response = editor.post(f"/models/{tune}/archive/", {"next": f"/models/{tune}/archive/"})
    assert response["Location"] == f"/models/{tune}/"


# --- Statuses, and what is kept of the person's work


def test_422_keeps_the_text_and_says_what_is_the_matter(editor, tune, sandbox):
    form = form_of(editor, f"/models/{tune}/rename/")
    answer = editor.post(f"/models/{tune}/rename/", form | {"value": "x" * 101}, headers=HTMX)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "x" * 101 in html
    assert "at most 100 characters" in html
    assert 'aria-invalid="true"' in html
    assert sandbox.counts["update"] == 0


def test_422_for_a_form_whose_memory_was_tampered_with(editor, tune):
    form = form_of(editor, f"/models/{tune}/rename/")
    answer = editor.post(f"/models/{tune}/rename/", form | {"seen": "forged"}, headers=HTMX)
    assert answer.status_code == 422
    assert "The form is incomplete" in answer.content.decode()


@pytest.mark.parametrize("path", ["rename", "tag", "plan", "delete", "ask-deletion", "decide-deletion", "keep"])
@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_an_incomplete_form_above_ones_role_is_recorded(role: str, path: str, carol, bob, client_of, tune, sandbox):
    """A forged request need not have the fields of the form."""
    person = carol if role == "viewer" else bob
    answer = client_of(person).post(f"/models/{tune}/{path}/", {"value": "x" * 5000, "reason": "y" * 5000})
    is_above = role == "viewer" or path in ("delete", "decide-deletion")
    assert (answer.status_code in (403, 422), sandbox.counts["update"] + sandbox.counts["delete"]) == (True, 0)
    told = list(AuditEvent.objects.values_list("actor", "model_id", "outcome"))
    assert told == ([(person.username, tune, "refused")] if is_above else [])


def test_403_answers_with_the_row_and_the_reason(carol, client_of, tune):
    answer = client_of(carol).post(f"/models/{tune}/archive/", headers=HTMX)
    html = answer.content.decode()
    assert answer.status_code == 403
    assert html.startswith("<tr")
    assert "Needs the Editor role." in flash_of(html)
    assert "data-can" not in html


def test_a_viewer_is_not_even_shown_the_form(carol, client_of, tune):
    for headers in (HTMX, {}):
        answer = client_of(carol).get(f"/models/{tune}/rename/", headers=headers)
        assert answer.status_code == 403
        assert "Needs the Editor role" in answer.content.decode()
        assert 'name="value"' not in answer.content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_404_for_a_model_nobody_has_heard_of_and_the_attempt_is_known(editor, synced, method, sandbox):
    sandbox.log.clear()
    assert getattr(editor, method)("/models/ft:nobody/archive/").status_code == 404
    assert sandbox.calls == []
    refused = list(AuditEvent.objects.values_list("outcome", "model_id", "actor"))
    assert refused == ([] if method == "get" else [("refused", "ft:nobody", "bob")])


def test_409_asks_in_the_row_and_use_mine_writes_it(editor, tune, sandbox):
    address = f"/models/{tune}/rename/"
    form = form_of(editor, address)
    sandbox.catalog.rename(tune, "Theirs")
    answer = editor.post(address, form | {"value": "Mine"}, headers=HTMX)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert html.startswith("<tr")
    assert "“Theirs”" in html
    assert "“Mine”" in html
    assert "Use mine" in html
    assert "Keep theirs" in html
    again = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', html)}
    assert again["action_id"] != form["action_id"]
    assert editor.post(address, again, headers=HTMX).status_code == 200
    assert sandbox.catalog.find(tune)["name"] == "Mine"


def test_409_while_somebody_else_is_at_it_keeps_the_text(editor, tune, monkeypatch):
    from django.utils import timezone

    Lease.objects.create(name=f"model:{tune}", token="x", expires_at=timezone.now() + timezone.timedelta(minutes=1))
    monkeypatch.setattr("models_ui.actions.lock.PATIENCE", 0)
    form = form_of(editor, f"/models/{tune}/rename/")
    answer = editor.post(f"/models/{tune}/rename/", form | {"value": "Kept"}, headers=HTMX)
    assert answer.status_code == 409
    assert 'value="Kept"' in answer.content.decode()
    assert "Somebody else is changing this model right now" in flash_of(answer.content.decode())


@pytest.mark.parametrize(("fault", "status"), [("503", 502), ("504", 504), ("500", 502), ("422", 422)])
@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "without"])
def test_after_a_failure_the_same_form_can_be_sent_again(editor, tune, sandbox, fault, status, headers):
    """As another attempt: its id is new, and what was typed is still there."""
    address = f"/models/{tune}/rename/"
    form = form_of(editor, address)
    sandbox.faults.add(fault, verb="update", times=1)
    answer = editor.post(address, form | {"value": "Kept"}, headers=headers)
    html = answer.content.decode()
    assert answer.status_code in (status, 502 if fault == "504" else status)
    assert 'value="Kept"' in html
    assert AuditEvent.objects.last().correlation_id in html
    again = {
        name: unescape(value) for name, value in re.findall(r'name="(value|seen|action_id)" value="([^"]*)"', html)
    }
    assert again["action_id"] != form["action_id"]
    assert editor.post(address, again, headers=headers).status_code in (200, 302)
    assert sandbox.catalog.find(tune)["name"] == "Kept"


def test_a_failure_in_a_row_leaves_the_row_and_a_message(editor, tune, sandbox):
    sandbox.faults.add("500", verb="archive")
    answer = editor.post(f"/models/{tune}/archive/", headers=HTMX)
    html = answer.content.decode()
    assert answer.status_code == 502
    assert html.startswith('<tr role="row" class="live"')
    flash = flash_of(html)
    assert "was not archived" in flash
    assert "Correlation id:" in flash
    assert "Undo" not in flash


# --- Messages, Undo, and looking again


def test_the_undo_in_the_message_undoes_and_tells_the_page(editor, tune, sandbox):
    html = editor.post(f"/models/{tune}/archive/", headers=HTMX).content.decode()
    address = re.search(r'hx-post="(/activity/[^"]+/undo/)"', flash_of(html))[1]
    answer = editor.post(address, headers=HTMX)
    assert answer.status_code == 200
    told = json.loads(answer["HX-Trigger"])["model-changed"]
    assert told["id"] == tune
    assert "Live" in editor.get(told["address"], headers=HTMX).content.decode()
    assert "Support triage is restored." in flash_of(answer.content.decode())
    assert sandbox.catalog.find(tune)["archived"] is False


def test_the_undo_in_the_message_leads_to_the_question_when_there_is_one(editor, alice, tune, sandbox):
    event = verbs.archive_model(context=Context(actor=alice), model_id=tune).event
    verbs.unarchive_model(context=Context(actor=alice), model_id=tune)
    answer = editor.post(f"/activity/{event.action_id}/undo/", headers=HTMX)
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == f"/activity/{event.action_id}/undo/"
    html = editor.get(answer["HX-Redirect"]).content.decode()
    assert "Undo anyway" in html
    assert "by alice" in html


@pytest.mark.parametrize("by_us", [True, False])
def test_an_undo_over_somebodys_change_shows_both_values_and_may_be_insisted_upon(
    editor, alice, bob, tune, sandbox, by_us
):
    event = verbs.rename_model(context=Context(actor=bob), model_id=tune, name="Bob’s", seen="Support triage").event
    if by_us:
        verbs.rename_model(context=Context(actor=alice), model_id=tune, name="Theirs", seen="Bob’s")
    else:
        sandbox.catalog.rename(tune, "Theirs")
    address = f"/activity/{event.action_id}/undo/"
    answer = editor.post(address)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "“Theirs”" in html
    assert "“Support triage”" in html
    assert ("by alice" in html) is by_us
    assert sandbox.catalog.find(tune)["name"] == "Theirs"
    form = form_of(editor, address)
    assert form["insist"] == "True"
    assert editor.post(address, form).status_code == 302
    assert sandbox.catalog.find(tune)["name"] == "Support triage"


def test_insisting_covers_only_what_one_has_seen(editor, bob, tune, sandbox):
    event = verbs.rename_model(context=Context(actor=bob), model_id=tune, name="Bob’s", seen="Support triage").event
    sandbox.catalog.rename(tune, "Theirs")
    address = f"/activity/{event.action_id}/undo/"
    editor.post(address)
    form = form_of(editor, address)
    sandbox.catalog.rename(tune, "And again")
    answer = editor.post(address, form)
    assert answer.status_code == 409
    assert "“And again”" in answer.content.decode()
    assert editor.post(address, form | {"seen": signing.dumps("x") + "y"}).status_code == 422


def test_an_impossible_undo_has_a_page_that_says_so(manager, alice, tune):
    event = perform.delete_model(context=Context(actor=alice), model_id=tune).event
    answer = manager.get(f"/activity/{event.action_id}/undo/")
    assert answer.status_code == 403
    assert "There is nothing to undo" in answer.content.decode()
    assert "for ever" not in answer.content.decode()
    assert manager.get("/activity/unheard-of/undo/").status_code == 404


def test_looking_again_leads_back_with_the_answer(editor, tune, sandbox):
    sandbox.faults.add("504", verb="archive", times=1)
    html = editor.post(f"/models/{tune}/archive/", headers=HTMX).content.decode()
    address = re.search(r'action="(/activity/[^"]+/settle/)"', flash_of(html))[1]
    sandbox.catalog.archive(tune)
    answer = editor.post(address, {"next": "/models/?q=support"})
    assert answer["Location"] == "/models/?q=support"
    assert "Support triage is archived." in editor.get("/models/?q=support").content.decode()


def test_after_a_timeout_the_sentence_says_what_reading_again_has_shown(editor, tune, sandbox):
    sandbox.faults.add("504", verb="archive", times=1)
    told = flash_of(editor.post(f"/models/{tune}/archive/", headers=HTMX).content.decode())
    assert "It is not known whether this worked" in told
    assert "The model was read again and is as it was before." in told
    assert "until the model is read again" not in told


def test_looking_again_in_vain_says_that_it_is_still_not_known(editor, tune, sandbox):
    sandbox.faults.add("504", verb="archive", times=1)
    editor.post(f"/models/{tune}/archive/", headers=HTMX)
    address = f"/activity/{AuditEvent.objects.last().action_id}/settle/"
    answer = editor.post(address, headers=HTMX)
    assert answer.status_code == 200
    assert "as it was before. The change may still be on its way" in flash_of(answer.content.decode())
    sandbox.faults.add("503", verb="retrieve")
    answer = editor.post(address, headers=HTMX)
    assert answer.status_code == 502
    assert "It is still not known whether this worked" in flash_of(answer.content.decode())
    assert editor.post(address).status_code == 302


# --- Deleting


@pytest.mark.usefixtures("at_once")
def test_deleting_says_what_it_means_and_offers_to_archive_first(manager, tune):
    html = manager.get(f"/models/{tune}/delete/").content.decode()
    assert "Mistral no longer trains fine-tunes" in html
    assert html.index("Archive it instead") < html.index('name="typed_id"')
    assert re.findall(r"<(\w+) [^>]*autofocus>([^<]*)", html) == [("a", "Keep the model")]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("typed", ["", "Support triage", "support"])
def test_deleting_asks_for_the_id(manager, tune, typed, sandbox):
    answer = manager.post(f"/models/{tune}/delete/", {"typed_id": typed})
    assert answer.status_code == 422
    assert sandbox.counts["delete"] == 0


@pytest.mark.usefixtures("at_once")
def test_after_deleting_the_tombstone_keeps_the_card_and_the_history(manager, tune, sandbox):
    manager.post(f"/models/{tune}/describe/", form_of(manager, f"/models/{tune}/describe/") | {"value": "Last words"})
    form = form_of(manager, f"/models/{tune}/delete/") | {"typed_id": f" {tune} ", "reason": "No longer <needed>"}
    answer = manager.post(f"/models/{tune}/delete/", form | {"next": f"/models/{tune}/"})
    html = manager.get(answer["Location"]).content.decode()
    assert "Deleted on" in html
    assert "Last words" in html
    assert "No longer &lt;needed&gt;" in html
    assert "</strong> deleted" in html
    assert 'class="actions"' not in html
    assert tune not in sandbox.catalog.ids()
    assert manager.post(f"/models/{tune}/archive/").status_code == 403


@pytest.mark.usefixtures("at_once")
def test_a_deletion_that_failed_can_be_sent_again(manager, tune, sandbox):
    sandbox.faults.add("500", verb="delete", times=1)
    form = form_of(manager, f"/models/{tune}/delete/") | {"typed_id": tune}
    answer = manager.post(f"/models/{tune}/delete/", form)
    html = answer.content.decode()
    assert answer.status_code == 502
    again = re.search(r'name="action_id" value="(\w+)"', html)[1]
    assert again != form["action_id"]
    assert manager.post(f"/models/{tune}/delete/", form | {"action_id": again}).status_code == 302


# --- Sessions and tokens


def test_an_expired_login_leads_the_whole_page_to_the_login_and_back(client: Client, tune):
    headers = HTMX | {"HX-Current-URL": "http://testserver/models/?q=support&type=base"}
    answer = client.post(f"/models/{tune}/archive/", headers=headers)
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/accounts/login/?next=/models/%3Fq%3Dsupport%26type%3Dbase"
    answer = client.post(f"/models/{tune}/archive/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=/models/")


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "without"])
def test_a_stale_token_is_told_in_words_and_changes_nothing(bob, client_of, tune, headers, sandbox):
    answer = client_of(bob, enforce_csrf_checks=True).post(f"/models/{tune}/archive/", headers=headers)
    assert answer.status_code == 403
    assert "This page was open for too long" in answer.content.decode()
    assert sandbox.counts["archive"] == 0


def test_the_token_of_the_page_lets_the_action_through(bob, client_of, tune):
    client = client_of(bob, enforce_csrf_checks=True)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/models/").content.decode())[1]
    assert client.post(f"/models/{tune}/archive/", {"csrfmiddlewaretoken": token}).status_code == 302
    assert client.post(f"/models/{tune}/unarchive/", headers=HTMX | {"X-CSRFToken": token}).status_code == 200


def test_messages_are_escaped(editor, tune):
    evil = '<img src=x onerror="alert(1)">'
    form = form_of(editor, f"/models/{tune}/rename/") | {"value": evil}
    html = editor.post(f"/models/{tune}/rename/", form, headers=HTMX).content.decode()
    assert evil not in html
    assert "&lt;img src=x" in flash_of(html)


def test_the_action_id_of_a_form_cannot_break_the_pages_that_link_to_it(editor, tune):
    form = form_of(editor, f"/models/{tune}/rename/") | {"value": "New", "action_id": "../x?y#z"}
    assert editor.post(f"/models/{tune}/rename/", form, headers=HTMX).status_code == 200
    assert editor.get(f"/models/{tune}/").status_code == 200
    assert editor.get("/activity/").status_code == 200


@pytest.mark.parametrize(
    ("dialect", "words"), [("platform", "Empty takes the name away"), ("contract", "cannot take a name away")]
)
def test_the_form_says_beforehand_whether_a_name_can_be_taken_away(
    bob, client_of, synced, sandbox, point_at, dialect, words
):
    point_at(sandbox, dialect=dialect)
    tune = sandbox.catalog.fine_tunes()[0]
    assert words in client_of(bob).get(f"/models/{tune}/rename/").content.decode()
