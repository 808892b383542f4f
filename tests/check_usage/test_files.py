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


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("packages/build/src/index.ts", "packages/build/package.json"),
        ("packages/build/src/index.ts", "packages/other/src/index.ts"),
        ("cmd/build/main.go", "go.mod"),
        ("pkg/dist/main.go", "go.mod"),
        ("src/app/build/plan.py", "pyproject.toml"),
        ("build/release.py", "setup.py"),
        ("build/Dockerfile", "package.json"),
        ("lib/dist/index.js", "package.json"),
    ],
)
def test_a_folder_of_sources_may_be_called_build_or_dist(tree: Path, run, name: str, beside: str):
    write(tree / beside, "")
    write(
        tree / name, "x = 'mistral-large-2411'\n" if not name.endswith("Dockerfile") else "ENV M=mistral-large-2411\n"
    )
    code, printed = run()
    assert (code, printed.startswith(f"{name}:1:")) == (1, True)


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("dist/app.js", "src/app.ts"),
        ("build/lib/app/chat.py", "setup.py"),
        ("web/dist/assets/app.js", "web/package.json"),
        ("web/dist/app.d.ts", "web/package.json"),
        ("build/static/js/main.js", "package.json"),
    ],
)
def test_files_that_a_build_wrote_are_left_out_and_named(tree: Path, run, name: str, beside: str):
    write(tree / beside, "")
    write(tree / name)
    code, printed = run()
    folder = name[: name.index("dist") + 4] if "dist" in name else "build"
    assert (code, f"Left out: 1 folder of packages or output ({folder})." in printed) == (0, True)


def test_the_report_says_what_was_left_out_and_why(tree: Path, run):
    (tree / ".git").mkdir()
    write(tree / ".gitignore", "secret/\n")
    for name in ("node_modules/x.js", "secret/a.py", "README.md", "docs/a.md", "notes.txt", "poetry.lock", "spec/b.py"):
        write(tree / name)
    (tree / "link.py").symlink_to(tree / "spec/b.py")
    code, printed = run("--exclude", "spec", ".")
    assert code == 0
    assert printed.splitlines() == [
        "Left out: 1 folder of packages or output (node_modules); 1 path ignored by git (secret); 1 file excluded "
        "(spec/b.py); 1 file generated (poetry.lock); 3 files of kinds that are not read (*.md, *.txt); 1 link not "
        "followed (link.py).",
        "Nothing to change within 90 days: 0 uses of models in 1 file.",
    ]


def test_a_tree_that_was_read_whole_has_nothing_left_out(tree: Path, run):
    write(tree / "a.py", "x = 1\n")
    assert run()[1] == "Nothing to change within 90 days: 0 uses of models in 1 file.\n"


CASSETTE = 'interactions:\n- request:\n    body: \'{"model": "mistral-large-2411"}\'\n  response: {}\nversion: 1\n'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tests/cassettes/chat.yaml", "model: mistral-large-2411\n"),
        ("spec/fixtures/vcr_cassettes/chat.yml", "model: mistral-large-2411\n"),
        ("tests/__recordings__/chat/recording.har", '{"model": "mistral-large-2411"}'),
        ("trace.har", '{"log": {"entries": [{"model": "mistral-large-2411"}]}}'),
        ("tests/answers/chat.yaml", CASSETTE),
        ("tests/answers/ruby.yml", "---\nhttp_" + CASSETTE),
        ("tests/answers/chat.json", '{"interactions": [{"model": "mistral-large-2411"}]}'),
        ("tests/answers/har.json", '{"log": {"version": "1.2", "entries": [{"model": "mistral-large-2411"}]}}'),
        ("tests/answers/mock.yaml", 'when:\n  path: /v1\nthen:\n  body: \'{"model": "mistral-large-2411"}\'\n'),
    ],
)
def test_recorded_answers_are_noise_unless_they_are_asked_for(tree: Path, run, name: str, content: str):
    write(tree / name, content)
    code, printed = run()
    assert (code, f"1 file of recorded answers, which --recordings reads ({name})" in printed) == (0, True)
    code, printed = run("--recordings", ".")
    assert (code, printed.startswith(f"{name}:")) == (1, True)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("chatbot/interactions.yaml", "intents:\n  interactions: x\n  model: mistral-large-2411\n"),
        ("logs.json", '{"log": {"level": "info"}, "model": "mistral-large-2411"}'),
        ("tapestry/a.yaml", "model: mistral-large-2411\n"),
    ],
)
def test_a_file_that_only_looks_a_little_like_a_recording_is_read(tree: Path, run, name: str, content: str):
    write(tree / name, content)
    assert run()[0] == 1


@pytest.mark.parametrize("name", ["a.qmd", "a.Rmd", "a.livemd"])
def test_documents_whose_code_is_run_are_read(tree: Path, run, name: str):
    word = "elixir" if name.endswith("livemd") else "{python}"
    write(tree / name, f'We love mistral-large-2411.\n\n```{word}\nmodel = "mistral-large-2411"\n```\n')
    code, printed = run()
    assert (code, printed.count("[model-retired]")) == (1, 1)


def test_events_of_a_recorded_stream_amid_code_are_noise_too(tree: Path, run):
    event = """b'data: {"id":"75","object":"chat.completion.chunk","model":"mistral-large-2411","choices":[]}'"""
    write(tree / "test_a.py", f"EVENTS = [\n    {event},\n]\n")
    code, printed = run()
    assert (code, "1 file with recorded answers amid code (test_a.py)" in printed) == (0, True)
    assert run("--recordings", ".")[0] == 1
