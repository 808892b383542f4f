"""A job whose upstream is in trouble: what is tried again, what makes it wait, and what is looked into before."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from models_ui.actions.context import Context
from models_ui.audit import chain, history
from models_ui.bulk import decide, jobs, pauses, runner
from models_ui.bulk.claim import claim_item
from models_ui.bulk.runner import work_on_item
from models_ui.bulk.write_step import write_step
from models_ui.models import AuditEvent, BulkItem
from models_ui.services.models_api import ModelsAPI
from tests.bulk.conftest import item_of, now_of, outcomes, performed, row_of, started, states, work
from tests.support import verbs

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
