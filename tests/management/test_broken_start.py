"""Starting over files that are broken, gone or in use: one clear sentence and no traceback, or it is mended by itself."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from models_ui.secret_files import BrokenFile, check_readable, read_port
from tests.management.conftest import ROOT, Serve, Serving, environment, free_port, press

pytestmark = pytest.mark.slow


def refused(serving: Serving) -> str:
    """The one sentence that a start ends with."""
    assert serving.ended(30) == 1
    assert "Traceback" not in serving.output
    assert serving.output.count("\n") == 1, serving.output
    assert serving.alone()
    return serving.output


def become_directory(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


DATABASES: dict[str, Callable[[Path], object]] = {
    "garbage": lambda path: path.write_bytes(os.urandom(9000)),
    "text": lambda path: path.write_text("not a database\n" * 99),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 3]),
    "a directory": become_directory,
}


@pytest.mark.parametrize("damage", DATABASES)
def test_a_broken_database_is_one_sentence(serve: Serve, var: Path, damage: str):
    for beside in ("demo.sqlite3-wal", "demo.sqlite3-shm"):
        (var / beside).unlink(missing_ok=True)
    DATABASES[damage](var / "demo.sqlite3")
    serving = serve(var)
    assert serving.ended(30) == 1
    assert "Traceback" not in serving.output
    assert re.search(r"^CommandError: The database cannot be used: .+\n\Z", serving.output, re.MULTILINE)
    assert serving.alone()


@pytest.mark.parametrize("command", ["migrate", "sync_models", "demo", "send_digest", "verify_audit"])
@pytest.mark.parametrize("damage", ["garbage", "a directory"])
def test_every_command_says_so_in_one_sentence(var: Path, damage: str, command: str):
    for beside in ("demo.sqlite3-wal", "demo.sqlite3-shm"):
        (var / beside).unlink(missing_ok=True)
    DATABASES[damage](var / "demo.sqlite3")
    done = subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=ROOT,
        env=environment(var),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert re.search(r"^(CommandError: )?The database cannot be used: .+\n\Z", done.stderr, re.MULTILINE), done.stderr


SECRETS: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_text(""),
    "a blank line": lambda path: path.write_text(" \n"),
    "cut short": lambda path: path.write_text(path.read_text()[:5]),
    "garbage": lambda path: path.write_bytes(b"\xff\xfe\x00" * 40),
    "zeros, as a power cut leaves them": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "one letter over and over": lambda path: path.write_text("a" * 99),
    "a directory": become_directory,
}


@pytest.mark.parametrize("name", ["secret_key", "demo_password"])
@pytest.mark.parametrize("damage", SECRETS)
def test_a_broken_secret_is_one_sentence_that_names_the_file(serve: Serve, var: Path, name: str, damage: str):
    SECRETS[damage](var / name)
    serving = serve(var)
    assert serving.ended(30) == 1
    assert "Traceback" not in serving.output
    sentence = f"{var / name} holds no whole secret: remove it, and the next start makes a new one."
    # The sandbox may have said where it serves before that.
    assert serving.output.splitlines()[-1].removeprefix("CommandError: ") == sentence


@pytest.mark.parametrize("name", ["serve.lock", "sandbox.json"])
def test_a_directory_in_the_place_of_a_file_is_told(serve: Serve, var: Path, name: str):
    become_directory(var / name)
    serving = serve(var)
    assert serving.ended(30) == 1
    assert "Traceback" not in serving.output
    assert name in serving.output


STATIC: dict[str, Callable[[Path], object]] = {
    "no manifest": lambda var: (var / "static/staticfiles.json").unlink(),
    "half a manifest": lambda var: (var / "static/staticfiles.json").write_text('{"paths": {"css/ap'),
    "an empty manifest": lambda var: (var / "static/staticfiles.json").write_text('{"paths": {}, "version": "1.1"}'),
    "no static files": lambda var: shutil.rmtree(var / "static"),
    "half a stamp": lambda var: (var / "static.stamp").write_text("0123"),
    "a stamp of garbage": lambda var: (var / "static.stamp").write_bytes(b"\xff\xfe\xfa"),
}


@pytest.mark.parametrize("damage", STATIC)
def test_broken_static_files_are_collected_again(serve: Serve, var: Path, damage: str):
    STATIC[damage](var)
    serving = serve(var).until("Sign in as:", 40)
    page = serving.get("/accounts/login/")
    assert page.status_code == 200
    css = re.search(r'href="(/static/css/app\.[0-9a-f]+\.css)"', page.text)
    assert serving.get(css[1]).status_code == 200
    assert serving.get("/readyz").text.startswith("ready\n")
    assert "Traceback" not in serving.output


@pytest.mark.parametrize("name", ["static", "static.stamp"])
def test_static_files_that_cannot_be_written_are_one_sentence(serve: Serve, var: Path, name: str):
    path = var / name
    if name == "static":
        shutil.rmtree(path)
        path.write_text("no directory")
    else:
        become_directory(path)
    serving = serve(var)
    assert serving.ended(40) == 1
    assert "Traceback" not in serving.output
    assert re.search(r"^CommandError: The static files cannot be collected in \S+: .+\.\n\Z", serving.output, re.M)


# --- gunicorn by hand


@pytest.fixture
def by_hand(var: Path):
    """`gunicorn dashboard.wsgi`, as in production, over what is in the directory. Yields a function that starts it."""
    running: list[subprocess.Popen] = []

    def start(**more: object) -> tuple[str, subprocess.Popen]:
        port = free_port()
        command = [sys.executable, "-m", "gunicorn", "dashboard.wsgi", f"--bind=127.0.0.1:{port}", "--workers=1"]
        with (var / "gunicorn.log").open("wb") as log:
            running.append(
                subprocess.Popen(command, cwd=ROOT, env=environment(var, **more), stdout=log, stderr=subprocess.STDOUT)
            )
        return f"http://127.0.0.1:{port}", running[-1]

    yield start
    for process in running:
        process.terminate()
        process.wait(10)


def when_it_answers(url: str, process: subprocess.Popen) -> requests.Response:
    while True:
        try:
            return requests.get(url, timeout=10)
        except requests.ConnectionError:
            assert process.poll() is None


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda var: (var / "demo.sqlite3").write_bytes(b"garbage" * 999), "the database does not answer"),
        (lambda var: become_directory(var / "demo.sqlite3"), "the database does not answer"),
        (STATIC["no manifest"], "the static files are not collected"),
        (STATIC["half a manifest"], "the static files are not collected"),
    ],
)
def test_readiness_says_what_is_missing_and_why(by_hand, var: Path, damage, reason: str):
    for beside in ("demo.sqlite3-wal", "demo.sqlite3-shm"):
        (var / beside).unlink(missing_ok=True)
    damage(var)
    url, process = by_hand()
    assert when_it_answers(f"{url}/healthz", process).status_code == 200
    answer = requests.get(f"{url}/readyz", timeout=10)
    assert answer.status_code == 503
    assert answer.text.startswith(reason)
    assert answer.text.count("\n") == 1


@pytest.mark.parametrize("damage", SECRETS)
def test_a_broken_secret_ends_gunicorn_with_the_same_sentence(by_hand, var: Path, damage: str):
    SECRETS[damage](var / "secret_key")
    _, process = by_hand()
    assert process.wait(30) == 3
    output = (var / "gunicorn.log").read_text()
    assert "Traceback" not in output
    assert f"{var / 'secret_key'} holds no whole secret: remove it, and the next start makes a new one.\n" in output


def test_a_database_of_an_earlier_version_is_not_ready(by_hand, var: Path):
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "models_ui", "0005", "--verbosity=0"],
        cwd=ROOT,
        env=environment(var),
        check=True,
    )
    url, process = by_hand()
    answer = when_it_answers(f"{url}/readyz", process)
    assert (answer.status_code, answer.text) == (503, "the database is not migrated: run manage.py migrate\n")


def test_an_installation_without_a_cache_table_lets_people_in_and_locks_out_guessers(by_hand, var: Path):
    url, process = by_hand()
    page = when_it_answers(f"{url}/readyz", process)
    assert page.status_code == 200
    browser = requests.Session()
    for _ in range(6):
        html = browser.get(f"{url}/accounts/login/", timeout=10).text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', html)[1]
        form = {"login": "viewer", "password": "wrong", "csrfmiddlewaretoken": token}
        html = browser.post(f"{url}/accounts/login/", data=form, timeout=10).text
    assert "Too many failed login attempts" in html


# --- Two at once


def test_a_second_start_on_one_directory_is_refused_in_words(serve: Serve, var: Path):
    first = serve(var).until("Sign in as:")
    for more in ({}, {"PORT": first.port, "SANDBOX_PORT": first.sandbox_port}):
        second = Serving(var, **more)
        assert second.ended(30) == 1
        assert second.output == (
            f"CommandError: A dashboard is being served from {var} already (process {first.process.pid}). "
            "Stop it first, or give this one a directory of its own: VAR_DIR=…\n"
        )
    assert first.get("/accounts/login/").status_code == 200
    first.process.send_signal(signal.SIGKILL)
    first.ended()
    assert first.alone()
    serve(var).until("Sign in as:")


def test_a_second_installation_takes_a_free_port_for_its_sandbox_and_keeps_it(serve: Serve, var: Path, tmp_path: Path):
    other = Path(shutil.copytree(var, tmp_path / "other"))
    (var / "sandbox_port").write_text(f"{free_port()}\n")
    shutil.copy(var / "sandbox_port", other)
    usual = read_port(var / "sandbox_port", 0)
    first = serve(var, SANDBOX_PORT="").until("Sign in as:")
    second = serve(other, SANDBOX_PORT="").until("Sign in as:")
    chosen = read_port(other / "sandbox_port", 0)
    assert read_port(var / "sandbox_port", 0) == usual
    assert chosen not in (0, usual)
    assert f"--port {usual} " in first.family()[first.member("sandbox")]
    assert f"--port {chosen} " in second.family()[second.member("sandbox")]
    assert "The models could not be fetched" not in second.output
    listed = subprocess.run(  # another command of the second installation reaches its own sandbox
        [sys.executable, "manage.py", "sync_models"],
        cwd=ROOT,
        env=environment(other, SANDBOX_PORT=""),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert listed.returncode == 0, listed.stderr
    second.interrupt()
    assert second.ended() == 0


def test_the_usual_port_of_the_sandbox_makes_way_for_the_dashboards(serve: Serve, var: Path):
    (var / "sandbox_port").write_text(f"{free_port()}\n")
    usual = read_port(var / "sandbox_port", 0)
    serving = serve(var, PORT=usual, SANDBOX_PORT="").until("Sign in as:")
    assert serving.get("/accounts/login/").status_code == 200


@pytest.mark.parametrize("text", ["", "x", "0", "70000", "²", "8001 8002", "9" * 5000])
def test_a_broken_note_of_the_port_is_passed_over(tmp_path: Path, text: str):
    (tmp_path / "sandbox_port").write_text(text)
    assert read_port(tmp_path / "sandbox_port", 8001) == 8001
    become_directory(tmp_path / "sandbox_port")
    assert read_port(tmp_path / "sandbox_port", 8001) == 8001


def test_an_env_file_that_cannot_be_read_is_told_and_not_passed_over(tmp_path: Path):
    env = tmp_path / ".env"
    check_readable(env)  # there need be none
    env.write_text("PORT=8000\n")
    check_readable(env)
    env.write_bytes(b"MISTRAL_API_KEY=\xff\n")
    with pytest.raises(BrokenFile, match=r"\.env cannot be read: it is no UTF-8 text\."):
        check_readable(env)
    become_directory(env)
    with pytest.raises(BrokenFile, match=r"\.env cannot be read: Is a directory\."):
        check_readable(env)


# --- The first page, below a path, and HEAD


def test_the_first_page_of_a_first_start_has_the_demos_people_and_models(serve: Serve, tmp_path: Path):
    serving = serve(tmp_path)
    while True:
        try:
            page = serving.get("/accounts/login/?next=/models/", browser := requests.Session())
            break
        except requests.ConnectionError:
            assert serving.process.poll() is None, serving.output
    form = next(form for form in re.findall(r"<form.*?</form>", page.text, re.DOTALL) if 'value="viewer"' in form)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    models = browser.post(serving.url + re.search(r'action="([^"]*)"', form)[1], data=fields, timeout=10)
    assert models.url == f"{serving.url}/models/"
    assert "43 models" in models.text


def test_below_a_path_pages_find_their_static_files_and_each_other(serve: Serve, var: Path):
    serving = serve(var, SCRIPT_NAME="/dash").until("Sign in as:")
    assert f"The dashboard is at http://127.0.0.1:{serving.port}/dash/ " in serving.output
    page = serving.get("/dash/accounts/login/").text
    browser = press(serving, "viewer", "/dash")
    page += serving.get("/dash/models/", browser).text
    for address in set(re.findall(r'(?:href|src)="(/[^"]*)"', page)):
        assert address.startswith("/dash/"), address
        answer = serving.get(address.replace("&amp;", "&"), browser)
        assert answer.status_code == 200, address
        assert answer.url.startswith(f"{serving.url}/dash/"), address
    css, *_ = re.findall(r'href="(/dash/static/css/app\.[0-9a-f]+\.css)"', page)
    assert serving.get(css).headers["Cache-Control"] == "max-age=315360000, public, immutable"


def test_a_head_is_answered_as_get_is_and_nothing_is_logged_of_it(serve: Serve, var: Path):
    serving = serve(var).until("Sign in as:")
    for path in ("/accounts/login/", "/healthz", "/readyz", "/nowhere/", "/models.csv", "/static/nothing.css"):
        with socket.create_connection(("127.0.0.1", serving.port)) as line:
            line.sendall(f"HEAD {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: line.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 ")
        assert answer.endswith(b"\r\n\r\n"), path
    serving.interrupt()
    assert serving.ended() == 0
    assert "HEAD" not in serving.output.replace("HEAD /nowhere/", "")
    assert "body" not in serving.output
