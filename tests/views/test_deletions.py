"""Deleting with days in which it can be taken back, as people meet it: forms, answers, rows, the model's page."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from models_ui.access.roles import Role
from models_ui.access.verbs import Verb
from models_ui.actions import deletions
from models_ui.actions.context import Context
from models_ui.actions.deletion_states import State
from models_ui.actions.due_deletions import run_due_deletion
from models_ui.actions.perform import set_state
from models_ui.bulk import jobs, runner
from models_ui.models import AuditEvent, CatalogModel, PlannedDeletion
from models_ui.text.humanize import long_day, short_day
from tests.conftest import person

HTMX = {"HX-Request": "true", "HX-Target": "model"}


@pytest.fixture
def alices(client_of, alice) -> Client:
    return client_of(alice)


@pytest.fixture
def bobs(client_of, bob) -> Client:
    return client_of(bob)


@pytest.fixture
def worker(db) -> None:
    jobs.write_heartbeat("worker")


def planned(actor: User, tune: str) -> PlannedDeletion:
    plan = deletions.plan_deletion(context=Context(actor=actor, reason="Not in use"), model_id=tune).plan
    assert plan is not None
    return plan


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def page(client: Client, address: str) -> str:
    return words(client.get(address).content.decode())


def answer(client: Client, address: str, **data: str) -> str:
    """What a person reads on the page that a form leads to."""
    response = client.post(address, data)
    assert response.status_code == 302, response.content.decode()[:500]
    return page(client, response["Location"])


def due_day(tune: str) -> str:
    return short_day(CatalogModel.objects.get(model_id=tune).deletion_due_at)


# --- Planning


def test_the_question_says_what_happens_now_and_when_and_that_it_can_be_taken_back(alices, tune, worker):
    html = alices.get(f"/models/{tune}/delete/").content.decode()
    day = timezone.now() + timedelta(days=7)
    assert (
        f"It is archived now, so programs that call it get an error at once, and deleted on {long_day(day)} ."
        in words(html)
    )
    assert "Until then every Editor can take that back." in html
    assert "Mistral no longer trains fine-tunes" in html
    assert "run_jobs" not in html
    assert f"Archive now, delete on {short_day(day)}" in words(html)
    assert re.findall(r"<(\w+) [^>]*autofocus>([^<]*)", html) == [("a", "Keep the model")]
    assert 'name="typed_id"' not in html


def test_planning_archives_and_says_when_it_is_deleted(alices, tune, sandbox):
    told = answer(alices, f"/models/{tune}/delete/", reason="Nobody <calls> it")
    assert f"Support triage is archived, and is deleted on {long_day(timezone.now() + timedelta(days=7))}." in told
    assert f"To be deleted on {due_day(tune)}" in told
    assert "Reason: Nobody &lt;calls&gt; it" in told
    assert sandbox.catalog.find(tune)["archived"] is True
    assert sandbox.counts["delete"] == 0


def test_what_cannot_be_archived_is_not_planned_and_the_reason_typed_is_kept(alices, tune, sandbox):
    sandbox.faults.add("500", verb="archive", times=9)
    response = alices.post(f"/models/{tune}/delete/", {"reason": "Nobody calls it"})
    assert response.status_code == 502
    html = response.content.decode()
    assert "Support triage was not archived." in words(html)
    assert "So its deletion is not planned." in words(html)
    assert 'value="Nobody calls it"' in html
    assert not PlannedDeletion.objects.exists()


def test_undoing_the_archiving_right_away_takes_the_deletion_back_and_says_so(alices, alice, tune):
    alices.post(f"/models/{tune}/delete/", {})
    action = AuditEvent.objects.get(kind="model.archived", outcome="succeeded").action_id
    assert f"/activity/{action}/undo/" in alices.get(f"/models/{tune}/").content.decode()
    told = answer(alices, f"/activity/{action}/undo/", next=f"/models/{tune}/")
    assert re.search(r"Its deletion, planned for \d+ \w+, is taken back\.", told)


def test_a_deletion_that_is_planned_already_says_so_and_offers_only_to_delete_now(alices, alice, tune):
    planned(alice, tune)
    response = alices.get(f"/models/{tune}/delete/")
    assert response.status_code == 403
    assert "This cannot be done: Its deletion is planned already." in words(response.content.decode())
    assert f"/models/{tune}/delete-now/" in response.content.decode()


# --- On the model's page


def test_every_editor_keeps_the_model_at_one_click_and_a_viewer_cannot(bobs, viewer, alice, tune, sandbox):
    planned(alice, tune)
    assert "Keep the model" in page(bobs, f"/models/{tune}/")
    assert "Keep the model" not in page(viewer, f"/models/{tune}/")
    assert "Delete now" not in page(bobs, f"/models/{tune}/")
    told = answer(bobs, f"/models/{tune}/keep/", next=f"/models/{tune}/")
    assert "Support triage is kept: its deletion is taken back." in told
    assert "To be deleted" not in told
    assert sandbox.catalog.find(tune)["archived"] is False
    assert "bob took back the deletion of this model" in told


def test_what_is_kept_and_cannot_be_restored_says_both(bobs, alice, tune, sandbox):
    planned(alice, tune)
    sandbox.faults.add("500", verb="unarchive", times=9)
    told = answer(bobs, f"/models/{tune}/keep/", next=f"/models/{tune}/")
    assert "Support triage is kept: its deletion is taken back. Support triage was not restored." in told


def test_an_edit_says_that_it_stopped_the_deletion(bobs, alice, tune):
    planned(alice, tune)
    form = bobs.get(f"/models/{tune}/rename/").content.decode()
    seen = re.search(r'name="seen" value="([^"]*)"', form)[1]
    told = answer(bobs, f"/models/{tune}/rename/", value="New", seen=seen, action_id="r" * 32, next=f"/models/{tune}/")
    assert re.search(r"The name is now “New”\. Its deletion, planned for \d+ \w+, is stopped\.", told)
    assert "bob changed this model, which stopped its deletion" in told
    assert "Archived" in told


def test_restoring_says_that_it_took_the_deletion_back(bobs, alice, tune):
    planned(alice, tune)
    told = answer(bobs, f"/models/{tune}/unarchive/", next=f"/models/{tune}/")
    assert re.search(r"Support triage is restored\. Its deletion, planned for \d+ \w+, is taken back\.", told)


def test_a_bulk_restore_says_which_deletions_it_took_back(bobs, bob, alice, tune):
    planned(alice, tune)
    job = jobs.make_job(actor=bob, verb=Verb.UNARCHIVE, model_ids=[tune])
    jobs.start_job(actor=bob, job_id=job.pk)
    while runner.run_one():
        pass
    assert re.search(r"Its deletion, planned for \d+ \w+, is taken back\.", page(bobs, f"/bulk/{job.pk}/"))


def test_what_was_due_and_was_not_deleted_says_why_and_what_can_be_done(alices, alice, tune, sandbox):
    planned(alice, tune)
    sandbox.catalog.unarchive(tune)
    PlannedDeletion.objects.update(first_warned_at=timezone.now(), last_warned_at=timezone.now())
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=True):
        assert run_due_deletion()
    told = page(alices, f"/models/{tune}/")
    assert "and was not: somebody must decide. It is no longer archived: it was restored elsewhere." in told
    assert "Keep the model" in told
    assert "Plan it anew…" in told
    assert "To be deleted on" not in told
    assert "It is archived now" in page(alices, f"/models/{tune}/delete/")


def test_without_a_worker_page_question_and_row_say_that_nothing_will_delete_it(alices, alice, tune):
    planned(alice, tune)
    archived = CatalogModel.objects.filter(archived=True, deletion_due_at=None).first()
    sentence = "Nothing will delete this until “manage.py run_jobs” runs"
    assert sentence in page(alices, f"/models/{tune}/")
    assert sentence in page(alices, f"/models/{archived.model_id}/delete/")
    assert "Nothing will delete this until run_jobs runs." in page(alices, "/models/?status=to_be_deleted")
    jobs.write_heartbeat("worker")
    assert "run_jobs" not in page(alices, f"/models/{tune}/")
    assert "run_jobs" not in page(alices, f"/models/{archived.model_id}/delete/")
    assert "run_jobs" not in page(alices, "/models/?status=to_be_deleted")


# --- Asking and deciding


def test_an_editor_asks_with_a_reason_and_a_manager_accepts(bobs, alices, tune, sandbox):
    assert "Ask for deletion…" in page(bobs, f"/models/{tune}/")
    assert bobs.post(f"/models/{tune}/ask-deletion/", {"reason": ""}).status_code == 422
    told = answer(bobs, f"/models/{tune}/ask-deletion/", reason="Nobody calls it")
    assert "The Managers are asked to delete Support triage." in told
    assert "bob asks for its deletion" in told
    assert "Accept" not in told
    told = page(alices, f"/models/{tune}/")
    assert "bob asks for its deletion" in told
    assert "Reason: Nobody calls it" in told
    told = answer(alices, f"/models/{tune}/decide-deletion/", decision="accept", next=f"/models/{tune}/")
    assert f"To be deleted on {due_day(tune)}" in told
    assert sandbox.catalog.find(tune)["archived"] is True


def test_declining_wants_a_word_which_the_history_keeps(bobs, alices, bob, tune, sandbox):
    deletions.ask_for_deletion(context=Context(actor=bob, reason="Nobody calls it"), model_id=tune)
    response = alices.post(f"/models/{tune}/decide-deletion/", {"decision": "decline"})
    assert response.status_code == 422
    assert "Say in a word why not: whoever asked for it reads that." in words(response.content.decode())
    assert PlannedDeletion.objects.get().state == State.ASKED
    told = answer(
        alices, f"/models/{tune}/decide-deletion/", decision="decline", words="Legal needs it", next=f"/models/{tune}/"
    )
    assert "Support triage is not deleted." in told
    assert "alice declined the deletion of this model" in told
    assert "Legal needs it" in told
    assert sandbox.counts["archive"] == 0


def test_whoever_asked_takes_the_request_back(bobs, bob, tune):
    deletions.ask_for_deletion(context=Context(actor=bob, reason="Nobody calls it"), model_id=tune)
    assert "Take the request back" in page(bobs, f"/models/{tune}/")
    assert "Support triage is kept" in answer(bobs, f"/models/{tune}/keep/", next=f"/models/{tune}/")


def test_where_two_are_needed_a_managers_question_says_so(settings, alices, client_of, tune, sandbox):
    settings.DELETE_NEEDS_TWO = True
    assert "Another Manager must accept this." in page(alices, f"/models/{tune}/delete/")
    told = answer(alices, f"/models/{tune}/delete/", reason="Nobody calls it")
    assert "The Managers are asked to delete Support triage." in told
    assert "Accept" not in told
    erins = client_of(person("erin", Role.MANAGER))
    assert "Accept: archive now, delete on" in page(erins, f"/models/{tune}/")
    assert sandbox.counts["archive"] == 0


def test_over_a_page_a_decision_answers_with_the_page(alices, bob, tune):
    deletions.ask_for_deletion(context=Context(actor=bob, reason="Nobody calls it"), model_id=tune)
    response = alices.post(f"/models/{tune}/decide-deletion/", {"decision": "accept"}, headers=HTMX)
    assert response.status_code == 200
    assert 'id="model"' in response.content.decode()
    assert "To be deleted on" in response.content.decode()


# --- Delete now


def test_delete_now_wants_the_id_and_only_what_is_archived(alices, alice, tune, sandbox):
    assert "Only what is archived can be deleted at once" in words(
        alices.get(f"/models/{tune}/delete-now/").content.decode()
    )
    assert alices.post(f"/models/{tune}/delete-now/", {"typed_id": tune}).status_code == 403
    planned(alice, tune)
    assert alices.post(f"/models/{tune}/delete-now/", {"typed_id": "another"}).status_code == 422
    assert sandbox.counts["delete"] == 0
    told = answer(alices, f"/models/{tune}/delete-now/", typed_id=tune)
    assert "Support triage is deleted." in told
    assert (PlannedDeletion.objects.get().state, sandbox.catalog.find(tune)) == (State.DONE, None)


def test_what_was_restored_elsewhere_is_not_deleted_now(alices, alice, tune, sandbox):
    set_state(Context(actor=alice), Verb.ARCHIVE, tune)
    sandbox.catalog.unarchive(tune)
    response = alices.post(f"/models/{tune}/delete-now/", {"typed_id": tune})
    assert response.status_code == 403
    assert "Only what is archived can be deleted at once" in words(response.content.decode())
    assert sandbox.counts["delete"] == 0


# --- In lists


def test_the_row_the_facet_the_search_and_the_exports_know_it(alices, alice, tune):
    planned(alice, tune)
    day = due_day(tune)
    for address in ("/models/?status=to_be_deleted", "/models/?q=to+be+deleted"):
        assert f"To be deleted on {day}" in page(alices, address), address
    (found,) = alices.get("/models.json?status=to_be_deleted").json()["models"]
    assert (found["id"], found["status"], found["state"]) == (tune, "to_be_deleted", "archived")
    assert found["deletion_due_at"].startswith(str(timezone.now().date() + timedelta(days=7)))
    assert tune in [each["id"] for each in alices.get("/models.json?state=archived").json()["models"]]


def test_a_row_says_what_each_role_may_do_about_it(alices, bobs, viewer, alice, tune):
    def can(client: Client, address: str = "/models/?type=fine-tuned") -> set[str]:
        html = client.get(address).content.decode()
        found = re.search(rf'data-model-id="{tune}"(?: data-can="([^"]*)")?', html)
        return {"delete", "keep", "ask-deletion"} & set((found[1] or "").split())

    assert [can(each) for each in (alices, bobs, viewer)] == [{"delete"}, {"ask-deletion"}, set()]
    planned(alice, tune)
    assert [can(each) for each in (alices, bobs, viewer)] == [{"delete", "keep"}, {"keep"}, set()]


def test_the_activity_tells_it_in_sentences(alices, alice, bob, tune):
    deletions.ask_for_deletion(context=Context(actor=bob, reason="Nobody calls it"), model_id=tune)
    deletions.accept_deletion(context=Context(actor=alice), model_id=tune)
    deletions.take_back_deletion(context=Context(actor=bob), model_id=tune)
    told = page(alices, "/activity/")
    assert "bob asked for the deletion of Support triage" in told
    assert re.search(r"alice accepted the deletion of Support triage , which is planned for \d+ \w+", told)
    assert "bob took back the deletion of Support triage" in told
