"""One code in two forms that agree: `manage.py check_usage` with the mirror, stand-alone with the exported JSON."""

import ast
import json
import subprocess
import sys
import zipapp
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import check_usage
from models_ui.models import CatalogModel
from tests.check_usage.planted import plant

PACKAGE = Path(check_usage.__file__).parent
NOW = "2026-12-31T12:00Z"


def command(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("check_usage", *arguments, stdout=out)
    except SystemExit as stopped:
        assert isinstance(stopped.code, int)
        return stopped.code, out.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


def alone(program: Path, *arguments: str) -> tuple[int, str]:
    """As a process that sees no other package, no environment and nothing of this project."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", program, *arguments],
        capture_output=True,
        text=True,
        env={},
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_package_needs_nothing_but_the_standard_library():
    for file in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                assert all(alias.name.split(".")[0] in sys.stdlib_module_names for alias in node.names), file.name
            elif isinstance(node, ast.ImportFrom) and not node.level:
                assert node.module and node.module.split(".")[0] in sys.stdlib_module_names, file.name
        assert file.stem not in sys.stdlib_module_names, f"{file.name} would hide a module when run as a directory"


def test_a_directory_and_one_packed_file_run_alone(tree: Path, export: Path, tmp_path: Path):
    plant(tree)
    packed = tmp_path / "check_usage.pyz"
    zipapp.create_archive(PACKAGE, packed)
    arguments = ["--catalog", str(export), "--now", NOW, "--format", "json", "."]
    code, printed = alone(packed, *arguments)
    assert code == 1
    assert len(json.loads(printed)["findings"]) > 30
    assert alone(PACKAGE, *arguments) == (code, printed)
    (tree / "clean").mkdir()
    code, printed = alone(packed, "--catalog", str(export), "clean")
    assert (code, printed.count("\n")) == (0, 1)
    assert alone(packed, "--catalog", str(export), "missing")[0] == 2
    assert alone(packed, "clean")[0] == 2


def test_check_usage_runs_as_a_module_too(tree: Path, export: Path):
    done = subprocess.run(
        [sys.executable, "-m", "check_usage", "--catalog", str(export), str(tree)],
        cwd=PACKAGE.parent,
        check=False,
    )
    assert done.returncode == 0


@pytest.fixture
def exported(synced, viewer: Client, tree: Path) -> Path:
    """The sandbox's catalog as somebody downloads it, with one model gone and one that is back under another id."""
    CatalogModel.objects.filter(model_id="codestral-2508").update(missing_since=timezone.now())
    file = tree.parent / "models.json"
    file.write_bytes(viewer.get(reverse("catalog_json")).content)
    return file


@pytest.mark.django_db
def test_both_forms_say_the_same_of_every_id(exported: Path, tree: Path):
    ids = {each for row in CatalogModel.objects.all() for each in (row.model_id, *row.aliases, row.name or "")}
    uses = [f"    '{each}',\n" for each in sorted(ids)]
    (tree / "all.py").write_text(f"ALL = [\n{''.join(uses)}    'mistral-large-2599',\n]\n")
    plant(tree)
    for form in ("text", "json", "sarif"):
        arguments = ["--now", NOW, "--format", form, "."]
        by_mirror = command(*arguments)
        assert by_mirror == alone(PACKAGE, "--catalog", str(exported), *arguments)
        assert by_mirror[0] == 1
    findings = json.loads(command("--now", NOW, "--format", "json", "all.py")[1])["findings"]
    rules = {each["rule"] for each in findings}
    assert rules == {f"model-{name}" for name in ("retired", "missing", "unknown", "retiring", "announced", "floating")}


@pytest.mark.django_db
def test_the_command_is_quiet_when_nothing_is_to_be_changed(exported: Path, tree: Path):
    (tree / "a.py").write_text("x = 'mistral-large-2512'")
    assert command(".") == (0, "Nothing to change within 90 days: 1 use of models in 1 file.\n")


@pytest.mark.django_db
def test_the_command_called_wrongly(tree: Path):
    assert command(".") == (2, "The mirror holds no models yet. Run manage.py sync_models first.")
    CatalogModel.objects.create(model_id="x-1", first_seen_at=timezone.now(), last_seen_at=timezone.now())
    assert command("missing") == (2, "missing does not exist.")
