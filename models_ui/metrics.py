"""What processes count for Prometheus: requests and calls to the Models API. `web/metrics.py` shows it.

With PROMETHEUS_MULTIPROC_DIR the numbers of all processes of a machine add up, since each keeps its own in files there.
gunicorn.conf.py and `manage.py run_jobs` name the directory before anything is counted; prometheus-client looks for it
when it is imported, so it is imported with the first number. Imports nothing of Django.
"""

import os
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

DIRECTORY: Final = "PROMETHEUS_MULTIPROC_DIR"
PREFIX: Final = "models_dashboard_"
_lock = Lock()
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


def use_directory(directory: Path) -> None:
    """Add up with the other processes that use this directory, unless the environment names another one.

    The files of processes that are gone are deleted: to Prometheus the counts begin anew.
    """
    if DIRECTORY in os.environ:
        return
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in directory.glob("*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdecimal() and not _is_alive(int(pid)):
            file.unlink(missing_ok=True)
    os.environ[DIRECTORY] = str(directory)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def count_request(view: str, method: str, status: int, seconds: float) -> None:
    metrics = _metrics()
    metrics["requests"].labels(view, method, str(status)).inc()
    metrics["request_seconds"].labels(view).observe(seconds)


def count_call(verb: str, outcome: str, seconds: float) -> None:
    """Count one attempt of a call to the Models API."""
    metrics = _metrics()
    metrics["calls"].labels(verb, outcome).inc()
    metrics["call_seconds"].labels(verb).observe(seconds)


def _metrics() -> dict[str, Any]:
    with _lock:  # the registry takes each name once, and the first requests may come at once
        return _make_metrics()


@cache
def _make_metrics() -> dict[str, Any]:
    from prometheus_client import Counter, Histogram

    return {
        "requests": Counter(
            f"{PREFIX}http_requests", "Answers, by view, method and status", ("view", "method", "status")
        ),
        "request_seconds": Histogram(f"{PREFIX}http_request_seconds", "Time to answer", ("view",), buckets=_SECONDS),
        "calls": Counter(f"{PREFIX}upstream_calls", "Attempts of calls to the Models API", ("verb", "outcome")),
        "call_seconds": Histogram(f"{PREFIX}upstream_call_seconds", "Time of an attempt", ("verb",), buckets=_SECONDS),
    }
