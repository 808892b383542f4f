"""The key goes out as a bearer token, and stays out of every log, repr and exception."""

import logging
import traceback
from pathlib import Path

import pytest

from models_ui.services.models_api import ModelsAPI
from sandbox.server import Sandbox
from tests.services.conftest import EMPTY_LIST, KEY, Raw, http_answer, make_api
from tests.support.upstream import closed_port, failure_of


def test_the_key_goes_out_as_a_bearer_token_and_a_netrc_never_replaces_it(
    raw: Raw, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine models.invalid login thief password stolen\ndefault login thief password stolen\n")
    netrc.chmod(0o600)
    proxy = raw(EMPTY_LIST)  # reached through a proxy, since a loopback address would not look at the environment
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", proxy.url.removesuffix("/v1"))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    make_api("http://models.invalid/v1").list()
    assert f"Authorization: Bearer {KEY}\r\n" in proxy.requests[0]
    assert "Basic" not in proxy.requests[0]


def test_cookies_are_not_kept(raw: Raw):
    server = raw(http_answer('{"data":[]}', set_cookie="track=1; Path=/"), EMPTY_LIST)
    api = make_api(server.url)
    api.list()
    api.list()
    assert "cookie" not in server.requests[1].lower()


def test_the_key_is_in_no_log_no_repr_and_no_exception(
    sandbox: Sandbox, raw: Raw, caplog: pytest.LogCaptureFixture, fine_tune: str
):
    caplog.set_level(logging.DEBUG)
    echo = raw(http_answer(f'{{"detail":"bad key {KEY}"}}', "401 Unauthorized", mistral_correlation_id=KEY))
    sandbox.faults.add("status", status=500, verb="archive")
    sandbox.faults.add("cut", verb="unarchive")
    sandbox.faults.add("hang", verb="delete", seconds=3)
    sandbox.faults.add("redirect", verb="update")
    sandbox.faults.add("not-json", verb="list")
    api = make_api(sandbox.url, read_timeout=0.1, retries=0)
    refused = make_api(f"http://127.0.0.1:{closed_port()}/v1", retries=0)
    caught = [
        failure_of(call)
        for call in (
            *(lambda verb=verb: getattr(api, verb)(fine_tune) for verb in ("archive", "unarchive", "delete")),
            lambda: api.update(fine_tune, name="x"),
            api.list,
            make_api(echo.url).list,
            refused.list,
        )
    ]
    seen = [caplog.text, repr(api), repr(api.transport), str(api.transport), repr(api.transport._connections)]
    for error in caught:
        assert error.__cause__ is None
        assert error.__context__ is None
        seen += [
            str(error),
            repr(error),
            error.user_message,
            repr(vars(error)),
            "".join(traceback.format_exception(error)),
        ]
    assert not any(KEY in text for text in seen)
    assert "models_ui.services" in caplog.text


def test_every_attempt_is_one_line_in_the_log(sandbox: Sandbox, api: ModelsAPI, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, logger="models_ui.services")
    sandbox.faults.add("status", status=503, times=1)
    card = api.retrieve(api.list().cards[0].id)
    lines = [record.getMessage() for record in caplog.records if record.name == "models_ui.services"]
    assert len(lines) == 3
    assert lines[0].startswith("GET models -> 503 upstream_failed in ")
    assert "attempt 1, correlation id " in lines[0]
    assert "attempt 2" in lines[1]
    assert lines[2].startswith(f"GET {card.id} -> 200 in ")
