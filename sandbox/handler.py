"""HTTP in, HTTP out: reads a request, has it answered, and sends the answer the way a fault wants it sent."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from dataclasses import asdict
from email.utils import formatdate
from http import HTTPStatus
from http.client import responses
from http.server import BaseHTTPRequestHandler
from typing import Any

from sandbox.answers import Answer, answer, correlation_id, detail, no_route, wrong_key
from sandbox.calls import Call
from sandbox.faults import Fault
from sandbox.routes import perform, resolve
from sandbox.state import SandboxState

LONGEST_BODY = 1 << 20
"""Bytes of a request's body that are taken; what belongs in one is a name and a description."""


class Handler(BaseHTTPRequestHandler):
    """One connection; the methods are called by http.server for each request on it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def sandbox(self) -> SandboxState:
        state = self.server.state  # type: ignore[attr-defined]  # listener.py makes handlers for its own server alone
        assert isinstance(state, SandboxState)
        return state

    def serve(self) -> None:
        # Not self.path: http.server tidies it, and path tricks should arrive as they were sent.
        target = self.requestline.split()[1]
        body = self._body()
        if body is None:
            return
        path = target.partition("?")[0]
        if path.startswith("/_sandbox/"):
            self._send(self._control(path, body) if self._authorised() else wrong_key())
        else:
            self._api(target, path, body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = serve

    # The Models API

    def _api(self, target: str, path: str, body: bytes) -> None:
        route = resolve(self.command, path, self.sandbox.dialects)
        # The gateway knows its routes before it looks at keys.
        if not (isinstance(route, Answer) and route.status == HTTPStatus.NOT_FOUND) and not self._authorised():
            route = wrong_key()
        if isinstance(route, Answer):
            self._log(target, body, status=route.status)
            self._send(route)
            return

        struck = self.sandbox.faults.strike(route.verb, route.model)
        slow = [fault for fault in struck if fault.kind == "slow"]
        fault = next((fault for fault in struck if fault.kind != "slow"), None)
        self._wait(self.sandbox.latency + sum(_pause(f, 1.0) for f in slow if not f.after))
        real = None
        if fault is None or fault.performs:
            content_type = self.headers.get("content-type")
            real = perform(self.sandbox.catalog, route, body, content_type=content_type, strict=self.sandbox.strict)
        self._wait(sum(_pause(f, 1.0) for f in slow if f.after))
        told = fault.spoil(real, route.verb, route.model) if fault else real
        assert told is not None
        silent = fault is not None and (fault.kind == "hang" or (fault.kind == "cut" and fault.when == "before"))
        self._log(
            target,
            body,
            verb=route.verb,
            dialect=route.dialect,
            model=route.model,
            status=None if silent else told.status,
            fault=", ".join(f.kind for f in struck) or None,
            performed=real is not None and real.status < 300,
        )
        self._deliver(told, fault)

    def _authorised(self) -> bool:
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(key.strip().encode(), self.sandbox.key.encode())

    def _log(self, target: str, body: bytes, **what: Any) -> None:
        key = self.sandbox.key
        text = body.decode("utf-8", "replace").replace(key, "***")
        try:
            content = json.loads(text) if text else None
        except (ValueError, RecursionError):
            content = text
        self.sandbox.log.add(Call(method=self.command, path=target.replace(key, "***"), body=content, **what))

    # Control

    def _control(self, path: str, body: bytes) -> Answer:
        sandbox = self.sandbox
        match self.command, path.removeprefix("/_sandbox/"):
            case "GET", "faults":
                return answer(200, {"faults": sandbox.faults.in_force()})
            case "POST", "faults":
                return self._add_faults(body)
            case "DELETE", "faults":
                sandbox.faults.clear()
                return answer(200, {"faults": []})
            case "GET", "calls":
                calls = [asdict(call) for call in sandbox.calls]
                return answer(200, {"counts": sandbox.counts, "calls": calls})
            case "POST", "reset":
                sandbox.reset()
                return answer(200, {"models": len(sandbox.catalog.entries())})
        return no_route()

    def _add_faults(self, body: bytes) -> Answer:
        try:
            given = json.loads(body)
            for fault in given if isinstance(given, list) else [given]:
                self.sandbox.faults.add(**fault)
        except (ValueError, TypeError, RecursionError) as error:
            return detail(422, f"Not a fault: {error}")
        return answer(201, {"faults": self.sandbox.faults.in_force()})

    # Reading and sending

    def _body(self) -> bytes | None:
        """The whole body, so that the next request on this connection starts where it should. None: refused."""
        text = self.headers.get("content-length", "0")
        if self.headers.get("transfer-encoding"):
            refusal = detail(411, "Length Required")
        elif not (text.isascii() and text.isdecimal()):
            refusal = detail(400, "Bad Request")
        elif int(text) > LONGEST_BODY:
            refusal = detail(413, "Content Too Large")
        else:
            return self.rfile.read(int(text))
        self.close_connection = True
        self._send(refusal)
        return None

    def _deliver(self, told: Answer, fault: Fault | None) -> None:
        kind = fault.kind if fault else ""
        if fault is None or kind not in {"hang", "cut", "truncated", "drip", "huge"}:
            self._send(told)
        elif kind == "hang":
            self.close_connection = True
            self.sandbox.stopping.wait(fault.seconds)
        elif kind == "cut":
            self.close_connection = True
            if fault.when == "body":
                self._write(self._head(told, len(told.body)) + told.body[: len(told.body) // 2])
        elif kind == "truncated":
            self._send(Answer(told.status, told.body[: len(told.body) // 2], told.content_type, told.headers))
        elif kind == "drip":
            self._write(self._head(told, len(told.body)))
            for place in range(len(told.body)):
                self._write(told.body[place : place + 1])
                self._wait(_pause(fault, 0.05))
        else:
            self._write(self._head(Answer(200, b""), None))
            for chunk in _huge(fault.megabytes):
                self._write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            self._write(b"0\r\n\r\n")

    def _send(self, told: Answer) -> None:
        head = self._head(told, len(told.body))
        self._write(head if self.command == "HEAD" else head + told.body)

    def _head(self, told: Answer, length: int | None) -> bytes:
        """Status line and headers. `length` None: the body comes in chunks."""
        request = correlation_id()
        headers = {
            "date": formatdate(usegmt=True),
            "server": "sandbox",
            "content-type": told.content_type,
            "mistral-correlation-id": request,
            "x-kong-request-id": request,
            "x-content-type-options": "nosniff",
            **told.headers,
        }
        if length is None:
            headers["transfer-encoding"] = "chunked"
        else:
            headers["content-length"] = str(length)
        if self.close_connection:
            headers["connection"] = "close"
        lines = [
            f"HTTP/1.1 {told.status} {responses.get(told.status, '')}",
            *(f"{name}: {value}" for name, value in headers.items()),
            "",
            "",
        ]
        return "\r\n".join(lines).encode("latin-1", "replace")

    def _write(self, data: bytes) -> None:
        self.wfile.write(data)

    def _wait(self, seconds: float) -> None:
        if seconds:
            self.sandbox.stopping.wait(seconds)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """For requests http.server cannot read; in our own shape instead of its HTML page."""
        self.close_connection = True
        self._send(detail(code, message or HTTPStatus(code).phrase))

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: `Sandbox.calls` tells more."""


def _pause(fault: Fault, default: float) -> float:
    return default if fault.seconds is None else fault.seconds


def _huge(megabytes: int) -> Iterator[bytes]:
    """A list answer with one endless description: valid JSON to the end, for who has the memory."""
    yield b'{"object":"list","data":[{"id":"huge","object":"model","type":"base","capabilities":{},"description":"'
    for _ in range(megabytes):
        yield b"x" * (1 << 20)
    yield b'"}]}'
