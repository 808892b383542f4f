"""`make run` behind its make: what a person sees who starts the dashboard, and what is left when it stops."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from sandbox import Sandbox
from tests.management.conftest import ROOT, Serve, environment, press

pytestmark = pytest.mark.slow

PEOPLE = ["viewer", "editor", "manager"]


def passwords(output: str) -> list[tuple[str, str]]:
    return re.findall(rf"^  ({'|'.join(PEOPLE)}) +(\S+)$", output, re.MULTILINE)


def tables(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{database}?mode=ro", uri=True)


def test_the_first_start_tells_the_address_and_three_people_with_a_password_that_nobody_can_guess(first_var: Path):
    output = (first_var / "first.log").read_text()
    assert re.search(r"^The dashboard is at http://127\.0\.0\.1:\d+/ ", output, re.MULTILINE)
    found = passwords(output)
    assert [name for name, _ in found] == PEOPLE
    assert len({password for _, password in found}) == 1
    assert len(found[0][1]) >= 12
    assert output.endswith("\nStopped.\n")
    assert "Traceback" not in output
    assert "without a past" not in output
    assert output.count("sync:") == 1, "the past is quiet"


def test_files_of_the_first_start_are_for_their_owner_alone(first_var: Path):
    for name in ("secret_key", "demo_password", "sandbox.json"):
        assert (first_var / name).stat().st_mode & 0o077 == 0, name


def test_a_second_start_is_quick_and_one_click_on_the_login_page_leads_to_the_models(serve: Serve, var: Path):
    serving = serve(var).until("Sign in as:")
    browser = press(serving, "viewer")
    assert "Contract clause finder" in serving.get("/models/", browser).text
    assert "magistral-medium-latest" in serving.get("/changes/", browser).text, "the first start had a past"
    assert "ana.diop" in serving.get("/activity/", browser).text
    assert serving.process.poll() is None
    # An address holds all of a page's filters, and htmx repeats it in a header.
    long = "/models/?" + "&".join(f"capability_not=some_capability_{number:03}" for number in range(200))[:8000]
    answer = browser.get(
        serving.url + long, headers={"HX-Current-URL": serving.url + long, "Connection": "close"}, timeout=10
    )
    assert answer.status_code == 200
    assert "so it was ignored" in answer.text or "were ignored" in answer.text
    css = re.search(r'href="(/static/css/app\.[0-9a-f]+\.css)"', serving.get("/accounts/login/").text)
    assert serving.get(css[1]).headers["Cache-Control"] == "max-age=315360000, public, immutable"
    serving.interrupt()
    assert serving.ended() == 0
    assert serving.output.endswith("\nStopped.\n")
    assert "Traceback" not in serving.output
    assert serving.alone()


@pytest.mark.timed
def test_the_first_page_of_a_second_start_is_there_within_five_seconds(serve: Serve, var: Path):
    serving = serve(var, WEB_CONCURRENCY="")
    while True:
        try:
            assert serving.get("/accounts/login/").status_code == 200
            break
        except requests.ConnectionError:
            assert serving.process.poll() is None, serving.output
            time.sleep(0.02)
    assert time.monotonic() - serving.started < 5


def test_a_second_start_keeps_password_sessions_and_what_was_renamed(serve: Serve, first_var: Path, var: Path):
    serving = serve(var).until("Sign in as:")
    assert passwords(serving.output) == passwords((first_var / "first.log").read_text())
    browser = press(serving, "editor")
    upstream, key = f"http://127.0.0.1:{serving.sandbox_port}/v1", {"Authorization": "Bearer sandbox-key"}
    entries = requests.get(f"{upstream}/models", headers=key, timeout=5).json()["data"]
    tune = next(entry["id"] for entry in entries if entry["id"].startswith("ft:"))
    requests.patch(f"{upstream}/models/{tune}", headers=key, json={"name": "Renamed by hand"}, timeout=5)
    serving.process.send_signal(signal.SIGTERM)
    assert serving.ended() == 0
    assert serving.alone()

    again = serve(var, PORT=serving.port, SANDBOX_PORT=serving.sandbox_port).until("Sign in as:")
    page = again.get("/models/?per_page=100", browser)
    assert page.url.endswith("/models/?per_page=100")
    assert "Renamed by hand" in page.text


@pytest.mark.parametrize("variable", ["PORT", "SANDBOX_PORT"])
def test_a_busy_port_is_one_sentence(serve: Serve, var: Path, variable: str):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        serving = serve(var, **{variable: port})
        assert serving.ended() == 1
    assert re.fullmatch(
        rf"CommandError: Port {port} on 127\.0\.0\.1 cannot be used \(Address already in use\)\. "
        rf"Choose another: make run {variable}=\d+\n",
        serving.output,
    )
    assert serving.alone()


@pytest.mark.parametrize("variable", ["PORT", "SANDBOX_PORT"])
@pytest.mark.parametrize("port", ["http", "65536", "²"])
def test_a_port_that_makes_no_sense_is_one_sentence(tmp_path: Path, variable: str, port: str):
    done = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=environment(tmp_path, **{variable: port}),
        capture_output=True,
        text=True,
        timeout=10,
    )
    assert done.returncode == 1
    assert done.stdout + done.stderr == f"{variable}={port} must be a whole number from 1 to 65535.\n"


def test_one_port_for_both_is_one_sentence(serve: Serve, var: Path):
    serving = serve(var, PORT=8765, SANDBOX_PORT=8765)
    assert serving.ended() == 1
    assert serving.output.startswith("CommandError: PORT and SANDBOX_PORT are both 8765")
    assert serving.output.count("\n") == 1


def test_a_demo_does_not_touch_the_database_of_a_real_dashboard(serve: Serve, var: Path, tmp_path: Path):
    serving = serve(var, DATABASE_URL=f"sqlite:///{tmp_path}/real.sqlite3")
    assert serving.ended() == 1
    assert serving.output.startswith("CommandError: DATABASE_URL is set but MISTRAL_API_KEY is not")
    assert not (tmp_path / "real.sqlite3").exists()


def test_a_database_that_cannot_be_had_is_one_sentence(serve: Serve, var: Path, tmp_path: Path):
    serving = serve(var, MISTRAL_API_KEY="k", DATABASE_URL=f"sqlite:///{tmp_path}/nowhere/x.sqlite3")
    assert serving.ended() == 1
    assert serving.output == "CommandError: The database cannot be used: unable to open database file\n"


def test_a_sandbox_that_dies_is_told_and_takes_the_rest_along(serve: Serve, var: Path):
    serving = serve(var).until("Sign in as:").until("  manager")
    os.kill(serving.member("sandbox"), signal.SIGKILL)
    assert serving.ended() == 1
    assert serving.output.endswith(
        "CommandError: The sandbox was ended by signal SIGKILL, so everything was stopped.\n"
    )
    assert serving.alone()


def test_a_web_server_that_dies_is_told_and_takes_the_rest_along(serve: Serve, var: Path):
    serving = serve(var).until("Sign in as:").until("  manager")
    os.kill(serving.member("gunicorn"), signal.SIGKILL)
    assert serving.ended() == 1
    assert serving.output.endswith(
        "CommandError: The web server was ended by signal SIGKILL, so everything was stopped.\n"
    )
    assert serving.alone()


def test_a_sandbox_that_cannot_start_says_why(serve: Serve, var: Path):
    (var / "sandbox.json").write_text("{")
    serving = serve(var)
    assert serving.ended() == 1
    assert re.search(
        r"The state \S+sandbox\.json cannot be read: .* Remove it to start afresh\.\n"
        r"CommandError: The sandbox stopped with code 1; the lines above say why\.\n$",
        serving.output,
    )
    assert serving.alone()


@pytest.mark.parametrize("moment", [0.45, 0.7])
def test_a_ctrl_c_while_it_starts_and_an_impatient_second_one_stop_everything_quietly(serve, var: Path, moment: float):
    serving = serve(var)
    time.sleep(moment)
    serving.interrupt()
    serving.interrupt()
    assert serving.ended() in (0, 130)
    assert "Traceback" not in serving.output
    assert serving.alone()


def test_a_start_that_is_killed_outright_leaves_nothing_behind(serve: Serve, var: Path):
    serving = serve(var).until("Sign in as:")
    assert len(serving.family()) >= 4
    serving.process.kill()
    serving.ended()
    assert serving.alone()


def test_with_a_key_there_is_no_demo_and_the_way_to_the_first_person_is_told_until_there_is_one(
    serve: Serve, var: Path
):
    with Sandbox(key="a-real-$key") as upstream:
        real = {"MISTRAL_API_KEY": upstream.key, "MODELS_API_BASE_URL": upstream.url}
        serving = serve(var, **real).until("manage.py setup_link").until("sync: ")
        assert "Sign in as" not in serving.output
        assert not any("-m sandbox" in command for command in serving.family().values())
        login = serving.get("/accounts/login/").text
        assert "demo" not in login.lower()
        serving.interrupt()
        assert serving.ended() == 0
        with tables(var / "dashboard.sqlite3") as database:
            assert database.execute("select count(*) from auth_user").fetchone() == (0,)
            assert database.execute("select upstream from models_ui_mirror").fetchone() == (upstream.url,)
            assert database.execute("select count(*) from models_ui_catalogmodel").fetchone() == (43,)
        assert {call.verb for call in upstream.calls} == {"list"}
        assert upstream.key not in serving.output
        upstream.faults.add("500")

        made = serving.environment | {
            "DJANGO_SUPERUSER_USERNAME": "ann",
            "DJANGO_SUPERUSER_EMAIL": "ann@example.org",
            "DJANGO_SUPERUSER_PASSWORD": "correct horse battery staple",
        }
        subprocess.run(
            [sys.executable, "manage.py", "createsuperuser", "--noinput"], cwd=ROOT, env=made, check=True, timeout=20
        )
        again = serve(var, **real).until("The models could not be fetched: The Models API is in trouble (500)")
        assert "createsuperuser" not in again.output
        assert again.process.poll() is None


def test_on_a_terminal_a_first_start_with_a_key_prints_the_link_that_ends_on_the_fine_tunes(
    serve: Serve, tmp_path: Path
):
    """From an empty folder, with one command."""
    with Sandbox(key="a-real-$key") as upstream:
        real = {"MISTRAL_API_KEY": upstream.key, "MODELS_API_BASE_URL": upstream.url, "MODELS_API_DIALECT": "platform"}
        serving = serve(tmp_path, on_terminal=True, **real).until("to make the first Manager:").until("sync: ")
        address = re.search(r"http://127\.0\.0\.1:\d+(/invitation/invite-[\w-]+/)", serving.output)[1]
        browser = requests.Session()
        form = serving.get(address, browser).text
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.partition('id="join"')[2]))
        chosen = {"username": "ana", "email": "", "password1": "horse battery 9", "password2": "horse battery 9"}
        page = browser.post(serving.url + address, data=fields | chosen, timeout=20)
        assert page.url == f"{serving.url}/first-run/"
        fields = dict(re.findall(r'<input type="hidden" name="(csrf\w+)" value="([^"]*)"', page.text))
        page = browser.post(page.url, data=fields, timeout=20)
        assert page.text.count("does not work") == 0
        assert "models were fetched." in page.text
        ours = re.search(r'class="button primary" href="([^"]+)"', page.text)[1]
        assert "Support triage" in serving.get(ours, browser).text
        secret = address.split("/")[2]
        assert serving.output.count(secret) == 1
        serving.interrupt()
        assert serving.ended() == 0
        again = serve(tmp_path, on_terminal=True, **real).until("sync: ")
        assert "/invitation/" not in again.output


def test_the_link_leads_below_the_path_that_the_dashboard_is_mounted_at(serve: Serve, var: Path):
    real = {"MISTRAL_API_KEY": "a-real-key", "MODELS_API_BASE_URL": "http://127.0.0.1:9/v1"}
    serving = serve(var, on_terminal=True, SCRIPT_NAME="/dash", **real).until("/invitation/").until("could not be")
    address = re.search(r"http://127\.0\.0\.1:\d+(/\S+)", serving.output.partition("first Manager:")[2])[1]
    assert "Set this dashboard up" in serving.get(address).text


def test_the_state_of_the_sandbox_names_no_key(first_var: Path):
    assert "sandbox-key" not in json.dumps(json.loads((first_var / "sandbox.json").read_text()))


def test_metrics_add_up_over_the_processes_and_the_job_runner(serve: Serve, var: Path):
    serving = serve(var, WEB_CONCURRENCY=3).until("Sign in as:")
    for _ in range(30):
        assert serving.get("/accounts/login/").status_code == 200
    text = serving.get("/metrics").text
    counted = re.search(r'http_requests_total\{method="GET",status="200",view="account_login"\} (\d+)', text)
    assert counted
    assert int(counted[1]) >= 30
    assert 'upstream_calls_total{outcome="ok",verb="GET"}' in text
    assert re.search(r"models_dashboard_worker_age_seconds [\d.]+", text)
