"""Each fault as a client meets it."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from typing import Any

import pytest
import requests

from sandbox import FaultError, Sandbox
from sandbox.faults import Faults
from tests.sandbox.conftest import KEY, Caller, Reply

STATUSES = {
    401: {"detail": "Invalid API Key"},
    404: {"message": "Model unknown was not found."},
    410: {"detail": "The request could not be completed."},
    429: {
        "object": "error",
        "message": "Rate limit exceeded",
        "type": "rate_limited",
        "param": None,
        "code": "1300",
        "raw_status_code": 429,
    },
    500: {
        "object": "error",
        "message": "Service unavailable.",
        "type": "internal_server_error",
        "param": None,
        "code": "1000",
    },
}


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_comes_with_its_recorded_body(call: Caller, status: int):
    call.sandbox.faults.add("status", status=status)
    reply = call("GET", "/v1/models")
    assert (reply.status, reply.json) == (status, STATUSES[status])
    assert "mistral-correlation-id" in reply.headers


@pytest.mark.parametrize("status", [502, 503, 504])
def test_trouble_at_the_edge_is_html(call: Caller, status: int):
    call.sandbox.faults.add(str(status))
    reply = call("GET", "/v1/models")
    assert (reply.status, reply.headers["content-type"]) == (status, "text/html; charset=UTF-8")
    assert b"<html" in reply.body


def test_a_validation_error_has_three_shapes(call: Caller):
    bodies = {}
    for shape in ("validation-list", "validation-text", "validation-object"):
        call.sandbox.faults.add("422", shape=shape, times=1)
        bodies[shape] = call("GET", "/v1/models").json
    assert isinstance(bodies["validation-list"]["detail"], list)
    assert isinstance(bodies["validation-text"]["detail"], str)
    assert isinstance(bodies["validation-object"]["message"]["detail"], list)


def test_a_404_on_demand_names_the_model(call: Caller, tune: str):
    call.sandbox.faults.add("404", shape="deprecated")
    assert call("GET", f"/v1/models/{tune}").json == {"message": f"Model {tune} is deprecated."}


@pytest.mark.parametrize("wait", ["7", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_retry_after_is_seconds_or_a_date(call: Caller, wait: str):
    call.sandbox.faults.add_text(f"429:retry_after={wait},times=1")
    assert call("GET", "/v1/models").headers["retry-after"] == wait
    assert call("GET", "/v1/models").status == 200


def test_no_rate_limit_says_when_to_come_back_unless_told_to(call: Caller):
    call.sandbox.faults.add("429")
    assert "retry-after" not in call("GET", "/v1/models").headers


@pytest.mark.parametrize("status", [200, 500, 502])
def test_html_comes_with_any_status(call: Caller, status: int):
    call.sandbox.faults.add("html", status=status)
    reply = call("GET", "/v1/models")
    assert reply.status == status
    assert b"cf-wrapper" in reply.body


def test_a_body_can_be_missing_altogether(call: Caller):
    call.sandbox.faults.add("500", shape="nothing")
    assert call("GET", "/v1/models").body == b""


def test_slow_waits_and_then_answers(call: Caller):
    call.sandbox.faults.add("slow", seconds=0.2)
    began = time.monotonic()
    assert call.list()
    assert time.monotonic() - began >= 0.2


def test_slow_goes_together_with_another_fault(call: Caller):
    call.sandbox.faults.add("slow", seconds=0.1)
    call.sandbox.faults.add("503")
    began = time.monotonic()
    assert call("GET", "/v1/models").status == 503
    assert time.monotonic() - began >= 0.1


def test_a_write_slower_than_the_client_waits_still_happens(call: Caller, tune: str):
    call.sandbox.faults.add("slow", seconds=0.3, verb="archive")
    with pytest.raises(TimeoutError):
        Caller(call.sandbox, timeout=0.1)("POST", f"/v1/models/{tune}/archive")
    assert _becomes(lambda: call.entry(tune)["archived"])


def test_latency_is_waited_before_every_answer(start: Any):
    call = start(latency=0.1)
    began = time.monotonic()
    call.list()
    assert time.monotonic() - began >= 0.1


def test_drip_sends_byte_after_byte(call: Caller, tune: str):
    call.sandbox.faults.add("drip", seconds=0.001)
    began = time.monotonic()
    assert call("GET", f"/v1/models/{tune}").json["id"] == tune
    assert time.monotonic() - began >= 0.5


def test_hang_answers_nothing(call: Caller):
    call.sandbox.faults.add("hang", times=1)
    with pytest.raises(TimeoutError):
        Caller(call.sandbox, timeout=0.2)("GET", "/v1/models")
    assert call.sandbox.calls[-1].status is None
    assert call.list(), "others are served meanwhile"


def test_hang_can_end_by_closing_the_connection(call: Caller):
    call.sandbox.faults.add("hang", seconds=0.05)
    with pytest.raises(http.client.RemoteDisconnected):
        call("GET", "/v1/models")


@pytest.mark.timed
def test_stopping_frees_who_hangs(call: Caller):
    call.sandbox.faults.add("hang")
    seen: list[BaseException] = []

    def hang() -> None:
        try:
            call("GET", "/v1/models")
        except Exception as error:
            seen.append(error)

    caller = threading.Thread(target=hang)
    caller.start()
    assert _becomes(lambda: call.sandbox.counts["list"])
    began = time.monotonic()
    call.sandbox.stop()
    caller.join(2)
    assert seen
    assert time.monotonic() - began < 1


def test_cut_closes_before_any_answer(call: Caller):
    call.sandbox.faults.add("cut")
    with pytest.raises(http.client.RemoteDisconnected):
        call("GET", "/v1/models")


def test_cut_closes_amid_the_body(call: Caller):
    call.sandbox.faults.add("cut", when="body")
    with pytest.raises(http.client.IncompleteRead) as raised:
        call("GET", "/v1/models")
    assert raised.value.partial.startswith(b'{"object":"list"')


def test_truncated_is_a_whole_answer_with_half_a_json(call: Caller):
    call.sandbox.faults.add("truncated")
    reply = call("GET", "/v1/models")
    assert reply.status == 200
    with pytest.raises(json.JSONDecodeError):
        _ = reply.json


def test_huge_goes_on_as_long_as_one_reads(call: Caller):
    call.sandbox.faults.add("huge", megabytes=3)
    reply = call("GET", "/v1/models")
    assert len(reply.json["data"][0]["description"]) == 3 << 20
    assert "content-length" not in reply.headers


def test_huge_survives_a_client_that_has_enough(sandbox: Sandbox):
    sandbox.faults.add("huge")
    with requests.get(
        f"{sandbox.url}/models", headers={"authorization": f"Bearer {KEY}"}, stream=True, timeout=5
    ) as reply:
        assert len(reply.raw.read(1 << 20)) > 0
    sandbox.faults.clear()
    assert Caller(sandbox).list()


def test_not_json_is_a_200_with_plain_text(call: Caller):
    call.sandbox.faults.add("not-json")
    reply = call("GET", "/v1/models")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/plain")
    with pytest.raises(json.JSONDecodeError):
        _ = reply.json


def test_wrong_types_keep_the_ids_and_spoil_the_rest(call: Caller, tune: str):
    right = call.list()
    call.sandbox.faults.add("wrong-types")
    wrong = call.list()
    assert [entry["id"] for entry in wrong] == [entry["id"] for entry in right]
    for before, after in zip(right, wrong, strict=True):
        assert all(type(after[key]) is not type(before[key]) for key in before if key not in ("id", "object"))
    assert call("GET", f"/v1/models/{tune}").json["archived"] == "perhaps"


def test_empty_is_a_list_of_nothing(call: Caller, tune: str):
    call.sandbox.faults.add("empty")
    assert call("GET", "/v1/models").json == {"object": "list", "data": []}
    assert call("GET", f"/v1/models/{tune}").json == {}


def test_redirect_leads_to_another_host(call: Caller):
    call.sandbox.faults.add("redirect")
    reply = call("GET", "/v1/models")
    assert (reply.status, reply.headers["location"]) == (302, "https://elsewhere.invalid/v1/models")


def test_a_fault_hits_only_its_verb(call: Caller, tune: str):
    call.sandbox.faults.add("503", verb="writes")
    assert call("GET", "/v1/models").status == 200
    assert call("GET", f"/v1/models/{tune}").status == 200
    for method, path in (
        ("PATCH", f"/v1/models/{tune}"),
        ("POST", f"/v1/models/{tune}/archive"),
        ("DELETE", f"/v1/fine_tuning/models/{tune}/archive"),
        ("DELETE", f"/v1/models/{tune}"),
    ):
        assert call(method, path, {}).status == 503
    call.sandbox.faults.clear()
    call.sandbox.faults.add("503", verb="unarchive")
    assert call("POST", f"/v1/models/{tune}/archive").status == 200
    assert call("POST", f"/v1/models/{tune}/unarchive").status == 503
    call.sandbox.faults.add("502", verb="reads")
    assert call("GET", "/v1/models").status == 502


def test_a_fault_hits_only_its_model(call: Caller, tune: str):
    call.sandbox.faults.add("503", model=tune)
    assert call("GET", f"/v1/models/{tune}").status == 503
    assert call("GET", "/v1/models/codestral-2508").status == 200
    assert call("GET", "/v1/models").status == 200


def test_a_fault_ends_after_its_times(call: Caller):
    call.sandbox.faults.add("503", times=2)
    assert [call("GET", "/v1/models").status for _ in range(3)] == [503, 503, 200]


def test_chance_repeats(start: Any):
    runs = []
    for _ in range(2):
        call = start(seed=3)
        call.sandbox.faults.add("503", chance=0.5)
        runs.append([call("GET", "/v1/models/codestral-2508").status for _ in range(20)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 503}


def test_without_after_a_failed_write_did_nothing(call: Caller, tune: str):
    for kind in ("500", "html", "not-json", "cut"):
        call.sandbox.faults.add(kind, times=1)
        _outcome(call, "POST", f"/v1/models/{tune}/archive")
        assert call.entry(tune)["archived"] is False
        assert call.sandbox.calls[-2].performed is False


@pytest.mark.parametrize("kind", ["504", "html", "cut", "not-json", "empty", "redirect", "truncated"])
def test_with_after_the_write_happened_whatever_the_client_was_told(call: Caller, tune: str, kind: str):
    call.sandbox.faults.add(kind, verb="writes", after=True)
    _outcome(call, "POST", f"/v1/models/{tune}/archive")
    assert call.sandbox.calls[-1].performed is True
    assert call.entry(tune)["archived"] is True


def test_hang_with_after_is_a_timeout_of_a_write_that_happened(call: Caller, tune: str):
    call.sandbox.faults.add("hang", verb="delete", after=True)
    with pytest.raises(TimeoutError):
        Caller(call.sandbox, timeout=0.2)("DELETE", f"/v1/models/{tune}")
    assert call("GET", f"/v1/models/{tune}").status == 404


def test_faults_are_managed_over_http(call: Caller):
    assert call("POST", "/_sandbox/faults", {"kind": "503", "verb": "list", "times": 1}).status == 201
    assert call("POST", "/_sandbox/faults", [{"kind": "slow", "seconds": 0}, {"kind": "cut"}]).status == 201
    in_force = call("GET", "/_sandbox/faults").json["faults"]
    assert [(fault["kind"], fault.get("left")) for fault in in_force] == [("status", 1), ("slow", None), ("cut", None)]
    assert call("GET", "/v1/models").status == 503
    assert call("DELETE", "/_sandbox/faults").status == 200
    assert call("GET", "/v1/models").status == 200


@pytest.mark.parametrize(
    "wrong", [{"kind": "nonsense"}, {}, [], 7, {"kind": "503", "verb": "fly"}, {"kind": "cut", "colour": 1}, "text"]
)
def test_a_fault_that_makes_no_sense_is_refused_over_http(call: Caller, wrong: Any):
    reply = call("POST", "/_sandbox/faults", wrong)
    assert reply.status == (422 if wrong != [] else 201)
    assert call("GET", "/_sandbox/faults").json == {"faults": []}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("explode", "there are: status html"),
        ("status", "needs the status"),
        ("999", "no HTTP status"),
        ("503:times=often", "not of type int"),
        ("503:after=maybe", "not of type bool"),
        ("503:times=-1", "is negative"),
        ("503:shape=round", "there are: invalid-model"),
        ("429:retry_after=1\r\nx: y", "control characters"),
        ("cut:when=never", "there are: before body"),
        ("slow:colour=red", "has no colour"),
    ],
)
def test_a_fault_that_makes_no_sense_is_explained(text: str, complaint: str):
    with pytest.raises(FaultError, match=complaint):
        Faults().add_text(text)


def test_faults_are_read_from_text():
    faults = Faults()
    fault = faults.add_text("503:verb=update,model=ft:a:b,times=2,chance=0.5,after=yes,retry_after=9")
    assert (fault.kind, fault.status, fault.verb, fault.model) == ("status", 503, "update", "ft:a:b")
    assert (fault.times, fault.chance, fault.after, fault.retry_after) == (2, 0.5, True, "9")


def test_a_client_that_leaves_makes_no_noise(sandbox: Sandbox, capfd: pytest.CaptureFixture[str]):
    sandbox.faults.add("drip", seconds=0.01)
    with socket.create_connection((sandbox.host, sandbox.port)) as connection:
        connection.sendall(f"GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n\r\n".encode())
        connection.recv(10)
    time.sleep(0.1)
    sandbox.stop()
    assert capfd.readouterr().err == ""


def _outcome(call: Caller, method: str, path: str) -> Reply | None:
    try:
        return call(method, path)
    except http.client.HTTPException:
        return None


def _becomes(true: Any) -> bool:
    deadline = time.monotonic() + 2
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
