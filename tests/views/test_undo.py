"""Undo and a second look, as a person meets them: in the message of an action, and on a page that asks first."""

import json
import re

import pytest
from django.core import signing

from models_ui.actions import perform
from models_ui.actions.context import Context
from models_ui.models import AuditEvent
from tests.support import verbs
from tests.support.forms import HTMX, flash_of, form_of


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
