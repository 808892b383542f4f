"""Update, archive, unarchive and delete in both dialects, over plain HTTP."""

from __future__ import annotations

import gc
from typing import Any

import msgspec
import pytest
from mistralai.client.models import ArchiveModelResponse, ClassifierFineTunedModel, CompletionFineTunedModel

from sandbox.answers import contract_model as contract_fields
from tests.sandbox.conftest import Caller
from tests.sandbox.shapes import CONTRACT_FIELDS, Deleted, contract_model

UPDATES = ["/v1/models/{}", "/v1/fine_tuning/models/{}"]
ARCHIVES = [("POST", "/v1/models/{}/archive"), ("POST", "/v1/fine_tuning/models/{}/archive")]
UNARCHIVES = [("POST", "/v1/models/{}/unarchive"), ("DELETE", "/v1/fine_tuning/models/{}/archive")]


@pytest.mark.parametrize("path", UPDATES)
def test_an_update_changes_only_what_it_names(call: Caller, tune: str, path: str):
    before = call.entry(tune)
    assert call("PATCH", path.format(tune), {"name": "Nouveau nom ✓"}).status == 200
    assert call.entry(tune) == before | {"name": "Nouveau nom ✓"}
    assert call("PATCH", path.format(tune), {"description": ""}).status == 200
    assert call.entry(tune) == before | {"name": "Nouveau nom ✓", "description": ""}
    assert call("PATCH", path.format(tune), {}).status == 200
    assert call("PATCH", path.format(tune), {"archived": True, "id": "other"}).status == 200
    assert call.entry(tune) == before | {"name": "Nouveau nom ✓", "description": ""}


def test_an_update_by_the_contract_answers_its_model(call: Caller, tune: str):
    assert contract_model(call("PATCH", f"/v1/models/{tune}", {"name": "n"}).body).name == "n"


def test_an_update_by_the_platform_answers_a_completion_model(call: Caller, tune: str):
    body = call("PATCH", f"/v1/fine_tuning/models/{tune}", {"name": "n"}).body
    model = CompletionFineTunedModel.model_validate_json(body)
    assert (model.name, model.archived, bool(model.workspace_id), bool(model.root_version)) == ("n", False, True, True)
    assert not msgspec.json.decode(body).keys() & {"type", "deprecation", "default_model_temperature"}


def test_an_update_of_a_classifier_tells_what_it_classifies(call: Caller):
    classifier = next(each for each in call.sandbox.catalog.fine_tunes() if each.startswith("ft:classifier:"))
    body = call("PATCH", f"/v1/fine_tuning/models/{classifier}", {"name": "n"}).body
    targets = ClassifierFineTunedModel.model_validate_json(body).classifier_targets
    assert [target.loss_function for target in targets] == ["single_class", "multi_class"]


def test_null_clears_a_name_on_the_platform(call: Caller, tune: str):
    assert call("PATCH", f"/v1/fine_tuning/models/{tune}", {"name": None}).json["name"] is None
    assert call.entry(tune)["name"] is None


def test_null_is_no_name_in_the_contract(call: Caller, tune: str):
    reply = call("PATCH", f"/v1/models/{tune}", {"name": None})
    assert (reply.status, reply.json["message"]) == (400, "name should be a string.")
    assert call.entry(tune)["name"] is not None


NO_JSON = (b"{", b"", b" ", b"\xff\xfe", b"name=x", b'{"name": "x"', b"{'name': 'x'}", b'{"name": "x",}')
NO_OBJECT = (b'"text"', b"[]", b"null", b"7", b"true", b'[{"name": "x"}]')
MISTYPED = (
    b'{"name": 5}',
    b'{"name": true}',
    b'{"name": {}}',
    b'{"description": []}',
    b'{"name": "x", "description": 1.5}',
)


@pytest.mark.parametrize("raw", [*NO_JSON, *NO_OBJECT, *MISTYPED])
@pytest.mark.parametrize(("path", "status"), zip(UPDATES, (400, 422), strict=True), ids=["contract", "platform"])
def test_a_wrong_body_is_refused_in_the_way_of_its_dialect(call: Caller, tune: str, path: str, status: int, raw: bytes):
    before = call.entry(tune)
    reply = call("PATCH", path.format(tune), raw=raw, content_type="application/json")
    assert reply.status == status
    if status == 400:
        assert reply.json["object"] == "error"
        assert isinstance(reply.json["message"], str)
    else:
        assert isinstance(reply.json["detail"], str)
    assert call.entry(tune) == before


@pytest.mark.parametrize("raw", [b'{"name": null}', b'{"description": null}', b'{"name": "x", "more": NaN}'])
def test_the_contract_knows_no_null_and_no_number_that_is_none(call: Caller, tune: str, raw: bytes):
    assert call("PATCH", UPDATES[0].format(tune), raw=raw).status == 400


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data", "x"]
)
def test_the_contract_takes_json_alone(call: Caller, tune: str, content_type: str):
    before = call.entry(tune)
    reply = call("PATCH", UPDATES[0].format(tune), raw=b'{"name": "x"}', content_type=content_type)
    assert reply.status == 400
    assert "application/json" in reply.json["message"]
    assert call.entry(tune) == before


@pytest.mark.parametrize("content_type", ["", "application/json", "Application/JSON; charset=utf-8"])
def test_the_contract_takes_what_its_request_allows(call: Caller, tune: str, content_type: str):
    raw = b'{"name": "x", "unheard_of": [1]}'
    assert call("PATCH", UPDATES[0].format(tune), raw=raw, content_type=content_type).status == 200
    assert call.entry(tune)["name"] == "x"
    assert call("PATCH", UPDATES[0].format(tune), raw=b"{}", content_type=content_type).status == 200
    assert call.entry(tune)["name"] == "x"


@pytest.mark.parametrize(("path", "status"), zip(UPDATES, (400, 422), strict=True), ids=["contract", "platform"])
def test_a_body_nested_beyond_measure_is_refused(call: Caller, tune: str, path: str, status: int):
    gc.collect()  # an SDK client that died earlier must not be finalised while the stack is full
    assert call("PATCH", path.format(tune), raw=b"[" * 99_999).status == status


def test_text_that_is_no_unicode_comes_back_as_it_came(call: Caller, tune: str):
    call("PATCH", f"/v1/models/{tune}", raw=rb'{"name": "\ud800 <b>\u0000"}')
    assert call.entry(tune)["name"] == "\ud800 <b>\x00"


@pytest.mark.parametrize(("method", "path"), ARCHIVES)
def test_archiving_twice_is_archiving_once(call: Caller, tune: str, method: str, path: str):
    for _ in range(2):
        assert call(method, path.format(tune)).status == 200
        assert call.entry(tune)["archived"] is True


@pytest.mark.parametrize(("method", "path"), UNARCHIVES)
def test_unarchiving_twice_is_unarchiving_once(call: Caller, tune: str, method: str, path: str):
    call.sandbox.catalog.archive(tune)
    for _ in range(2):
        assert call(method, path.format(tune)).status == 200
        assert call.entry(tune)["archived"] is False


def test_the_contract_answers_its_model_to_archive_and_unarchive(call: Caller, tune: str):
    for verb in ("archive", "unarchive"):
        assert contract_model(call("POST", f"/v1/models/{tune}/{verb}").body).id == tune


def test_the_platform_answers_a_confirmation_to_archive_and_unarchive(call: Caller, tune: str):
    for method, archived in (("POST", True), ("DELETE", False)):
        reply = call(method, f"/v1/fine_tuning/models/{tune}/archive")
        assert reply.json == {"id": tune, "object": "model", "archived": archived}
        assert ArchiveModelResponse.model_validate_json(reply.body).archived is archived


def test_a_deleted_model_is_gone(call: Caller, tune: str):
    reply = call("DELETE", f"/v1/models/{tune}")
    assert msgspec.json.decode(reply.body, type=Deleted) == Deleted(tune, "model", True)
    assert tune not in {entry["id"] for entry in call.list()}
    for method in ("GET", "DELETE"):
        reply = call(method, f"/v1/models/{tune}")
        assert (reply.status, reply.json) == (404, {"message": f"Model {tune} was not found."})


@pytest.mark.parametrize(
    ("method", "path"), [("PATCH", path) for path in UPDATES] + ARCHIVES + UNARCHIVES + [("DELETE", "/v1/models/{}")]
)
def test_base_models_refuse_every_write(call: Caller, method: str, path: str):
    before = call.sandbox.catalog.entries()
    reply = call(method, path.format("codestral-latest"), {"name": "mine"} if method == "PATCH" else None)
    assert reply.status == 403
    assert reply.json["object"] == "error"
    assert "Base models cannot be" in reply.json["message"]
    assert call.sandbox.catalog.entries() == before


@pytest.mark.parametrize(
    ("method", "path"), [("PATCH", path) for path in UPDATES] + ARCHIVES + UNARCHIVES + [("DELETE", "/v1/models/{}")]
)
def test_writing_to_an_unknown_model_says_that_it_was_not_found(call: Caller, method: str, path: str):
    reply = call(method, path.format("ft:none"), {"name": "n"} if method == "PATCH" else None)
    assert (reply.status, reply.json) == (404, {"message": "Model ft:none was not found."})


@pytest.mark.parametrize("missing", ["contract", "platform"])
def test_the_write_routes_of_a_dialect_left_out_do_not_exist(start: Any, missing: str):
    call = start(dialects={"contract", "platform"} - {missing})
    tune = call.sandbox.catalog.fine_tunes()[0]
    routes = {
        "contract": [("PATCH", UPDATES[0]), ARCHIVES[0], UNARCHIVES[0]],
        "platform": [("PATCH", UPDATES[1]), ARCHIVES[1], UNARCHIVES[1]],
    }
    for dialect, writes in routes.items():
        for method, path in writes:
            reply = call(method, path.format(tune), {"name": "n"} if method == "PATCH" else None)
            assert reply.status == (404 if dialect == missing else 200)
            if dialect == missing:
                assert reply.json["message"] == "no Route matched with those values"
                assert len(reply.json["request_id"]) == 32
    assert call("DELETE", f"/v1/models/{tune}").status == 200


def test_the_contracts_card_survives_a_poor_entry():
    assert contract_fields({"id": "x"}).keys() == CONTRACT_FIELDS
