"""Findings as SARIF 2.1.0, which code hosts show beside the lines they are about."""

import json
from collections import Counter
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from .judge import RULES, Rule
from .reports import Finding, Report

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ENOUGH = 1000  # characters of a line to know it by
_NUMBERS = {rule.name: number for number, rule in enumerate(RULES)}


def as_sarif(report: Report) -> str:
    seen: Counter[str] = Counter()
    run = {
        "tool": {"driver": {"name": "check_usage", "rules": [_rule(rule) for rule in RULES]}},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "startTimeUtc": f"{report.now:%Y-%m-%dT%H:%M:%SZ}"}],
        "results": [_result(finding, seen) for finding in report.findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": f"Model{rule.name.capitalize()}",
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.help},
        "help": {"text": f"{rule.help} To accept one place, write a comment `models: ok` on its line."},
        "defaultConfiguration": {"level": rule.level},
        "properties": {"tags": ["maintainability", "deprecation"]},
    }


def _result(finding: Finding, seen: Counter[str]) -> dict[str, Any]:
    use, verdict = finding.use, finding.verdict
    # What stays the same when lines above it come and go: the file, the id, the line's text, and which of such it is.
    identity = "\0".join((verdict.rule.id, use.path, use.model_id, use.source[:_ENOUGH]))
    seen[identity] += 1
    place = f" (cell {use.cell}, line {use.cell_line})" if use.cell else ""
    return {
        "ruleId": verdict.rule.id,
        "ruleIndex": _NUMBERS[verdict.rule.name],
        "level": verdict.level,
        "message": {"text": verdict.message + place},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _address(use.path),
                    "region": {
                        "startLine": use.line,
                        "startColumn": use.column,
                        "endLine": use.line,
                        "endColumn": use.end_column,
                    },
                }
            }
        ],
        "partialFingerprints": {"modelUse/v1": _digest(f"{identity}\0{seen[identity]}")},
    }


def _address(path: str) -> dict[str, str]:
    quoted = quote(path.encode(errors="surrogateescape"), safe="/")
    if path.startswith("/"):
        return {"uri": f"file://{quoted}"}
    return {"uri": quoted, "uriBaseId": "%SRCROOT%"}


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogateescape")).hexdigest()
