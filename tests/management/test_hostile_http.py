"""Bytes that are hardly HTTP, sent to gunicorn as `manage.py serve` starts it: refused or ignored, and nothing breaks."""

import random
import re
import socket
from contextlib import ExitStack, suppress

import pytest

from tests.management.conftest import Serve, Serving, press

pytestmark = pytest.mark.slow

# In all of these COOKIE stands for the cookies of somebody who is signed in, and HOST for the server's name.
ASKS = b"GET /models/?q=a HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\n"
SENDS = b"POST /profile/choose/ HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nContent-Type: application/x-www-form-urlencoded\r\n"

LINES = (
    b"",
    b"\r\n\r\n\r\n",
    b"\0" * 100,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # somebody takes it for HTTPS
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /models/\r\n\r\n",
    b"GET /models/ HTTP/0.9\r\n\r\n",
    b"GET /models/ HTTP/1.1 HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"GET /models/ HTTP/9.9\r\nHost: HOST\r\n\r\n",
    b"GET  /models/  HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"get /models/ HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"G\xc3\x8bT /models/ HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"X" * 9000 + b" / HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"CONNECT evil.example:443 HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"GET /models/ HTTP/1.1\nHost: HOST\n\n",
    b"GET /models/ HTTP/1.1\r\n\r\n",
)
PATHS = (
    b"models/",
    b"http://evil.example/models/",
    b"http://[::1/models/",
    b"//evil.example/",
    b"/\\evil.example/",
    b"/models/\0/",
    b"/models/%00/",
    b"/models/%ff%fe/",
    b"/models/\xff\xfe/",
    b"/models/\xed\xa0\x80/",
    b"/models/%",
    b"/models/%zz/",
    b"/models/%2e%2e/%2e%2e/etc/passwd",
    b"/static/..%2f..%2fmanage.py",
    b"/static/%00.css",
    b"/static/\xff.css",
    b"/models/?q=\0",
    b"/models/?q=%00",
    b"/models/?q=%ff%fe",
    b"/models/?q=\xff\xfe",
    b"/models/?\xff=\xff&%ff=%00",
    b"/models/?q=%f0%9f%92%a5;&&&==",
    b"/models/?" + b"q=" * 4000,
    b"/" + b"a" * 20_000,
    b"/models/#fragment",
)
HEADERS = (
    b"Cookie: \xff\xfe=\xff; a=\0; =;;;",
    b"Cookie: sessionid=%00; csrftoken=\xff",
    b"Cookie: " + b"a=b; " * 6000,
    b"X: " + b"x" * 100_000,
    b"\r\n".join(b"X-%d: 1" % number for number in range(300)),
    b"No colon here",
    b": no name",
    b"Bad name: 1",
    b"X\xff: 1",
    b"X\0: 1",
    b"X: \0",
    b"X: a\r\n folded",
    b"X: a\rb",
    b"Host: evil.example",
    b"Host: \0",
    b"Host: HOST:99999999",
    b"X-Forwarded-For: \xff, \0, 999.999.999.999",
    b"X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http",
    b"SCRIPT_NAME: /evil",
    b"SCRIPT_NAME: /models\r\nPATH_INFO: /metrics",
    b"Accept-Language: \xff;q=\xff",
    b"Accept-Encoding: \xff;q=nan, gzip;q=1e999",
    b"HX-Request: true\r\nHX-Current-URL: http://[\xff",
    b"Range: bytes=9999999999999999999-",
    b"If-Modified-Since: \xff",
    b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAAA",
    b"Expect: 100-continue\r\nExpect: nonsense",
)
BODIES = (
    b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nvalue",
    b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nvalue",
    b"Content-Length: -1\r\n\r\nvalue",
    b"Content-Length: +5\r\n\r\nvalue",
    b"Content-Length: 5, 5\r\n\r\nvalue",
    b"Content-Length: \xd9\xa5\r\n\r\nvalue",
    b"Content-Length: 99999999999999999999999\r\n\r\nvalue",
    b"Content-Length: 5000\r\n\r\nhalf of it",
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\nvalue\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n-5\r\nvalue\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\nvalue",
    b"Transfer-Encoding: chunked\r\n\r\n5;" + b"x" * 20_000 + b"\r\nvalue\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nval",
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nvalue0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n0\r\nTrailer: \0\r\n\r\n",
    b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: gzip\r\n\r\nvalue",
    b"Content-Length: 24\r\n\r\ncsrfmiddlewaretoken=\xff%00\0",
    b"Content-Type: multipart/form-data; boundary=\xff\r\nContent-Length: 5\r\n\r\n--\xff\r\n",
    b"Content-Type: text/plain; charset=\0nonsense\r\nContent-Length: 5\r\n\r\nvalue",
)
HALVES = (b"GE", b"GET /models/ HT", ASKS[:40], ASKS, SENDS + b"Content-Length: 100\r\n\r\nhalf")


def hostile_requests(seed: int) -> list[bytes]:
    """Return everything above, and good requests into which chance has put some bytes."""
    made = [*LINES, *HALVES]
    made += [ASKS.replace(b"/models/?q=a", path) + b"\r\n" for path in PATHS]
    made += [ASKS + header + b"\r\n\r\n" for header in HEADERS]
    made += [SENDS + body for body in BODIES]
    chance = random.Random(seed)
    for _ in range(200):
        request = bytearray(chance.choice((ASKS + b"\r\n", SENDS + b"Content-Length: 7\r\n\r\nvalue=1")))
        for _ in range(chance.randint(1, 5)):
            place = chance.randrange(len(request))
            request[place : place + chance.randint(0, 2)] = chance.choice(
                (b"\0", b"\r\n", b"\xff", b"%", b":", b" ", b"")
            )
        made.append(bytes(request))
    return made


def answers_to(port: int, request: bytes) -> bytes:
    """Send a request, say that nothing follows, and return all that comes back."""
    answered = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection, suppress(ConnectionError):
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        while received := connection.recv(65_536):
            answered += received
    return answered


def web_processes(serving: Serving) -> set[int]:
    return {pid for pid, command in serving.family().items() if "-m gunicorn" in command}


def test_hostile_bytes_break_nothing(serve: Serve, var):
    serving = serve(var).until("Sign in as:")
    browser = press(serving, "manager")
    cookies = "; ".join(f"{each.name}={each.value}" for each in browser.cookies).encode()
    before, wrong = web_processes(serving), {}
    with ExitStack() as stack:
        for half in HALVES:  # these wait for the rest as long as they may
            waiting = stack.enter_context(socket.create_connection(("127.0.0.1", serving.port)))
            waiting.sendall(half)
        for request in hostile_requests(seed=11):
            filled = request.replace(b"COOKIE", cookies).replace(b"HOST", b"127.0.0.1:%d" % serving.port)
            answered = answers_to(serving.port, filled)
            statuses = re.findall(rb"^HTTP/1\.[01] (\d{3}) ", answered, re.MULTILINE)
            if b"Traceback" in answered or {b"500", b"502", b"503"} & set(statuses):
                wrong[request[:200]] = statuses
        assert not wrong
        assert serving.get("/models/", browser).status_code == 200
    assert web_processes(serving) == before, "no process died"
    assert "Traceback" not in serving.output
    assert "Contract clause finder" in serving.get("/models/", browser).text
