"""The walk reads what people wrote and nothing else, whatever is in the tree."""

import os
from pathlib import Path

import pytest

from check_usage.files import Tree

USE = 'model = "mistral-large-2411"\n'


def write(path: Path, content: str | bytes = USE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def names(*paths: Path, **options) -> list[str]:
    return [name for _, name in Tree(paths, **options).files()]


def test_links_are_not_followed_so_a_loop_is_harmless(tree: Path, run):
    write(tree / "a/b.py")
    (tree / "a/loop").symlink_to(tree)
    (tree / "a/again.py").symlink_to(tree / "a/b.py")
    (tree / "nowhere.py").symlink_to(tree / "missing.py")
    assert names(tree) == ["a/b.py"]
    assert run()[0] == 1


def test_special_and_unreadable_files_stop_nothing(tree: Path, run):
    os.mkfifo(tree / "pipe.py")
    write(tree / "a.py")
    if os.geteuid():
        write(tree / "secret.py").chmod(0)
    code, printed = run()
    assert (code, printed.count("[model-retired]")) == (1, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16", "cp1252"])
def test_any_encoding_is_read(tree: Path, run, encoding: str):
    write(tree / "a.py", "# é\nx = 'é', 'mistral-large-2411'\n".encode(encoding))
    code, printed = run()
    assert (code, printed.startswith("a.py:2:11: error")) == (1, True)


def test_binary_and_minified_files_are_skipped_and_very_large_ones_are_counted(tree: Path, run, monkeypatch):
    write(tree / "a.py", b"\0" + USE.encode())
    write(tree / "b.js", "x='mistral-large-2411';" * 2000)
    assert run()[0] == 0
    monkeypatch.setattr("check_usage.scan.LARGEST", 10)
    assert run()[1] == "Nothing to change within 90 days: 0 uses of models in 0 files; 2 too large.\n"


def test_gitignore(tree: Path):
    (tree / ".git").mkdir()
    write(
        tree / ".gitignore", "# words\n*.gen.py\n/only_top\nout/\n!keep.gen.py\ndeep/**/x.py\nsub/a?[bc].py\n\\!odd\n"
    )
    for each in (
        *("a.gen.py", "keep.gen.py", "only_top/a.py", "in/only_top/a.py", "out/a.py", "in/out/a.py", "out.py"),
        *("deep/x.py", "deep/1/2/x.py", "deep/y.py", "sub/a1b.py", "sub/a1d.py"),
    ):
        write(tree / each)
    write(tree / "in/.gitignore", "*\n!.gitignore\n!/b.py\n")
    write(tree / "in/b.py")
    wanted = {"keep.gen.py", "in/b.py", "out.py", "deep/y.py", "sub/a1d.py"}
    assert {name for name in names(tree) if name.endswith(".py")} == wanted
    assert names(tree / "sub") == ["sub/a1d.py"], "rules above the path count"
    assert "out/a.py" in names(tree, gitignore=False)
    assert names(tree / "out/a.py") == ["out/a.py"], "a file that is named is read"


def test_exclude_takes_paths_and_patterns(tree: Path):
    for each in ("a.py", "tests/data/b.py", "x/tests/data/c.py", "tests/d.py", "e.spec.ts"):
        write(tree / each)
    assert names(tree, exclude=["tests/data", "*.spec.ts"]) == ["a.py", "tests/d.py"]


def test_overlapping_paths_count_once_and_names_are_relative_with_slashes(tree: Path, monkeypatch):
    write(tree / "a/b.py")
    assert names(tree, tree / "a", Path("a/b.py"), Path("a/../a")) == ["a/b.py"]
    monkeypatch.chdir(tree / "a")
    assert names(Path("..")) == [f"{tree.as_posix()}/a/b.py"]


def test_a_virtual_environment_of_any_name_is_skipped(tree: Path):
    write(tree / "environment/pyvenv.cfg", "")
    write(tree / "environment/lib/a.py")
    assert names(tree) == []


def test_a_file_name_cannot_forge_a_line_of_the_report(tree: Path, run):
    write(tree / "a\n::error::b\x1b[31m.py")
    _, printed = run()
    assert printed.startswith("a\\n::error::b\\x1b[31m.py:1:10: error")
    (tree / os.fsdecode(b"\xff.py")).write_text(USE)
    for form in ("text", "json", "sarif"):
        assert run("--format", form, ".")[0] == 1
