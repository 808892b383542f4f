"""What an installation keeps is readable by its owner alone, from the first start on and after an update."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from models_ui import private_files
from tests.management.conftest import ROOT, Serve, environment

pytestmark = pytest.mark.slow

OTHERS = 0o077


def open_to_others(directory: Path) -> list[str]:
    """What others on the machine could use, each with its mode."""
    paths = [directory, *directory.rglob("*")]
    return [f"{path} {stat.filemode(path.lstat().st_mode)}" for path in paths if path.lstat().st_mode & OTHERS]


def open_up(directory: Path) -> None:
    """As earlier versions left it."""
    for path in [directory, *directory.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def manage(var: Path, *command: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment(var, **more),
        capture_output=True,
        text=True,
        timeout=60,
        umask=0o022,
    )


@pytest.fixture(autouse=True)
def _own_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_the_first_start_leaves_nothing_that_others_could_read(first_var: Path):
    for name in ("demo.sqlite3", "secret_key", "sandbox.json", "static"):
        assert (first_var / name).exists()
    # The test's own log stands in it, too, and was made with the test's own mode.
    assert [line for line in open_to_others(first_var) if ".log " not in line] == []


def test_a_running_installation_that_others_could_read_is_closed_at_the_next_start(serve: Serve, var: Path):
    open_up(var)
    serving = serve(var).until("  manager")
    with_wal = [path.name for path in var.glob("demo.sqlite3-*")]
    assert {"demo.sqlite3-wal", "demo.sqlite3-shm"} <= set(with_wal)
    assert [line for line in open_to_others(var) if ".log " not in line] == []
    assert "Warning" not in serving.output


@pytest.mark.parametrize("command", [("sync_models",), ("check",), ("verify_audit",), ("send_digest", "--dry-run")])
def test_every_command_closes_what_it_finds_open(var: Path, command: tuple[str, ...]):
    open_up(var)
    done = manage(var, *command)
    assert open_to_others(var) == []
    assert "Warning" not in done.stderr


def test_gunicorn_by_itself_closes_what_it_finds_open(var: Path):
    open_up(var)
    loaded = "import dashboard.wsgi"
    subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, env=environment(var), check=True, timeout=60)
    assert open_to_others(var) == []


def test_a_database_elsewhere_is_closed_with_all_that_sqlite_puts_beside_it(tmp_path: Path):
    var, elsewhere = tmp_path / "var", tmp_path / "elsewhere"
    elsewhere.mkdir()
    url = {"MISTRAL_API_KEY": "k", "DATABASE_URL": f"sqlite:///{elsewhere}/own.sqlite3"}
    assert manage(var, "migrate", **url).returncode == 0
    assert (elsewhere / "own.sqlite3").stat().st_mode & OTHERS == 0
    for ending in ("", "-wal", "-shm", "-journal"):
        (elsewhere / f"own.sqlite3{ending}").touch()
        (elsewhere / f"own.sqlite3{ending}").chmod(0o644)
    manage(var, "check", **url)
    assert [path.name for path in elsewhere.iterdir() if path.stat().st_mode & OTHERS] == []
    assert elsewhere.stat().st_mode & OTHERS, "a directory that is not ours stays as it is"


def test_a_link_to_the_directory_is_followed_and_links_in_it_are_not(tmp_path: Path):
    real, outside = tmp_path / "disk", tmp_path / "outside"
    real.mkdir(mode=0o755)
    outside.mkdir(mode=0o755)
    (outside / "public.txt").write_text("for everybody")
    (tmp_path / "var").symlink_to(real)
    (real / "folder").symlink_to(outside)
    (real / "file").symlink_to(outside / "public.txt")
    (real / "nowhere").symlink_to(tmp_path / "missing")
    done = manage(tmp_path / "var", "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert real.stat().st_mode & OTHERS == 0
    assert (real / "secret_key").stat().st_mode & OTHERS == 0
    assert stat.S_IMODE(outside.stat().st_mode) == 0o755
    assert stat.S_IMODE((outside / "public.txt").stat().st_mode) == 0o644


def test_a_directory_that_leads_nowhere_is_one_sentence(tmp_path: Path):
    (tmp_path / "var").symlink_to(tmp_path / "missing" / "var")
    done = manage(tmp_path / "var", "check")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"VAR_DIR={tmp_path}/var cannot be made: ")


@pytest.mark.parametrize("missing", ["open", "mkstemp"])
def test_a_directory_that_this_user_cannot_use_is_one_sentence(tmp_path: Path, missing: str):
    """Root may read everything, so the system's refusal is played; `load` runs the settings as any process does."""
    var = tmp_path / "var"
    var.mkdir()
    if missing == "open":
        (var / "secret_key").write_text("k" * 60)
    code = (
        "import pathlib, runpy, tempfile\n"
        "def refuse(*_, **__): raise PermissionError(13, 'Permission denied')\n"
        "read = pathlib.Path.read_text\n"
        "pathlib.Path.read_text = lambda path: refuse() if path.name == 'secret_key' else read(path)\n"
        "tempfile.mkstemp = refuse\n"
        "try: runpy.run_path('dashboard/settings.py')\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(var), capture_output=True, text=True, timeout=20
    )
    assert done.stdout == f"ImproperlyConfigured VAR_DIR={var} cannot be used by this user: Permission denied.\n"


def test_a_file_of_somebody_else_is_told_in_a_sentence_and_stops_nothing(tmp_path: Path, monkeypatch):
    def refuse(self: Path, mode: int, **_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    var = tmp_path / "var"
    var.mkdir(mode=0o755)
    (var / "a").touch(mode=0o644)
    monkeypatch.setattr(Path, "chmod", refuse)
    (sentence,) = private_files.keep_private(var)
    assert sentence.startswith(
        f"others on this machine may read {var} and 1 more, and that cannot be changed from here"
    )


def test_a_file_of_settings_that_others_can_read_is_told_of_once_at_the_start(tmp_path: Path, capfd):
    (tmp_path / "models_ui").symlink_to(ROOT / "models_ui")
    shutil.copytree(ROOT / "dashboard", tmp_path / "dashboard", ignore=shutil.ignore_patterns("__pycache__"))
    env_file = tmp_path / ".env"
    env_file.write_text("MISTRAL_API_KEY=k\n")
    code = (
        "import runpy, subprocess, sys; runpy.run_path('dashboard/settings.py');"
        "subprocess.run([sys.executable, '-c', 'import runpy; runpy.run_path(\"dashboard/settings.py\")'], check=True)"
    )

    def start() -> str:
        return subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=20
        ).stderr

    env_file.chmod(0o640)
    assert start() == (
        f"Warning: {env_file} holds secrets and others on this machine can read it: chmod 600 {env_file}\n"
    )
    env_file.chmod(0o600)
    assert start() == ""
