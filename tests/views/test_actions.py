"""Actions as a person meets them: in the row, on the model's page and on a page of its own, with and without htmx."""

import re
from html import unescape

import pytest
from django.test import Client

from models_ui.models import AuditEvent, CatalogModel, Lease
from tests.support.forms import HTMX, flash_of, form_of

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
