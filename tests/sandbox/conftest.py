"""A sandbox for each test, a plain HTTP caller, and the official SDK pointed at it. No Django here."""

from __future__ import annotations

import gc
import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from mistralai.client import Mistral

from sandbox import Sandbox

KEY = "key-of-the-tests"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Caller:
    """Sends exactly the path it is given: no library tidies it on the way."""

    sandbox: Sandbox
    timeout: float = 5

    def __call__(
        self,
        method: str,
        path: str,
        content: Any = None,
        *,
        key: str | None = KEY,
        raw: bytes = b"",
        content_type: str = "",
    ) -> Reply:
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        headers |= {"content-type": content_type} if content_type else {}
        body = raw or (None if content is None else json.dumps(content).encode())
        connection = http.client.HTTPConnection(self.sandbox.host, self.sandbox.port, timeout=self.timeout)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def list(self) -> list[Any]:
        return self("GET", "/v1/models").json["data"]

    def entry(self, model_id: str) -> dict[str, Any]:
        return next(entry for entry in self.list() if entry["id"] == model_id)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running


@pytest.fixture
def call(sandbox: Sandbox) -> Caller:
    return Caller(sandbox)


@pytest.fixture
def start() -> Iterator[Callable[..., Caller]]:
    """Starts sandboxes with options, and stops them after the test."""
    running: list[Sandbox] = []

    def begin(**options: Any) -> Caller:
        running.append(Sandbox(key=KEY, **options).start())
        return Caller(running[-1])

    yield begin
    for each in running:
        each.stop()


@pytest.fixture
def sdk(sandbox: Sandbox) -> Iterator[Mistral]:
    with Mistral(api_key=KEY, server_url=sandbox.url.removesuffix("/v1")) as client:
        yield client
    del client
    gc.collect()  # it closes its asynchronous half when it is finalised: better here than amid another test


@pytest.fixture
def tune(sandbox: Sandbox) -> str:
    """The id of a fine-tune that is not archived."""
    return sandbox.catalog.fine_tunes()[0]
