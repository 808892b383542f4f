"""An upstream or a mail server that hangs: some requests wait for it, the others are told at once, and pages come."""

import re
import shutil
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
import requests

from tests.management.conftest import Serving, press

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hanging")]

WAITING = 4
MANY = 10


class Upstream:
    """The demo's sandbox, as its control routes show it."""

    def __init__(self, serving: Serving) -> None:
        self.url = f"http://127.0.0.1:{serving.sandbox_port}/_sandbox"

    def control(self, method: str, route: str, **more: Any) -> Any:
        key = {"Authorization": "Bearer sandbox-key"}
        answer = requests.request(method, f"{self.url}/{route}", headers=key, timeout=10, **more)
        answer.raise_for_status()
        return answer.json()

    def hang(self) -> None:
        self.recover()
        self.control("POST", "reset")
        self.control("POST", "faults", json={"kind": "hang"})

    def recover(self) -> None:
        self.control("DELETE", "faults")

    def writes(self) -> list[dict[str, Any]]:
        return [call for call in self.control("GET", "calls")["calls"] if call["method"] != "GET"]


@pytest.fixture(scope="module")
def silent_mail() -> Iterator[socket.socket]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture(scope="module")
def serving(first_var: Path, tmp_path_factory: pytest.TempPathFactory, silent_mail: socket.socket) -> Iterator[Serving]:
    var = Path(shutil.copytree(first_var, tmp_path_factory.mktemp("hanging") / "var"))
    more = {
        "MODELS_API_TIMEOUT": 10,
        "MODELS_API_TOTAL_TIMEOUT": 10,
        "SCHEDULE": "off",  # its syncs would hang as well
        "EMAIL_URL": f"smtp://127.0.0.1:{silent_mail.getsockname()[1]}",
    }
    running = Serving(var, **more).until("  manager", seconds=90)
    yield running
    running.interrupt()
    running.ended()


@pytest.fixture
def upstream(serving: Serving) -> Iterator[Upstream]:
    control = Upstream(serving)
    control.hang()
    yield control
    control.recover()


@pytest.fixture
def editor(serving: Serving) -> requests.Session:
    return press(serving, "editor")


def token_of(editor: requests.Session) -> str:
    return next(value for name, value in editor.cookies.items() if "csrf" in name)


class Crowd:
    """Many people who send the same form at once; `answers` are those that have come."""

    def __init__(self, serving: Serving, editor: requests.Session, paths: list[str], **fields: str) -> None:
        self.answers: list[requests.Response] = []
        self._pool = ThreadPoolExecutor(len(paths))
        self._cookies = dict(editor.cookies)
        self._fields = {"csrfmiddlewaretoken": token_of(editor), **fields} if self._cookies else fields
        self._all = [self._pool.submit(self._send, serving.url + path, number) for number, path in enumerate(paths)]

    def _send(self, url: str, number: int) -> None:
        headers = {"Connection": "close"}
        form = {"action_id": f"{id(self)}-{number}", **self._fields}
        self.answers.append(
            requests.post(url, form, cookies=self._cookies, headers=headers, timeout=60, allow_redirects=False)
        )

    def until(self, number: int, seconds: float = 30) -> list[requests.Response]:
        deadline = time.monotonic() + seconds
        while len(self.answers) < number:
            assert time.monotonic() < deadline, f"{len(self.answers)} answers of {number}"
            time.sleep(0.02)
        return self.answers[:number]

    def end(self) -> list[requests.Response]:
        self._pool.shutdown(wait=True)
        for sent in self._all:
            sent.result()
        return self.answers


def archive_addresses(serving: Serving, editor: requests.Session) -> list[str]:
    live = serving.get("/models.json?type=fine-tuned&status=live&per_page=100", editor).json()["models"]
    return [f"/models/{quote(model['id'])}/archive/" for model in live][:MANY]


def check_that_pages_come(serving: Serving, editor: requests.Session, crowd: Crowd, waiting: int) -> None:
    """While as many requests as may do wait, which is seen by their having no answer before and after."""
    for path in ("/models/", "/activity/", "/changes/", "/healthz", "/readyz"):
        assert serving.get(path, editor).status_code == 200
    assert len(crowd.answers) == waiting


@pytest.mark.parametrize("same", [False, True], ids=["ten models", "one model"])
def test_ten_clicks_on_archive_leave_threads_for_pages(serving, upstream: Upstream, editor, same: bool):
    addresses = archive_addresses(serving, editor)
    paths = [addresses[0]] * MANY if same else (addresses * MANY)[:MANY]
    crowd = Crowd(serving, editor, paths)
    refused = crowd.until(MANY - WAITING)
    check_that_pages_come(serving, editor, crowd, MANY - WAITING)
    for answer in refused:
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert "nothing was sent to it: try again in a moment" in answer.text
    waited = crowd.end()[MANY - WAITING :]
    assert all(answer.status_code in (503, 504, 409) for answer in waited)
    assert upstream.writes() == []
    events = serving.get("/activity.json", editor).json()
    told = [event for event in events["actions"] if "too many people waiting" in str(event)]
    assert len(told) >= MANY - WAITING
    assert {event["outcome"] for event in told} == {"failed"}


def test_the_form_that_met_the_crowd_works_when_it_is_sent_again(serving, upstream: Upstream, editor):
    address = archive_addresses(serving, editor)[-1]
    crowd = Crowd(serving, editor, [address] * MANY)
    (refused, *_) = crowd.until(MANY - WAITING)
    crowd.end()
    upstream.recover()
    sent = dict(parse_qsl(refused.request.body))
    again = Crowd(serving, editor, [address], action_id=sent["action_id"]).end()[0]
    assert again.status_code == 302
    assert len(upstream.writes()) == 1


def test_refresh_says_so_at_once_and_a_page_that_asks_by_itself_says_nothing(serving, upstream: Upstream, editor):
    crowd = Crowd(serving, editor, (archive_addresses(serving, editor) * MANY)[:MANY])
    crowd.until(MANY - WAITING)
    refresh = Crowd(serving, editor, ["/sync/"], next="/models/?q=large").end()[0]
    by_itself = Crowd(serving, editor, ["/sync/"], by_itself="1").end()[0]
    assert len(crowd.answers) == MANY - WAITING
    assert refresh.status_code == 503
    assert int(refresh.headers["Retry-After"]) > 0
    assert "Too many people are waiting" in refresh.text
    assert 'href="/models/?q=large"' in refresh.text
    assert by_itself.status_code in (204, 302)  # nothing to do while the models are fresh
    crowd.end()
    assert "The last sync failed" not in serving.get("/models/", editor).text


def test_a_mail_server_that_hangs_leaves_threads_for_pages(serving: Serving, editor, silent_mail: socket.socket):
    stranger = requests.Session()
    page = serving.get("/accounts/password/reset/", stranger).text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    crowd = Crowd(
        serving, stranger, ["/accounts/password/reset/"] * 5, csrfmiddlewaretoken=token, email="viewer@localhost"
    )
    refused = crowd.until(5 - WAITING)
    check_that_pages_come(serving, editor, crowd, 5 - WAITING)
    assert {answer.status_code for answer in refused} <= {503, 429}
    silent_mail.close()  # which ends the waiting
    crowd.end()


def test_connections_that_say_nothing_hold_no_thread(serving: Serving):
    """Browsers open some ahead of time, and may never use them."""
    with ExitStack() as idle:
        for _ in range(4 * MANY):
            idle.enter_context(socket.create_connection(("127.0.0.1", serving.port)))
        answer = requests.get(f"{serving.url}/healthz", timeout=(5, 15), headers={"Connection": "close"})
        assert answer.text == "ok\n"
