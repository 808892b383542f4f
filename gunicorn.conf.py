"""Settings that gunicorn reads by itself when it is started in this directory, by `manage.py serve` or by hand."""

from typing import Any

# An address holds every filter of a page. Longer ones than this gunicorn refuses whatever it is told.
limit_request_line = 8190
# htmx repeats the page's address in a header, with the host before it.
limit_request_field_size = 2 * limit_request_line
# gunicorn would take the headers SCRIPT_NAME and PATH_INFO from a proxy on this machine for what was asked, and not
# every proxy keeps those of a client away. Where the dashboard is mounted is in the environment.
forwarder_headers = ""

IDLE_TIMEOUT = 0.02  # seconds that a thread waits for a new connection's first byte


def post_worker_init(worker: Any) -> None:
    """Let fewer threads than there are wait for the Models API, so that some can always answer pages.

    What the workers count adds up in a directory; `manage.py serve` has named it already.
    """
    from django.conf import settings

    from models_ui.metrics import use_directory
    from models_ui.services.bulkhead import bulkhead

    bulkhead.fit(worker.cfg.threads)
    use_directory(settings.VAR_DIR / "metrics")
    _let_idle_connections_go()


def _let_idle_connections_go() -> None:
    """Let a connection that says nothing yet wait outside of the threads, where gunicorn puts it after five seconds.

    Browsers open connections ahead of time; a few of them would hold every thread for so long.
    """
    from gunicorn.workers import gthread

    wait_for_data = gthread.TConn.wait_for_data
    gthread.TConn.wait_for_data = lambda conn, timeout: wait_for_data(conn, min(timeout, IDLE_TIMEOUT))


def pre_request(worker: Any, req: Any) -> None:
    """Do not ask for a body that will be refused, and read nothing more from its connection."""
    from django.conf import settings

    length = next((value for name, value in req.headers if name == "CONTENT-LENGTH"), "0")
    if length.isdecimal() and int(length[:20]) > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0):
        req.must_close, req._expected_100_continue = True, False
