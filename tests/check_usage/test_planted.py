"""Every planted id is found where it stands, and the same words in prose, comments and package names are not."""

import json
from pathlib import Path

from tests.check_usage.planted import plant


def test_every_planted_id_is_found_where_it_stands_and_nothing_else(tree: Path, run):
    expected = plant(tree)
    code, printed = run("--format", "json", "--within", 9999, ".")
    report = json.loads(printed)
    healthy = {"mistral-medium-3.5", "mistral-large-2512", "zai-glm-5-3"}
    healthy |= {each for *_, each in expected if each.startswith("ft:")}
    found = {(each["path"], each["line"], each["column"], each["id"]) for each in report["findings"]}
    assert found == {each for each in expected if each[3] not in healthy}
    assert report["uses"] == len(expected)
    assert code == 1


def test_every_place_named_really_holds_the_id(tree: Path, run):
    plant(tree)
    for each in json.loads(run("--format", "json", ".")[1])["findings"]:
        line = (tree / each["path"]).read_text().split("\n")[each["line"] - 1]
        assert line[each["column"] - 1 :].startswith(each["id"])


def test_a_notebook_tells_the_cell_and_the_line_in_it(tree: Path, run):
    plant(tree)
    _, printed = run("lab/try.ipynb")
    assert ": (cell 2, line 2) error: mistral-large-2411 was switched off" in printed
    assert ": (cell 3, line 3) warning: codestral-latest (today codestral-2508) means another" in printed


def test_fenced_code_in_markdown_counts_only_when_asked(tree: Path, run):
    plant(tree)
    assert run("README.md")[0] == 0
    code, printed = run("--docs", "README.md")
    assert code == 1
    assert "README.md:4:10: error: mistral-large-2411" in printed
    assert "1 error: 1 use of models in 1 file." in printed


def test_a_larger_tree_of_mostly_other_code_loses_none(tree: Path, run):
    filler = 'def f(x):\n    """It\'s central: left:10px"""\n    return {\'a\': [x, \'#\', "it\'s"]}  # \'n\n'
    expected = set()
    for number in range(300):
        name = f"d{number % 17}/f{number}.py"
        lines = filler.splitlines(keepends=True) * (number % 40)
        if number % 3 == 0:
            at = len(lines) // 8 * 4
            lines.insert(at, "MODEL = 'mistral-large-2411'\n")
            expected.add((name, at + 1))
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text("".join(lines))
    found = json.loads(run("--format", "json", ".")[1])["findings"]
    assert {(each["path"], each["line"]) for each in found} == expected
