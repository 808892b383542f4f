"""HTTP as it goes wrong: connections, time, answers that are none; what is retried, and what is given up."""

import gzip
import socket
import threading
import time
from itertools import pairwise
from typing import Any

import pytest

from models_ui.services import connection_errors, errors
from models_ui.services.models_api import ModelsAPI, Receipt
from models_ui.services.transport import Transport
from sandbox.server import Sandbox
from tests.services.conftest import EMPTY_LIST, KEY, Raw, RawServer, http_answer, make_api
from tests.support.upstream import closed_port, failure_of

# No connection


def test_a_refused_connection_is_tried_again_for_reads_and_writes_alike(naps: list[float]):
    api = make_api(f"http://127.0.0.1:{closed_port()}/v1", sleep=naps.append, retries=3)
    for call in (api.list, lambda: api.archive("ft:m")):
        naps.clear()
        error = failure_of(call)
        assert error.code == "connection_refused"
        assert error.retryable
        assert not error.outcome_unknown
        assert len(naps) == 3
        assert all(0 < nap <= 8 for nap in naps)
        assert all(later > earlier * 0.9 for earlier, later in pairwise(naps))


def test_a_write_gets_through_once_the_connection_is_there(raw: Raw):
    port = closed_port()
    started: list[RawServer] = []

    def start_server(_seconds: float) -> None:
        listener = socket.create_server(("127.0.0.1", port))
        started.append(listener)  # type: ignore[arg-type]
        threading.Thread(target=serve_once, args=(listener,), daemon=True).start()

    def serve_once(listener: socket.socket) -> None:
        with listener, listener.accept()[0] as line:
            line.recv(65536)
            line.sendall(http_answer('{"archived":true}'))

    make_api(f"http://127.0.0.1:{port}/v1", sleep=start_server).archive("ft:m")
    assert len(started) == 1


def test_a_name_that_cannot_be_looked_up(monkeypatch: pytest.MonkeyPatch, naps: list[float]):
    def fail(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    error = failure_of(make_api("https://nowhere.invalid/v1", sleep=naps.append, retries=1).list)
    assert error.code == "name_not_resolved"
    assert len(naps) == 1


def test_a_server_without_tls_where_tls_is_expected(raw: Raw, naps: list[float]):
    server = raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    error = failure_of(lambda: make_api(server.url.replace("http:", "https:"), sleep=naps.append).delete("ft:m"))
    assert error.code == "tls_failed"
    assert not error.retryable
    assert not error.outcome_unknown
    assert naps == []


def test_a_handshake_that_never_ends_times_out_with_nothing_sent(raw: Raw, naps: list[float]):
    server = raw(lambda _line: time.sleep(2))
    api = make_api(server.url.replace("http:", "https:"), connect_timeout=0.1, retries=0)
    error = failure_of(lambda: api.delete("ft:m"))
    assert error.code == "connect_timed_out"
    assert not error.outcome_unknown


def test_a_name_lookup_that_takes_all_the_time_lets_nothing_be_sent(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox):
    look_up = socket.getaddrinfo

    def dawdle(*args: Any, **kwargs: Any) -> Any:
        time.sleep(0.3)
        return look_up(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", dawdle)
    error = failure_of(lambda: make_api(sandbox.url, total_timeout=0.1).delete("ft:m"))
    assert error.code == "connect_timed_out"
    assert not error.outcome_unknown
    assert sandbox.calls == []


def test_a_proxy_of_the_environment_is_used_and_its_failure_named(monkeypatch: pytest.MonkeyPatch, raw: Raw):
    proxy = raw(EMPTY_LIST)
    monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/v1"))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert make_api("http://models.invalid/v1").list().cards == ()
    assert proxy.requests[0].startswith("GET http://models.invalid/v1/models HTTP/1.1")
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    assert failure_of(make_api("http://models.invalid/v1", retries=0).list).code == "proxy_failed"


def test_a_loopback_address_is_never_looked_for_behind_a_proxy(monkeypatch: pytest.MonkeyPatch, raw: Raw):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    assert make_api(raw(EMPTY_LIST).url).list().cards == ()


# Time


def test_a_read_that_gets_no_answer_is_tried_again(sandbox: Sandbox, naps: list[float]):
    sandbox.faults.add("hang", seconds=5, times=1)
    api = make_api(sandbox.url, read_timeout=0.1, sleep=naps.append)
    assert api.list().cards
    assert len(naps) == 1


def test_a_read_that_never_gets_an_answer_times_out(sandbox: Sandbox, naps: list[float]):
    sandbox.faults.add("hang", seconds=5)
    error = failure_of(make_api(sandbox.url, read_timeout=0.1, retries=2, sleep=naps.append).list)
    assert error.code == "timed_out"
    assert error.retryable
    assert not error.outcome_unknown
    assert len(naps) == 2


@pytest.mark.parametrize("verb", ["archive", "unarchive", "delete", "update"])
@pytest.mark.parametrize("kind", ["hang", "cut"])
def test_a_write_without_an_answer_is_of_unknown_outcome_and_never_repeated(sandbox: Sandbox, verb: str, kind: str):
    sandbox.faults.add(kind, seconds=5)
    api = make_api(sandbox.url, read_timeout=0.1 if kind == "hang" else 5)
    call = getattr(api, verb)
    error = failure_of(lambda: call("ft:m", name="x") if verb == "update" else call("ft:m"))
    assert error.code == {"hang": "timed_out", "cut": "connection_cut"}[kind]
    assert error.outcome_unknown
    assert len(sandbox.calls) == 1


@pytest.mark.timed
@pytest.mark.parametrize("dripped", ["body", "headers", "error body"])
def test_a_server_that_drips_cannot_hold_us(raw: Raw, dripped: str):
    text = {
        "body": b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n",
        "headers": b"",
        "error body": b"HTTP/1.1 404 Not Found\r\ncontent-length: 9999\r\n\r\n",
    }[dripped]

    def drip(line: socket.socket) -> None:
        line.sendall(text)
        for _ in range(100):
            line.sendall(b" " if text else b"H")
            time.sleep(0.03)

    api = make_api(raw(drip).url, read_timeout=1, total_timeout=0.3, retries=0)
    started = time.monotonic()
    error = failure_of(lambda: api.delete("ft:m"))
    assert time.monotonic() - started < 1
    assert error.code == ("not_found" if dripped == "error body" else "timed_out")
    assert error.outcome_unknown is (dripped != "error body")


def test_a_dripping_list_of_the_sandbox_times_out(sandbox: Sandbox):
    sandbox.faults.add("drip", seconds=0.05)
    assert failure_of(make_api(sandbox.url, total_timeout=0.3).list).code == "timed_out"


def test_a_body_that_drips_until_the_connection_closes_is_not_taken_for_a_whole_one(raw: Raw):
    def drip(line: socket.socket) -> None:
        line.sendall(b'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{"data":[]}')
        time.sleep(1)

    assert failure_of(make_api(raw(drip).url, total_timeout=0.2, retries=0).list).code == "timed_out"


@pytest.mark.timed
def test_the_whole_call_with_its_pauses_stays_below_the_total(sandbox: Sandbox):
    sandbox.faults.add("status", status=503)
    started = time.monotonic()
    error = failure_of(make_api(sandbox.url, total_timeout=0.6, retries=50).list)
    assert error.code == "upstream_failed"
    assert time.monotonic() - started < 0.7


def test_no_attempt_is_made_after_a_pause_that_took_all_the_time(sandbox: Sandbox):
    """A busy machine sleeps for longer than it was asked to. The error is that of the attempt before."""
    sandbox.faults.add("status", status=503)
    moments = [0.0]
    api = make_api(sandbox.url, total_timeout=20, sleep=lambda _: moments.append(19.9), clock=lambda: moments[-1])
    assert failure_of(api.list).code == "upstream_failed"
    assert len(sandbox.calls) == 1


# Answers that are none


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "html", "status": 200}, "not_json"),
        ({"kind": "not-json"}, "not_json"),
        ({"kind": "truncated"}, "not_json"),
        ({"kind": "redirect"}, "redirected"),
        ({"kind": "cut", "when": "body"}, "connection_cut"),
    ],
)
def test_an_answer_that_is_none(sandbox: Sandbox, api: ModelsAPI, fine_tune: str, fault: dict[str, str], code: str):
    sandbox.faults.add(**fault)
    error = failure_of(api.list)
    assert error.code == code
    assert not error.outcome_unknown
    error = failure_of(lambda: api.archive(fine_tune))
    assert error.code == code
    assert error.outcome_unknown


def test_a_cut_connection_is_tried_again_for_reads(sandbox: Sandbox, api: ModelsAPI):
    sandbox.faults.add("cut", times=1)
    sandbox.faults.add("cut", when="body", times=1)
    assert api.list().cards


def test_a_huge_body_is_not_read_to_its_end(sandbox: Sandbox):
    sandbox.faults.add("huge", megabytes=64)
    error = failure_of(make_api(sandbox.url, max_bytes=1_000_000).list)
    assert error.code == "too_large"


def test_a_small_body_that_unpacks_into_a_huge_one_is_not_read_either(raw: Raw):
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < 100_000
    server = raw(http_answer(bomb, content_encoding="gzip"))
    assert failure_of(make_api(server.url, max_bytes=1_000_000).list).code == "too_large"


def test_a_broken_compression_is_a_bad_answer(raw: Raw):
    server = raw(http_answer(b"not gzip at all", content_encoding="gzip"))
    assert failure_of(make_api(server.url).list).code == "bad_answer"


def test_an_answer_that_is_no_http_is_a_bad_answer(raw: Raw):
    assert failure_of(make_api(raw(b"SSH-2.0-OpenSSH_9.6\r\n").url).list).code == "bad_answer"


def test_a_redirect_is_not_followed_and_not_even_read(raw: Raw):
    trap = raw(EMPTY_LIST)
    server = raw(http_answer("x", "307 Temporary Redirect", location=trap.url + "/models"))
    error = failure_of(make_api(server.url).list)
    assert error.code == "redirected"
    assert error.detail == "http://127.0.0.1"
    assert trap.requests == []


# Connections


def test_threads_can_share_one_transport(sandbox: Sandbox, api: ModelsAPI):
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(api.list().cards))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == 1


def test_a_write_never_goes_out_on_a_kept_connection_that_may_have_died(raw: Raw):
    def answer_then_die(line: socket.socket) -> None:
        line.sendall(b'HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{"data":[]}')
        line.recv(65536)  # the next request on this connection gets no answer

    server = raw(answer_then_die, http_answer('{"archived":true}', mistral_correlation_id="c-1"))
    api = make_api(server.url)
    api.list()
    assert api.archive("ft:m") == Receipt("c-1")
    assert [each.partition(" HTTP/1.1")[0] for each in server.requests] == [
        "GET /v1/models",
        "POST /v1/fine_tuning/models/ft%3Am/archive",
    ]


def test_a_sandbox_that_restarts_is_found_again(naps: list[float]):
    with Sandbox(key=KEY) as sandbox:
        api = make_api(sandbox.url, sleep=naps.append)
        assert api.list().cards
        sandbox.stop()
        assert failure_of(api.list).code in ("connection_refused", "connection_cut")
        sandbox.start()
        assert api.list().cards


def test_a_probe_refuses_any_verb_that_could_change_something(sandbox: Sandbox):
    for verb in ("POST", "PATCH", "DELETE", "PUT"):
        with pytest.raises(ValueError):
            Transport(sandbox.url, KEY).probe(verb, "models/x/archive")
    assert sandbox.calls == []


def test_unreachable_means_that_nothing_was_sent():
    for kind in (
        connection_errors.ConnectionRefused,
        connection_errors.NameNotResolved,
        connection_errors.TLSFailed,
        connection_errors.ProxyFailed,
    ):
        assert issubclass(kind, connection_errors.Unreachable)
    assert not issubclass(errors.TimedOut, connection_errors.Unreachable)
