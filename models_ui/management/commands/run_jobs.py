"""`manage.py run_jobs`: works on bulk jobs, deletes what is due and keeps the schedule. Several do no harm."""

import logging
import signal
import threading
import time
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from models_ui.actions.due_deletions import is_nothing_being_deleted, run_due_deletion
from models_ui.alerts.deletion_warnings import run_deletion_warning
from models_ui.bulk import jobs, runner
from models_ui.management.schedule import run_due_task
from models_ui.metrics import use_directory

log = logging.getLogger(__name__)

# Seconds: between two looks for work, two heartbeats, two sweeps; and after something went wrong.
POLL = 0.5
BEAT = 5.0
SWEEP = 3600.0
TROUBLE_PAUSE = 5.0


class Command(BaseCommand):
    help = (
        "Work on bulk jobs, and delete what is due. "
        "Ends by itself with --once, else with Ctrl-C or SIGTERM, after what it has begun."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when no job and no deletion is under way any more")
        parser.add_argument("--threads", type=int, default=4, help="models worked on at a time (default: %(default)s)")

    def handle(self, *args: Any, once: bool = False, threads: int = 4, **options: Any) -> None:
        use_directory(settings.VAR_DIR / "metrics")
        stop = threading.Event()

        def end(number: int, frame: FrameType | None) -> None:
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, end)
        workers = [
            threading.Thread(target=_work_until_stopped, args=(stop, once), daemon=True) for _ in range(max(threads, 1))
        ]
        if settings.SCHEDULE and not once:
            workers.append(threading.Thread(target=_keep_schedule, args=(stop,), daemon=True))
        for worker in workers:
            worker.start()
        _write_heartbeat(stop, workers)
        for worker in workers:
            worker.join()


def _write_heartbeat(stop: threading.Event, workers: list[threading.Thread]) -> None:
    """Say every few seconds that somebody is at work, as long as somebody is."""
    token, swept = jobs.new_worker_token(), -SWEEP
    while not stop.is_set() and any(worker.is_alive() for worker in workers):
        try:
            jobs.write_heartbeat(token)
            if time.monotonic() - swept > SWEEP:
                jobs.delete_leftovers()
                swept = time.monotonic()
        except (DatabaseError, InterfaceError):
            log.exception("the database does not answer")
            connection.close()
        _wait_for_the_end(stop, workers, BEAT)
    try:
        jobs.forget_worker(token)
    except (DatabaseError, InterfaceError):
        log.exception("the database does not answer")


def _wait_for_the_end(stop: threading.Event, workers: list[threading.Thread], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(worker.is_alive() for worker in workers):
        if stop.wait(0.1):
            return


def _work_until_stopped(stop: threading.Event, once: bool) -> None:
    """One thread: an item at a time, and a little patience when there is none."""
    try:
        while not stop.is_set():
            try:
                close_old_connections()
                if runner.run_one() or run_deletion_warning() or run_due_deletion():
                    continue
                if once and runner.is_idle() and is_nothing_being_deleted():
                    return
                stop.wait(POLL)
            except Exception:  # the database was gone, most likely; whatever it is, the next look may do better
                log.exception("looking for work went wrong")
                connection.close()
                stop.wait(TROUBLE_PAUSE)
    finally:
        connection.close()


def _keep_schedule(stop: threading.Event) -> None:
    """The thread that does what the schedule says."""
    try:
        while not stop.is_set():
            try:
                close_old_connections()
                if not run_due_task():
                    stop.wait(BEAT)
            except (DatabaseError, InterfaceError):
                log.exception("the database does not answer")
                connection.close()
                stop.wait(TROUBLE_PAUSE)
    finally:
        connection.close()
