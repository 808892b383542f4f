"""SARIF 2.1.0, checked property by property against what its schema and GitHub's subset ask for."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.check_usage.planted import plant

LEVELS = {"none", "note", "warning", "error"}


def allowed(value: dict[str, Any], required: str, optional: str = "") -> None:
    """The schema forbids properties it does not name."""
    assert set(required.split()) <= value.keys() <= {*required.split(), *optional.split()}, value.keys()


def sarif(run, *arguments: object) -> dict[str, Any]:
    log = json.loads(run("--format", "sarif", *arguments)[1])
    allowed(log, "version runs", "$schema")
    assert log["version"] == "2.1.0"
    (found,) = log["runs"]
    allowed(found, "tool results", "columnKind invocations")
    return found


def test_every_part_is_as_the_schema_wants_it(tree: Path, run):
    plant(tree)
    (tree / "a b#ü.py").write_text('x = "mistral-large-2411"')
    found = sarif(run, ".")
    assert found["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    for invocation in found["invocations"]:
        allowed(invocation, "executionSuccessful", "startTimeUtc")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", invocation["startTimeUtc"])
    driver = found["tool"]["driver"]
    allowed(driver, "name rules")
    for rule in driver["rules"]:
        allowed(rule, "id", "name shortDescription fullDescription help defaultConfiguration properties")
        assert all(rule[each]["text"] for each in ("shortDescription", "fullDescription", "help"))
        assert rule["defaultConfiguration"]["level"] in LEVELS
    assert len({rule["id"] for rule in driver["rules"]}) == len(driver["rules"])
    for result in found["results"]:
        allowed(result, "message", "ruleId ruleIndex level locations partialFingerprints")
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in LEVELS
        assert result["message"]["text"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        allowed(place, "artifactLocation region")
        allowed(place["artifactLocation"], "uri", "uriBaseId")
        assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", place["artifactLocation"]["uri"])
        region = place["region"]
        allowed(region, "startLine startColumn endLine endColumn")
        assert min(region.values()) >= 1
        assert region["startLine"] == region["endLine"]
        lines = (tree / unquote(place["artifactLocation"]["uri"])).read_text().split("\n")
        named = lines[region["startLine"] - 1][region["startColumn"] - 1 : region["endColumn"] - 1]
        assert result["message"]["text"].startswith(named)
        assert all(re.fullmatch("[0-9a-f]{64}", each) for each in result["partialFingerprints"].values())
    assert {result["ruleId"] for result in found["results"]} >= {"model-retired", "model-retiring", "model-floating"}


def test_fingerprints_are_distinct_and_survive_lines_above_them(tree: Path, run):
    file = tree / "a.py"
    line = 'f("mistral-large-2411", "mistral-large-2411")\n'

    def prints() -> list[str]:
        return [each["partialFingerprints"]["modelUse/v1"] for each in sarif(run, ".")["results"]]

    file.write_text(line * 2)
    before = prints()
    file.write_text("import os\n\n" + line * 2)
    assert prints() == before
    assert len(set(before)) == 4


def test_a_clean_tree_is_a_run_with_no_results(tree: Path, run):
    assert sarif(run, ".")["results"] == []
