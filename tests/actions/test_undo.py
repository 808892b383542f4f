"""Taking an action back: checked, in the history, and never over somebody else's head."""

import pytest

from models_ui.access.policy import ActionDenied
from models_ui.actions import perform, undo
from models_ui.actions.context import EditConflict
from models_ui.audit import chain, history
from tests.actions.conftest import by, outcomes, row_of
from tests.support import verbs


def renamed(actor, model_id: str, name: str) -> str:
    done = verbs.rename_model(context=by(actor), model_id=model_id, name=name, seen=row_of(model_id).name)
    return done.event.action_id


def test_undo_puts_the_old_name_back_and_says_which_action_it_took_back(bob, tune, now_upstream):
    first = renamed(bob, tune, "Better")
    done = undo.undo_action(context=by(bob), action_id=first)
    assert now_upstream(tune)["name"] == row_of(tune).name == "Support triage"
    assert (done.event.undoes, done.event.before, done.event.after) == (
        first,
        {"name": "Better"},
        {"name": "Support triage"},
    )


def test_an_undo_can_itself_be_undone(bob, tune, now_upstream):
    undone = undo.undo_action(context=by(bob), action_id=renamed(bob, tune, "Better")).event
    undo.undo_action(context=by(bob), action_id=undone.action_id)
    assert now_upstream(tune)["name"] == "Better"


def test_undoing_twice_undoes_once(bob, alice, tune, now_upstream, writes):
    first = renamed(bob, tune, "Better")
    undo.undo_action(context=by(bob), action_id=first)
    again = undo.undo_action(context=by(alice), action_id=first)
    assert again.event is None
    assert now_upstream(tune)["name"] == "Support triage"
    assert writes() == ["update", "update"]


def test_a_second_persons_undo_does_not_clobber_a_third_persons_change(bob, alice, tune, now_upstream):
    first = renamed(bob, tune, "Bob’s")
    renamed(alice, tune, "Alice’s")
    with pytest.raises(EditConflict) as raised:
        undo.undo_action(context=by(bob), action_id=first)
    assert (raised.value.theirs, raised.value.mine) == ("Alice’s", "Support triage")
    assert raised.value.by.actor == "alice"
    assert now_upstream(tune)["name"] == "Alice’s"
    assert outcomes(tune)[-1] == "refused"
    undo.undo_action(context=by(bob), action_id=first, insist=True, seen="Alice’s")
    assert now_upstream(tune)["name"] == "Support triage"


def test_a_change_made_elsewhere_is_not_clobbered_either_until_the_person_insists(bob, tune, sandbox, now_upstream):
    first = renamed(bob, tune, "Bob’s")
    sandbox.catalog.rename(tune, "From the SDK")
    with pytest.raises(EditConflict) as raised:
        undo.undo_action(context=by(bob), action_id=first)
    assert (raised.value.theirs, raised.value.mine, raised.value.by) == ("From the SDK", "Support triage", None)
    sandbox.catalog.rename(tune, "And once more")
    with pytest.raises(EditConflict):
        undo.undo_action(context=by(bob), action_id=first, insist=True, seen="From the SDK")
    undo.undo_action(context=by(bob), action_id=first, insist=True, seen="And once more")
    assert now_upstream(tune)["name"] == "Support triage"


def test_archiving_is_undone_unless_somebody_has_restored_and_archived_it_since(bob, alice, tune, now_upstream):
    first = verbs.archive_model(context=by(bob), model_id=tune).event
    verbs.unarchive_model(context=by(alice), model_id=tune)
    second = verbs.archive_model(context=by(alice), model_id=tune).event
    with pytest.raises(EditConflict):
        undo.undo_action(context=by(bob), action_id=first.action_id)
    assert now_upstream(tune)["archived"] is True
    undo.undo_action(context=by(bob), action_id=second.action_id)
    assert now_upstream(tune)["archived"] is False


def test_a_viewers_undo_is_refused_before_anything_else_is_said(bob, alice, carol, tune, writes):
    first = renamed(bob, tune, "Bob’s")
    renamed(alice, tune, "Alice’s")
    with pytest.raises(ActionDenied, match="Needs the Editor role"):
        undo.undo_action(context=by(carol), action_id=first)
    assert writes() == ["update", "update"]
    assert history.model_history(tune)[0].outcome == "refused"


def test_a_failed_action_has_no_undo(bob, tune, sandbox):
    sandbox.faults.add("422", verb="archive", times=1)
    failed = verbs.archive_model(context=by(bob), model_id=tune).event
    assert failed.outcome == "failed"
    with pytest.raises(ActionDenied, match="nothing to undo"):
        undo.undo_action(context=by(bob), action_id=failed.action_id)
    assert outcomes(tune) == ["attempted", "failed", "refused"]


def test_an_impossible_undo_is_refused_and_in_the_history(alice, tune):
    gone = perform.delete_model(context=by(alice), model_id=tune).event
    with pytest.raises(ActionDenied, match="It has been deleted"):
        undo.undo_action(context=by(alice), action_id=gone.action_id)
    with pytest.raises(ActionDenied, match="no such action"):
        undo.undo_action(context=by(alice), action_id="0" * 32)
    assert outcomes(tune) == ["attempted", "succeeded", "refused"]
    assert chain.latest_event(gone.action_id).outcome == "succeeded"


def test_protection_is_undone_by_a_manager_only(alice, bob, tune):
    first = verbs.protect_model(context=by(alice), model_id=tune).event
    with pytest.raises(ActionDenied, match="Needs the Manager role"):
        undo.undo_action(context=by(bob), action_id=first.action_id)
    undo.undo_action(context=by(alice), action_id=first.action_id)
    assert not row_of(tune).protected
