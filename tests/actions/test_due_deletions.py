"""What the worker does on the day of a deletion: each check that fails, each failure, two workers, and dead ones."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from models_ui.access.policy import ActionDenied
from models_ui.actions import deletions, due_deletions
from models_ui.actions.deletion_states import State
from models_ui.audit import chain
from models_ui.mirror.sync import run_sync
from models_ui.models import AuditEvent, CatalogModel, PlannedDeletion
from sandbox import Sandbox
from tests.actions.conftest import by, row_of
from tests.actions.planned import BOTH, GRACE, deletes, kinds, now_of, why, work_at

pytestmark = pytest.mark.usefixtures("in_its_dialect")


# --- When it is due: each check that fails leaves it to a person


def check_waits(planned: PlannedDeletion, tune: str, sandbox: Sandbox, sentence: str) -> None:
    assert work_at(GRACE) == 1
    assert (deletes(sandbox), bool(sandbox.catalog.find(tune))) == (0, True)
    assert (now_of(planned).state, why(planned)) == (State.WAITS, sentence)
    assert row_of(tune).deletion_due_at is None
    event = AuditEvent.objects.last()
    assert (event.kind, event.outcome, event.action_id) == ("model.deleted", "refused", now_of(planned).action_id)
    assert (work_at(3 * GRACE), deletes(sandbox)) == (0, 0)
    assert chain.verify_chain()[1] is None


def test_what_was_restored_elsewhere_is_not_deleted(plan, tune, sandbox):
    planned = plan()
    sandbox.catalog.unarchive(tune)
    check_waits(planned, tune, sandbox, "It is no longer archived: it was restored elsewhere.")


@pytest.mark.parametrize("dialect", ["contract"])
def test_what_the_list_shows_again_after_it_had_left_is_not_deleted(plan, tune, sandbox, dialect):
    planned = plan()
    run_sync()
    assert row_of(tune).pending.get("is_left_out")
    sandbox.catalog.unarchive(tune)
    check_waits(planned, tune, sandbox, "It is no longer archived: it was restored elsewhere.")


@pytest.mark.parametrize("dialect", ["contract"])
def test_what_a_list_that_says_nothing_has_always_shown_is_not_deleted(plan, tune, sandbox, dialect):
    planned = plan()
    sandbox.catalog.unarchive(tune)
    check_waits(planned, tune, sandbox, "Mistral’s answers do not say whether it is still archived.")


def test_what_is_protected_is_not_deleted(plan, tune, sandbox):
    planned = plan()
    CatalogModel.objects.filter(model_id=tune).update(protected=True)
    check_waits(planned, tune, sandbox, "It is protected; a Manager can unprotect it.")


@BOTH
@pytest.mark.parametrize("field", ["name", "description"])
def test_what_was_changed_elsewhere_is_not_deleted(plan, tune, sandbox, field, dialect):
    planned = plan()
    sandbox.catalog.update(tune, **{field: "Another text"})
    check_waits(planned, tune, sandbox, f"Its {field} has changed since the deletion was planned.")


def test_what_cannot_be_compared_is_not_deleted(plan, tune, sandbox):
    planned = plan()
    sandbox.catalog.update(tune, name=["no", "text"])
    sentence = "Mistral’s answer does not say whether its name and description are unchanged."
    check_waits(planned, tune, sandbox, sentence)


def test_nothing_is_deleted_in_the_name_of_somebody_who_is_no_longer_a_manager(plan, alice, tune, sandbox):
    planned = plan()
    alice.groups.clear()
    check_waits(planned, tune, sandbox, "alice, who decided this, is no longer a Manager.")


@pytest.mark.parametrize("is_deleted", [False, True])
def test_nothing_is_deleted_in_the_name_of_somebody_without_access(plan, alice, tune, sandbox, is_deleted):
    planned = plan()
    if is_deleted:
        alice.delete()
    else:
        User.objects.filter(pk=alice.pk).update(is_active=False)
    check_waits(planned, tune, sandbox, "alice, who decided this, can no longer sign in.")


@pytest.mark.parametrize("verb", ["retrieve", "list"])
@pytest.mark.parametrize("dialect", ["contract"])
def test_nothing_is_deleted_while_mistral_cannot_be_asked(plan, tune, sandbox, verb, dialect):
    planned = plan()
    sandbox.faults.add("500", verb=verb, times=9)
    assert work_at(GRACE) == 1
    assert (deletes(sandbox), now_of(planned).state) == (0, State.WAITS)
    assert "Mistral" in why(planned) or "Models API" in why(planned)
    assert AuditEvent.objects.last().outcome == "failed"
    assert (work_at(2 * GRACE), deletes(sandbox)) == (0, 0)


def test_what_must_be_archived_first_is_not_planned_while_it_is_live(settings, alice, bob, tune, archived_tune):
    settings.DELETE_REQUIRES_ARCHIVE = True
    for act, actor in ((deletions.plan_deletion, alice), (deletions.ask_for_deletion, bob)):
        with pytest.raises(ActionDenied, match="It must be archived first"):
            act(context=by(actor), model_id=tune)
    assert not PlannedDeletion.objects.exists()
    assert deletions.plan_deletion(context=by(alice), model_id=archived_tune).plan is not None


# --- Gone, failed, unknown


@pytest.mark.parametrize("is_known", [False, True])
def test_what_is_gone_already_is_recorded_as_gone_without_a_delete(plan, tune, sandbox, is_known):
    planned = plan()
    sandbox.catalog.remove(tune)
    if is_known:
        CatalogModel.objects.filter(model_id=tune).update(missing_since=timezone.now())
    assert work_at(GRACE) == 1
    assert (deletes(sandbox), now_of(planned).state) == (0, State.STOPPED)
    assert (row_of(tune).is_missing, row_of(tune).is_deleted, row_of(tune).deletion_due_at) == (True, False, None)
    assert kinds()[-1] == ("deletion.gone", "succeeded", "alice")


def test_a_deletion_that_fails_waits_for_a_person_and_is_not_tried_again(plan, tune, sandbox):
    planned = plan()
    sandbox.faults.add("500", verb="delete", times=9)
    assert work_at(GRACE) == 1
    assert (deletes(sandbox), now_of(planned).state) == (1, State.WAITS)
    assert why(planned)
    assert (work_at(2 * GRACE), deletes(sandbox)) == (0, 1)


@pytest.mark.parametrize("after", [False, True])
def test_an_outcome_that_nobody_knows_waits_unless_reading_again_tells(plan, tune, sandbox, settings, after):
    settings.MODELS_API_TIMEOUT, settings.MODELS_API_TOTAL_TIMEOUT = 0.3, 0.5
    planned = plan()
    sandbox.faults.add("hang", verb="delete", times=1, seconds=2, after=after)
    assert work_at(GRACE) == 1
    assert now_of(planned).state == (State.DONE if after else State.WAITS)
    assert (work_at(2 * GRACE), deletes(sandbox)) == (0, 1)
    assert row_of(tune).is_deleted is after


def test_a_deletion_that_waits_can_be_planned_anew_or_taken_back(plan, alice, bob, tune, sandbox):
    planned = plan()
    sandbox.faults.add("500", verb="delete", times=9)
    work_at(GRACE)
    sandbox.faults.clear()
    assert plan().pk == planned.pk
    assert (now_of(planned).state, now_of(planned).failure) == (State.PLANNED, {})
    assert work_at(GRACE - timedelta(minutes=1)) == 0
    deletions.take_back_deletion(context=by(bob), model_id=tune)
    assert (now_of(planned).state, sandbox.catalog.find(tune)["archived"]) == (State.TAKEN_BACK, False)


# --- Two workers, and dead ones


def claim(at: timedelta) -> PlannedDeletion | None:
    """Take the lease of a deletion that is due, as a worker does that is killed right then."""
    now = timezone.now() + at
    with time_machine.travel(now, tick=True):
        found = due_deletions._due_deletions(now).first()
        return found if found is not None and due_deletions._take_deletion(found, now) else None


def test_two_workers_do_not_take_the_same_deletion(plan, tune):
    plan()
    now = timezone.now() + GRACE
    first, second = due_deletions._due_deletions(now).get(), due_deletions._due_deletions(now).get()
    assert due_deletions._take_deletion(first, now)
    assert not due_deletions._take_deletion(second, now)
    assert claim(GRACE) is None


def test_what_a_dead_worker_had_claimed_is_deleted_by_the_next(plan, tune, sandbox):
    planned = plan()
    assert claim(GRACE) is not None
    assert work_at(GRACE) == 0
    assert work_at(GRACE + timedelta(minutes=10)) == 1
    assert (deletes(sandbox), now_of(planned).state) == (1, State.DONE)


def test_a_worker_that_lost_its_lease_sends_nothing(plan, tune, sandbox):
    planned = plan()
    PlannedDeletion.objects.update(first_warned_at=timezone.now(), last_warned_at=timezone.now())
    late = claim(GRACE)
    assert late is not None
    PlannedDeletion.objects.filter(pk=planned.pk).update(lease_token="another")
    with time_machine.travel(timezone.now() + GRACE, tick=True), pytest.raises(due_deletions.DeletionMoved):
        due_deletions._work_on_deletion(late)
    assert (deletes(sandbox), now_of(planned).state) == (0, State.PLANNED)


def test_what_is_taken_back_while_a_worker_checks_it_is_not_deleted(plan, bob, tune, sandbox, monkeypatch):
    planned = plan()
    find_objection = due_deletions.DueDeletion.find_objection

    def taken_back_meanwhile(self, api, row, card):
        PlannedDeletion.objects.filter(pk=planned.pk).update(state=State.TAKEN_BACK)
        return find_objection(self, api, row, card)

    monkeypatch.setattr(due_deletions.DueDeletion, "find_objection", taken_back_meanwhile)
    assert work_at(GRACE) == 1
    assert (deletes(sandbox), now_of(planned).state) == (0, State.TAKEN_BACK)
    assert not AuditEvent.objects.filter(kind="model.deleted").exists()


@pytest.mark.parametrize("was_sent", [False, True])
def test_an_attempt_of_a_dead_worker_is_settled_and_never_repeated(plan, bob, tune, sandbox, monkeypatch, was_sent):
    planned = plan()

    class Killed(BaseException):
        pass

    def killed(api, model_id):
        if was_sent:
            sandbox.catalog.remove(model_id)
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(due_deletions.ModelsAPI, "delete", killed)
        work_at(GRACE)
    assert now_of(planned).state == State.DELETING
    with pytest.raises(ActionDenied, match="It is being deleted right now"):
        deletions.take_back_deletion(context=by(bob), model_id=tune)
    assert work_at(GRACE + timedelta(seconds=20)) == 0
    assert work_at(GRACE + timedelta(minutes=10)) == 1
    assert now_of(planned).state == (State.DONE if was_sent else State.WAITS)
    assert deletes(sandbox) == 0
    assert chain.verify_chain()[1] is None


def test_a_dead_workers_attempt_that_nobody_can_look_into_waits_for_a_person(plan, tune, sandbox, monkeypatch):
    planned = plan()
    PlannedDeletion.objects.filter(pk=planned.pk).update(state=State.DELETING, action_id="d" * 32)
    words = {"kind": "model.deleted", "actor": "alice", "model_id": tune, "before": {}, "after": {}}
    chain.append_event(chain.Entry(action_id="d" * 32, **words), chain.Outcome.ATTEMPTED)
    sandbox.faults.add("500", verb="retrieve", times=9)
    assert work_at(timedelta(minutes=5)) == 1
    assert now_of(planned).state == State.WAITS
    assert kinds()[-1] == ("deletion.waits", "refused", "alice")
    assert deletes(sandbox) == 0
