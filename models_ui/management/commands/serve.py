"""`manage.py serve`, behind `make run`: start and stop together everything that the dashboard needs."""

import ctypes
import fcntl
import hashlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.db.migrations.exceptions import InconsistentMigrationHistory

from models_ui.management.commands.demo import check_database_is_the_demos, demo_password, has_demo, make_demo_people
from models_ui.management.commands.setup_link import setup_address
from models_ui.management.past.story import play_past
from models_ui.metrics import use_directory
from models_ui.mirror.sync import run_sync
from models_ui.people.invitations import can_anybody_sign_in
from models_ui.services.stored_errors import stored_error_sentence

HOST = "127.0.0.1"
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
PR_SET_PDEATHSIG = 1
MANIFEST = "staticfiles.json"

Process = subprocess.Popen[bytes]


class Command(BaseCommand):
    help = "Serve the dashboard on 127.0.0.1:PORT, with the sandbox beside it where no API key is set."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for number in STOPPING:
            signal.signal(number, _stop_everything)
        try:
            with ExitStack() as stack:
                self._serve(stack)
        except KeyboardInterrupt:
            self._say("\nStopped.")
        except (DatabaseError, InconsistentMigrationHistory) as error:
            raise CommandError(f"The database cannot be used: {' '.join(str(error).split())}") from None

    def _serve(self, stack: ExitStack) -> NoReturn:
        _hold_directory(stack)
        _check_ports()
        use_directory(settings.VAR_DIR / "metrics")
        # What takes time to start goes first; the rest is done while it does.
        sandbox = _start_sandbox(stack) if settings.DEMO else None
        _prepare_installation()
        password = demo_password() if settings.DEMO else ""
        # The first page shows the demo's people and models, so a new demo has both before anybody can ask for it.
        is_new = bool(sandbox) and not has_demo()
        server = None if is_new else _start_server(stack, password)
        if sandbox:
            people = make_demo_people(password)
            _wait_for(settings.SANDBOX_PORT, sandbox, "The sandbox")
            if is_new:
                self._play_past()
            self._sync()
        server = server or _start_server(stack, password)
        runner = _start_process(stack, "manage", "run_jobs", SCHEDULE=os.environ.get("SCHEDULE") or "on")
        _wait_for(settings.PORT, server, "The web server")
        self._say_address()
        if sandbox:
            self._say_people(people, password)
        else:
            self._say_first_steps()
            self._sync()
        others = {"The sandbox": sandbox} if sandbox else {}
        _wait_for_an_end({"The web server": server, "The job runner": runner} | others)

    def _say_address(self) -> None:
        path = os.environ.get("SCRIPT_NAME", "").strip("/")
        address = f"http://{HOST}:{settings.PORT}/{path}{'/' if path else ''}"
        self._say(f"\nThe dashboard is at {address}   (Ctrl-C stops it)\n")

    def _say_people(self, people: list[str], password: str) -> None:
        self._say("No MISTRAL_API_KEY is set, so this is a demo on made-up fine-tunes. Sign in as:")
        for name in people:
            self._say(f"  {name:8} {password}")

    def _say_first_steps(self) -> None:
        """Say how the first person gets in. A link is printed on a terminal alone: a log would keep it."""
        if can_anybody_sign_in():
            return
        if not settings.PASSWORD_SIGN_IN:
            self._say(
                "Nobody has signed in yet. The first Manager comes by sign-on, with a group that OIDC_ROLES names."
            )
        elif self.stdout.isatty() and (address := setup_address()):
            self._say("Nobody can sign in yet. Open this link, which works once, to make the first Manager:")
            self._say(f"  {address}")
        else:
            self._say("Nobody can sign in yet. Print a link that makes the first Manager, with the same settings:")
            self._say(f"  {sys.executable} manage.py setup_link")

    def _play_past(self) -> None:
        """Give a new demo its past. Without it the demo works as well, so what goes wrong is said and no more."""
        logging.disable(logging.WARNING)  # a line for each sync would hide the address
        try:
            play_past()
        except Exception as error:
            self._say(f"The demo starts without a past: {' '.join(str(error).split())}")
        finally:
            logging.disable(logging.NOTSET)

    def _sync(self) -> None:
        run = run_sync(asked_by="serve").run
        if run is not None and run.failure:
            self._say(f"The models could not be fetched: {stored_error_sentence(run.failure)}")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _stop_everything(number: int, frame: FrameType | None) -> None:
    """Stop at the first signal and ignore further ones, which would leave things half stopped."""
    for other in STOPPING:
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt


# --- Before anything is started


def _hold_directory(stack: ExitStack) -> None:
    """Lock VAR_DIR for as long as this process lives. Raise CommandError if another dashboard is served from it."""
    path = settings.VAR_DIR / "serve.lock"
    try:
        # Children do not inherit it, so it is free as soon as this process is gone, however it ended.
        lock = stack.enter_context(path.open("a+"))
    except OSError as error:
        raise CommandError(f"{path} cannot be used: {error.strerror}.") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        raise CommandError(
            f"A dashboard is being served from {settings.VAR_DIR} already (process {lock.read(20).strip() or '?'}). "
            "Stop it first, or give this one a directory of its own: VAR_DIR=…"
        ) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()


def _check_ports() -> None:
    _check_free(settings.PORT, "PORT")
    if settings.DEMO:
        check_database_is_the_demos()
        if os.environ.get("SANDBOX_PORT", "").strip():
            if settings.PORT == settings.SANDBOX_PORT:
                raise CommandError(f"PORT and SANDBOX_PORT are both {settings.PORT}: give each one of its own.")
            _check_free(settings.SANDBOX_PORT, "SANDBOX_PORT")
        elif settings.PORT == settings.SANDBOX_PORT or _why_not_free(settings.SANDBOX_PORT):
            _choose_sandbox_port()


def _check_free(port: int, variable: str) -> None:
    if reason := _why_not_free(port):
        other = port + 10 if port < 65000 else 8000
        raise CommandError(
            f"Port {port} on {HOST} cannot be used ({reason}). Choose another: make run {variable}={other}"
        )


def _why_not_free(port: int) -> str:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def _choose_sandbox_port() -> None:
    """Choose a free port for the sandbox, since the usual one is taken, and keep it for the next start.

    This process has read its settings already, so they are changed; the processes that it starts read the
    environment.
    """
    with socket.create_server((HOST, 0)) as probe:
        port = probe.getsockname()[1]
    settings.SANDBOX_PORT = port
    settings.MODELS_API_BASE_URL = f"http://{HOST}:{port}/v1"
    os.environ["SANDBOX_PORT"] = str(port)
    with suppress(OSError):
        (settings.VAR_DIR / "sandbox_port").write_text(f"{port}\n")


def _prepare_installation() -> None:
    call_command("migrate", verbosity=0)
    try:
        _collect_static()
    except OSError as error:
        raise CommandError(
            f"The static files cannot be collected in {settings.STATIC_ROOT}: {error.strerror or error}."
        ) from None


def _collect_static() -> None:
    """Collect and compress static files, but only if one has changed: it takes longer than everything else."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    stamp = settings.VAR_DIR / "static.stamp"
    if _has_manifest() and stamp.is_file() and stamp.read_bytes() == digest.hexdigest().encode():
        return
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    (settings.STATIC_ROOT / MANIFEST).unlink(missing_ok=True)  # a broken one would be read first
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest.hexdigest())


def _has_manifest() -> bool:
    """Return whether the list of collected files is complete, without which no page can be rendered."""
    try:
        return bool(json.loads((settings.STATIC_ROOT / MANIFEST).read_bytes())["paths"])
    except (OSError, ValueError, LookupError, TypeError):
        return False


# --- The processes


def _start_sandbox(stack: ExitStack) -> Process:
    state = str(settings.VAR_DIR / "sandbox.json")
    port, key = str(settings.SANDBOX_PORT), settings.MISTRAL_API_KEY
    return _start_process(stack, "sandbox", "--port", port, "--key", key, "--state", state)


def _start_server(stack: ExitStack, password: str) -> Process:
    return _start_process(
        stack,
        "gunicorn",
        "dashboard.wsgi",
        f"--bind={HOST}:{settings.PORT}",
        f"--workers={settings.WEB_CONCURRENCY}",
        "--threads=8",
        "--graceful-timeout=5",
        "--no-control-socket",
        "--log-level=warning",
        DEMO_PASSWORD=password,
        WEB_CONCURRENCY=str(settings.WEB_CONCURRENCY),  # gunicorn reads it by itself, and stumbles over an empty one
    )


def _start_process(stack: ExitStack, module: str, *options: str, **more: str) -> Process:
    """Start one of our processes, to be ended with the stack.

    It gets no Ctrl-C of its own: it may be answering a request.
    """
    process = subprocess.Popen(  # noqa: S603 - our own modules
        [sys.executable, "-m", module, *options],
        env={**os.environ, **more},
        cwd=settings.BASE_DIR,
        process_group=0,
        preexec_fn=_end_with_parent,
    )
    stack.callback(_end_process, process)
    return process


def _end_with_parent() -> None:
    """Ask Linux, in the new process, to end it when its parent is gone, even if that was killed."""
    if LIBC:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _end_process(process: Process) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(port: int, process: Process, what: str) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise CommandError(f"{what} {_how_it_ended(process)}; the lines above say why.")
        try:
            socket.create_connection((HOST, port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise CommandError(f"{what} did not answer within 15 seconds.")


def _wait_for_an_end(processes: dict[str, Process]) -> NoReturn:
    """Wait until one of the processes ends, which none should, and raise CommandError."""
    while True:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        for what, process in processes.items():
            if process.poll() is not None:
                raise CommandError(f"{what} {_how_it_ended(process)}, so everything was stopped.")


def _how_it_ended(process: Process) -> str:
    if process.returncode < 0:
        return f"was ended by signal {signal.Signals(-process.returncode).name}"
    return f"stopped with code {process.returncode}"
