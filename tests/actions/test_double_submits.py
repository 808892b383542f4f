"""A double click, a form sent again and two tabs do a thing once."""

import threading

import pytest
from django.db import connection

from models_ui.access.policy import ActionDenied
from models_ui.actions import perform
from models_ui.actions.context import EditConflict
from models_ui.audit import chain, history
from models_ui.models import AuditEvent
from tests.actions.conftest import by, outcomes, row_of
from tests.support import verbs

ID = "5" * 32


def test_a_form_sent_again_answers_what_came_of_it_the_first_time(bob, tune, writes):
    for _ in range(2):
        done = verbs.rename_model(context=by(bob, ID), model_id=tune, name="Once", seen="Support triage")
        assert done.event.outcome == "succeeded"
    assert writes() == ["update"]
    assert outcomes(tune) == ["attempted", "succeeded"]


def test_a_deletion_sent_again_stays_a_deletion_that_succeeded(alice, tune, writes):
    for _ in range(2):
        assert perform.delete_model(context=by(alice, ID), model_id=tune).event.outcome == "succeeded"
    assert writes() == ["delete"]
    assert chain.latest_event(ID).outcome == "succeeded"


def test_a_failure_sent_again_is_not_tried_again(bob, tune, sandbox, writes):
    sandbox.faults.add("503", verb="update", times=1)
    for _ in range(2):
        done = verbs.rename_model(context=by(bob, ID), model_id=tune, name="Once", seen="Support triage")
        assert done.event.outcome == "failed"
    assert writes() == ["update"]


def test_a_conflict_sent_again_is_a_conflict_again(bob, tune, sandbox, writes):
    sandbox.catalog.rename(tune, "Theirs")
    for _ in range(2):
        with pytest.raises(EditConflict):
            verbs.rename_model(context=by(bob, ID), model_id=tune, name="Mine", seen="Support triage")
    assert writes() == []


def test_a_refused_form_works_once_nothing_stands_in_the_way(alice, bob, tune):
    verbs.protect_model(context=by(alice), model_id=tune)
    with pytest.raises(ActionDenied, match="protected"):
        verbs.rename_model(context=by(bob, ID), model_id=tune, name="Mine", seen="Support triage")
    verbs.unprotect_model(context=by(alice), model_id=tune)
    done = verbs.rename_model(context=by(bob, ID), model_id=tune, name="Mine", seen="Support triage")
    assert done.event.outcome == "succeeded"


def test_an_action_cannot_be_hidden_behind_the_id_of_another(alice, bob, tune, sandbox):
    other = sandbox.catalog.fine_tunes()[1]
    perform.delete_model(context=by(alice, ID), model_id=tune)
    done = verbs.archive_model(context=by(bob, ID), model_id=other)
    assert done.event.action_id != ID
    assert sandbox.catalog.find(other)["archived"] is True
    assert [each.model_id for each in history.latest_events().order_by("pk")] == [tune, other]


@pytest.mark.parametrize("odd", ["a/b", "..", "x" * 65, "ä", "a b", "\n"])
def test_an_action_id_that_no_address_can_carry_is_replaced(bob, tune, odd):
    event = verbs.archive_model(context=by(bob, odd), model_id=tune).event
    assert event.action_id != odd
    assert event.action_id.isalnum()


def test_two_tabs_do_it_once_and_the_second_is_told(bob, tune, writes):
    first = verbs.archive_model(context=by(bob, "1" * 32), model_id=tune)
    second = verbs.archive_model(context=by(bob, "2" * 32), model_id=tune)
    assert first.event.outcome == "succeeded"
    assert second.event is None
    assert writes() == ["archive"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("action_ids", [(ID, ID), ("", "")])
def test_a_double_click_does_it_once(bob, tune, sandbox, writes, action_ids):
    sandbox.faults.add("slow", verb="archive", seconds=0.3)
    found: list[str] = []

    def click(action_id: str) -> None:
        try:
            found.append(verbs.archive_model(context=by(bob, action_id), model_id=tune).outcome)
        finally:
            connection.close()

    threads = [threading.Thread(target=click, args=(each,)) for each in action_ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["succeeded", "succeeded"]
    assert writes() == ["archive"]
    assert AuditEvent.objects.count() == 2
    assert row_of(tune).archived
    assert chain.verify_chain() == (2, None)


def test_a_form_that_comes_back_with_another_value_is_another_action(bob, tune, sandbox, writes):
    """The Back button brings a form's id again; what was typed the second time is not thrown away."""
    first = verbs.rename_model(context=by(bob, ID), model_id=tune, name="First try", seen="Support triage")
    assert first.event.outcome == "succeeded"
    with pytest.raises(EditConflict):  # it was made over a name that is no longer there, so the person is asked
        verbs.rename_model(context=by(bob, ID), model_id=tune, name="Corrected", seen="Support triage")
    done = verbs.rename_model(context=by(bob, ID), model_id=tune, name="Corrected", seen="First try")
    assert done.event.outcome == "succeeded"
    assert sandbox.catalog.find(tune)["name"] == "Corrected"
    assert writes() == ["update", "update"]
