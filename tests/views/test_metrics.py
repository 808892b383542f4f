"""What Prometheus is told, who may ask, and what a probe learns beside ready."""

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from models_ui.mirror.sync import SyncResult, run_sync
from models_ui.models import JobWorker, Mirror, PlannedDeletion
from sandbox import Sandbox
from tests.support import ROOT


def samples(client: Client, **headers: str) -> dict[tuple[str, ...], float]:
    """The values, by name and labels in the order of the labels' names."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (sample.name.removeprefix("models_dashboard_"), *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.usefixtures("synced")
def test_models_syncs_and_actions_are_told_from_the_database(client: Client):
    found = samples(client)
    assert found["models", "archived"] == 5
    assert found["models", "deleted"] == 0
    assert 0 <= found["sync_age_seconds",] < 60
    assert found["sync_failed",] == 0
    assert found["job_items_waiting",] == 0
    assert found["deletions_overdue",] == 0


def test_requests_are_counted_by_view_and_never_by_address(viewer: Client, client: Client, synced: SyncResult):
    before = samples(client).get(("http_requests_total", "GET", "200", "model"), 0)
    viewer.get("/models/codestral-2508/")
    viewer.get("/models/mistral-medium-2508/")
    client.get("/feeds/feed-0123456789abcdefghij/models.ics")
    found = samples(client)
    assert found["http_requests_total", "GET", "200", "model"] == before + 2
    assert found["http_request_seconds_count", "model"] >= 2
    text = client.get("/metrics").content.decode()
    assert "codestral" not in text
    assert "feed-0123" not in text


def test_calls_to_the_models_api_are_counted_by_verb_and_outcome(client: Client, db: None, sandbox: Sandbox):
    run_sync()
    before = samples(client)
    sandbox.faults.add("500", times=10)
    run_sync()
    after = samples(client)
    failed = "upstream_calls_total", "upstream_failed", "GET"
    assert after[failed] > before.get(failed, 0)
    assert after["upstream_calls_total", "ok", "GET"] == before["upstream_calls_total", "ok", "GET"] >= 1
    assert after["sync_failed",] == 1


def test_an_odd_method_makes_no_label_of_its_own(client: Client, db: None):
    client.generic("BREW", "/healthz")
    assert "BREW" not in client.get("/metrics").content.decode()


# --- Who may ask


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_without_a_token_this_machine_alone_may_ask_and_no_proxy_on_it(client: Client, db: None, header: str):
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 403
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.1").status_code == 403


def test_with_a_token_whoever_has_it_may_ask_and_nobody_else(client: Client, db: None, settings):
    settings.METRICS_TOKEN = "s3cret"
    assert client.get("/metrics").status_code == 403
    for wrong in ("Bearer wrong", "Basic s3cret", "Bearer ", "Bearer s3crét"):
        assert client.get("/metrics", headers={"Authorization": wrong}).status_code == 403
    answer = client.get("/metrics", headers={"Authorization": "Bearer s3cret"}, REMOTE_ADDR="192.0.2.1")
    assert answer.status_code == 200


# --- Several processes


def test_the_dashboard_and_the_rules_name_metrics_that_exist(client: Client, synced: SyncResult, alice):
    JobWorker.objects.create(token="t", seen_at=timezone.now())
    known = {name for name, *_ in samples(client)}
    for file in Path("deploy/prometheus").iterdir():
        named = set(re.findall(r"models_dashboard_(\w+)", file.read_text()))
        assert named
        assert named <= known, file.name


# --- Probes


def test_ready_says_how_old_the_last_sync_and_the_worker_are(client: Client, synced: SyncResult):
    now = timezone.now()
    Mirror.objects.update(last_synced_at=now - timedelta(minutes=5))
    text = client.get("/readyz").content.decode()
    assert re.fullmatch(r"ready\nlast good sync: 30\d s ago\njob runner: none\n", text)
    JobWorker.objects.create(token="t", seen_at=now - timedelta(seconds=3))
    assert re.search(r"job runner: seen \d s ago", client.get("/readyz").content.decode())
    assert not PlannedDeletion.objects.exists()


def test_a_database_that_cannot_be_written_is_not_ready(client: Client, synced: SyncResult, tmp_path, monkeypatch):
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
    else:
        file = tmp_path / "read-only.sqlite3"
        file.touch(0o400)
        monkeypatch.setitem(connection.settings_dict, "NAME", str(file))
        monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write whatever the mode says
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.content.decode() == "the database cannot be written\n"


def test_the_first_requests_of_a_process_may_come_at_once():
    code = """
import threading
from models_ui.metrics import count_request
ready, failed = threading.Barrier(16), []
def count():
    ready.wait()
    try:
        count_request("home", "GET", 200, 0.1)
    except Exception as error:
        failed.append(error)
threads = [threading.Thread(target=count) for _ in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert not failed, failed
"""
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
