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
from sandbox.routes import Route, perform, resolve
from sandbox.sources import SourceError
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
            self._send(self._control(path, body) if self._is_authorised() else wrong_key())
        else:
            self._api(target, path, body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = serve

    # The Models API

    def _api(self, target: str, path: str, body: bytes) -> None:
        route = resolve(self.command, path, self.sandbox.dialects)
        # The gateway knows its routes before it looks at keys.
        if not (isinstance(route, Answer) and route.status == HTTPStatus.NOT_FOUND) and not self._is_authorised():
            route = wrong_key()
        if isinstance(route, Answer):
            self._log(target, body, status=route.status)
            self._send(route)
        else:
            self._serve_route(route, target, body)

    def _serve_route(self, route: Route, target: str, body: bytes) -> None:
        faults = self.sandbox.faults.strike(route.verb, route.model)
        fault = next((fault for fault in faults if fault.kind != "slow"), None)
        real = self._perform_slowly(route, body, fault, [fault for fault in faults if fault.kind == "slow"])
        sent = real if fault is None else fault.spoil(real, route.verb, route.model)
        assert sent is not None
        self._log(
            target,
            body,
            verb=route.verb,
            dialect=route.dialect,
            model=route.model,
            status=_status_sent(sent, fault),
            fault=", ".join(fault.kind for fault in faults) or None,
            performed=_is_success(real),
        )
        self._deliver(sent, fault)

    def _perform_slowly(self, route: Route, body: bytes, fault: Fault | None, slow: list[Fault]) -> Answer | None:
        """Wait and do what the route says; return its answer, or None if the fault keeps it from being done."""
        self._wait(self.sandbox.latency + sum(_pause(fault, 1.0) for fault in slow if not fault.after))
        real = None
        if fault is None or fault.performs:
            content_type = self.headers.get("content-type")
            real = perform(self.sandbox.catalog, route, body, content_type=content_type, strict=self.sandbox.strict)
        self._wait(sum(_pause(fault, 1.0) for fault in slow if fault.after))
        return real

    def _is_authorised(self) -> bool:
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(key.strip().encode(), self.sandbox.key.encode())

    def _log(self, target: str, body: bytes, **facts: Any) -> None:
        key = self.sandbox.key
        text = body.decode("utf-8", "replace").replace(key, "***")
        try:
            content = json.loads(text) if text else None
        except (ValueError, RecursionError):
            content = text
        self.sandbox.log.add(Call(method=self.command, path=target.replace(key, "***"), body=content, **facts))

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
            case "POST", "past":
                return self._turn_to_past(body)
        return no_route()

    def _turn_to_past(self, body: bytes) -> Answer:
        """Turn the list to a day of its past: `{"days_ago": 21}` goes back, a smaller number on, 0 ends it."""
        try:
            days_ago = json.loads(body)["days_ago"]
            if not isinstance(days_ago, int) or isinstance(days_ago, bool):
                raise TypeError("days_ago should be a whole number")
            self.sandbox.catalog.turn_to(days_ago)
        except (ValueError, TypeError, KeyError, RecursionError, SourceError) as error:
            return detail(422, f"Not a day of the past: {error}")
        return answer(200, {"days_ago": days_ago, "models": len(self.sandbox.catalog.entries())})

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
        """Read the whole body, so that the next request on this connection starts where it should. None: refused."""
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

    def _deliver(self, sent: Answer, fault: Fault | None) -> None:
        deliver = getattr(self, f"_deliver_{fault.kind}", None) if fault is not None else None
        if deliver is None:
            self._send(sent)
        else:
            deliver(sent, fault)

    def _deliver_hang(self, _sent: Answer, fault: Fault) -> None:
        self.close_connection = True
        self.sandbox.stopping.wait(fault.seconds)

    def _deliver_cut(self, sent: Answer, fault: Fault) -> None:
        self.close_connection = True
        if fault.when == "body":
            self._write(self._head(sent, len(sent.body)) + sent.body[: len(sent.body) // 2])

    def _deliver_truncated(self, sent: Answer, _fault: Fault) -> None:
        self._send(Answer(sent.status, sent.body[: len(sent.body) // 2], sent.content_type, sent.headers))

    def _deliver_drip(self, sent: Answer, fault: Fault) -> None:
        self._write(self._head(sent, len(sent.body)))
        for place in range(len(sent.body)):
            self._write(sent.body[place : place + 1])
            self._wait(_pause(fault, 0.05))

    def _deliver_huge(self, _sent: Answer, fault: Fault) -> None:
        self._write(self._head(Answer(200, b""), None))
        for chunk in _huge_chunks(fault.megabytes):
            self._write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        self._write(b"0\r\n\r\n")

    def _send(self, sent: Answer) -> None:
        head = self._head(sent, len(sent.body))
        self._write(head if self.command == "HEAD" else head + sent.body)

    def _head(self, sent: Answer, length: int | None) -> bytes:
        """Return the status line and headers. `length` is None for a body in chunks."""
        request = correlation_id()
        headers = {
            "date": formatdate(usegmt=True),
            "server": "sandbox",
            "content-type": sent.content_type,
            "mistral-correlation-id": request,
            "x-kong-request-id": request,
            "x-content-type-options": "nosniff",
            **sent.headers,
        }
        if length is None:
            headers["transfer-encoding"] = "chunked"
        else:
            headers["content-length"] = str(length)
        if self.close_connection:
            headers["connection"] = "close"
        lines = [
            f"HTTP/1.1 {sent.status} {responses.get(sent.status, '')}",
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
        """Answer a request that http.server cannot read, in JSON instead of its HTML page."""
        self.close_connection = True
        self._send(detail(code, message or HTTPStatus(code).phrase))

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing: `Sandbox.calls` has the calls."""


def _status_sent(sent: Answer, fault: Fault | None) -> int | None:
    return None if fault is not None and fault.is_silent else sent.status


def _is_success(real: Answer | None) -> bool:
    return real is not None and real.status < 300


def _pause(fault: Fault, default: float) -> float:
    return default if fault.seconds is None else fault.seconds


def _huge_chunks(megabytes: int) -> Iterator[bytes]:
    """Yield a list answer, valid JSON to the end, with one description of so many megabytes."""
    yield b'{"object":"list","data":[{"id":"huge","object":"model","type":"base","capabilities":{},"description":"'
    for _ in range(megabytes):
        yield b"x" * (1 << 20)
    yield b'"}]}'
