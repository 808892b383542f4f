"""The six verbs in both dialects, over real HTTP."""

from dataclasses import replace

import pytest

from models_ui.services import errors
from models_ui.services.dialects import CONTRACT, PLATFORM, Dialect
from models_ui.services.models_api import ModelsAPI, Receipt
from sandbox.server import Sandbox
from tests.services.conftest import KEY, Raw, http_answer, make_api
from tests.support.upstream import failure_of

both_dialects = pytest.mark.parametrize("dialect", [CONTRACT, PLATFORM], ids=lambda dialect: dialect.name)


def test_the_list_is_whole_and_says_when_it_was_fetched(sandbox: Sandbox, api: ModelsAPI):
    models = api.list()
    assert len(models.cards) > 10
    assert models.unreadable == 0
    assert models.fetched_at.utcoffset() is not None
    assert len(models.correlation_id) == 36
    assert {card.type for card in models.cards} >= {"base", "fine-tuned"}
    assert [call.path for call in sandbox.calls] == ["/v1/models"]


def test_one_bad_entry_hides_no_other(raw: Raw):
    body = '{"data":[{"id":"a"}, null, 7, "x", [], {"capabilities": 3}, {"id": NaN, "name": "\\ud800"}, {"id":"b"}]}'
    models = make_api(raw(http_answer(body)).url).list()
    assert [card.id for card in models.cards] == ["a", "", "", "b"]
    assert models.unreadable == 4


def test_a_list_with_wrong_types_everywhere_is_still_a_list(sandbox: Sandbox, api: ModelsAPI):
    before = [card.id for card in api.list().cards]
    sandbox.faults.add("wrong-types")
    after = api.list().cards
    assert [card.id for card in after] == before
    assert all(card.problems for card in after)


def test_an_empty_list_is_an_answer(sandbox: Sandbox, api: ModelsAPI):
    sandbox.faults.add("empty")
    assert api.list().cards == ()


def test_a_bare_list_is_read_too(raw: Raw):
    assert [card.id for card in make_api(raw(http_answer('[{"id":"a"}]')).url).list().cards] == ["a"]


@pytest.mark.parametrize("body", ['{"data":null}', "{}", '{"data":{}}', '"text"', "null", "7", '{"detail":"x"}', ""])
def test_a_200_that_is_no_list_is_a_bad_answer(raw: Raw, body: str):
    error = failure_of(make_api(raw(http_answer(body)).url).list)
    assert error.code == "wrong_shape"
    assert isinstance(error, errors.BadAnswer)


@pytest.mark.parametrize("body", ["[]", "{}", "null", "", '{"id":7}'])
def test_a_200_that_is_no_model_is_a_bad_answer(raw: Raw, body: str):
    assert failure_of(lambda: make_api(raw(http_answer(body)).url).retrieve("m")).code == "wrong_shape"


def test_an_unknown_model_and_a_retired_one_are_told_apart(sandbox: Sandbox, api: ModelsAPI):
    error = failure_of(lambda: api.retrieve("no-such-model"))
    assert error.code == "model_not_found"
    assert "no-such-model" in error.user_message
    sandbox.faults.add("status", status=404, shape="deprecated")
    retired = failure_of(lambda: api.retrieve("m"))
    assert retired.code == "model_retired"
    assert isinstance(error, errors.ModelGone)
    assert isinstance(retired, errors.ModelGone)


@both_dialects
def test_every_write_does_what_it_says(sandbox: Sandbox, fine_tune: str, dialect: Dialect):
    api = make_api(sandbox.url, dialect=dialect)
    assert len(api.update(fine_tune, name="New", description="Words").correlation_id) == 36
    card = api.retrieve(fine_tune)
    assert (card.name, card.description) == ("New", "Words")
    api.update(fine_tune, name="Only the name")
    assert api.retrieve(fine_tune).description == "Words"
    api.archive(fine_tune)
    assert api.retrieve(fine_tune).archived is True
    api.unarchive(fine_tune)
    assert api.retrieve(fine_tune).archived is False
    api.delete(fine_tune)
    assert failure_of(lambda: api.retrieve(fine_tune)).code == "model_not_found"


@both_dialects
def test_a_description_can_be_cleared(sandbox: Sandbox, fine_tune: str, dialect: Dialect):
    api = make_api(sandbox.url, dialect=dialect)
    api.update(fine_tune, description="Words")
    api.update(fine_tune, description=None)
    assert not api.retrieve(fine_tune).description


def test_the_platform_can_clear_a_name(sandbox: Sandbox, fine_tune: str):
    api = make_api(sandbox.url, dialect=PLATFORM)
    api.update(fine_tune, name=None)
    assert api.retrieve(fine_tune).name is None
    assert sandbox.calls[0].body == {"name": None}


def test_the_contract_cannot_and_says_so_before_any_call(sandbox: Sandbox, fine_tune: str):
    error = failure_of(lambda: make_api(sandbox.url, dialect=CONTRACT).update(fine_tune, name=None))
    assert error.code == "name_cannot_be_cleared"
    assert isinstance(error, errors.Invalid)
    assert sandbox.calls == []


@pytest.mark.parametrize(("cleared_name", "cleared_text"), [(None, ""), ("", None)])
def test_each_dialect_says_by_itself_how_a_field_is_cleared(
    sandbox: Sandbox, fine_tune: str, cleared_name: str | None, cleared_text: str | None
):
    dialect = replace(PLATFORM, cleared_name=cleared_name, cleared_text=cleared_text)
    make_api(sandbox.url, dialect=dialect).update(fine_tune, name=None, description=None)
    assert sandbox.calls[0].body == {"name": cleared_name, "description": cleared_text}


def test_an_update_of_nothing_is_a_mistake_of_ours(sandbox: Sandbox, api: ModelsAPI):
    with pytest.raises(ValueError):
        api.update("ft:m")
    assert sandbox.calls == []


def test_any_text_can_be_sent(sandbox: Sandbox, api: ModelsAPI, fine_tune: str):
    text = "=1+1 <b>“é”</b> 🦔\u202e\n"
    api.update(fine_tune, name=text)
    assert api.retrieve(fine_tune).name == text
    api.update(fine_tune, name="lone \ud800 surrogate")


@pytest.mark.parametrize(("spoken", "served"), [(CONTRACT, "platform"), (PLATFORM, "contract")])
def test_the_wrong_dialect_is_told_as_such_and_never_as_a_missing_model(spoken: Dialect, served: str):
    with Sandbox(key=KEY, dialects=[served]) as sandbox:
        api = make_api(sandbox.url, dialect=spoken)
        model_id = next(card.id for card in api.list().cards if card.is_fine_tuned)
        for call in (
            lambda: api.update(model_id, name="x"),
            lambda: api.archive(model_id),
            lambda: api.unarchive(model_id),
        ):
            error = failure_of(call)
            assert error.code == "route_not_found"
            assert not isinstance(error, errors.ModelGone)
            assert "MODELS_API_DIALECT" in error.user_message


@both_dialects
def test_a_base_model_is_protected(sandbox: Sandbox, dialect: Dialect):
    api = make_api(sandbox.url, dialect=dialect)
    base = next(card.id for card in api.list().cards if card.type == "base")
    for call in (lambda: api.delete(base), lambda: api.archive(base), lambda: api.update(base, name="x")):
        assert failure_of(call).code == "base_model_protected"


@pytest.mark.parametrize("verb", ["retrieve", "archive", "unarchive", "delete", "update"])
@pytest.mark.parametrize(
    "model_id", ["../files/abc?x=1#y", "..", ".", "", "a/b", "a%2e%2e", "a\r\nHost: x", "a b", "x" * 999]
)
def test_path_tricks_never_leave_the_machine(sandbox: Sandbox, api: ModelsAPI, verb: str, model_id: str):
    call = getattr(api, verb)
    error = failure_of(lambda: call(model_id, name="x") if verb == "update" else call(model_id))
    assert error.code == "invalid_model_id"
    assert sandbox.calls == []


@pytest.mark.parametrize("model_id", ["ft:a:b", "lima-medium-3.5", "é", "a&b=c;d", "a+b", "{id}", "~"])
def test_an_odd_id_arrives_as_it_is(sandbox: Sandbox, api: ModelsAPI, model_id: str):
    assert failure_of(lambda: api.retrieve(model_id)).code == "model_not_found"
    assert sandbox.calls[0].model == model_id


@pytest.mark.parametrize("body", ["", "{}", '{"deleted":true}', "null-ish is no JSON", "[]", '{"deleted":false}'])
def test_a_delete_is_believed_unless_the_answer_speaks_against_it(raw: Raw, body: str):
    api = make_api(raw(http_answer(body)).url)
    if body in ("", "{}", '{"deleted":true}'):
        api.delete("ft:m")
    else:
        assert failure_of(lambda: api.delete("ft:m")).outcome_unknown


def test_a_204_is_success_for_any_write(raw: Raw):
    server = raw(b"HTTP/1.1 204 No Content\r\nmistral-correlation-id: c-1\r\nconnection: close\r\n\r\n")
    api = make_api(server.url)
    assert [api.delete("ft:m"), api.archive("ft:m"), api.update("ft:m", name="x")] == [Receipt("c-1")] * 3
    assert [each.partition(" HTTP/1.1")[0] for each in server.requests] == [
        "DELETE /v1/models/ft%3Am",
        "POST /v1/fine_tuning/models/ft%3Am/archive",
        "PATCH /v1/fine_tuning/models/ft%3Am",
    ]


@pytest.mark.parametrize("body", ["", '{"archived":false}', "[]"])
def test_an_archive_that_is_not_confirmed_is_of_unknown_outcome(raw: Raw, body: str):
    error = failure_of(lambda: make_api(raw(http_answer(body)).url).archive("ft:m"))
    assert error.code == "wrong_shape"
    assert error.outcome_unknown


def test_the_write_behind_an_unknown_outcome_may_have_happened(sandbox: Sandbox, fine_tune: str):
    sandbox.faults.add("hang", seconds=3, after=True, verb="archive")
    api = make_api(sandbox.url, read_timeout=0.2)
    assert failure_of(lambda: api.archive(fine_tune)).outcome_unknown
    assert api.retrieve(fine_tune).archived is True


@pytest.mark.parametrize(("dialect", "status"), [(CONTRACT, 400), (PLATFORM, 422)], ids=["contract", "platform"])
@pytest.mark.parametrize("field", ["name", "description"])
def test_a_body_that_is_refused_is_told_in_the_same_sentence_by_both_dialects(
    sandbox: Sandbox, fine_tune: str, dialect: Dialect, status: int, field: str
):
    api = make_api(sandbox.url, dialect=dialect)
    error = failure_of(lambda: api.update(fine_tune, **{field: 5}))
    assert (error.code, error.status, error.outcome_unknown) == ("invalid", status, False)
    assert error.user_message.startswith("The Models API does not accept this: change what you entered and try again.")
    assert f"{field} should be a string" in error.user_message
    assert sandbox.calls[-1].status == status
