"""A worker goes through a job's items: each one is an action of its own, checked, done once, and in the history."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.utils import timezone

from models_ui.access.verbs import Verb
from models_ui.actions.context import Context
from models_ui.audit import chain, history
from models_ui.bulk import decide, jobs, runner
from models_ui.bulk.claim import claim_item
from models_ui.bulk.decide import Step
from models_ui.bulk.runner import work_on_item
from models_ui.bulk.write_step import write_step
from models_ui.models import AuditEvent, BulkItem, Lease
from models_ui.services.models_api import ModelsAPI
from tests.bulk.conftest import item_of, now_of, outcomes, performed, row_of, started, states, work
from tests.support import verbs


def test_every_model_on_the_list_is_archived_once_and_nothing_else(bob, tunes, sandbox):
    before = {each["id"] for each in sandbox.catalog.entries() if each.get("archived")}
    job = started(bob, tunes, reason="spring cleaning", request_id="r1")
    assert work() == 5
    assert states(job) == ["done"] * 5
    assert (now_of(job).state, now_of(job).is_over) == ("done", True)
    assert performed(sandbox) == tunes
    assert {each["id"] for each in sandbox.catalog.entries() if each.get("archived")} == before | set(tunes)
    assert all(row_of(each).archived for each in tunes)
    for each in tunes:
        event = history.model_history(each)[0]
        assert (event.actor, event.job, event.reason, event.request_id) == ("bob", job.pk, "spring cleaning", "r1")
    assert chain.verify_chain() == (10, None)


def test_restoring_is_the_same_the_other_way_round(bob, archived_tune, sandbox):
    job = started(bob, [archived_tune], Verb.UNARCHIVE)
    work()
    assert states(job) == ["done"]
    assert sandbox.catalog.find(archived_tune)["archived"] is False
    assert performed(sandbox) == [archived_tune]


def test_a_model_that_will_be_skipped_is_never_sent(alice, bob, tunes, archived_tune, sent):
    verbs.protect_model(context=Context(actor=alice), model_id=tunes[1])
    job = started(bob, [tunes[0], tunes[1], archived_tune, "mistral-medium-3", "ft:nothing:such"])
    work()
    assert states(job) == ["done", "skipped", "skipped", "skipped", "skipped"]
    assert sent() == [tunes[0]]
    assert [item_of(job, each).failure["reason"] for each in (tunes[1], archived_tune, "ft:nothing:such")] == [
        "It is protected; a Manager can unprotect it",
        "It is archived already",
        "There is no such model",
    ]


def test_two_jobs_at_once_both_come_to_their_end(alice, bob, tunes, archived_tune, sandbox):
    first, second = started(bob, tunes), started(alice, [archived_tune, *tunes[:1]], Verb.ARCHIVE)
    third = started(alice, [archived_tune], Verb.UNARCHIVE)
    work()
    assert states(first) == ["done"] * 5
    assert states(second) == ["skipped", "same"]
    assert states(third) == ["done"]
    assert sorted(performed(sandbox)) == sorted([*tunes, archived_tune])


# --- What may be done is looked at again when it is done


def test_a_job_of_somebody_who_lost_the_role_does_nothing_any_more(bob, tunes, sent):
    job = started(bob, tunes)
    runner.run_one()
    bob.groups.set([Group.objects.get(name="Viewer")])
    work()
    assert sorted(states(job)) == ["done"] + ["refused"] * 4
    assert len(sent()) == 1
    refused = BulkItem.objects.filter(job=job, state="refused").first()
    assert refused.failure == {"type": "denied", "reason": "Needs the %(role)s role", "words": {"role": "Editor"}}
    assert AuditEvent.objects.filter(outcome="refused", job=job.pk).count() == 4


@pytest.mark.parametrize("how", ["switched off", "removed"])
def test_a_job_of_somebody_who_cannot_sign_in_any_more_does_nothing_either(bob, tunes, sent, how):
    job = started(bob, tunes)
    if how == "removed":
        bob.delete()
    else:
        bob.is_active = False
        bob.save()
    work()
    assert states(job) == ["refused"] * 5
    assert sent() == []
    assert outcomes(tunes[0]) == ["refused"]
    assert history.model_history(tunes[0])[0].actor == "bob"


def test_a_model_that_was_protected_since_the_review_is_refused(alice, bob, tunes, sent):
    job = started(bob, tunes[:2])
    verbs.protect_model(context=Context(actor=alice), model_id=tunes[0])
    work()
    assert states(job) == ["refused", "done"]
    assert sent() == [tunes[1]]


def test_a_model_that_somebody_archived_since_the_review_is_left_as_it_is(bob, tunes, sandbox, sent):
    job = started(bob, tunes[:2])
    sandbox.catalog.archive(tunes[0])
    work()
    assert states(job) == ["same", "done"]
    assert sent() == [tunes[1]]
    assert row_of(tunes[0]).archived


def test_a_model_that_is_gone_fails_with_the_sentence_of_that(bob, tunes, sandbox):
    job = started(bob, tunes[:2])
    sandbox.catalog.remove(tunes[0])
    work()
    assert states(job) == ["failed", "done"]
    assert item_of(job, tunes[0]).failure["code"] == "model_not_found"
    assert item_of(job, tunes[0]).correlation_id
    assert row_of(tunes[0]).is_missing


# --- Leases and fences


def test_a_worker_that_died_before_it_sent_anything_is_taken_over_with_the_same_attempt(bob, tunes, sent):
    job = started(bob, tunes[:1])
    item = claim_item(timezone.now())
    assert work() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=True):
        assert work() == 1
    assert states(job) == ["done"]
    assert item_of(job, tunes[0]).action_id == item.action_id
    assert sent() == tunes[:1]


def test_a_worker_that_died_after_it_sent_the_change_is_taken_over_by_looking(bob, tunes, sandbox, sent):
    class Killed(BaseException):
        pass

    real = ModelsAPI.archive

    def die(self, model_id):
        real(self, model_id)
        raise Killed

    job = started(bob, tunes[:1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ModelsAPI, "archive", die)
        with pytest.raises(Killed):
            runner.run_one()
    assert states(job) == ["working"]
    assert work() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=True):
        work()
    assert states(job) == ["done"]
    assert sent() == tunes[:1]
    assert outcomes(tunes[0]) == ["attempted", "succeeded"]


def test_a_worker_that_died_after_all_was_done_leaves_nothing_to_do(bob, tunes, sent):
    job = started(bob, tunes[:1])
    item = claim_item(timezone.now())
    work_on_item(item)
    bob.groups.clear()
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=True):
        work()
    assert states(job) == ["done"]
    assert sent() == tunes[:1]


def test_a_worker_that_comes_back_too_late_writes_nothing(bob, tunes):
    job = started(bob, tunes[:1])
    late = claim_item(timezone.now())
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=True):
        work()
        write_step(late, Step(jobs.ItemState.FAILED))
    assert states(job) == ["done"]


def test_a_model_that_somebody_is_changing_right_now_gets_another_turn(bob, tunes, monkeypatch):
    monkeypatch.setattr("models_ui.actions.lock.PATIENCE", 0.05)
    job = started(bob, tunes[:1])
    Lease.objects.create(name=f"model:{tunes[0]}", token="x", expires_at=timezone.now() + timedelta(seconds=60))
    assert work() == 1
    assert states(job) == ["waiting"]
    Lease.objects.all().delete()
    with time_machine.travel(timezone.now() + timedelta(seconds=6), tick=True):
        work()
    assert states(job) == ["done"]
    assert item_of(job, tunes[0]).tries == 0


def test_a_mistake_of_ours_is_no_endless_loop(bob, tunes, monkeypatch, caplog):
    monkeypatch.setattr(runner, "set_state", lambda *_: 1 / 0)
    job = started(bob, tunes[:1])
    assert work() == decide.TRIES
    assert states(job) == ["failed"]
    assert item_of(job, tunes[0]).failure == {
        "type": "denied",
        "reason": "Something went wrong in the dashboard; it is in its log",
    }
    assert "ZeroDivisionError" in caplog.text


def test_a_mistake_of_ours_after_something_was_sent_is_looked_into_first(bob, tunes, sandbox, sent, monkeypatch):
    real = ModelsAPI.archive

    def stumble(self, model_id):
        real(self, model_id)
        raise RuntimeError

    job = started(bob, tunes[:1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ModelsAPI, "archive", stumble)
        assert runner.run_one()
    assert states(job) == ["unsettled"]
    with time_machine.travel(timezone.now() + timedelta(seconds=6), tick=True):
        work()
    assert states(job) == ["done"]
    assert sent() == tunes[:1]
