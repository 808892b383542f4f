"""Every action, in every way it can end: what upstream then has, what the person is told, and what the history says.

Through the real views, over real HTTP to the sandbox, in both dialects.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from models_ui.access.roles import Role
from models_ui.audit import chain
from models_ui.models import AuditEvent, CatalogModel
from models_ui.services.models_api import ModelsAPI
from models_ui.services.transport import Transport
from sandbox import Sandbox
from tests.actions.conftest import WRITES, outcomes, row_of
from tests.conftest import person
from tests.support.sign_in import sign_in

HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.usefixtures("at_once")


@dataclass(frozen=True)
class Act:
    """One action: what it does to which field of which model, and as what it is sent."""

    verb: str
    call: str  # the verb that upstream is asked
    field: str
    wanted: Any
    starts_archived: bool = False
    needs: str = "Editor"
    form: dict[str, str] = field(default_factory=dict)

    @property
    def before(self) -> Any:
        return {"name": "Support triage", "description": "Sorts incoming", "archived": self.starts_archived}[self.field]


RENAME = Act("rename", "update", "name", "New name", form={"value": "New name"})
DESCRIBE = Act("describe", "update", "description", "New words", form={"value": "New words"})
ARCHIVE = Act("archive", "archive", "archived", True)
UNARCHIVE = Act("unarchive", "unarchive", "archived", False, starts_archived=True)
DELETE = Act("delete", "delete", "", None, needs="Manager")
PROTECT = Act("protect", "", "protected", True, needs="Manager")
UNPROTECT = Act("unprotect", "", "protected", False, needs="Manager")
UPSTREAM = (RENAME, DESCRIBE, ARCHIVE, UNARCHIVE, DELETE)
ALL = (*UPSTREAM, PROTECT, UNPROTECT)
BOTH = pytest.mark.parametrize("dialect", ["contract", "platform"])
EACH = pytest.mark.parametrize("act", UPSTREAM, ids=lambda act: act.verb)


class Stage:
    """Somebody acting on a model, and all that can be seen afterwards."""

    def __init__(self, sandbox: Sandbox, act: Act, actor: User) -> None:
        self.sandbox, self.act = sandbox, act
        listed = [each for each in sandbox.catalog.entries() if each.get("type") == "fine-tuned"]
        self.id: str = next(each["id"] for each in listed if each["archived"] is act.starts_archived and each["name"])
        self.client = Client()
        sign_in(self.client, actor)
        self.seen = row_of(self.id)
        self.entry = sandbox.catalog.find(self.id)

    def send(self, **headers: str) -> HttpResponse:
        data = {"action_id": "a" * 32, **self.act.form}
        if self.act.field in ("name", "description"):
            data["seen"] = signing.dumps(getattr(self.seen, self.act.field))
        if self.act is DELETE:
            data["typed_id"] = self.id
        headers = {} if self.act is DELETE else HTMX | headers
        return self.client.post(f"/models/{quote(self.id)}/{self.act.verb}/", data, headers=headers)

    def told(self, response: HttpResponse) -> str:
        """All that the person is shown: the answer, and the page that a redirect leads to."""
        html = response.content.decode()
        if response.status_code == 302:
            html += self.client.get(response["Location"]).content.decode()
        for nonsense in ("[object", "Traceback", "{'", '{"', "&#x27;detail", "None.", self.sandbox.key):
            assert nonsense not in html.replace("hx-vals='{\"", ""), nonsense
        return html

    @property
    def writes(self) -> list[str]:
        return [call.verb for call in self.sandbox.calls if call.verb in WRITES]

    @property
    def unchanged_upstream(self) -> bool:
        return self.sandbox.catalog.find(self.id) == self.entry

    def done_upstream(self) -> bool:
        now = self.sandbox.catalog.find(self.id)
        return now is None if self.act is DELETE else now[self.act.field] == self.act.wanted

    def done_here(self) -> bool:
        row = row_of(self.id)
        return row.is_deleted if self.act is DELETE else getattr(row, self.act.field) == self.act.wanted


@pytest.fixture
def stage(synced, sandbox, point_at, alice):
    def set_up(act: Act, *, dialect: str = "auto", actor: User = alice) -> Stage:
        point_at(sandbox, dialect=dialect)
        return Stage(sandbox, act, actor)

    return set_up


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


# --- Upstream fails

# How upstream says no; what the browser is answered; what the person reads.
FAILURES = {
    "key": ({"kind": "status", "status": 401}, 502, "API key"),
    "key, as of 2025": ({"kind": "status", "status": 401, "shape": "gateway-unauthorized"}, 502, "API key"),
    "rights": ({"kind": "status", "status": 403, "shape": "detail-text"}, 502, "which rights the key has"),
    "plan": ({"kind": "status", "status": 403, "shape": "tier"}, 502, "is not part of your organisation’s plan"),
    "gone": ({"kind": "status", "status": 404, "shape": "not-found"}, 404, "knows no model"),
    "retired": ({"kind": "status", "status": 404, "shape": "deprecated"}, 404, "has been retired"),
    "no route": ({"kind": "status", "status": 404, "shape": "no-route"}, 502, "MODELS_API_DIALECT"),
    "wrong verb": ({"kind": "status", "status": 405, "shape": "detail-text"}, 502, "MODELS_API_DIALECT"),
    "in use": ({"kind": "status", "status": 409}, 409, "changed or is in use"),
    "switched off": ({"kind": "status", "status": 410}, 502, "has switched this part of the Models API off"),
    "invalid, in the contract": (
        {"kind": "status", "status": 400, "shape": "bad-request"},
        422,
        "does not accept this: change what you entered and try again. The Models API says: “name should be a string.”",
    ),
    "invalid, a list": ({"kind": "status", "status": 422}, 422, "store: Extra inputs are not permitted"),
    "invalid, a text": ({"kind": "status", "status": 422, "shape": "validation-text"}, 422, "not available for this"),
    "invalid, an object": ({"kind": "status", "status": 422, "shape": "validation-object"}, 422, "store: Extra inputs"),
    "invalid, nothing": ({"kind": "status", "status": 422, "shape": "nothing"}, 422, "does not accept this"),
    "too many": ({"kind": "status", "status": 429}, 502, "too many calls"),
    "failed": ({"kind": "status", "status": 500}, 502, "Service unavailable."),
    "down": ({"kind": "status", "status": 503}, 502, "is in trouble (503)"),
}


@EACH
@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_changes_nothing_and_is_told_in_words_with_its_correlation_id(stage, act, failure):
    fault, status, words = FAILURES[failure]
    staged = stage(act)
    staged.sandbox.faults.add(**fault, verb="writes")
    response = staged.send()
    html = staged.told(response)
    assert response.status_code == status
    assert words in html
    assert staged.unchanged_upstream
    assert staged.writes == [act.call]
    attempt, failed = AuditEvent.objects.all()
    assert (attempt.outcome, failed.outcome) == ("attempted", "failed")
    assert failed.correlation_id
    assert failed.correlation_id in html
    assert row_of(staged.id).is_missing is (status == 404)
    assert not row_of(staged.id).is_deleted


@EACH
def test_a_look_that_fails_ends_the_action_before_anything_is_written(stage, act):
    staged = stage(act)
    staged.sandbox.faults.add("500", verb="retrieve")
    response = staged.send()
    assert response.status_code == 502
    assert "in trouble (500)" in staged.told(response)
    assert staged.writes == []
    assert outcomes(staged.id) == ["failed"]


@EACH
def test_a_look_at_a_model_that_is_gone_marks_its_row(stage, act):
    staged = stage(act)
    staged.sandbox.catalog.remove(staged.id)
    assert staged.send().status_code == 404
    assert row_of(staged.id).is_missing
    assert staged.writes == []


GARBLED = [(act, kind) for act in UPSTREAM for kind in ("wrong-types", "empty", "not-json", "html")]
GARBLED.remove((DELETE, "wrong-types"))  # needs no field


@pytest.mark.parametrize(("act", "kind"), GARBLED, ids=lambda each: getattr(each, "verb", each))
def test_a_look_that_makes_no_sense_is_no_basis_for_a_write(stage, act, kind):
    """Garbled is not empty: nobody is told that the name was taken away."""
    staged = stage(act)
    fault = {"status": 200} if kind == "html" else {}
    staged.sandbox.faults.add(kind, verb="retrieve", **fault)
    response = staged.send()
    assert response.status_code == 502
    assert staged.writes == []
    row = row_of(staged.id)
    assert (row.name, row.description) == (staged.seen.name, staged.seen.description)


def test_an_upstream_that_does_not_listen_is_a_failure_and_no_unknown(stage, sandbox):
    staged = stage(ARCHIVE)
    sandbox.stop()
    response = staged.send()
    assert response.status_code == 502
    assert "connection refused" in staged.told(response)
    assert outcomes(staged.id) == ["failed"]


def test_without_a_key_the_setting_is_named(stage, settings):
    staged = stage(ARCHIVE)
    settings.MISTRAL_API_KEY = ""
    response = staged.client.post(f"/models/{staged.id}/archive/", headers=HTMX)
    assert response.status_code == 502
    assert "MISTRAL_API_KEY" in response.content.decode()


# --- Unknown outcomes

SILENCES = {
    "gateway time-out": {"kind": "status", "status": 504},
    "bad gateway": {"kind": "html", "status": 502},
    "cut": {"kind": "cut"},
    "no JSON": {"kind": "not-json"},
    "redirect": {"kind": "redirect"},
}


# What the gateway does is alike in both dialects; one silence is enough for the second.
SILENT = [("contract", each) for each in SILENCES] + [("platform", "cut")]


@EACH
@pytest.mark.parametrize(("dialect", "silence"), SILENT)
@pytest.mark.parametrize("performed", [True, False], ids=["performed", "not performed"])
def test_an_unknown_outcome_is_settled_by_reading_or_stays_unknown(stage, act, silence, performed, dialect):
    staged = stage(act, dialect=dialect)
    staged.sandbox.faults.add(**SILENCES[silence], verb="writes", after=performed)
    response = staged.send()
    html = staged.told(response)
    assert staged.writes == [act.call]
    assert staged.done_upstream() is performed
    assert staged.done_here() is performed
    if performed:
        assert response.status_code == (302 if act is DELETE else 200)
        assert outcomes(staged.id) == ["attempted", "unknown", "succeeded"]
    else:
        assert response.status_code in (502, 504)
        assert "It is not known whether this worked" in html
        assert f"/activity/{'a' * 32}/settle/" in html
        assert outcomes(staged.id) == ["attempted", "unknown"]


@EACH
def test_a_write_that_hangs_is_unknown_and_a_time_out(stage, act, settings):
    staged = stage(act)
    settings.MODELS_API_TIMEOUT = 0.3
    staged.sandbox.faults.add("hang", verb="writes")
    response = staged.send()
    assert response.status_code == 504
    assert "did not answer in time" in staged.told(response)
    assert outcomes(staged.id) == ["attempted", "unknown"]


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
