"""Findings as text for people and as JSON for programs."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .files import Skipped
from .judge import Level, Verdict
from .scan import Use


@dataclass(frozen=True, slots=True)
class Finding:
    use: Use
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    findings: Sequence[Finding]
    now: datetime  # UTC
    within: int  # days
    files: int  # that were read
    uses: int  # of any model, the healthy ones included
    accepted: int  # places waved through by a comment or the allow list
    elsewhere: int  # places that name a model of another host
    skipped: Skipped
    note: str = ""

    @property
    def levels(self) -> Counter[Level]:
        return Counter(finding.verdict.level for finding in self.findings)

    @property
    def fails(self) -> bool:
        return bool(self.levels["error"] or self.levels["warning"])

    @property
    def summary(self) -> str:
        """One line, whatever was found."""
        checked = f"{_count(self.uses, 'use')} of models in {_count(self.files, 'file')}"
        levels = [_count(self.levels[level], level) for level in ("error", "warning", "note") if self.levels[level]]
        found = ", ".join(levels) if levels else f"Nothing to change within {_count(self.within, 'day')}"
        kept = f"; {self.accepted} allowed" if self.accepted else ""
        unread = [f"; {number} {reason}" for reason in ("too large", "unreadable") if (number := self.skipped[reason])]
        return f"{found}: {checked}{kept}{''.join(unread)}."

    @property
    def left_out(self) -> str:
        """One line on what was not read or not judged; empty where there is nothing."""
        parts = [
            f"{_count(number, word)} {reason}{self._examples(key)}"
            for key, word, reason in _LEFT_OUT
            if (number := self.skipped[key])
        ]
        if self.elsewhere:
            parts.append(f"{_count(self.elsewhere, 'name')} of models at other hosts")
        return f"Left out: {'; '.join(parts)}." if parts else ""

    def _examples(self, reason: str) -> str:
        examples = self.skipped.examples.get(reason, [])
        more = ", …" if self.skipped[reason] > len(examples) and reason != "of other kinds" else ""
        return f" ({', '.join(map(shown, examples))}{more})" if examples else ""


# By reason: what it counts, and how a sentence goes on.
_LEFT_OUT = (
    ("vendored directories", "folder", "of packages or output"),
    ("ignored by git", "path", "ignored by git"),
    ("excluded", "file", "excluded"),
    ("recorded", "file", "of recorded answers, which --recordings reads"),
    ("streamed", "file", "with recorded answers amid code"),
    ("binary or minified", "file", "binary or minified"),
    ("generated", "file", "generated"),
    ("of other kinds", "file", "of kinds that are not read"),
    ("links", "link", "not followed"),
)


def as_text(report: Report) -> str:
    lines = [_line(finding) for finding in report.findings]
    notes = [f"note: {shown(report.note)}"] if report.note else []
    left_out = [report.left_out] if report.left_out else []
    return "\n".join([*lines, *notes, *left_out, report.summary]) + "\n"


def _line(finding: Finding) -> str:
    use, verdict = finding.use, finding.verdict
    cell = f" (cell {use.cell}, line {use.cell_line})" if use.cell else ""
    place = f"{shown(use.path)}:{use.line}:{use.column}:{cell}"
    return f"{place} {verdict.level}: {shown(verdict.message)} [{verdict.rule.id}]"


def as_json(report: Report) -> str:
    body = {
        "checked_at": report.now.isoformat(),
        "within_days": report.within,
        "summary": report.summary,
        "note": report.note or None,
        "files": report.files,
        "uses": report.uses,
        "allowed": report.accepted,
        "at_other_hosts": report.elsewhere,
        "skipped": dict(sorted(report.skipped.items())),
        "findings": [_facts(finding) for finding in report.findings],
    }
    return json.dumps(body, indent=2) + "\n"


def _facts(finding: Finding) -> dict[str, Any]:
    use, verdict = finding.use, finding.verdict
    return {
        "path": use.path,
        "line": use.line,
        "column": use.column,
        "cell": use.cell,
        "cell_line": use.cell_line,
        "rule": verdict.rule.id,
        "level": verdict.level,
        "id": verdict.model_id,
        "model": verdict.model or None,
        "date": verdict.date or None,
        "days": verdict.days,
        "replacement": verdict.replacement or None,
        "message": verdict.message,
    }


def shown(text: str) -> str:
    """Text for a terminal or a log: file names and ids are anybody's, and some terminals obey what they print."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")
