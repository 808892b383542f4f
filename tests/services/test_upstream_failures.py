"""Rate limits and upstream's own failures: what is waited for and tried again, and what a write that failed says."""

import time

import pytest

from models_ui.services.models_api import ModelsAPI
from sandbox.server import Sandbox
from tests.services.conftest import Raw, http_answer, make_api
from tests.support.upstream import failure_of


def test_a_429_is_tried_again_after_growing_pauses(sandbox: Sandbox, api: ModelsAPI, naps: list[float]):
    sandbox.faults.add("status", status=429, times=2)
    assert api.list().cards
    assert 0.125 <= naps[0] <= 0.25
    assert 0.25 <= naps[1] <= 0.5


def test_retry_after_is_obeyed(sandbox: Sandbox, api: ModelsAPI, naps: list[float]):
    sandbox.faults.add("status", status=429, retry_after="7", times=1)
    sandbox.faults.add("status", status=503, retry_after="3", times=1)
    assert api.list().cards
    assert naps == [7.0, 3.0]


@pytest.mark.timed
def test_retry_after_is_really_waited_for(sandbox: Sandbox):
    sandbox.faults.add("status", status=429, retry_after="1", times=1)
    started = time.monotonic()
    assert make_api(sandbox.url).list().cards
    assert 1.0 <= time.monotonic() - started < 2


def test_a_wait_longer_than_the_time_left_is_not_begun(sandbox: Sandbox, api: ModelsAPI, naps: list[float]):
    sandbox.faults.add("status", status=429, retry_after="3600")
    error = failure_of(api.list)
    assert error.code == "rate_limited"
    assert error.retry_after == 3600
    assert naps == []
    assert len(sandbox.calls) == 1


def test_a_429_on_a_write_is_handed_to_who_asked_for_it(sandbox: Sandbox, api: ModelsAPI, naps: list[float]):
    sandbox.faults.add("status", status=429, retry_after="2")
    error = failure_of(lambda: api.archive("ft:m"))
    assert (error.code, error.retry_after, error.outcome_unknown) == ("rate_limited", 2, False)
    assert naps == []


def test_a_plan_without_quota_is_not_waited_for(raw: Raw, naps: list[float]):
    server = raw(http_answer("{}", "429 Too Many Requests", x_ratelimit_limit_req_minute="0"))
    error = failure_of(make_api(server.url, sleep=naps.append).list)
    assert error.code == "not_in_plan"
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateway_in_trouble_is_tried_again_for_reads(sandbox: Sandbox, api: ModelsAPI, status: int):
    sandbox.faults.add("html", status=status, times=2)
    assert api.list().cards


@pytest.mark.parametrize(("status", "unknown"), [(500, False), (502, True), (503, False), (504, True)])
def test_a_failed_write_is_not_repeated_and_says_what_is_known(
    sandbox: Sandbox, api: ModelsAPI, status: int, unknown: bool
):
    sandbox.faults.add("status", status=status)
    error = failure_of(lambda: api.delete("ft:m"))
    assert (error.code, error.outcome_unknown) == ("upstream_failed", unknown)
    assert len(sandbox.calls) == 1


def test_a_500_as_html_is_not_tried_again_and_shows_no_html(sandbox: Sandbox, api: ModelsAPI, naps: list[float]):
    sandbox.faults.add("html", status=500)
    error = failure_of(api.list)
    assert error.code == "upstream_failed"
    assert error.status == 500
    assert "<" not in error.user_message
    assert error.correlation_id == "" or len(error.correlation_id) == 36
    assert naps == []


def test_a_bad_key_is_not_tried_again(sandbox: Sandbox, naps: list[float]):
    error = failure_of(make_api(sandbox.url, key="wrong-key", sleep=naps.append).list)
    assert (error.code, error.status, error.detail) == ("unauthorized", 401, "Invalid API Key")
    assert "MISTRAL_API_KEY" in error.user_message
    assert len(error.correlation_id) == 36
    assert naps == []
