"""`python -m bench.load`: fifty people who browse and five who edit what `make run` serves; and memory over time."""

import argparse
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path
from urllib.parse import quote, urlencode

from bench.browser import Browser
from bench.sites import PASSWORD, REPOSITORY, environment_of, free_port

PAGES = (
    *("/", "/models/", "/models/?type=fine-tuned", "/models/?type=base", "/models/?q=vision", "/models/?group=status"),
    *("/models/?capability=vision&sort=-context", "/retirements/", "/changes/", "/activity/", "/profile/", "/feeds/"),
)
FINE = {200, 204, 302, 409}  # 409: somebody else was first, as among people


@dataclass
class Tally:
    """What all people together met."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    seconds: list[float] = field(default_factory=list)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)

    def note(self, what: str, status: int, seconds: float) -> None:
        with self.lock:
            self.statuses[what, status] += 1
            self.seconds.append(seconds)

    @property
    def total(self) -> int:
        return sum(self.statuses.values())

    @property
    def wrong(self) -> dict[tuple[str, int], int]:
        return {key: count for key, count in self.statuses.items() if key[1] not in FINE}


class Person:
    """Somebody with a connection of their own, and the session that their role shares."""

    def __init__(self, port: int, cookies: dict[str, str], tally: Tally) -> None:
        self._port, self._browser, self._tally = port, Browser(port, dict(cookies)), tally

    def look(self, path: str) -> str:
        return self._ask("look", "GET", path)

    def change(self, address: str, value: str) -> None:
        """Fill in the form of an address and send it."""
        page = self.look(address)
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        fields = {name: unescape(text) for name, text in hidden.items()} | {"value": value}
        self._ask("edit", "POST", address, urlencode(fields))

    def _ask(self, what: str, method: str, path: str, body: str | None = None) -> str:
        began = time.perf_counter()
        try:
            answer = self._browser.ask(method, path, body)
        except (RemoteDisconnected, ConnectionResetError):  # kept for too long: a browser opens another one, too
            self._browser = Browser(self._port, self._browser.cookies)
            answer = self._browser.ask(method, path, body)
        self._tally.note(what, answer.status, time.perf_counter() - began)
        return answer.text if answer.status == 200 else ""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__.partition(": ")[2])
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--requests", type=int, default=50_000, help="in the end, for the memory")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-load-") as directory:
        var = Path(directory)
        environment = {**environment_of(var), "DJANGO_SETTINGS_MODULE": "dashboard.settings", "LOG_LEVEL": "WARNING"}
        port = environment["PORT"] = str(free_port())
        with (var / "log").open("wb") as log:
            command = [sys.executable, "manage.py", "serve"]
            server = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log)
            try:
                wait_until_ready(int(port))
                report(run(int(port), server.pid, options), (var / "log").read_text())
            finally:
                server.send_signal(signal.SIGINT)
                server.wait(30)
    return 0


def wait_until_ready(port: int) -> None:
    for _ in range(600):
        with suppress(OSError):
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise SystemExit("The dashboard was not ready within a minute.")


@dataclass
class Result:
    tally: Tally
    early_requests: int
    early: int  # kilobytes of all processes then
    requests: int
    late: int


def run(port: int, pid: int, options: argparse.Namespace) -> Result:
    cookies = {}
    for name in ("viewer", "editor"):
        browser = Browser(port)
        browser.sign_in(name, PASSWORD)
        cookies[name] = browser.cookies
    tally, hammered = Tally(), Tally()
    people = start_people(port, cookies, tally, options.seconds)
    while tally.total < options.requests // 10 and any(person.is_alive() for person in people):
        time.sleep(0.1)
    early_requests, early = tally.total, kilobytes(pid)
    for person in people:
        person.join()
    hammer(port, cookies["viewer"], hammered, options.requests - tally.total)
    tally.statuses.update({key: count for key, count in hammered.statuses.items() if key[1] not in FINE})
    return Result(tally, early_requests, early, hammered.total + tally.total, kilobytes(pid))


def start_people(port: int, cookies: dict[str, dict[str, str]], tally: Tally, seconds: int) -> list[threading.Thread]:
    """Let fifty people look at a page every second or two, and five edit a fine-tune each."""
    deadline = time.perf_counter() + seconds
    found = Person(port, cookies["viewer"], tally).look("/models/?type=fine-tuned&status=live")
    tunes = re.findall(r'data-model-id="(ft:[^"]+)"', found)[:5]

    def browse() -> None:
        person = Person(port, cookies["viewer"], tally)
        while time.perf_counter() < deadline:
            person.look(random.choice(PAGES))
            time.sleep(random.uniform(0.5, 2.5))

    def edit(tune: str) -> None:
        person, number = Person(port, cookies["editor"], tally), 0
        while time.perf_counter() < deadline:
            number += 1
            person.change(f"/models/{quote(tune, safe=':')}/{random.choice(('rename', 'note'))}/", f"Edited {number}")
            time.sleep(random.uniform(0.5, 2.5))

    threads = [threading.Thread(target=browse) for _ in range(50)]
    threads += [threading.Thread(target=edit, args=(tune,)) for tune in tunes]
    for thread in threads:
        thread.start()
    return threads


def hammer(port: int, cookies: dict[str, str], tally: Tally, most: int) -> None:
    """Ask without a pause, over four connections, until there were `most` requests in all."""

    def ask() -> None:
        person = Person(port, cookies, tally)
        while tally.total < most:
            person.look(random.choice(PAGES))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def kilobytes(pid: int) -> int:
    """Return the resident memory of the web processes below a process."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(") ")[2].split()[1])
    total = 0
    for child in parents:
        with suppress(OSError):
            if is_below(child, pid, parents) and b"gunicorn" in Path(f"/proc/{child}/cmdline").read_bytes():
                total += int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{child}/status").read_text())[1])
    return total


def is_below(child: int, pid: int, parents: dict[int, int]) -> bool:
    while child in parents and child != pid:
        child = parents[child]
    return child == pid


def report(result: Result, log: str) -> None:
    tally = result.tally
    p95 = statistics.quantiles(tally.seconds, n=20)[18]
    print(f"50 people browse, 5 edit: {len(tally.seconds):,} requests, of which {edits(tally):,} edits.")
    print(f"median {statistics.median(tally.seconds) * 1000:.0f} ms, 95 % within {p95 * 1000:.0f} ms.")
    print(f"answers that are no answer: {tally.wrong or 'none'}; lines of errors in the log: {errors(log) or 'none'}")
    growth = result.late / result.early
    print(f"memory: {result.early:,} kB after {result.early_requests:,} requests, ", end="")
    print(f"{result.late:,} kB after {result.requests:,}, {growth:.2f} times.")


def edits(tally: Tally) -> int:
    return sum(count for (what, status), count in tally.statuses.items() if what == "edit" and status in FINE)


def errors(log: str) -> int:
    return len(re.findall(r"database is locked|Traceback| ERROR ", log))


if __name__ == "__main__":
    sys.exit(main())
