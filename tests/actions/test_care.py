"""What is kept here of a model: changed with its event, compared with what was seen, taken back, never sent."""

from typing import Any

import pytest

from models_ui.access.policy import ActionDenied
from models_ui.access.verbs import CARE_VERBS, VERBS, Verb
from models_ui.actions import perform, undo
from models_ui.actions.context import EditConflict
from models_ui.actions.sentences import outcome_sentence
from models_ui.audit import chain
from models_ui.models import AuditEvent, CatalogModel
from tests.actions.conftest import by, outcomes, row_of
from tests.mirror.conftest import one_run
from tests.support.clock import turned_by_hand
from tests.support.entries import NEMO, TUNE, listing
from tests.support.entries import tune as tune_entry

VALUES: dict[Verb, Any] = {
    Verb.ASSIGN: ["@bob", "Support"],
    Verb.TAG: ["legal"],
    Verb.NOTE: "Ask bob first.",
    Verb.PLAN: {"kind": "ends"},
}
EMPTY: dict[Verb, Any] = {Verb.ASSIGN: [], Verb.TAG: [], Verb.NOTE: "", Verb.PLAN: {}}


@pytest.fixture
def clock():
    with turned_by_hand():
        yield


def kept(actor, verb: Verb, model_id: str, value: Any = None, seen: Any = None):
    value = VALUES[verb] if value is None else value
    return perform.keep_value(by(actor), verb, model_id, value=value, seen=EMPTY[verb] if seen is None else seen)


@pytest.mark.parametrize("verb", CARE_VERBS)
def test_what_is_kept_is_saved_with_its_event_and_never_sent(bob, tune, writes, sandbox, verb: Verb):
    calls = len(sandbox.calls)
    done = kept(bob, verb, tune)
    field = VERBS[verb].field
    assert getattr(row_of(tune), field) == VALUES[verb]
    assert (done.event.before, done.event.after) == ({field: EMPTY[verb]}, {field: VALUES[verb]})
    assert len(sandbox.calls) == calls
    assert chain.verify_chain() == (1, None)


@pytest.mark.parametrize("verb", CARE_VERBS)
def test_what_is_kept_can_be_taken_back_and_put_there_again(bob, tune, verb: Verb):
    first = kept(bob, verb, tune).event
    undone = undo.undo_action(context=by(bob), action_id=first.action_id).event
    assert getattr(row_of(tune), VERBS[verb].field) == EMPTY[verb]
    undo.undo_action(context=by(bob), action_id=undone.action_id)
    assert getattr(row_of(tune), VERBS[verb].field) == VALUES[verb]


@pytest.mark.parametrize("verb", CARE_VERBS)
def test_a_change_over_what_somebody_else_has_changed_is_a_conflict(bob, alice, tune, verb: Verb):
    kept(alice, verb, tune)
    with pytest.raises(EditConflict) as raised:
        kept(bob, verb, tune, {"kind": "moves", "to": "x"} if verb is Verb.PLAN else "x")
    assert raised.value.theirs == VALUES[verb]
    assert raised.value.by.actor == "alice"
    assert getattr(row_of(tune), VERBS[verb].field) == VALUES[verb]
    assert outcomes(tune) == ["succeeded", "refused"]


def test_an_undo_does_not_clobber_a_later_change(bob, alice, tune):
    first = kept(bob, Verb.TAG, tune).event
    kept(alice, Verb.TAG, tune, ["legal", "sales"], seen=["legal"])
    with pytest.raises(EditConflict):
        undo.undo_action(context=by(bob), action_id=first.action_id)
    assert row_of(tune).tags == ["legal", "sales"]


def test_what_is_so_already_is_no_event(bob, tune):
    kept(bob, Verb.TAG, tune)
    assert kept(bob, Verb.TAG, tune, seen=["legal"]).event is None


@pytest.mark.parametrize("verb", CARE_VERBS)
def test_a_viewer_changes_nothing_and_is_recorded(carol, tune, verb: Verb):
    with pytest.raises(ActionDenied):
        kept(carol, verb, tune)
    assert getattr(row_of(tune), VERBS[verb].field) == EMPTY[verb]
    assert outcomes(tune) == ["refused"]


@pytest.mark.parametrize("verb", CARE_VERBS)
def test_mistrals_own_models_and_protected_and_gone_ones_are_looked_after_too(bob, tune, synced, verb: Verb):
    CatalogModel.objects.filter(model_id=tune).update(protected=True, missing_since=row_of(tune).first_seen_at)
    base = CatalogModel.objects.filter(type="base")[0].model_id
    for model_id in (tune, base):
        assert kept(bob, verb, model_id).outcome == "succeeded"


@pytest.mark.parametrize(
    ("verb", "value", "sentence"),
    [
        (Verb.ASSIGN, ["@bob", "Support"], "Support triage is looked after by bob, Support."),
        (Verb.TAG, ["legal", "two words"], "Support triage has the tags: legal, two words."),
        (Verb.NOTE, "x", "The note on Support triage is changed."),
        (Verb.PLAN, {"kind": "ends", "words": "unused"}, "The plan for Support triage: May end: unused."),
    ],
)
def test_an_outcome_is_said_in_a_sentence(bob, tune, verb: Verb, value: Any, sentence: str):
    assert outcome_sentence(kept(bob, verb, tune, value).event) == sentence


def test_what_is_kept_survives_a_model_that_goes_and_comes_back(clock, bob, tune, sandbox):
    for verb in CARE_VERBS:
        kept(bob, verb, tune)
    card = sandbox.catalog.find(tune)
    sandbox.catalog.remove(tune)
    one_run()
    one_run()
    assert row_of(tune).is_missing
    assert all_kept(row_of(tune))
    sandbox.catalog.add(card)
    one_run()
    one_run()
    assert not row_of(tune).is_missing
    assert all_kept(row_of(tune))


def test_what_is_kept_survives_a_moved_canonical_id_and_a_deletion(clock, bob, alice, sandbox, db):
    sandbox.catalog.replace([*NEMO, *listing("ocr-latest", "ocr-4-1", "ocr-4", "ocr-latest"), tune_entry()])
    one_run()
    for verb in CARE_VERBS:
        kept(bob, verb, "ocr-4-1")
        kept(bob, verb, TUNE)
    pk = row_of("ocr-4-1").pk
    sandbox.catalog.replace([*NEMO, *listing("ocr-latest", "ocr-4", "ocr-latest"), tune_entry()])
    one_run()
    one_run()
    assert row_of("ocr-4").pk == pk
    assert all_kept(row_of("ocr-4"))
    perform.set_state(by(alice), Verb.ARCHIVE, TUNE)
    assert perform.delete_model(context=by(alice), model_id=TUNE).outcome == "succeeded"
    assert row_of(TUNE).is_deleted
    assert all_kept(row_of(TUNE))


def all_kept(row: CatalogModel) -> bool:
    return all(getattr(row, VERBS[verb].field) == VALUES[verb] for verb in CARE_VERBS)


def test_what_was_kept_is_found_in_the_history(bob, tune):
    kept(bob, Verb.TAG, tune, ["Légal"])
    assert "legal" in AuditEvent.objects.get().search_text
