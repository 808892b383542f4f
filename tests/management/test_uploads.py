"""Bodies that no form holds, sent to a real server: refused before they are sent, and nothing of them is written."""

import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.management.conftest import Serving

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("uploads")]

HUGE = 300 * 1024 * 1024
FORM = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server's temporary files would be."""
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def serving(first_var: Path, tmp_path_factory: pytest.TempPathFactory, temporary: Path) -> Iterator[Serving]:
    var = Path(shutil.copytree(first_var, tmp_path_factory.mktemp("uploads") / "var"))
    running = Serving(var, TMPDIR=temporary).until("  manager", seconds=90)
    yield running
    running.interrupt()
    running.ended()


@pytest.fixture
def cookie(serving: Serving, request: pytest.FixtureRequest) -> str:
    """Of nobody, or of somebody who is signed in."""
    if request.param == "nobody":
        return ""
    browser = requests.Session()
    page = browser.get(f"{serving.url}/accounts/login/", timeout=10).text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    password = re.search(r"^  editor +(\S+)$", serving.output, re.MULTILINE)[1]
    sent = {"csrfmiddlewaretoken": token, "login": "editor", "password": password}
    answer = browser.post(f"{serving.url}/accounts/login/", sent, timeout=10, allow_redirects=False)
    assert answer.status_code == 302
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


people = pytest.mark.parametrize("cookie", ["nobody", "editor"], indirect=True)


def ask(serving: Serving, *headers: str, body: bytes = b"") -> str:
    """What the server says before anything more of the body is sent, up to its closing the connection."""
    with socket.create_connection(("127.0.0.1", serving.port), timeout=10) as line:
        head = "\r\n".join([*headers, f"Host: 127.0.0.1:{serving.port}", f"Content-Type: {FORM}", "", ""])
        line.sendall(head.encode() + body)
        heard = b""
        while piece := line.recv(65536):
            heard += piece
            if heard.endswith(b"</html>\n"):
                line.shutdown(socket.SHUT_WR)
        return heard.decode()


def files_of(temporary: Path) -> list[str]:
    return [str(path) for path in temporary.rglob("*")]


@people
@pytest.mark.parametrize("path", ["/accounts/login/", "/models/", "/sync/", "/nowhere"])
def test_a_large_upload_is_refused_before_it_is_sent(serving: Serving, temporary: Path, cookie: str, path: str):
    heard = ask(serving, f"POST {path} HTTP/1.1", f"Content-Length: {HUGE}", f"Cookie: {cookie}")
    assert heard.startswith("HTTP/1.1 413 ")
    assert "Nothing was read and nothing was changed." in heard
    assert "Connection: close" in heard
    assert files_of(temporary) == []


@people
def test_a_client_that_asks_before_sending_is_told_not_to_send(serving: Serving, temporary: Path, cookie: str):
    heard = ask(
        serving,
        "POST /accounts/login/ HTTP/1.1",
        f"Content-Length: {HUGE}",
        "Expect: 100-continue",
        f"Cookie: {cookie}",
    )
    assert heard.startswith("HTTP/1.1 413 ")
    assert files_of(temporary) == []


@people
def test_an_upload_that_does_not_tell_its_size_is_refused_on_its_way(serving: Serving, temporary: Path, cookie: str):
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    head = ("POST /accounts/login/ HTTP/1.1", "Transfer-Encoding: chunked", f"Cookie: {cookie}")
    heard = ask(serving, *head, body=chunk * 5)
    assert heard.startswith("HTTP/1.1 413 ")
    assert files_of(temporary) == []


@people
def test_a_small_file_is_not_kept_either(serving: Serving, temporary: Path, cookie: str):
    body = PART + b"x" * 200_000 + b"\r\n--x--\r\n"
    ((csrf, value),) = requests.get(f"{serving.url}/accounts/login/", timeout=10).cookies.items()
    heard = ask(
        serving,
        "POST /accounts/login/ HTTP/1.1",
        f"Content-Length: {len(body)}",
        "Connection: close",
        f"Cookie: {cookie or f'{csrf}={value}'}",
        body=body,
    )
    assert heard.startswith(("HTTP/1.1 403 ", "HTTP/1.1 302 "))
    assert files_of(temporary) == []


def test_the_server_is_well_after_all_of_that(serving: Serving):
    assert serving.get("/healthz").text == "ok\n"
    assert "Traceback" not in serving.output
