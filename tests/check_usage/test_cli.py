"""Exit codes, options, suppression, and the report that goes to a file."""

import json
from pathlib import Path

import pytest

CLEAN = 'model = "mistral-large-2512"\n'
OLD = 'model = "mistral-large-2411"\n'


def test_clean_is_one_line_and_zero(tree: Path, run):
    (tree / "a.py").write_text(CLEAN)
    assert run() == (0, "Nothing to change within 90 days: 1 use of models in 1 file.\n")


def test_a_finding_is_one_line_with_place_date_and_replacement(tree: Path, run):
    (tree / "a.py").write_text(f"\n{OLD}")
    assert run() == (
        1,
        "a.py:2:10: error: mistral-large-2411 was switched off on 2026-05-31. "
        "Replacement: mistral-medium-latest (today mistral-medium-2604). [model-retired]\n"
        "1 error: 1 use of models in 1 file.\n",
    )


@pytest.mark.parametrize(
    ("model_id", "arguments", "code"),
    [
        ("mistral-medium-2508", [], 1),
        ("mistral-medium-2508", ["--within", "9"], 1),
        ("mistral-medium-2508", ["--within", "8"], 0),
        ("mistral-medium-2508", ["--level", "retiring=note"], 0),
        ("mistral-large-latest", [], 1),
        ("mistral-large-latest", ["--no-floating"], 0),
        ("mistral-large-latest", ["--level", "floating=note"], 0),
        ("mistral-large-latest", ["--level", "floating=error"], 1),
        ("mistral-large-9999", [], 1),
        ("mistral-large-9999", ["--allow", "mistral-large-9999"], 0),
        ("mistral-large-9999", ["--allow", "mistral-large-99*"], 0),
        ("mistral-large-9999", ["--allow", "mistral-large"], 1),
        ("devstral-2512", [], 1),
        ("mistral-large-2512", [], 0),
    ],
)
def test_exit_codes(tree: Path, run, model_id: str, arguments: list[str], code: int):
    (tree / "a.py").write_text(f"x = '{model_id}'")
    assert run(*arguments, ".")[0] == code


@pytest.mark.parametrize(
    "arguments",
    [
        ["missing"],
        ["--within", "-1", "."],
        ["--within", "soon", "."],
        ["--format", "xml", "."],
        ["--level", "floating=loud", "."],
        ["--level", "sinking=note", "."],
        ["--now", "tomorrow", "."],
        ["--allow-from", "missing.txt", "."],
        ["--output", "no/such/directory.txt", "."],
        ["--frobnicate", "."],
    ],
)
def test_called_wrongly_is_two_with_a_sentence(tree: Path, run, arguments: list[str]):
    code, printed = run(*arguments)
    assert code == 2
    assert "check_usage: error: " in printed


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"models": []}'])
def test_a_catalog_that_is_none_is_two(tree: Path, run, export: Path, content: bytes):
    export.write_bytes(content)
    assert run()[0] == 2


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.py", "x = 'mistral-large-2411'  # models: ok, the archive reads it"),
        ("a.ts", "const x = 'mistral-large-2411'; // Models: OK"),
        ("a.yaml", "x: mistral-large-2411 # models:ok"),
        ("a.sql", "SELECT 'mistral-large-2411' -- models: ok"),
        ("a.xml", "<x>mistral-large-2411</x> <!-- models: ok -->"),
    ],
)
def test_a_comment_on_the_line_accepts_it(tree: Path, run, name: str, line: str):
    (tree / name).write_text(f"{line}\n")
    assert run() == (0, "Nothing to change within 90 days: 0 uses of models in 1 file; 1 allowed.\n")


@pytest.mark.parametrize("text", [f"# models: ok\n{OLD}", 'x = "models: ok", "mistral-large-2411"'])
def test_the_words_anywhere_else_accept_nothing(tree: Path, run, text: str):
    (tree / "a.py").write_text(text)
    assert run()[0] == 1


def test_an_allow_list_is_a_file_with_reasons(tree: Path, run):
    (tree / "a.py").write_text(OLD)
    (tree / "allow.txt").write_text("# what we keep\n\nmistral-large-2411  # until March\n")
    assert run("--allow-from", "allow.txt", ".")[0] == 0


def test_with_output_the_report_goes_to_the_file_and_people_still_read_text(tree: Path, run):
    (tree / "a.py").write_text(OLD)
    code, printed = run("--format", "sarif", "--output", "out.sarif", ".")
    assert (code, printed.splitlines()[-1]) == (1, "1 error: 1 use of models in 1 file.")
    assert json.loads((tree / "out.sarif").read_text())["runs"][0]["results"]


def test_json_names_everything(tree: Path, run):
    (tree / "a.py").write_text(OLD)
    (finding,) = json.loads(run("--format", "json", ".")[1])["findings"]
    assert finding == {
        "path": "a.py",
        "line": 1,
        "column": 10,
        "cell": None,
        "cell_line": None,
        "rule": "model-retired",
        "level": "error",
        "id": "mistral-large-2411",
        "model": "mistral-large-2411",
        "date": "2026-05-31",
        "days": -176,
        "replacement": "mistral-medium-latest",
        "message": "mistral-large-2411 was switched off on 2026-05-31. "
        "Replacement: mistral-medium-latest (today mistral-medium-2604).",
    }


def test_without_a_moment_it_is_now(tree: Path, run, export: Path, time_machine):
    (tree / "a.py").write_text(OLD)
    time_machine.move_to("2026-05-31T11:59:59Z")
    from check_usage.cli import main

    assert main(["--catalog", str(export), "--within", "0", "."]) == 1
    time_machine.move_to("2026-02-01T00:00:00Z")
    assert main(["--catalog", str(export), "."]) == 0


def test_an_export_with_filters_is_told(tree: Path, run, export: Path):
    export.write_text(json.dumps({**json.loads(export.read_text()), "query": "type=base"}))
    assert "note: The catalog was exported with filters (type=base)" in run()[1]
