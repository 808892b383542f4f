"""Every action that is refused, in conflict or done: what upstream then has, the person is told and the history says.

Through the real views, over real HTTP to the sandbox, in both dialects.
"""

import pytest
from django.core import signing
from django.utils import timezone

from models_ui.access.roles import Role
from models_ui.audit import chain
from models_ui.models import AuditEvent, CatalogModel
from models_ui.services.models_api import ModelsAPI
from models_ui.services.transport import Transport
from sandbox import Sandbox
from tests.actions.conftest import row_of
from tests.conftest import person
from tests.support.acts import ALL, ARCHIVE, DELETE, DESCRIBE, EACH, PROTECT, RENAME, UNPROTECT, UPSTREAM
from tests.support.forms import HTMX

pytestmark = pytest.mark.usefixtures("at_once")
BOTH = pytest.mark.parametrize("dialect", ["contract", "platform"])


# --- Permission denied


LACKING = [(act, role) for act in ALL for role in (Role.VIEWER, Role.EDITOR) if role < Role[act.needs.upper()]]


@pytest.mark.parametrize(("act", "role"), LACKING, ids=lambda each: getattr(each, "verb", each))
def test_a_person_without_the_role_is_told_which_is_needed(stage, act, role):
    CatalogModel.objects.update(protected=act is UNPROTECT)
    staged = stage(act, actor=person("dave", role))
    response = staged.send()
    assert response.status_code == 403
    assert f"Needs the {act.needs} role" in staged.told(response)
    assert staged.unchanged_upstream
    assert staged.writes == []
    event = AuditEvent.objects.get()
    assert (event.actor, event.outcome, event.model_id) == ("dave", "refused", staged.id)
    assert event.failure == {"type": "denied", "reason": "Needs the %(role)s role", "words": {"role": act.needs}}


# --- Policy denied

POLICIES = {
    "base": "Only fine-tuned models can be changed",
    "protected": "It is protected",
    "deleted": "It has been deleted",
    "missing": "It is gone from Mistral’s list",
    "unroutable": "Its id cannot be part of an address",
    "unarchived": "It must be archived first",
}


APPLIES = {"protected": (RENAME, ARCHIVE, DELETE), "missing": UPSTREAM, "unarchived": (DELETE,)}
FORBIDDEN = [(act, policy) for policy in POLICIES for act in APPLIES.get(policy, ALL)]


@pytest.mark.parametrize(("act", "policy"), FORBIDDEN, ids=lambda each: getattr(each, "verb", each))
def test_an_action_that_policy_forbids_is_refused_whoever_asks(stage, act, policy, settings, sandbox):
    staged = stage(act)
    row = staged.seen
    if policy == "unarchived":
        settings.DELETE_REQUIRES_ARCHIVE = True
    changes = {
        "base": {"type": "base"},
        "protected": {"protected": True},
        "deleted": {"deleted_at": timezone.now(), "missing_since": timezone.now()},
        "missing": {"missing_since": timezone.now()},
        "unroutable": {"model_id": "a%b"},
    }.get(policy, {})
    CatalogModel.objects.filter(pk=row.pk).update(**changes)
    staged.id = changes.get("model_id", staged.id)
    response = staged.send()
    assert response.status_code == 403
    assert POLICIES[policy] in staged.told(response)
    assert [each.outcome for each in AuditEvent.objects.all()] == ["refused"]
    assert staged.writes == []
    assert sandbox.catalog.find(row.model_id) == staged.entry


def test_a_model_restored_elsewhere_is_not_deleted_as_an_archived_one(stage, settings, sandbox):
    """The mirror still says that it is archived, and upstream knows better."""
    settings.DELETE_REQUIRES_ARCHIVE = True
    staged = stage(DELETE)
    CatalogModel.objects.filter(pk=staged.seen.pk).update(archived=True)
    response = staged.send()
    assert response.status_code == 403
    assert "It must be archived first" in staged.told(response)
    assert staged.writes == []
    assert row_of(staged.id).archived is False


# --- Conflict


@BOTH
@pytest.mark.parametrize("act", [RENAME, DESCRIBE], ids=lambda act: act.verb)
def test_a_conflict_shows_both_values_and_writes_nothing(stage, act, dialect, sandbox):
    staged = stage(act, dialect=dialect)
    sandbox.catalog.update(staged.id, **{act.field: "Theirs"})
    response = staged.send()
    html = staged.told(response)
    assert response.status_code == 409
    assert "Theirs" in html
    assert act.wanted in html
    assert staged.writes == []
    assert sandbox.catalog.find(staged.id)[act.field] == "Theirs"
    assert getattr(row_of(staged.id), act.field) == "Theirs"
    event = AuditEvent.objects.get()
    assert (event.outcome, event.failure) == ("refused", {"type": "conflict", "theirs": "Theirs"})


# --- Success


@BOTH
@EACH
def test_success_is_upstream_in_the_row_and_in_the_history(stage, act, dialect):
    staged = stage(act, dialect=dialect)
    response = staged.send()
    html = staged.told(response)
    assert response.status_code == (302 if act is DELETE else 200)
    assert staged.done_upstream()
    assert staged.done_here()
    assert staged.writes == [act.call]
    assert {call.dialect for call in staged.sandbox.calls if call.verb == act.call} <= {dialect, "both"}
    attempt, success = AuditEvent.objects.all()
    assert (attempt.outcome, success.outcome) == ("attempted", "succeeded")
    assert success.action_id == attempt.action_id == "a" * 32
    assert success.correlation_id
    assert success.request_id
    assert success.failure == {}
    if act.field:
        assert success.after == {act.field: act.wanted}
        assert str(act.before)[:14] in str(success.before[act.field])
        assert f"/activity/{success.action_id}/undo/" in html
    else:
        assert success.before["name"] == staged.entry["name"]
        assert "Deleted on" in html
    assert chain.verify_chain() == (2, None)


@pytest.mark.parametrize("act", [PROTECT, UNPROTECT], ids=lambda act: act.verb)
def test_protection_is_known_here_and_nobody_is_asked(stage, act, sandbox):
    CatalogModel.objects.update(protected=not act.wanted)
    staged = stage(act)
    sandbox.log.clear()
    assert staged.send().status_code == 200
    assert row_of(staged.id).protected is act.wanted
    assert sandbox.calls == []
    event = AuditEvent.objects.get()
    assert (event.outcome, event.before, event.after) == (
        "succeeded",
        {"protected": not act.wanted},
        {"protected": act.wanted},
    )


@pytest.mark.parametrize("act", [act for act in ALL if act is not DELETE], ids=lambda act: act.verb)
def test_an_action_whose_result_is_there_already_says_so_and_is_not_repeated(stage, act):
    staged = stage(act)
    CatalogModel.objects.filter(pk=staged.seen.pk).update(**{act.field: act.wanted})
    if act in UPSTREAM:
        staged.sandbox.catalog.update(staged.id, **{act.field: act.wanted})
    response = staged.send()
    assert response.status_code == 200
    assert "already" in staged.told(response) or "is not protected" in staged.told(response)
    assert staged.writes == []
    assert not AuditEvent.objects.exists()


# --- Confirmed, but


@EACH
def test_success_that_cannot_be_read_again_is_not_yet_confirmed(stage, act, monkeypatch):
    staged = stage(act)
    monkeypatch.setattr("models_ui.services.transport.Transport.call", failing_second_read(staged.sandbox))
    response = staged.send()
    html = staged.told(response)
    assert response.status_code == (302 if act is DELETE else 200)
    assert "Mistral confirmed it, but the model could not be read again yet." in html
    assert staged.done_here()
    event = AuditEvent.objects.last()
    assert (event.outcome, event.failure) == ("succeeded", {"type": "unconfirmed"})


def failing_second_read(sandbox: Sandbox):
    real = Transport.call

    def call(self, verb, path, **more):
        answer = real(self, verb, path, **more)
        if verb != "GET":
            sandbox.faults.add("500", verb="retrieve")
        return answer

    return call


def test_success_that_reads_otherwise_says_both(stage, monkeypatch):
    staged = stage(RENAME)
    real = ModelsAPI.update

    def update(self, model_id, **fields):
        receipt = real(self, model_id, **fields)
        staged.sandbox.catalog.rename(model_id, "NEW NAME")
        return receipt

    monkeypatch.setattr(ModelsAPI, "update", update)
    html = staged.told(staged.send())
    assert "reading the model again shows something else: “NEW NAME”" in html
    assert row_of(staged.id).name == "NEW NAME"
    assert AuditEvent.objects.last().failure == {"type": "unconfirmed", "reads": "NEW NAME"}


def test_the_contract_cannot_take_a_name_away_and_the_platform_can(stage, sandbox):
    for dialect, status in (("contract", 422), ("platform", 200)):
        staged = stage(RENAME, dialect=dialect)
        data = {"value": "", "seen": signing.dumps("Support triage"), "action_id": ""}
        data["action_id"] = dialect
        response = staged.client.post(f"/models/{staged.id}/rename/", data, headers=HTMX)
        assert response.status_code == status
        if dialect == "contract":
            assert "cannot take a name away" in staged.told(response)
            assert staged.unchanged_upstream
            assert staged.writes == []
    assert sandbox.catalog.find(staged.id)["name"] is None
    assert row_of(staged.id).name is None


@BOTH
def test_a_description_can_be_taken_away_in_both_dialects(stage, dialect, sandbox):
    staged = stage(DESCRIBE, dialect=dialect)
    data = {"value": "", "seen": signing.dumps(staged.seen.description), "action_id": "d"}
    response = staged.client.post(f"/models/{staged.id}/describe/", data, headers=HTMX)
    assert response.status_code == 200
    assert not sandbox.catalog.find(staged.id)["description"]
    assert "The description was taken away." in staged.told(response)


def test_an_answer_about_another_model_is_none(stage, sandbox, monkeypatch):
    other = sandbox.catalog.fine_tunes()[3]
    staged = stage(ARCHIVE)
    real = ModelsAPI.retrieve
    monkeypatch.setattr(ModelsAPI, "retrieve", lambda self, model_id: real(self, other))
    assert staged.send().status_code == 502
    assert staged.writes == []
    assert row_of(staged.id).name == staged.seen.name


def test_a_sync_that_changed_the_row_meanwhile_is_not_overwritten(stage, monkeypatch):
    staged = stage(ARCHIVE)
    real = ModelsAPI.archive

    def archive(self, model_id):
        CatalogModel.objects.filter(model_id=model_id).update(identity="another identity")
        return real(self, model_id)

    monkeypatch.setattr(ModelsAPI, "archive", archive)
    staged.send()
    row = row_of(staged.id)
    assert (row.identity, row.archived) == ("another identity", True)
