"""When a page asks for a run, and how processes share one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from models_ui.mirror import sync
from models_ui.mirror.state import is_stale, mirror_state
from models_ui.mirror.sync import run_sync
from models_ui.models import Lease, SyncRun
from models_ui.services.cards import ModelList
from sandbox import Sandbox
from tests.mirror.conftest import one_run, shown, snapshot
from tests.support.entries import TUNE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


# --- When a page asks


def test_a_page_asks_again_only_after_a_while_also_after_a_failure(sandbox: Sandbox, settings):
    settings.MODELS_STALE_AFTER = 300
    now = timezone.now()
    assert is_stale(mirror_state(), now)
    sandbox.faults.add("401", times=1)
    assert run_sync().outcome == "failed"
    assert not is_stale(mirror_state(), timezone.now() + timedelta(seconds=299))
    assert is_stale(mirror_state(), timezone.now() + timedelta(seconds=301))
    one_run()
    assert not is_stale(mirror_state(), timezone.now() + timedelta(seconds=299))
    assert is_stale(mirror_state(), timezone.now() + timedelta(seconds=301))


def test_a_page_that_asked_before_the_last_run_ended_gets_that_one(upstream: Sandbox):
    asked = timezone.now() - timedelta(seconds=1)
    assert run_sync(asked_at=asked).outcome == "fresh"
    assert upstream.counts == {"list": 1}
    assert run_sync(asked_at=timezone.now()).outcome == "synced"
    assert not Lease.objects.exists()


# --- One run at a time


def test_a_second_process_joins_the_run_under_way(upstream: Sandbox, monkeypatch):
    with another_process_meanwhile(monkeypatch) as outcomes:
        one_run()
    assert outcomes == ["joined"]
    assert upstream.counts == {"list": 2}


def test_a_late_process_writes_nothing_when_another_took_over(upstream: Sandbox, monkeypatch):
    def newer() -> None:
        assert mirror_state().sync_is_running
        Lease.objects.update(expires_at=timezone.now())
        upstream.catalog.rename(TUNE, "Helpdesk")

    with another_process_meanwhile(monkeypatch, before=newer) as outcomes:
        assert run_sync().outcome == "joined"
    assert outcomes == ["synced"]
    assert shown()[TUNE].name == "Helpdesk"
    assert SyncRun.objects.count() == 2
    assert not Lease.objects.exists()


def test_a_late_failure_does_not_end_the_lease_of_the_one_who_took_over(upstream: Sandbox, monkeypatch):
    def taken_over() -> None:
        Lease.objects.update(token="another", expires_at=timezone.now() + timedelta(minutes=1))
        upstream.faults.add("401", times=1)

    with another_process_meanwhile(monkeypatch, before=taken_over, after=True):
        assert run_sync().outcome == "failed"
    assert Lease.objects.get().token == "another"
    assert mirror_state().failure == {}


def test_a_lease_outlives_the_longest_call(upstream: Sandbox, settings, monkeypatch):
    settings.MODELS_API_TOTAL_TIMEOUT = 500
    left = []

    def look() -> None:
        left.append((Lease.objects.get().expires_at - timezone.now()).total_seconds())

    with another_process_meanwhile(monkeypatch, before=look):
        one_run()
    assert left[0] > 500


def test_the_lease_of_a_dead_process_runs_out(upstream: Sandbox):
    Lease.objects.create(name="sync", token="dead", expires_at=timezone.now() + timedelta(seconds=30))
    assert run_sync().outcome == "joined"
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert run_sync().outcome == "synced"


def test_a_crash_of_ours_releases_the_lease(upstream: Sandbox, monkeypatch):
    monkeypatch.setattr(sync, "real_models", lambda cards: 1 / 0)
    before = snapshot()
    with pytest.raises(ZeroDivisionError):
        run_sync()
    assert not Lease.objects.exists()
    assert snapshot() == before


@contextmanager
def another_process_meanwhile(monkeypatch, *, before=lambda: None, after: bool = False) -> Iterator[list[str]]:
    """While our call to upstream is under way: `before`, then a run of somebody else unless `after` our answer."""
    real, outcomes = sync.models_api, []

    def ours():
        api = real()

        def during() -> ModelList:
            monkeypatch.setattr(sync, "models_api", real)
            if after:
                before()
                return api.list()
            listed = api.list()
            before()
            outcomes.append(run_sync().outcome)
            return listed

        return SimpleNamespace(list=during, transport=api.transport, dialect=api.dialect)

    monkeypatch.setattr(sync, "models_api", ours)
    yield outcomes


RACER = """
import sys, django
django.setup()
from models_ui.mirror.sync import run_sync
print("ready", flush=True)
sys.stdin.readline()
print(run_sync().outcome, flush=True)
"""


@pytest.mark.slow
def test_two_processes_that_sync_at_once_make_one_call(tmp_path: Path):
    with Sandbox(latency=1.0) as upstream:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'shared.sqlite3'}",
            "VAR_DIR": str(tmp_path),
            "MISTRAL_API_KEY": upstream.key,
            "MODELS_API_BASE_URL": upstream.url,
        }
        root = django_settings.BASE_DIR

        def started(*arguments: str) -> subprocess.Popen:
            return subprocess.Popen(
                [sys.executable, *arguments],
                cwd=root,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )

        assert started("manage.py", "migrate", "-v0").communicate()[0] == ""
        racers = [started("-c", RACER) for _ in range(2)]
        for racer in racers:
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            racer.stdin.write("\n")
            racer.stdin.flush()
        outcomes = sorted(racer.communicate(timeout=30)[0].strip() for racer in racers)
        assert outcomes == ["joined", "synced"]
        assert upstream.counts == {"list": 1}
