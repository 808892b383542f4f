"""A worker goes through a job's items: each one is an action of its own, checked, done once, and in the history."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.utils import timezone

from models_ui.access.verbs import Verb
from models_ui.actions.context import Context
from models_ui.audit import chain, history
from models_ui.bulk import decide, jobs, pauses, runner
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


# --- Upstream in trouble


def test_a_failure_that_passes_is_tried_again_and_counted_as_one_success(bob, tunes, sandbox):
    sandbox.faults.add("500", verb="archive", model=tunes[0], times=2)
    job = started(bob, tunes[:2])
    work()
    assert states(job) == ["done", "done"]
    assert item_of(job, tunes[0]).attempt == 3
    assert outcomes(tunes[0]) == ["attempted", "failed"] * 2 + ["attempted", "succeeded"]
    assert len({each.action_id for each in AuditEvent.objects.filter(model_id=tunes[0])}) == 3


def test_after_the_last_try_the_item_is_failed_and_the_others_go_on(bob, tunes, sandbox, sent):
    sandbox.faults.add("500", verb="archive", model=tunes[0])
    job = started(bob, tunes[:2])
    work()
    assert states(job) == ["failed", "done"]
    assert sent().count(tunes[0]) == decide.TRIES
    assert item_of(job, tunes[0]).failure["code"] == "upstream_failed"
    assert now_of(job).state == "done"


def test_an_item_that_can_never_work_is_not_tried_again(bob, tunes, sandbox, sent):
    sandbox.faults.add("422", verb="archive", model=tunes[0])
    job = started(bob, tunes[:2])
    work()
    assert states(job) == ["failed", "done"]
    assert sent().count(tunes[0]) == 1


def test_between_two_tries_there_is_a_pause_that_grows(bob, tunes, sandbox, monkeypatch):
    monkeypatch.setattr(pauses, "BACK_OFF", 2.0)
    sandbox.faults.add("500", verb="archive")
    job = started(bob, tunes[:1])
    waits = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(4):
            assert work() == 1
            waits.append((item_of(job, tunes[0]).not_before - timezone.now()).total_seconds())
            clock.shift(waits[-1] + 0.001)
        assert work() == 1
    assert states(job) == ["failed"]
    for wait, longest in zip(waits, (2, 4, 8, 16), strict=True):
        assert longest / 2 <= wait <= longest


def test_an_answer_of_500_after_the_change_was_made_is_no_second_change(bob, tunes, sandbox):
    """The server did as asked and said that it failed. A look shows it, and the history says so."""
    sandbox.faults.add("500", verb="archive", after=True, times=1)
    job = started(bob, tunes[:1])
    work()
    assert states(job) == ["done"]
    assert performed(sandbox) == tunes[:1]
    assert outcomes(tunes[0]) == ["attempted", "succeeded"]
    event = history.model_history(tunes[0])[0]
    assert event.failure["type"] == "settled"
    assert item_of(job, tunes[0]).action_id == event.action_id
    assert chain.verify_chain()[1] is None


def test_a_success_of_somebody_else_is_not_taken_for_ones_own(alice, bob, tunes, sandbox):
    sandbox.faults.add("500", verb="archive", times=1)
    job = started(bob, tunes[:1])
    runner.run_one()
    verbs.archive_model(context=Context(actor=alice), model_id=tunes[0])
    work()
    assert states(job) == ["same"]
    assert history.model_history(tunes[0])[0].actor == "alice"


@pytest.mark.parametrize("retry_after", [7, None])
def test_a_429_makes_the_whole_job_wait_and_costs_no_try(bob, tunes, sandbox, sent, monkeypatch, retry_after):
    monkeypatch.setattr(pauses, "BACK_OFF", 2.0)
    sandbox.faults.add("429", verb="archive", times=1, **({"retry_after": retry_after} if retry_after else {}))
    job = started(bob, tunes)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert work() == 1
        assert states(job) == ["waiting"] * 5
        assert sent() == tunes[:1]
        paused = (now_of(job).paused_until - timezone.now()).total_seconds()
        assert paused == 7 if retry_after else 1 <= paused <= 2
        assert now_of(job).pause["code"] == "rate_limited"
        clock.shift(paused - 0.1)
        assert work() == 0
        clock.shift(0.2)
        work()
    assert states(job) == ["done"] * 5
    assert {each.tries for each in BulkItem.objects.all()} == {0}
    assert (now_of(job).pauses, now_of(job).pause) == (0, {})


def test_any_number_of_429s_fails_nothing_and_the_breaks_grow(bob, tunes, sandbox, monkeypatch):
    monkeypatch.setattr(pauses, "BACK_OFF", 2.0)
    sandbox.faults.add("429", verb="archive", times=12)
    job = started(bob, tunes[:1])
    breaks = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        while not now_of(job).is_over:
            assert work() == 1
            if until := now_of(job).paused_until:
                breaks.append((until - timezone.now()).total_seconds())
                clock.shift(breaks[-1] + 0.001)
    assert states(job) == ["done"]
    assert len(breaks) == 12
    assert max(breaks[:2]) <= 4 < 30 <= min(breaks[-3:]) <= max(breaks) <= pauses.CAP


def test_a_success_of_one_thread_does_not_cut_the_break_short_that_another_was_told_of(bob, tunes, sandbox):
    job = started(bob, tunes[:3])
    first, second = claim_item(timezone.now()), claim_item(timezone.now())
    sandbox.faults.add("429", verb="archive", times=1, retry_after=9)
    write_step(first, work_on_item(first))
    write_step(second, work_on_item(second))
    assert sorted(states(job)) == ["done", "waiting", "waiting"]
    assert now_of(job).paused_until - timezone.now() > timedelta(seconds=8)
    assert work() == 0


def test_an_upstream_that_cannot_be_reached_makes_the_job_wait_and_fails_nothing(bob, tunes, sandbox, monkeypatch):
    job = started(bob, tunes[:2])
    sandbox.stop()
    monkeypatch.setattr("models_ui.services.retries.BASE_SECONDS", 0.0)
    for _ in range(8):
        assert runner.run_one()
    assert states(job) == ["waiting"] * 2
    assert now_of(job).pause["code"] == "connection_refused"
    sandbox.start()
    work()
    assert states(job) == ["done"] * 2


@pytest.mark.parametrize("status", ["401", "403"])
def test_a_key_that_is_refused_stops_the_job_at_the_first_model(bob, tunes, sandbox, status):
    sandbox.faults.add(status, verb="archive", shape="nothing")
    job = started(bob, tunes)
    assert work() == 1
    assert sorted(states(job)) == ["cancelled"] * 4 + ["failed"]
    assert (now_of(job).state, now_of(job).is_over) == ("cancelled", True)
    assert now_of(job).failure["status"] == int(status)
    sandbox.faults.clear()
    jobs.resume_job(actor=bob, job_id=job.pk)
    jobs_done = work()
    assert jobs_done == 4
    jobs.retry_job(actor=bob, job_id=job.pk)
    work()
    assert states(job) == ["done"] * 5
    assert now_of(job).failure == {}


def test_a_403_about_one_model_fails_that_one_only(bob, tunes, sandbox):
    sandbox.faults.add("403", verb="archive", model=tunes[1], shape="nothing")
    job = started(bob, tunes[:3])
    work()
    assert states(job) == ["done", "failed", "done"]


# --- Nobody knows


def test_a_cut_connection_after_the_change_is_settled_at_once(bob, tunes, sandbox):
    sandbox.faults.add("cut", verb="archive", after=True, times=1)
    job = started(bob, tunes[:1])
    work()
    assert states(job) == ["done"]
    assert performed(sandbox) == tunes[:1]
    assert outcomes(tunes[0]) == ["attempted", "unknown", "succeeded"]


def test_an_unknown_outcome_is_looked_into_until_it_is_certain_before_anything_is_sent_again(bob, tunes, sandbox, sent):
    sandbox.faults.add("504", verb="archive", times=1)
    job = started(bob, tunes[:1])
    with time_machine.travel(timezone.now(), tick=False) as clock:
        work()
        assert states(job) == ["unsettled"]
        for _ in range(4):
            clock.shift(14)
            work()
            assert states(job) == ["unsettled"]
            assert len(sent()) == 1
        clock.shift(31)
        work()
    assert states(job) == ["done"]
    assert len(sent()) == 2
    assert outcomes(tunes[0]) == ["attempted", "unknown", "failed", "attempted", "succeeded"]


def test_an_outcome_that_cannot_be_found_out_is_unknown_in_the_end_and_never_sent_again(bob, tunes, sandbox, sent):
    sandbox.faults.add("504", verb="archive", after=True, times=1)
    job = started(bob, tunes[:1])
    real = ModelsAPI.archive

    def archive_then_silence(self, model_id):
        sandbox.faults.add("500", verb="retrieve")
        return real(self, model_id)

    with pytest.MonkeyPatch.context() as patch, time_machine.travel(timezone.now(), tick=False) as clock:
        patch.setattr(ModelsAPI, "archive", archive_then_silence)
        for _ in range(40):
            work()
            clock.shift(31)
        assert states(job) == ["unknown"]
        assert now_of(job).is_over
        assert len(sent()) == 1
        sandbox.faults.clear()
        jobs.retry_job(actor=bob, job_id=job.pk)
        work()
    assert states(job) == ["done"]
    assert len(sent()) == 1


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


def archived_in_silence(job, sandbox) -> None:
    """The model is archived, and nothing can be read after that."""
    sandbox.faults.add("504", verb="archive", after=True, times=1)
    real = ModelsAPI.archive

    def archive(self, model_id):
        sandbox.faults.add("500", verb="retrieve")
        return real(self, model_id)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ModelsAPI, "archive", archive)
        work()


def test_an_item_of_unknown_outcome_is_done_where_somebody_has_restored_the_model_since(bob, alice, tunes, sandbox):
    job = started(bob, tunes[:1])
    with time_machine.travel(timezone.now(), tick=False) as clock:
        archived_in_silence(job, sandbox)
        assert states(job) == ["unsettled"]
        sandbox.faults.clear()
        verbs.unarchive_model(context=Context(actor=alice), model_id=tunes[0])
        clock.shift(31)
        work()
    assert states(job) == ["done"]
    assert not row_of(tunes[0]).archived
    assert performed(sandbox) == [tunes[0], tunes[0]]


def test_an_item_given_up_as_not_known_is_done_once_its_action_is_settled(bob, tunes, sandbox, client_of):
    job = started(bob, tunes[:1])
    with time_machine.travel(timezone.now(), tick=False) as clock:
        archived_in_silence(job, sandbox)
        for _ in range(40):
            clock.shift(31)
            work()
        assert states(job) == ["unknown"]
        sandbox.faults.clear()
        client_of(bob).post(f"/activity/{item_of(job, tunes[0]).action_id}/settle/")
    assert states(job) == ["done"]
