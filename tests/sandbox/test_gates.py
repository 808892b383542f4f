"""Keys, paths and verbs: who is let in, and where a path leads."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from sandbox import Sandbox
from tests.sandbox.conftest import KEY, Caller

NO_ROUTE = "no Route matched with those values"


@pytest.mark.parametrize("key", [None, "", "wrong", KEY + "x", KEY[:-1], f"{KEY}é"])
def test_a_missing_or_wrong_key_is_refused(call: Caller, key: str | None, tune: str):
    for method, path in (("GET", "/v1/models"), ("DELETE", f"/v1/models/{tune}"), ("GET", "/_sandbox/calls")):
        reply = call(method, path, key=key)
        assert (reply.status, reply.json) == (401, {"detail": "Invalid API Key"})
    assert tune in call.sandbox.catalog.ids()


def test_the_gateway_knows_its_routes_before_it_looks_at_keys(call: Caller):
    assert call("GET", "/v1/nothing", key=None).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v1/",
        "/v1/models/",
        "/v1//models",
        "//v1/models",
        "/v2/models",
        "/models",
        "/v1/mod%65ls",
        "/v1/chat/models",
        "/v1/models/..",
        "/v1/models/%2e%2e",
        "/v1/models/../models",
        "/v1/models/%2e%2e/models",
        "/v1/models/../files/abc",
        "/v1/models/..%2Fmodels",
        "/v1/models/a%2Farchive",
        "/v1/models/a%5Cb",
        "/v1/models/a/b",
        "/v1/models/a/archive/b",
        "/v1/models/%ff",
        "/v1/fine_tuning/jobs/../models",
        "/v1/files/../models",
        "http://127.0.0.1/v1/models",
        "/v1/models#x/../../models",
    ],
)
def test_a_path_that_could_lead_elsewhere_leads_nowhere(call: Caller, path: str):
    for method in ("GET", "DELETE", "PATCH", "POST"):
        reply = call(method, path)
        assert (reply.status, reply.json["message"]) == (404, NO_ROUTE)


def test_an_encoded_slash_cannot_archive_a_model(call: Caller, tune: str):
    assert call("POST", f"/v1/models/{tune}%2Farchive").json["message"] == NO_ROUTE
    assert call("POST", f"/v1/models/x/..%2F{tune}/archive").json["message"] == NO_ROUTE
    assert call.entry(tune)["archived"] is False


def test_an_id_is_decoded_once(call: Caller, tune: str):
    once = tune.replace(":", "%3A")
    twice = tune.replace(":", "%253A")
    assert call("GET", f"/v1/models/{once}").json["id"] == tune
    assert call("GET", f"/v1/models/{twice}").json == {"message": f"Model {once} was not found."}
    assert call.sandbox.calls[-1].model == once


def test_odd_ids_are_names_of_models_that_do_not_exist(call: Caller):
    for path, model_id in (("%00", "\0"), ("a%3Fb%23c", "a?b#c"), ("%C3%A9%0D%0A", "é\r\n"), ("archive", "archive")):
        assert call("GET", f"/v1/models/{path}").json == {"message": f"Model {model_id} was not found."}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/v1/models", "GET"),
        ("PUT", "/v1/models/x", "DELETE, GET, PATCH"),
        ("OPTIONS", "/v1/models/x", "DELETE, GET, PATCH"),
        ("GET", "/v1/models/x/archive", "POST"),
        ("DELETE", "/v1/models/x/unarchive", "POST"),
        ("GET", "/v1/fine_tuning/models/x", "PATCH"),
        ("PUT", "/v1/fine_tuning/models/x/archive", "DELETE, POST"),
    ],
)
def test_a_known_path_refuses_other_verbs(call: Caller, method: str, path: str, allowed: str):
    reply = call(method, path)
    assert (reply.status, reply.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize("path", ["/v1/fine_tuning/jobs", "/v1/fine_tuning/jobs/x/cancel"])
def test_training_is_gone(call: Caller, path: str):
    assert {call(method, path).status for method in ("GET", "POST")} == {410}


def test_no_key_is_ever_in_the_log(call: Caller, tune: str):
    call("GET", f"/v1/models?key={KEY}")
    call("PATCH", f"/v1/models/{tune}", {"name": f"my {KEY}"})
    call("PATCH", f"/v1/models/{tune}", raw=f"text {KEY}".encode())
    assert KEY not in call("GET", "/_sandbox/calls").body.decode()


def test_the_log_tells_each_call(call: Caller, tune: str):
    call("PATCH", f"/v1/fine_tuning/models/{tune}?x=1", {"name": "n"})
    call("POST", f"/v1/models/{tune}/archive")
    call("GET", "/v1/models", key="wrong")
    update, archive, refused = call.sandbox.calls
    assert (update.verb, update.dialect, update.method, update.model) == ("update", "platform", "PATCH", tune)
    assert (update.path, update.status, update.body) == (f"/v1/fine_tuning/models/{tune}?x=1", 200, {"name": "n"})
    assert (archive.verb, archive.dialect, archive.body, archive.performed) == ("archive", "contract", None, True)
    assert (refused.verb, refused.status, refused.performed) == (None, 401, False)
    assert call.sandbox.counts == {"update": 1, "archive": 1, "unknown": 1}
    assert call("GET", "/_sandbox/calls").json["counts"] == call.sandbox.counts


def test_reset_brings_the_first_catalog_back(call: Caller, tune: str):
    first = call.sandbox.catalog.entries()
    call("DELETE", f"/v1/models/{tune}")
    call.sandbox.faults.add("503")
    assert call("POST", "/_sandbox/reset").status == 200
    assert call.sandbox.catalog.entries() == first
    assert call("GET", "/v1/models").status == 200
    assert len(call.sandbox.calls) == 1


def test_one_connection_carries_many_calls(sandbox: Sandbox, tune: str):
    import http.client

    connection = http.client.HTTPConnection(sandbox.host, sandbox.port, timeout=5)
    headers = {"authorization": f"Bearer {KEY}"}
    for method, path, body in (
        ("GET", "/v1/models", None),
        ("HEAD", "/v1/models", None),
        ("DELETE", "/v1/models/x", b'{"a": "body nobody asked for"}'),
        ("PATCH", f"/v1/models/{tune}", b"{broken"),
        ("GET", "/nowhere", None),
        ("GET", f"/v1/models/{tune}", None),
    ):
        connection.request(method, path, body, headers)
        reply = connection.getresponse()
        reply.read()
        local = connection.sock.getsockname() if connection.sock else None
        assert local is not None
    assert reply.status == 200
    connection.close()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"PATCH /v1/models/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"PATCH /v1/models/x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"PATCH /v1/models/x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"BREW /v1/models HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        (b"nonsense\r\n\r\n", 400),
    ],
)
def test_a_request_that_cannot_be_read_is_refused_in_json(sandbox: Sandbox, request_bytes: bytes, status: int):
    with socket.create_connection((sandbox.host, sandbox.port), timeout=5) as connection:
        connection.sendall(request_bytes)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b'{"detail":' in answer


def test_stopping_ends_connections_that_are_kept_alive(sandbox: Sandbox):
    with socket.create_connection((sandbox.host, sandbox.port), timeout=5) as connection:
        connection.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(65536)
        sandbox.stop()
        assert connection.recv(1) == b""


def test_a_stopped_sandbox_starts_again_on_its_port(call: Caller):
    port = call.sandbox.port
    call.sandbox.stop()
    with pytest.raises(OSError):
        call.list()
    call.sandbox.start()
    assert call.sandbox.port == port
    assert call.list()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.org", ""])
def test_the_sandbox_listens_on_this_machine_only(host: str):
    with pytest.raises(ValueError, match="this machine only"):
        Sandbox(host=host)


def test_the_sandbox_listens_on_ipv6_too(start: Any):
    call = start(host="::1")
    assert call.sandbox.url == f"http://[::1]:{call.sandbox.port}/v1"
    assert call.list()


def test_changes_behind_the_clients_back_show_at_once(call: Caller, tune: str):
    catalog = call.sandbox.catalog
    catalog.rename(tune, "Someone else's name")
    assert call.entry(tune)["name"] == "Someone else's name"
    catalog.update_model("codestral-latest", deprecation="2030-01-31T12:00:00Z")
    assert [e["deprecation"] for e in call.list() if e["name"] == "codestral-2508"] == ["2030-01-31T12:00:00Z"] * 4
    catalog.retire("codestral-latest")
    assert call("GET", "/v1/models/mistral-code-latest").json["message"].endswith("is deprecated.")
    catalog.unlist("mistral-embed")
    assert "mistral-embed" not in {entry["id"] for entry in call.list()}
    catalog.remove(tune)
    assert call("GET", f"/v1/models/{tune}").status == 404
    catalog.add({"id": "new", "type": "base"}, at=0)
    assert call.list()[0]["id"] == "new"
    catalog.replace([])
    assert call.list() == []
    for change in (catalog.archive, catalog.remove, catalog.retire):
        with pytest.raises(KeyError):
            change("gone")
