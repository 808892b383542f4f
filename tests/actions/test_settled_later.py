"""An outcome that nobody knew is settled by what was recorded since, also where the value has changed again."""

from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.utils import timezone

from models_ui.actions import context, perform, settle, undo
from models_ui.actions import context as actions_context
from models_ui.audit import chain
from models_ui.mirror.sync import run_sync
from models_ui.models import AuditEvent, CatalogChange
from models_ui.services import models_api
from models_ui.services.models_api import ModelsAPI
from tests.actions.conftest import by, outcomes, row_of
from tests.support import verbs

OLD = "Support triage"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(timezone.now(), tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def left_open(sandbox, monkeypatch) -> Callable[..., str]:
    """Do something whose answer never comes, and whose result nobody can look at; its action id."""

    def act(verb: str, action: Callable[..., actions_context.Done], *, performed: bool, **words) -> str:
        sandbox.faults.add("504", verb=verb, after=performed, times=1)
        real = getattr(ModelsAPI, verb)

        def write(self, *args, **kwargs):
            sandbox.faults.add("503", verb="retrieve")
            return real(self, *args, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(ModelsAPI, verb, write)
            done = action(**words)
        sandbox.faults.clear()
        assert done.event is not None and done.event.outcome == "unknown"
        return done.event.action_id

    return act


@pytest.fixture
def renamed(left_open, bob, tune) -> Callable[..., str]:
    """A rename to "New" of unknown outcome."""

    def rename(*, performed: bool) -> str:
        words = {"context": by(bob), "model_id": tune, "name": "New", "seen": OLD}
        return left_open("update", verbs.rename_model, performed=performed, **words)

    return rename


def outcome_of(bob, action_id: str) -> str:
    return settle.settle_action(actor=bob, action_id=action_id).outcome


def rename(actor, tune: str, name: str | None, seen: str) -> None:
    done = verbs.rename_model(context=by(actor), model_id=tune, name=name, seen=seen)
    assert done.outcome == "succeeded"


@pytest.mark.parametrize(("name", "wait"), [("Newer", 1), ("Newer", 600), (OLD, 1)])
def test_a_second_rename_has_seen_that_the_first_one_arrived(alice, bob, tune, renamed, clock, name, wait):
    action_id = renamed(performed=True)
    clock.shift(wait)
    rename(alice, tune, name, seen="New")
    assert outcome_of(bob, action_id) == "succeeded"
    assert row_of(tune).name == name
    assert AuditEvent.objects.filter(action_id=action_id).last().failure["settled_by"] == "bob"
    assert chain.verify_chain()[1] is None


def test_a_later_rename_has_seen_that_the_first_one_never_arrived(alice, bob, tune, renamed, clock):
    action_id = renamed(performed=False)
    clock.shift(600)
    rename(alice, tune, "Newer", seen=OLD)
    assert outcome_of(bob, action_id) == "failed"
    assert row_of(tune).name == "Newer"


def test_the_old_name_seen_at_once_does_not_tell_whether_the_write_is_still_on_its_way(
    alice, bob, tune, renamed, clock
):
    action_id = renamed(performed=False)
    clock.shift(10)
    rename(alice, tune, "Newer", seen=OLD)
    clock.shift(600)
    assert outcome_of(bob, action_id) == "unknown"
    # Who sees later that it did arrive after all tells.
    models_api().update(tune, name="New")
    rename(alice, tune, "Newest", seen="New")
    assert outcome_of(bob, action_id) == "succeeded"


def test_a_later_rename_to_the_same_name_is_no_evidence_for_the_first(alice, bob, tune, renamed, clock):
    action_id = renamed(performed=False)
    clock.shift(10)
    rename(alice, tune, "New", seen=OLD)
    clock.shift(600)
    rename(alice, tune, "Newer", seen="New")
    assert outcome_of(bob, action_id) == "unknown"


def test_the_old_name_put_back_is_no_evidence_that_the_write_failed(alice, bob, tune, renamed, clock, sandbox):
    action_id = renamed(performed=True)
    sandbox.catalog.rename(tune, "Elsewhere")
    clock.shift(10)
    rename(alice, tune, OLD, seen="Elsewhere")
    clock.shift(600)
    rename(alice, tune, "Newer", seen=OLD)
    assert outcome_of(bob, action_id) == "unknown"


def test_a_later_action_that_failed_or_is_unknown_itself_has_still_seen_the_value(
    alice, bob, tune, renamed, left_open, clock, sandbox
):
    first = renamed(performed=True)
    words = {"context": by(alice), "model_id": tune, "name": "Newer", "seen": "New"}
    second = left_open("update", verbs.rename_model, performed=True, **words)
    sandbox.catalog.rename(tune, "Elsewhere")
    assert (outcome_of(bob, first), outcome_of(bob, second)) == ("succeeded", "unknown")


def test_a_refused_rename_has_seen_nothing(alice, bob, tune, renamed, clock, sandbox):
    action_id = renamed(performed=True)
    sandbox.catalog.rename(tune, "Elsewhere")
    clock.shift(600)
    with pytest.raises(context.EditConflict):
        verbs.rename_model(context=by(alice), model_id=tune, name="Newer", seen=OLD)
    assert outcome_of(bob, action_id) == "unknown"


def test_the_list_has_shown_the_new_name_before_it_changed_elsewhere(bob, tune, renamed, clock, sandbox):
    action_id = renamed(performed=True)
    clock.shift(120)
    run_sync()
    assert row_of(tune).name == "New"
    sandbox.catalog.rename(tune, "Elsewhere")
    assert outcome_of(bob, action_id) == "succeeded"
    assert row_of(tune).name == "New"


def test_a_change_that_the_list_told_shows_what_was_there_before(bob, tune, renamed, clock, sandbox):
    action_id = renamed(performed=True)
    for name in ("", "", "Elsewhere", "", ""):  # a name is told once an hour has confirmed it
        clock.shift(3600)
        if name:
            sandbox.catalog.rename(tune, name)
        run_sync()
    assert row_of(tune).name == "Elsewhere"
    assert CatalogChange.objects.get(kind="name.changed").before == "New"
    assert outcome_of(bob, action_id) == "succeeded"


@pytest.mark.parametrize("performed", [True, False])
def test_a_change_whose_old_name_the_list_knew_before_the_action_is_no_evidence(
    bob, tune, renamed, clock, sandbox, performed
):
    action_id = renamed(performed=performed)
    sandbox.catalog.rename(tune, "Elsewhere")  # before any list could show whether "New" arrived
    for _ in range(3):
        clock.shift(3600)
        run_sync()
    assert CatalogChange.objects.get(kind="name.changed").before == OLD
    assert outcome_of(bob, action_id) == "unknown"


def test_a_description_is_settled_like_a_name(alice, bob, tune, left_open, clock):
    seen = row_of(tune).description
    words = {"context": by(bob), "model_id": tune, "description": "First", "seen": seen}
    action_id = left_open("update", verbs.describe_model, performed=True, **words)
    verbs.describe_model(context=by(alice), model_id=tune, description="Second", seen="First")
    assert outcome_of(bob, action_id) == "succeeded"


@pytest.mark.parametrize(("performed", "outcome"), [(True, "succeeded"), (False, "failed")])
def test_archiving_is_settled_by_who_restored_or_archived_it_since(
    alice, bob, tune, left_open, clock, performed, outcome
):
    action_id = left_open("archive", verbs.archive_model, performed=performed, context=by(bob), model_id=tune)
    clock.shift(600)
    then = verbs.unarchive_model if performed else verbs.archive_model
    assert then(context=by(alice), model_id=tune).event.outcome == "succeeded"
    assert outcome_of(bob, action_id) == outcome
    assert row_of(tune).archived is not performed


def test_a_second_archiving_has_seen_nothing_where_answers_do_not_say_what_is_archived(
    alice, bob, tune, left_open, clock, sandbox
):
    sandbox.strict = True
    action_id = left_open("archive", verbs.archive_model, performed=True, context=by(bob), model_id=tune)
    clock.shift(600)
    assert verbs.archive_model(context=by(alice), model_id=tune).event.outcome == "succeeded"
    done = settle.settle_action(actor=bob, action_id=action_id)
    assert (done.outcome, done.question.answer) == ("unknown", "unsaid")


def test_a_model_that_was_deleted_since_was_last_seen_by_who_deleted_it(alice, bob, tune, renamed, clock):
    action_id = renamed(performed=True)
    assert perform.delete_model(context=by(alice), model_id=tune).outcome == "succeeded"
    assert outcome_of(bob, action_id) == "succeeded"
    assert row_of(tune).is_deleted


@pytest.mark.parametrize("wait", [1, 600])
def test_a_deletion_failed_where_a_later_one_found_the_model_still_there(alice, bob, tune, left_open, clock, wait):
    action_id = left_open("delete", perform.delete_model, performed=False, context=by(alice), model_id=tune)
    clock.shift(wait)
    assert perform.delete_model(context=by(alice), model_id=tune).outcome == "succeeded"
    assert outcome_of(bob, action_id) == "failed"
    assert row_of(tune).is_deleted


def test_settling_by_records_asks_nobody_upstream(alice, bob, tune, renamed, clock, sandbox):
    action_id = renamed(performed=True)
    rename(alice, tune, "Newer", seen="New")
    sandbox.faults.add("503", verb="retrieve")
    assert outcome_of(bob, action_id) == "succeeded"
    assert outcomes(tune).count("succeeded") == 2


def test_an_action_that_is_settled_late_is_not_taken_for_the_last_change(alice, bob, tune, renamed, clock):
    action_id = renamed(performed=True)
    later = verbs.rename_model(context=by(alice), model_id=tune, name="Newer", seen="New")
    assert outcome_of(bob, action_id) == "succeeded"
    with pytest.raises(context.EditConflict) as raised:
        undo.undo_action(context=by(bob), action_id=action_id)
    assert (raised.value.theirs, raised.value.by.actor) == ("Newer", "alice")
    assert undo.undo_action(context=by(bob), action_id=later.event.action_id).outcome == "succeeded"
    assert row_of(tune).name == "New"
