"""The webhook's HTTP: which addresses it goes to, what it tries again, and what is known afterwards."""

import http.server
import logging
import socket
import threading
from typing import Any

import pytest

from models_ui.log_filters import SecretsFilter
from models_ui.services.public_addresses import is_public
from models_ui.services.webhook import BadWebhook, Webhook
from tests.alerts.digest.conftest import SECRET, Hook, server

__all__ = ["server"]  # a fixture
KEY = "0b9ad0d3-0000-4000-8000-000000000000"


def webhook_at(hook: Hook, **options: Any) -> Webhook:
    return Webhook(hook.url, **{"allow_private": True, "sleep": lambda seconds: None} | options)


def post(webhook: Webhook) -> tuple[str, str]:
    posted = webhook.post({"text": "Hello"}, key=KEY)
    return posted.outcome, posted.why


# --- Where it goes


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2001:db8::1",
        "2001::7f00:1",
        "2002:7f00:1::",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_addresses_that_are_not_everybodys_are_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "100.63.255.255", "100.128.0.1", "2606:4700::1111", "64:ff9b::808:808"])
def test_addresses_that_are_everybodys_are_public(address: str):
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "127.0.0.1.",
    ],
)
def test_an_address_of_this_machine_is_refused_however_it_is_spelled(server: Hook, host: str):
    outcome, why = post(Webhook(f"https://{host}:{server.port}/services/{SECRET}"))
    assert outcome == "failed"
    assert "not public" in why or "could not be looked up" in why
    assert not server.posts


def answering(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Names mean these addresses; what is connected to ends up in the returned list, and nowhere else."""
    opened: list[str] = []

    def look_up(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    def connect(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        opened.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr("models_ui.services.public_addresses.create_connection", connect)
    return opened


def test_one_private_address_among_several_is_enough_to_refuse_a_name(monkeypatch):
    opened = answering(monkeypatch, "8.8.8.8", "169.254.169.254")
    outcome, why = post(Webhook("https://hooks.example/x"))
    assert outcome == "failed"
    assert "not public; DIGEST_WEBHOOK_ALLOW_PRIVATE=on would allow that" in why
    assert opened == []


def test_the_numbers_that_were_checked_are_connected_to_and_not_the_name_once_more(monkeypatch):
    opened = answering(monkeypatch, "8.8.8.8", "8.8.4.4")
    webhook = Webhook("https://hooks.example/x", retries=0)
    assert post(webhook) == ("failed", "it took no connection")
    assert opened == ["8.8.8.8", "8.8.4.4"]


def test_the_certificate_has_to_be_the_names_although_it_is_a_number_that_is_connected_to(monkeypatch):
    monkeypatch.setattr("models_ui.services.public_addresses.is_public", lambda address: True)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        hello: list[bytes] = []

        def listen() -> None:
            line, _ = listening.accept()
            with line:
                hello.append(line.recv(4096))

        threading.Thread(target=listen, daemon=True).start()
        posted = post(Webhook(f"https://localhost:{listening.getsockname()[1]}/x", retries=0))
    assert posted[0] == "failed"
    assert b"localhost" in hello[0]  # the server's name, as TLS asks for it


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch, server: Hook):
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.port}")
    opened = answering(monkeypatch, "8.8.8.8")
    post(Webhook("https://hooks.example/x", retries=0))
    assert opened == ["8.8.8.8"]


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://hooks.example/x", "it must start with https://, unless DIGEST_WEBHOOK_ALLOW_PRIVATE is on"),
        ("https://me:secret@hooks.example/x", "user name or password"),
        ("https://me@hooks.example/x", "user name or password"),
        ("https://", "name a host"),
        ("file:///etc/passwd", "https://"),
        ("gopher://hooks.example/", "https://"),
        ("https://hooks.example:port/", "no web address"),
        ("https://[::1/", "no web address"),
        ("https://hooks.example/x y", "spaces or control characters"),
        ("https://hooks.example/x\r\nHost: other", "spaces or control characters"),
        ("hooks.example", "https://"),
    ],
)
def test_a_wrong_webhook_address_is_refused_without_repeating_it(url: str, problem: str):
    with pytest.raises(BadWebhook, match=problem) as caught:
        Webhook(url)
    assert "hooks.example" not in str(caught.value)


def test_allowed_it_goes_to_this_machine_over_plain_http(server: Hook):
    assert post(webhook_at(server)) == ("sent", "")
    ((headers, body),) = server.posts
    assert body == {"text": "Hello"}
    assert headers["Idempotency-Key"] == KEY
    assert headers["Content-Type"] == "application/json"
    assert "Authorization" not in headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(server: Hook, status: int):
    server.answers = [(status, {"Location": server.url})]
    outcome, why = post(webhook_at(server))
    assert (outcome, why) == ("failed", f"it answered with a redirect ({status}), and none is followed")
    assert len(server.posts) == 1


# --- What is tried again, and what is known afterwards


@pytest.mark.parametrize("status", [429, 503])
def test_a_post_that_met_passing_trouble_is_tried_again_with_the_same_key(server: Hook, status: int):
    naps: list[float] = []
    server.answers = [(status, {}), (status, {})]
    assert post(webhook_at(server, sleep=naps.append)) == ("sent", "")
    assert [headers["Idempotency-Key"] for headers, _ in server.posts] == [KEY] * 3
    assert 0 < naps[0] < naps[1] * 2 < 2


def test_a_post_is_given_up_after_some_attempts(server: Hook):
    server.answers = [(503, {})] * 9
    assert post(webhook_at(server)) == ("failed", "it answered 503")
    assert len(server.posts) == 4


def test_a_wait_that_is_asked_for_is_kept(server: Hook):
    naps: list[float] = []
    server.answers = [(429, {"Retry-After": "7"})]
    assert post(webhook_at(server, sleep=naps.append)) == ("sent", "")
    assert naps == [7.0]


def test_a_wait_longer_than_there_is_time_ends_it(server: Hook):
    naps: list[float] = []
    server.answers = [(429, {"Retry-After": "3600"})]
    assert post(webhook_at(server, sleep=naps.append)) == ("failed", "it answered 429")
    assert naps == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 410, 413, 422])
def test_a_refusal_is_certain_and_final(server: Hook, status: int):
    server.answers = [(status, {"body": "no_service"})]
    assert post(webhook_at(server)) == ("failed", f"it answered {status} (no_service)")
    assert len(server.posts) == 1


@pytest.mark.parametrize("status", [500, 502, 504, 520])
def test_after_any_other_failure_nobody_knows_and_nothing_is_tried_again(server: Hook, status: int):
    server.answers = [(status, {})]
    assert post(webhook_at(server)) == ("unknown", f"it answered {status}")
    assert len(server.posts) == 1


def test_a_silence_leaves_nobody_knowing(server: Hook):
    server.answers = [server.hang]
    assert post(webhook_at(server, read_timeout=0.2)) == ("unknown", "it did not answer in time")
    assert len(server.posts) == 1


def test_a_cut_leaves_nobody_knowing(server: Hook):
    server.answers = [server.cut]
    assert post(webhook_at(server)) == ("unknown", "the connection was cut before it answered")
    assert len(server.posts) == 1


def test_a_dripping_answer_is_hung_up_on(server: Hook):
    def drip(handler: http.server.BaseHTTPRequestHandler) -> None:
        while not server.free.wait(0.05):
            handler.wfile.write(b"H")
            handler.wfile.flush()

    server.answers = [drip]
    assert post(webhook_at(server, total_timeout=0.5)) == ("unknown", "it did not answer in time")


def test_where_nothing_listens_it_certainly_came_to_nothing(server: Hook):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    naps: list[float] = []
    webhook = Webhook(f"http://127.0.0.1:{port}/x", allow_private=True, sleep=naps.append)
    assert post(webhook) == ("failed", "it took no connection")
    assert len(naps) == 3


def test_a_name_that_nobody_knows_certainly_came_to_nothing():
    webhook = Webhook("https://nowhere.invalid/x", retries=0)
    assert post(webhook) == ("failed", "its name could not be looked up")


def test_without_tls_on_the_other_side_it_certainly_came_to_nothing(server: Hook):
    webhook = Webhook(server.url.replace("http:", "https:"), allow_private=True, retries=0)
    outcome, why = post(webhook)
    assert outcome == "failed"
    assert "secure connection" in why
    assert not server.posts


# --- The secret


def test_the_secret_is_in_no_log_repr_or_outcome(server: Hook, caplog):
    caplog.set_level(logging.DEBUG)
    server.answers = [(404, {"body": f"no team at /services/{SECRET}"}), server.cut, (302, {"Location": server.url})]
    webhook = webhook_at(server)
    with caplog.filtering(SecretsFilter(server.url)):  # as the settings do; urllib3 logs paths
        told = [*(post(webhook)[1] for _ in range(4)), repr(webhook), caplog.text]
    assert '"POST /… HTTP/1.1" 404' in caplog.text
    for each in told:
        assert not any(piece in each for piece in SECRET.split("/"))
