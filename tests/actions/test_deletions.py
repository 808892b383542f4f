"""Deletions that wait for their day: never early, never twice, never what was taken back, and each step in the history."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from models_ui.access.policy import ActionDenied
from models_ui.access.roles import Role
from models_ui.access.verbs import BULK_VERBS, Verb
from models_ui.actions import deletions, due_deletions
from models_ui.actions.deletion_states import State, open_deletion_of
from models_ui.actions.perform import edit_text, set_state
from models_ui.actions.undo import undo_action
from models_ui.audit import chain
from models_ui.bulk import jobs, runner
from models_ui.models import AuditEvent, CatalogModel, PlannedDeletion
from sandbox import Sandbox
from tests.actions.conftest import by, row_of
from tests.actions.planned import BOTH, GRACE, deletes, kinds, now_of, work_at
from tests.conftest import person

pytestmark = pytest.mark.usefixtures("in_its_dialect")


# --- From the first wish to the end


@BOTH
def test_a_deletion_asked_for_accepted_and_waited_for_is_one_delete_upstream(
    alice: User, bob: User, tune: str, sandbox: Sandbox, dialect: str
):
    asked = deletions.ask_for_deletion(context=by(bob, reason="Nobody calls it"), model_id=tune).plan
    assert asked is not None
    assert (asked.state, row_of(tune).archived, row_of(tune).deletion_due_at) == (State.ASKED, False, None)
    assert work_at(GRACE) == 0
    accepted = deletions.accept_deletion(context=by(alice), model_id=tune, words="Agreed").plan
    assert accepted is not None
    assert (accepted.state, accepted.asked_by, accepted.decided_by) == (State.PLANNED, "bob", "alice")
    assert sandbox.catalog.find(tune)["archived"] is True
    assert row_of(tune).deletion_due_at == accepted.due_at
    assert work_at(GRACE - timedelta(minutes=1)) == 0
    assert work_at(GRACE + timedelta(minutes=1)) == 1
    assert work_at(2 * GRACE) == 0
    assert deletes(sandbox) == 1
    assert sandbox.catalog.find(tune) is None
    assert now_of(accepted).state == State.DONE
    assert row_of(tune).is_deleted
    assert row_of(tune).deletion_due_at is None
    assert kinds() == [
        ("deletion.asked", "succeeded", "bob"),
        ("model.archived", "attempted", "alice"),
        ("model.archived", "succeeded", "alice"),
        ("deletion.accepted", "succeeded", "alice"),
        ("model.deleted", "attempted", "alice"),
        ("model.deleted", "succeeded", "alice"),
    ]
    assert AuditEvent.objects.filter(kind="model.deleted").last().reason == "Nobody calls it"
    assert chain.verify_chain()[1] is None


@BOTH
def test_what_was_taken_back_is_never_deleted_and_the_model_answers_again(plan, bob, tune, sandbox, dialect):
    planned = plan()
    decided = deletions.take_back_deletion(context=by(bob), model_id=tune)
    assert decided.done is not None
    assert decided.done.outcome == "succeeded"
    assert work_at(2 * GRACE) == 0
    assert (deletes(sandbox), sandbox.catalog.find(tune)["archived"], row_of(tune).archived) == (0, False, False)
    assert (now_of(planned).state, row_of(tune).deletion_due_at) == (State.TAKEN_BACK, None)
    assert ("deletion.taken_back", "succeeded", "bob") in kinds()


def test_what_was_archived_before_stays_archived_when_its_deletion_is_taken_back(plan, bob, archived_tune, sandbox):
    planned = plan(model_id=archived_tune)
    assert sandbox.counts["archive"] == 0
    decided = deletions.take_back_deletion(context=by(bob), model_id=archived_tune)
    assert (decided.done, now_of(planned).state) == (None, State.TAKEN_BACK)
    assert sandbox.catalog.find(archived_tune)["archived"] is True


def test_what_is_taken_back_stays_so_though_it_cannot_be_restored(plan, bob, tune, sandbox):
    planned = plan()
    sandbox.faults.add("500", verb="unarchive", times=5)
    decided = deletions.take_back_deletion(context=by(bob), model_id=tune)
    assert decided.done is not None
    assert decided.done.outcome == "failed"
    assert now_of(planned).state == State.TAKEN_BACK
    assert work_at(2 * GRACE) == 0
    assert deletes(sandbox) == 0


def test_a_worker_that_was_away_deletes_late(plan, tune, sandbox):
    planned = plan()
    assert work_at(timedelta(days=60)) == 1
    assert (deletes(sandbox), now_of(planned).state) == (1, State.DONE)


def test_without_days_of_grace_what_is_accepted_is_due_at_once(settings, alice, bob, tune, sandbox):
    settings.DELETE_GRACE_DAYS = 0
    deletions.ask_for_deletion(context=by(bob, reason="Nobody calls it"), model_id=tune)
    deletions.accept_deletion(context=by(alice), model_id=tune)
    assert work_at(timedelta(seconds=1)) == 1
    assert sandbox.catalog.find(tune) is None


# --- Archiving comes first


@pytest.mark.parametrize(("kind", "outcome"), [("500", "failed"), ("hang", "unknown")])
@pytest.mark.parametrize("is_asked_for", [False, True])
def test_nothing_is_planned_where_archiving_fails_or_is_unknown(
    alice, bob, tune, sandbox, settings, kind, outcome, is_asked_for
):
    settings.MODELS_API_TIMEOUT, settings.MODELS_API_TOTAL_TIMEOUT = 0.3, 0.5
    if is_asked_for:
        deletions.ask_for_deletion(context=by(bob, reason="Nobody calls it"), model_id=tune)
    decide = deletions.accept_deletion if is_asked_for else deletions.plan_deletion
    sandbox.faults.add(kind, verb="archive", times=5, **({"seconds": 2} if kind == "hang" else {}))
    decided = decide(context=by(alice), model_id=tune)
    assert (decided.plan, decided.done.outcome) == (None, outcome)
    left = open_deletion_of(row_of(tune).pk)
    assert (left.state if left else None) == (State.ASKED if is_asked_for else None)
    assert row_of(tune).deletion_due_at is None
    assert not AuditEvent.objects.filter(kind__in=("deletion.planned", "deletion.accepted")).exists()


def test_nothing_is_planned_where_somebody_restores_it_at_that_moment(alice, tune, monkeypatch):
    add_plan = deletions.states.add_plan

    def restored_meanwhile(*args, **options):
        CatalogModel.objects.filter(model_id=tune).update(archived=False)
        return add_plan(*args, **options)

    monkeypatch.setattr(deletions.states, "add_plan", restored_meanwhile)
    with pytest.raises(ActionDenied, match="decided about this deletion a moment ago"):
        deletions.plan_deletion(context=by(alice), model_id=tune)
    assert not PlannedDeletion.objects.exists()


# --- What stops a deletion, or takes it back


def test_restoring_takes_the_deletion_back(plan, bob, tune, sandbox):
    planned = plan()
    done = set_state(by(bob), Verb.UNARCHIVE, tune)
    assert now_of(planned).state == State.TAKEN_BACK
    assert now_of(planned).ended_by_action == done.event.action_id
    assert row_of(tune).deletion_due_at is None
    assert (work_at(2 * GRACE), deletes(sandbox)) == (0, 0)


def test_undoing_the_archiving_takes_the_deletion_back(plan, bob, tune, sandbox):
    planned = plan()
    archived = AuditEvent.objects.get(kind="model.archived", outcome="succeeded")
    undo_action(context=by(bob), action_id=archived.action_id)
    assert now_of(planned).state == State.TAKEN_BACK
    assert (work_at(2 * GRACE), deletes(sandbox)) == (0, 0)


def test_restoring_many_takes_their_deletions_back(plan, bob, tune, archived_tune, sandbox):
    planned = [plan(), plan(model_id=archived_tune)]
    job = jobs.make_job(actor=bob, verb=Verb.UNARCHIVE, model_ids=[tune, archived_tune])
    jobs.start_job(actor=bob, job_id=job.pk)
    while runner.run_one():
        pass
    assert [now_of(each).state for each in planned] == [State.TAKEN_BACK, State.TAKEN_BACK]
    assert (work_at(2 * GRACE), deletes(sandbox)) == (0, 0)


@pytest.mark.parametrize("verb", [Verb.RENAME, Verb.DESCRIBE])
def test_an_edit_stops_the_deletion(plan, bob, tune, sandbox, verb):
    planned = plan()
    row = row_of(tune)
    seen = row.name if verb is Verb.RENAME else row.description
    done = edit_text(by(bob), verb, tune, text="Something else", seen=seen)
    assert done.outcome == "succeeded"
    assert now_of(planned).state == State.STOPPED
    assert now_of(planned).ended_by_action == done.event.action_id
    assert ("deletion.stopped", "succeeded", "bob") in kinds()
    assert (work_at(2 * GRACE), deletes(sandbox), row_of(tune).archived) == (0, 0, True)


def test_an_edit_that_fails_stops_nothing(plan, bob, tune, sandbox):
    planned = plan()
    sandbox.faults.add("500", verb="update", times=5)
    assert edit_text(by(bob), Verb.DESCRIBE, tune, text="Else", seen=row_of(tune).description).outcome == "failed"
    assert now_of(planned).state == State.PLANNED


def test_protecting_stops_the_deletion(plan, alice, tune, sandbox):
    planned = plan()
    set_state(by(alice), Verb.PROTECT, tune)
    assert now_of(planned).state == State.STOPPED
    assert (work_at(2 * GRACE), deletes(sandbox)) == (0, 0)


def test_no_bulk_job_deletes():
    assert Verb.DELETE not in BULK_VERBS


# --- Who may decide


def test_a_viewer_asks_for_nothing_and_an_editor_plans_nothing(bob, carol, tune, sandbox):
    for act, actor, role in (
        (deletions.ask_for_deletion, carol, "Editor"),
        (deletions.take_back_deletion, carol, "Editor"),
        (deletions.plan_deletion, bob, "Manager"),
        (deletions.accept_deletion, bob, "Manager"),
        (deletions.delete_now, bob, "Manager"),
    ):
        with pytest.raises(ActionDenied, match=f"Needs the {role} role"):
            act(context=by(actor), model_id=tune)
    with pytest.raises(ActionDenied, match="Needs the Manager role"):
        deletions.decline_deletion(context=by(bob), model_id=tune, words="No")
    assert {outcome for _kind, outcome, _actor in kinds()} == {"refused"}
    assert AuditEvent.objects.count() == 6
    assert not PlannedDeletion.objects.exists()


def test_what_is_declined_is_over_and_can_be_asked_for_again(alice, bob, tune, sandbox):
    asked = deletions.ask_for_deletion(context=by(bob, reason="Old"), model_id=tune).plan
    deletions.decline_deletion(context=by(alice), model_id=tune, words="Legal needs it")
    assert (now_of(asked).state, now_of(asked).words) == (State.DECLINED, "Legal needs it")
    assert AuditEvent.objects.last().reason == "Legal needs it"
    assert deletions.ask_for_deletion(context=by(bob, reason="Now"), model_id=tune).plan.pk != asked.pk
    assert sandbox.counts["archive"] == 0


def test_a_deletion_is_asked_for_and_planned_once(alice, bob, tune):
    deletions.ask_for_deletion(context=by(bob), model_id=tune)
    with pytest.raises(ActionDenied, match="Its deletion is asked for already: a Manager decides"):
        deletions.ask_for_deletion(context=by(bob), model_id=tune)
    deletions.plan_deletion(context=by(alice), model_id=tune)
    with pytest.raises(ActionDenied, match="Its deletion is planned already"):
        deletions.plan_deletion(context=by(alice), model_id=tune)
    assert PlannedDeletion.objects.count() == 1


def test_where_two_are_needed_a_managers_wish_waits_for_another_manager(settings, alice, tune, sandbox):
    settings.DELETE_NEEDS_TWO = True
    asked = deletions.plan_deletion(context=by(alice), model_id=tune).plan
    assert (asked.state, row_of(tune).archived) == (State.ASKED, False)
    for act in (deletions.plan_deletion, deletions.accept_deletion):
        with pytest.raises(ActionDenied, match="Another Manager must accept this deletion"):
            act(context=by(alice), model_id=tune)
    CatalogModel.objects.filter(model_id=tune).update(archived=True)
    with pytest.raises(ActionDenied, match="two people must want it"):
        deletions.delete_now(context=by(alice), model_id=tune)
    CatalogModel.objects.filter(model_id=tune).update(archived=False)
    erin = person("erin", Role.MANAGER)
    assert deletions.accept_deletion(context=by(erin), model_id=tune).plan.state == State.PLANNED
    assert (work_at(GRACE), deletes(sandbox)) == (1, 1)


# --- Delete now


def test_only_what_is_archived_is_deleted_at_once(alice, tune, archived_tune, sandbox):
    with pytest.raises(ActionDenied, match="Only what is archived can be deleted at once"):
        deletions.delete_now(context=by(alice), model_id=tune)
    assert deletions.delete_now(context=by(alice), model_id=archived_tune).outcome == "succeeded"
    assert deletes(sandbox) == 1


def test_a_planned_deletion_need_not_be_waited_for(plan, alice, tune, sandbox):
    planned = plan()
    assert deletions.delete_now(context=by(alice), model_id=tune).outcome == "succeeded"
    assert now_of(planned).state == State.DONE
    assert (work_at(2 * GRACE), deletes(sandbox)) == (0, 1)


def test_a_deletion_at_once_of_unknown_outcome_waits_and_checking_again_ends_it(plan, alice, tune, sandbox, settings):
    settings.MODELS_API_TIMEOUT, settings.MODELS_API_TOTAL_TIMEOUT = 0.3, 0.5
    planned = plan()
    sandbox.faults.add("hang", verb="delete", times=1, seconds=2)
    done = deletions.delete_now(context=by(alice, "n" * 32), model_id=tune)
    assert (done.outcome, now_of(planned).state) == ("unknown", State.WAITS)
    sandbox.catalog.remove(tune)
    due_deletions.settle_action(actor=alice, action_id="n" * 32)
    assert now_of(planned).state == State.DONE


def test_what_is_deleted_at_once_cannot_be_taken_back_meanwhile(plan, alice, bob, tune, sandbox, monkeypatch):
    plan()
    delete = due_deletions.ModelsAPI.delete
    told = []

    def tried_meanwhile(api, model_id):
        with pytest.raises(ActionDenied) as denied:
            deletions.take_back_deletion(context=by(bob), model_id=model_id)
        told.append(denied.value.reason)
        return delete(api, model_id)

    monkeypatch.setattr(due_deletions.ModelsAPI, "delete", tried_meanwhile)
    assert deletions.delete_now(context=by(alice), model_id=tune).outcome == "succeeded"
    assert told == ["It is being deleted right now"]
