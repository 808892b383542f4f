"""Logs as JSON: one object a line, whatever is in the message, and no secret in it."""

import io
import json
import logging

import pytest

from models_ui.log_filters import DirectionFilter, JsonFormatter, RequestIdFilter, SecretsFilter, request_id


@pytest.fixture
def log():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    for each in (RequestIdFilter(), SecretsFilter("https://hooks.example.org/T0123456789abcdef"), DirectionFilter()):
        handler.addFilter(each)
    logger = logging.getLogger("tests.json")
    logger.propagate = False
    logger.addHandler(handler)
    yield logger, stream
    logger.removeHandler(handler)


def test_each_record_is_one_object_with_the_request_it_belongs_to(log):
    logger, stream = log
    token = request_id.set("abc")
    logger.warning("two\nlines, “quotes” and \u202e of %s", "T0123456789abcdef")
    request_id.reset(token)
    [line] = stream.getvalue().splitlines()
    told = json.loads(line)
    assert (told["level"], told["logger"], told["request_id"]) == ("WARNING", "tests.json", "abc")
    assert told["message"].startswith("two\nlines, “quotes” and ")
    assert "T0123456789abcdef" not in line
    assert "\u202e" not in line
    assert told["time"].endswith("+00:00")


def test_an_error_brings_its_trace_in_the_same_line(log):
    logger, stream = log
    try:
        raise ValueError("no luck")
    except ValueError:
        logger.exception("it went wrong")
    [line] = stream.getvalue().splitlines()
    assert "ValueError: no luck" in json.loads(line)["exception"]
