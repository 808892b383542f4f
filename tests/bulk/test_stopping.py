"""Cancel, try again what failed, go on with the rest, and take the whole back."""

import pytest

from models_ui.access.verbs import Verb
from models_ui.actions import undo
from models_ui.actions.context import Context
from models_ui.audit import history
from models_ui.bulk import jobs, runner
from models_ui.bulk.claim import claim_item
from models_ui.bulk.jobs import WrongState
from models_ui.bulk.runner import work_on_item
from models_ui.bulk.write_step import write_step
from models_ui.models import AuditEvent, BulkItem
from tests.bulk.conftest import item_of, now_of, outcomes, performed, row_of, started, states, work
from tests.support import verbs

# --- Cancel


def test_cancel_stops_what_is_not_sent_and_keeps_what_was_done(bob, tunes, sandbox):
    job = started(bob, tunes)
    runner.run_one()
    runner.run_one()
    jobs.cancel_job(actor=bob, job_id=job.pk)
    assert work() == 0
    assert states(job) == ["done", "done", "cancelled", "cancelled", "cancelled"]
    assert performed(sandbox) == tunes[:2]
    assert (now_of(job).state, now_of(job).is_over) == ("cancelled", True)


def test_a_write_on_its_way_when_the_job_is_cancelled_comes_to_its_end_and_counts(bob, tunes, sandbox):
    job = started(bob, tunes[:2])
    item = claim_item(job.started_at)
    jobs.cancel_job(actor=bob, job_id=job.pk)
    assert states(job) == ["working", "cancelled"]
    assert not now_of(job).is_over
    write_step(item, work_on_item(item))
    assert states(job) == ["done", "cancelled"]
    assert (now_of(job).state, now_of(job).is_over) == ("cancelled", True)


def test_a_write_that_failed_on_its_way_when_the_job_was_cancelled_is_not_tried_again(bob, tunes, sandbox, sent):
    sandbox.faults.add("500", verb="archive")
    job = started(bob, tunes[:2])
    item = claim_item(job.started_at)
    jobs.cancel_job(actor=bob, job_id=job.pk)
    write_step(item, work_on_item(item))
    assert work() == 0
    assert states(job) == ["cancelled", "cancelled"]
    assert len(sent()) == 1


def test_a_job_that_waits_can_be_cancelled_at_once(bob, tunes, sandbox):
    sandbox.faults.add("429", verb="archive", retry_after=3600)
    job = started(bob, tunes)
    work()
    jobs.cancel_job(actor=bob, job_id=job.pk)
    assert now_of(job).is_over
    assert states(job) == ["cancelled"] * 5


def test_going_on_does_the_rest_and_only_the_rest(bob, tunes, sandbox):
    job = started(bob, tunes)
    runner.run_one()
    jobs.cancel_job(actor=bob, job_id=job.pk)
    jobs.resume_job(actor=bob, job_id=job.pk)
    work()
    assert states(job) == ["done"] * 5
    assert performed(sandbox) == tunes
    assert now_of(job).state == "done"


# --- Try again


def test_only_what_failed_is_tried_again(bob, tunes, sandbox):
    sandbox.faults.add("422", verb="archive", model=tunes[1])
    job = started(bob, tunes)
    work()
    assert states(job) == ["done", "failed", "done", "done", "done"]
    sandbox.faults.clear()
    sandbox.log.clear()
    jobs.retry_job(actor=bob, job_id=job.pk)
    assert now_of(job).state == "queued"
    assert work() == 1
    assert states(job) == ["done"] * 5
    assert performed(sandbox) == [tunes[1]]
    assert outcomes(tunes[1]) == ["attempted", "failed", "attempted", "succeeded"]


def test_a_refused_item_works_once_nothing_stands_in_the_way(alice, bob, tunes):
    job = started(bob, tunes[:2])
    verbs.protect_model(context=Context(actor=alice), model_id=tunes[0])
    work()
    verbs.unprotect_model(context=Context(actor=alice), model_id=tunes[0])
    jobs.retry_job(actor=bob, job_id=job.pk)
    work()
    assert states(job) == ["done", "done"]


def test_a_retry_acts_as_the_person_who_tries_again(alice, bob, tunes, sandbox):
    sandbox.faults.add("422", verb="archive", times=1)
    job = started(bob, tunes[:2])
    work()
    jobs.retry_job(actor=alice, job_id=job.pk)
    work()
    assert [history.model_history(each)[0].actor for each in tunes[:2]] == ["alice", "bob"]
    assert (now_of(job).made_by, now_of(job).started_by) == ("bob", "alice")


def test_a_job_without_failures_has_nothing_to_try_again(bob, tunes):
    job = started(bob, tunes[:1])
    for act in (jobs.retry_job, jobs.resume_job):
        with pytest.raises(WrongState):
            act(actor=bob, job_id=job.pk)
    work()
    for act in (jobs.retry_job, jobs.resume_job, jobs.cancel_job, jobs.start_job):
        with pytest.raises(WrongState):
            act(actor=bob, job_id=job.pk)
    assert states(job) == ["done"]


# --- Undo the whole


def test_undo_is_a_job_of_its_own_over_what_was_really_changed(bob, tunes, archived_tune, sandbox):
    sandbox.faults.add("422", verb="archive", model=tunes[1])
    job = started(bob, [*tunes, archived_tune])
    work()
    undoing = jobs.undo_job(actor=bob, job_id=job.pk)
    changed = [tunes[0], *tunes[2:]]
    assert [each.model_id for each in undoing.items.all()] == changed
    assert (undoing.verb, undoing.undoes, undoing.state) == (Verb.UNARCHIVE, job.pk, "draft")
    jobs.start_job(actor=bob, job_id=undoing.pk)
    work()
    assert states(undoing) == ["done"] * 4
    assert performed(sandbox, "unarchive") == changed
    assert sandbox.catalog.find(archived_tune)["archived"] is True
    for each in changed:
        event = history.model_history(each)[0]
        assert event.undoes == item_of(job, each).action_id
        assert event.job == undoing.pk
        assert not row_of(each).archived


def test_a_model_that_somebody_changed_since_is_skipped_and_says_who(alice, bob, tunes, sandbox):
    job = started(bob, tunes[:3])
    work()
    verbs.unarchive_model(context=Context(actor=alice), model_id=tunes[0])
    verbs.archive_model(context=Context(actor=alice), model_id=tunes[0])
    verbs.unarchive_model(context=Context(actor=alice), model_id=tunes[1])
    undoing = jobs.undo_job(actor=bob, job_id=job.pk)
    assert states(undoing) == ["skipped", "skipped", "waiting"]
    assert item_of(undoing, tunes[0]).failure == {
        "type": "denied",
        "reason": "%(who)s has changed it since",
        "words": {"who": "alice"},
    }


def test_a_change_between_the_review_and_the_turn_is_not_clobbered(alice, bob, tunes, sandbox):
    job = started(bob, tunes[:2])
    work()
    undoing = jobs.undo_job(actor=bob, job_id=job.pk)
    jobs.start_job(actor=bob, job_id=undoing.pk)
    verbs.unarchive_model(context=Context(actor=alice), model_id=tunes[0])
    verbs.archive_model(context=Context(actor=alice), model_id=tunes[0])
    work()
    assert states(undoing) == ["refused", "done"]
    assert sandbox.catalog.find(tunes[0])["archived"] is True


def test_undoing_twice_undoes_once(bob, tunes, sandbox):
    job = started(bob, tunes[:2])
    work()
    twice = [jobs.undo_job(actor=bob, job_id=job.pk) for _ in range(2)]
    for undoing in twice:
        jobs.start_job(actor=bob, job_id=undoing.pk)
    work()
    assert [states(each) for each in twice] == [["done"] * 2, ["same"] * 2]
    assert performed(sandbox, "unarchive") == tunes[:2]
    third = jobs.undo_job(actor=bob, job_id=job.pk)
    assert states(third) == ["skipped"] * 2


def test_an_undo_can_itself_be_undone(bob, tunes, sandbox):
    job = started(bob, tunes[:2])
    work()
    for _ in range(3):
        job = jobs.undo_job(actor=bob, job_id=job.pk)
        jobs.start_job(actor=bob, job_id=job.pk)
        work()
        assert states(job) == ["done"] * 2
    assert not any(sandbox.catalog.find(each)["archived"] for each in tunes[:2])


def test_a_change_that_a_failed_answer_hid_is_undone_as_well(bob, tunes, sandbox):
    """It was archived by this job, though the server said that it failed."""
    sandbox.faults.add("500", verb="archive", after=True, times=1)
    job = started(bob, tunes[:1])
    work()
    undoing = jobs.undo_job(actor=bob, job_id=job.pk)
    jobs.start_job(actor=bob, job_id=undoing.pk)
    work()
    assert states(undoing) == ["done"]
    assert sandbox.catalog.find(tunes[0])["archived"] is False


def test_a_job_that_changed_nothing_has_nothing_to_undo(bob, tunes, sandbox):
    sandbox.faults.add("422", verb="archive")
    job = started(bob, tunes[:2])
    with pytest.raises(WrongState):
        jobs.undo_job(actor=bob, job_id=job.pk)
    work()
    with pytest.raises(WrongState):
        jobs.undo_job(actor=bob, job_id=job.pk)


def test_a_single_undo_of_one_model_of_a_job_leaves_the_others(bob, tunes, sandbox):
    job = started(bob, tunes[:2])
    work()
    event = AuditEvent.objects.filter(job=job.pk, model_id=tunes[0]).last()
    undo.undo_action(context=Context(actor=bob), action_id=event.action_id)
    undoing = jobs.undo_job(actor=bob, job_id=job.pk)
    assert states(undoing) == ["skipped", "waiting"]
    assert BulkItem.objects.get(job=undoing, state="skipped").failure["reason"] == "It is live already"
