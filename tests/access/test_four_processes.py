"""Guessing a password over four processes, from addresses that the guesser makes up."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User

from tests.conftest import PASSWORD
from tests.support import ROOT
from tests.support.processes import address_of_the_test_database, until

LOCKED = "Too many failed login attempts"

pytestmark = pytest.mark.slow


def is_answering(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


@pytest.fixture
def port(transactional_db: None, tmp_path: Path) -> Iterator[int]:
    """Where four processes of gunicorn answer, over the test's database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "VAR_DIR": str(tmp_path / "var"),
        "DATABASE_URL": address_of_the_test_database(),
        "MISTRAL_API_KEY": "unused",
        "WEB_CONCURRENCY": "4",
    }
    run = {"cwd": ROOT, "env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([sys.executable, "manage.py", "collectstatic", "--no-input"], check=True, **run)
    command = [sys.executable, "-m", "gunicorn", "dashboard.wsgi", f"--bind=127.0.0.1:{port}", "--workers=4"]
    server = subprocess.Popen([*command, "--threads=2", "--no-control-socket"], start_new_session=True, **run)
    try:
        until(lambda: is_answering(port), 60)
        yield port
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def guess(port: int, password: str, **headers: str) -> str:
    """Return the page that answers a password of carol, or where it leads."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/accounts/login/")
    page = connection.getresponse()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())[1]
    cookies = SimpleCookie()
    for header in page.headers.get_all("Set-Cookie"):
        cookies.load(header)
    sent = {name: morsel.value for name, morsel in cookies.items()}
    form = urlencode({"login": "carol", "password": password, "csrfmiddlewaretoken": token})
    connection.close()
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers |= {
        "Cookie": "; ".join(f"{name}={value}" for name, value in sent.items()),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection.request("POST", "/accounts/login/", form, headers)
    answer = connection.getresponse()
    text = answer.headers.get("Location", "") or answer.read().decode()
    connection.close()
    return text


@pytest.mark.django_db(transaction=True)
def test_fourteen_wrong_passwords_from_made_up_addresses_lock_the_account(carol: User, port: int):
    answers: list[str] = []

    def try_one(number: int) -> None:
        made_up = f"203.0.113.{number}"
        spoofed = {"X-Forwarded-For": made_up, "Forwarded": f"for={made_up}", "X-Real-IP": made_up}
        answers.append(guess(port, f"wrong {number}", **spoofed))

    threads = [threading.Thread(target=try_one, args=(number,)) for number in range(14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 14
    assert sum(LOCKED in answer for answer in answers) == 9  # the five others were looked at
    assert LOCKED in guess(port, PASSWORD, **{"X-Forwarded-For": "198.51.100.7"})
