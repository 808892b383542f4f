"""Upstream has no single error shape; people get one clear sentence, never an object, HTML or a secret."""

import copy
import json
import pickle
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from models_ui.services import errors
from models_ui.services.answers import correlation_id, decode_json, error_from_answer, error_sentence, retry_after
from models_ui.text.plain import plain_text

# Every body that was seen or quoted, one line each, with what a person should read.
BODIES = [
    (401, '{"message":"Unauthorized","request_id":"696869367bc8da6c8ed65c2e6fcc8216"}', "unauthorized", "Unauthorized"),
    (401, '{"detail":"Unauthorized"}', "unauthorized", "Unauthorized"),
    (401, '{"detail":"Invalid API Key"}\n', "unauthorized", "Invalid API Key"),
    (
        403,
        '{"object":"error","message":"This model is not available in your subscription tier",'
        '"type":"tier_not_allowed","code":"1910"}',
        "tier_not_allowed",
        "This model is not available in your subscription tier",
    ),
    (403, '{"object":"error","message":"x","type":"labs_not_enabled","code":"1913"}', "labs_not_enabled", "x"),
    (403, '{"detail":"Base models cannot be deleted."}', "base_model_protected", "Base models cannot be deleted."),
    (403, '{"detail":"No."}', "forbidden", "No."),
    (404, '{"message":"Model m-1 was not found."}', "model_not_found", "Model m-1 was not found."),
    (404, '{"message":"Model m-1 is deprecated."}', "model_retired", "Model m-1 is deprecated."),
    (404, '{"detail":"Model not found"}', "model_not_found", "Model not found"),
    (
        404,
        '{"message":"no Route matched with those values","request_id":"4e66bb7fa0db6457e2b7e7d17e5b2875e"}',
        "route_not_found",
        "no Route matched with those values",
    ),
    (404, '{"detail":"Not Found"}', "route_not_found", "Not Found"),
    (404, "<html><body><h1>404 Not Found</h1></body></html>", "route_not_found", "Not Found"),
    (404, "", "not_found", "Not Found"),
    (404, "{}", "not_found", "Not Found"),
    (405, '{"detail":"Method Not Allowed"}', "route_not_found", "Method Not Allowed"),
    (409, '{"detail":"Already archived"}', "conflict", "Already archived"),
    (410, '{"detail":"Gone for good"}', "gone", "Gone for good"),
    (
        400,
        '{"object":"error","message":"Invalid model: m-1","type":"invalid_model","param":null,"code":"1500",'
        '"raw_status_code":400}',
        "invalid",
        "Invalid model: m-1",
    ),
    (
        422,
        '{"detail":[{"type":"x","loc":["body","name"],"msg":"Input should be a valid string","input":{"a":1}},'
        '{"type":"x","loc":["body","items",0],"msg":"Too long"}]}',
        "invalid",
        "name: Input should be a valid string; items.0: Too long",
    ),
    (
        422,
        '{"detail": "Model not available for this type of fine-tuning (completion)."}',
        "invalid",
        "Model not available for this type of fine-tuning (completion).",
    ),
    (
        422,
        '{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","max_tokens"],'
        '"msg":"Extra inputs are not permitted","input":32000}]},"type":"invalid_request_error","code":null}',
        "invalid",
        "max_tokens: Extra inputs are not permitted",
    ),
    (422, '{"error":{"message":"Name is taken","type":"x"}}', "invalid", "Name is taken"),
    (422, '{"detail":{"msg":"Name is taken"}}', "invalid", "Name is taken"),
    (418, '{"detail":"A teapot"}', "invalid", "A teapot"),
    (
        429,
        '{"object":"error","message":"Rate limit exceeded","type":"rate_limited","param":null,"code":"1300"}',
        "rate_limited",
        "Rate limit exceeded",
    ),
    (429, '{"message":"Requests rate limit exceeded"}', "rate_limited", "Requests rate limit exceeded"),
    (
        500,
        '{"object":"error","message":"Service unavailable.","type":"internal_server_error","code":"1000"}',
        "upstream_failed",
        "Service unavailable.",
    ),
    (502, "<!DOCTYPE html>\n<html><title>Bad gateway</title>", "upstream_failed", "Bad Gateway"),
    (503, "upstream connect error", "upstream_failed", "upstream connect error"),
    (504, '[{"a": {"b": "c"}}]', "upstream_failed", "Gateway Timeout"),
    (524, "", "upstream_failed", "HTTP status 524"),
    (302, "", "redirected", "Found"),
    (304, "", "redirected", "Not Modified"),
]


def error_of(status: int, body: str | bytes = "", *, write: bool = False, model_id: str = "m-1", **headers: str):
    content = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return error_from_answer(status, named, content, write=write, model_id=model_id, secret="s3cret")


@pytest.mark.parametrize(("status", "body", "code", "sentence"), BODIES)
def test_every_known_body_gives_its_sentence_and_its_exception(status: int, body: str, code: str, sentence: str):
    try:
        decoded = decode_json(body.encode())
    except ValueError:
        decoded = body
    assert error_sentence(decoded, status) == sentence
    error = error_of(status, body, write=True)
    assert error.code == code
    assert error.status == status
    assert error.detail in (sentence, "")
    for text in (error.user_message, str(error), repr(error)):
        assert not re.search(r"[<{\[]\w*[\"'<{]|object Object|DOCTYPE|html", text)


@given(st.recursive(st.none() | st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_no_body_makes_finding_a_sentence_fail(body: Any):
    sentence = error_sentence(body, 500)
    assert len(sentence) <= 300
    assert sentence.isprintable()
    error_from_answer(404, {}, json.dumps(body).encode(), write=True, model_id="m", secret="")


def test_upstreams_words_are_cut_and_lose_control_characters():
    error = error_of(422, json.dumps({"detail": "a\x1b[31m\r\nb\u202e " + "c" * 5000}))
    assert error.detail.startswith("a [31m b ccc")
    assert len(error.detail) == 300
    assert error.detail.endswith("…")


def test_the_key_is_removed_even_when_upstream_repeats_it():
    error = error_of(401, '{"detail":"Bad key s3cret given"}', write=False, mistral_correlation_id="s3cret-1")
    for text in (error.detail, error.user_message, str(error), repr(error), error.correlation_id, repr(vars(error))):
        assert "s3cret" not in text


def test_every_exception_has_a_code_of_its_own_and_stands_in_the_tree_of_the_docstring():
    kinds, waiting = [], [errors.ModelsAPIError]
    while waiting:
        kinds.append(waiting.pop())
        # The app has failures of its own below these; the tree is that of the services.
        waiting += [kind for kind in kinds[-1].__subclasses__() if kind.__module__.startswith("models_ui.services")]
    codes = [kind.code for kind in kinds]
    assert len(codes) == len(set(codes)) > 25
    for kind in kinds[1:]:
        assert re.search(rf"── {kind.__name__} +{kind.code}\b", errors.__doc__ or ""), kind
        message = kind().user_message
        assert message.endswith((".", ").")), message
        assert "%" not in message
        assert "{" not in message


def test_exceptions_survive_pickling_and_copying():
    error = error_of(429, "{}", retry_after="7", mistral_correlation_id="abc")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (twin.code, twin.retry_after, twin.correlation_id) == ("rate_limited", 7.0, "abc")
        assert str(twin) == str(error)


def test_the_message_is_translated_when_it_is_read_not_when_it_was_raised():
    error = error_of(503)
    with translation.override("en"):
        assert "in trouble" in error.user_message


def test_not_configured_names_the_setting():
    error = errors.NotConfigured("it is no web address", setting="MODELS_API_BASE_URL")
    assert "MODELS_API_BASE_URL" in error.user_message
    assert "it is no web address" in error.user_message


def test_a_wrong_route_names_the_settings_that_decide_it():
    message = error_of(404, '{"detail":"Not Found"}').user_message
    assert "MODELS_API_DIALECT" in message
    assert "MODELS_API_BASE_URL" in message


@pytest.mark.parametrize("words", ["deprecated", "no-route", "retired", "model"])
def test_a_models_own_id_cannot_change_what_a_404_means(words: str):
    assert (
        error_of(404, json.dumps({"message": f"Model {words} was not found."}), model_id=words).code
        == "model_not_found"
    )


def test_a_404_of_the_list_always_means_the_address():
    assert error_of(404, '{"message":"Model x was not found."}', model_id="").code == "route_not_found"


@pytest.mark.parametrize(
    ("status", "write", "unknown"),
    [
        (500, True, False),
        (503, True, False),
        (502, True, True),
        (504, True, True),
        (524, True, True),
        (502, False, False),
        (302, True, True),
        (429, True, False),
        (404, True, False),
    ],
)
def test_only_a_lost_write_has_an_unknown_outcome(status: int, write: bool, unknown: bool):
    error = error_of(status, "<html>", write=write)
    assert error.outcome_unknown is unknown
    assert ("not known" in error.user_message) is unknown


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"x_ratelimit_limit_req_minute": "0", "x_ratelimit_remaining_req_minute": "0"}, "not_in_plan"),
        ({"ratelimitbysize_limit": "0"}, "not_in_plan"),
        ({"x_ratelimitbysize_limit_month": "0"}, "not_in_plan"),
        ({"x_ratelimit_limit_req_minute": "60", "x_ratelimit_remaining_req_minute": "0"}, "rate_limited"),
        ({"x_ratelimit_limit_req_minute": "soon"}, "rate_limited"),
        ({}, "rate_limited"),
    ],
)
def test_a_limit_of_zero_means_that_waiting_never_helps(headers: dict[str, str], code: str):
    error = error_of(429, "{}", **headers)
    assert error.code == code
    assert error.retryable is (code == "rate_limited")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("1.5", 1.5),
        ("-1", None),
        ("soon", None),
        ("9" * 5000, None),
        ("nan", None),
        ("", None),
    ],
)
def test_retry_after_in_seconds(value: str, seconds: float | None):
    assert retry_after({"retry-after": value}) == seconds


def test_retry_after_as_a_date():
    soon = datetime.now(UTC) + timedelta(seconds=30)
    assert 27 < (retry_after({"retry-after": format_datetime(soon, usegmt=True)}) or 0) <= 30
    assert retry_after({"retry-after": "Mon, 01 Jan 2024 00:00:00 GMT"}) == 0


def test_the_wait_is_told_in_the_message():
    assert "in 7 seconds" in error_of(429, "{}", retry_after="7").user_message


def test_the_correlation_id_has_three_sources_in_this_order():
    headers = {"mistral-correlation-id": "a", "x-kong-request-id": "b"}
    assert correlation_id(headers, {"request_id": "c"}) == "a"
    assert correlation_id({"x-kong-request-id": "b"}, {"request_id": "c"}) == "b"
    assert correlation_id({}, {"request_id": "c"}) == "c"
    assert correlation_id({}, {"request_id": 3}) == ""


def test_a_redirect_tells_only_scheme_and_host_of_where_it_leads():
    assert error_of(302, location="https://else.example/path?token=1").detail == "https://else.example"
    assert error_of(302, location="http://[").detail == ""


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": NaN, "b": 1}', {"a": pytest.approx(float("nan"), nan_ok=True), "b": 1}),
        (b'{"a": "\\ud800"}', {"a": "\ud800"}),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (b"\xef\xbb\xbf[1]", [1]),
        (b"[" + b"9" * 5000 + b"]", [float("inf")]),
    ],
)
def test_json_that_strict_readers_refuse_is_read_nevertheless(body: bytes, value: Any):
    assert decode_json(body) == value


@pytest.mark.parametrize("body", [b"", b"{", b'{"data": [', b"<html>", b"[" * 100_000, b"hello"])
def test_a_body_that_is_no_json_is_refused(body: bytes):
    with pytest.raises(ValueError):
        decode_json(body)


def test_plain_text_is_one_printable_line():
    assert plain_text("  a\n\tb\0c  ") == "a b c"
    assert plain_text("\ud800") == ""
    assert plain_text("x" * 10, 5) == "xxxx…"
