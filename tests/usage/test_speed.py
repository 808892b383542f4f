"""The time that a file takes grows with its size, however it is laid out. Compared are the times of the same for twice
and more of it: what is quadratic takes as many times longer for each id as there is more."""

import json
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest

OLD = "mistral-large-2411"
PADDING = "x" * 200


def seconds(do: Callable[[], object]) -> float:
    """The better of two, without what is loaded and compiled for the first one."""
    times = []
    for _ in range(2):
        start = process_time()
        do()
        times.append(process_time() - start)
    return min(times)


def growth(of: Callable[[int], object], few: int, many: int) -> float:
    """How many times longer each of many takes than each of few."""
    return (seconds(lambda: of(many)) / many) / (seconds(lambda: of(few)) / few)


LINES = {
    "one.json": lambda count: json.dumps([{"model": OLD, "x": PADDING}] * count),
    "one.py": lambda count: "x = '" + f"{OLD},{PADDING}," * count + "'",
    "many.py": lambda count: "x = [" + f"'{OLD}', '{PADDING}', " * count + "]",
    "concatenated.py": lambda count: "x = (\n" + f"    '{OLD}'\n" * count + ")",
    "docstring.py": lambda count: '"""' + f"{OLD}, {PADDING}\n" * count + '"""',
    "accepted.py": lambda count: "x = [" + f"'{OLD}', '{PADDING}', " * count + "]  # models: ok",
    "one.yaml": lambda count: "x: [" + f"{OLD}, {PADDING}, " * count + "]",
    "key.env": lambda count: PADDING * count + "=" + f"{OLD}," * count,
    "blank.sh": lambda count: " " * 200 * count + f"{OLD} " * count,
    "one.ipynb": lambda count: json.dumps(
        {"cells": [{"cell_type": "code", "source": "x = [" + f"'{OLD}',\n'{PADDING}', " * count + "]"}]}
    ),
    "cells.ipynb": lambda count: json.dumps(
        {"cells": [{"cell_type": "code", "source": f"x = '{OLD}'  # {PADDING}"}] * count}
    ),
    "lines.ipynb": lambda count: json.dumps(
        {"cells": [{"cell_type": "code", "source": [f"x = '{OLD}'  # {PADDING}\n"] * count}]}
    ),
}


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("form", ["text", "sarif"])
def test_an_id_costs_the_same_among_few_and_among_many(tree: Path, run, name: str, form: str):
    def scan(count: int) -> None:
        run("--format", form, f"{count}/{name}")

    for count in (500, 4000):
        (tree / str(count)).mkdir()
        (tree / str(count) / name).write_text(LINES[name](count))
    assert growth(scan, 500, 4000) < 3


@pytest.mark.parametrize(
    ("name", "opener"),
    [
        ("a.sh", "<<EOF{}\n"),
        ("a.sh", "<<EOF{}\nx\nEOF{}\n"),
        ("a.tf", "<<EOF\n"),
        ("a.rs", 'r#"'),
        ("a.rs", '\\"'),
        ("a.rs", "'"),
        ("a.lua", "--[[\n"),
        ("a.lua", "[["),
        ("a.rb", "=begin\n"),
        ("a.hs", "{{-"),
        ("a.ps1", "<#\n"),
        ("a.js", "=/["),
        ("a.js", "=/[]=[=/]"),
        ("a.js", "\\`"),
        ("a.js", "<!--"),
        ("a.js", "return "),
        ("a.py", '\\"'),
        ("a.py", '\\"""\n'),
        ("a.py", "\\'''\n"),
        ("a.kt", '\\"""\n'),
        ("a.yaml", ' \\"'),
        ("a.toml", "\\'"),
        ("a.cs", '@"'),
        ("a.ipynb", '\\"'),
        ("a.ipynb", '["a",'),
    ],
)
def test_what_is_opened_again_and_again_and_never_closed_costs_no_more(tree: Path, run, name: str, opener: str):
    def scan(count: int) -> None:
        run(f"{count}/{name}")

    for count in (1000, 16_000):
        (tree / str(count)).mkdir()
        text = "".join(opener.format(number, number) for number in range(count))
        (tree / str(count) / name).write_text(f"{text}\nx = '{OLD}'\n")
    assert growth(scan, 1000, 16_000) < 4


@pytest.mark.parametrize(
    "text", ["`" * 1000 + "\n" + "x\n" * 4, "".join("`" * (40 - each) + "x\n" for each in range(37))]
)
def test_fences_that_are_never_closed_cost_no_more(tree: Path, run, text: str):
    def scan(count: int) -> None:
        run("--docs", f"{count}.md")

    for count in (5, 40):
        (tree / f"{count}.md").write_text((text + f"{OLD}\n") * count)
    assert growth(scan, 5, 40) < 4
