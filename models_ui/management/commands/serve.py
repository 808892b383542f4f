"""`manage.py serve`, behind `make run`: everything the dashboard needs, started together and stopped together."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from models_ui.management.commands.demo import demo_password, make_demo_people
from models_ui.sync import run_sync


class Command(BaseCommand):
    help = "Serve the dashboard on 127.0.0.1:PORT, with the sandbox beside it where no API key is set."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = os.environ.get("HOST") or "127.0.0.1", _port("PORT", 8000)
        _check_free(host, port, "PORT")
        if settings.DEMO:
            _check_free("127.0.0.1", settings.SANDBOX_PORT, "SANDBOX_PORT")
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        _collect_static()
        for name in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, _stop)
        with ExitStack() as stack:
            try:
                self._run(stack, host, port)
            except KeyboardInterrupt:
                self.stdout.write("\nStopped.")

    def _run(self, stack: ExitStack, host: str, port: int) -> None:
        environment = dict(os.environ)
        if settings.DEMO:
            environment["DEMO_PASSWORD"] = password = demo_password()
            people = make_demo_people(password)
            sandbox = _start(stack, "sandbox", *_sandbox_options(), env=environment)
            _wait_for("127.0.0.1", settings.SANDBOX_PORT, sandbox, "The sandbox")
            run_sync(asked_by="serve")
        server = _start(stack, "gunicorn", *_gunicorn_options(host, port), env=environment)
        _wait_for(host, port, server, "The web server")
        self.stdout.write(f"\nThe dashboard is at http://{host}:{port}/   (Ctrl-C stops it)\n")
        if settings.DEMO:
            self.stdout.write("No MISTRAL_API_KEY is set, so this is a demo on made-up fine-tunes. Sign in as:")
            for name in people:
                self.stdout.write(f"  {name:8} {password}")
        else:
            if not User.objects.filter(is_superuser=True, is_active=True).exists():
                self.stdout.write("Nobody can sign in yet. Make the first Manager in another terminal:")
                self.stdout.write(f"  {Path(sys.executable)} manage.py createsuperuser")
            run_sync(asked_by="serve")
        self.stdout.flush()
        if server.wait():
            raise CommandError(f"The web server stopped with code {server.returncode}; the lines above say why.")


def _port(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise CommandError(f"{name}={value} is no port: give a number from 1 to 65535.")
    return int(value)


def _check_free(host: str, port: int, variable: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} cannot be used ({error.strerror}). "
                f"Choose another: make run {variable}={port + 10}"
            ) from None


def _collect_static() -> None:
    """Collect and compress static files, only when one of them changed: it takes longer than all the rest."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    stamp = settings.VAR_DIR / "static.stamp"
    if settings.STATIC_ROOT.is_dir() and stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest.hexdigest())


def _sandbox_options() -> list[str]:
    state = settings.VAR_DIR / "sandbox.json"
    return ["--port", str(settings.SANDBOX_PORT), "--key", settings.MISTRAL_API_KEY, "--state", str(state)]


def _gunicorn_options(host: str, port: int) -> list[str]:
    workers = os.environ.get("WEB_CONCURRENCY") or "2"
    return [
        "dashboard.wsgi",
        f"--bind={f'[{host}]' if ':' in host else host}:{port}",
        f"--workers={workers}",
        "--threads=4",
        "--no-control-socket",
        "--log-level=warning",
    ]


def _start(stack: ExitStack, module: str, *options: str, env: dict[str, str]) -> subprocess.Popen[bytes]:
    """A process of ours that ends when the stack does."""
    process = subprocess.Popen([sys.executable, "-m", module, *options], env=env, cwd=settings.BASE_DIR)  # noqa: S603 - our own modules
    stack.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(host: str, port: int, process: subprocess.Popen[bytes], what: str) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise CommandError(f"{what} did not start (code {process.returncode}); the lines above say why.")
        try:
            socket.create_connection((host, port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise CommandError(f"{what} did not answer within 15 seconds.")


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
