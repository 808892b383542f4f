"""The commands on a model's page: they call the address that the dashboard itself calls, and the right model."""

import os
import shlex
import subprocess
import sys

import pytest
from django.test import Client
from mistralai.client import Mistral

from models_ui.catalog.row import Row
from models_ui.catalog.snippets import curl_snippet, python_snippet
from models_ui.mirror.sync import run_sync
from models_ui.vocabulary import id_is_routable

ABLE = ("completion_chat", "completion_fim", "ocr", "moderation", "classification", "")


def row(model_id: str = "lima-2508", *capabilities: str) -> Row:
    return Row(pk=1, model_id=model_id, capabilities=capabilities)


def runs(python: str) -> str:
    """What a snippet prints, run as whoever copied it would run it."""
    environment = {**os.environ, "MISTRAL_API_KEY": "sandbox-key"}
    done = subprocess.run(  # our own interpreter with our own text
        [sys.executable, "-c", python], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def server_of(python: str) -> str:
    """Where the client that a snippet makes sends its calls."""
    (line,) = (line for line in python.splitlines() if line.startswith("client = "))
    client = eval(line.removeprefix("client = "), {"Mistral": Mistral, "os": os})  # our own text
    return client.sdk_configuration.get_server_details()[0]


@pytest.mark.parametrize("capability", ABLE)
@pytest.mark.parametrize(
    ("setting", "server"),
    [
        ("", "https://api.mistral.ai"),
        ("https://api.mistral.ai/v1", "https://api.mistral.ai"),
        ("https://api.mistral.ai", "https://api.mistral.ai"),
        ("https://api.eu.mistral.ai", "https://api.eu.mistral.ai"),
        ("https://api.eu.mistral.ai/v1/", "https://api.eu.mistral.ai"),
        ("https://gateway.example/mistral/v1", "https://gateway.example/mistral"),
        ("http://127.0.0.1:8001/v1", "http://127.0.0.1:8001"),
    ],
)
def test_both_commands_go_where_the_setting_points(setting: str, server: str, capability: str, monkeypatch):
    monkeypatch.setenv("MISTRAL_API_KEY", "some-key")
    model = row("lima-2508", *filter(None, [capability]))
    assert server_of(python_snippet(model, setting)) == server
    assert shlex.split(curl_snippet(model, setting))[1].startswith(f"{server}/v1/")


def test_the_sdk_is_told_no_server_where_it_is_its_own():
    assert "server_url" not in python_snippet(row(), "https://api.mistral.ai/v1")


@pytest.mark.parametrize("capability", ABLE)
def test_an_address_without_the_version_that_the_sdk_adds_is_called_without_the_sdk(capability: str):
    model = row("lima-2508", *filter(None, [capability]))
    python = python_snippet(model, "https://gateway.example/mistral")
    compile(python, "snippet", "exec")
    assert "mistralai" not in python
    assert shlex.split(curl_snippet(model, "https://gateway.example/mistral"))[1] in python


@pytest.mark.parametrize(
    "model_id", ["lima-2508", "a+b&c=d;e", "é{1}[2]", "qu'ote\"s", "\N{GRINNING FACE}", "$HOME`id`"]
)
def test_the_python_command_reads_the_very_model_over_http(viewer: Client, sandbox, db, model_id: str):
    entry = {**sandbox.catalog.find("codestral-2508"), "id": model_id, "name": model_id, "aliases": []}
    sandbox.catalog.replace([{**entry, "capabilities": {}}])
    run_sync()
    assert id_is_routable(model_id)
    page = viewer.get(f"/models/{model_id}/").context["page"]
    sandbox.log.clear()
    runs(page.python)
    (call,) = sandbox.calls
    assert (call.verb, call.model, call.status) == ("retrieve", model_id, 200)
    path = shlex.split(page.curl)[1].removeprefix(sandbox.url)
    assert not set(path) & set("{}[] ?#&\"'`$")


def test_plain_python_reads_the_model_over_http(sandbox):
    sandbox.log.clear()
    # An address that ends in no version is one that the SDK cannot call.
    python = python_snippet(row("codestral-2508"), sandbox.url.removesuffix("/v1"))
    assert "codestral-2508" in runs(python.replace("/models/", "/v1/models/"))
    (call,) = sandbox.calls
    assert (call.verb, call.model, call.status) == ("retrieve", "codestral-2508", 200)
