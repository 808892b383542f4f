"""Arguments in, report and exit code out: 0 nothing to change, 1 something to change, 2 called wrongly.

`add_arguments` and `check` are what `manage.py check_usage` shares with the stand-alone form, which is `main`.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from .catalog import Catalog, CatalogError
from .files import Tree
from .judge import LEVELS, RULES, Judge, Level
from .reports import Finding, Report, as_json, as_text
from .sarif import as_sarif
from .scan import Scan, allow_list
from .tokens import Matcher

DESCRIPTION = (
    "Find the model ids that source trees use, and fail where one is retired, retiring, missing, unknown or floating. "
    "Exits with 0 when nothing is to be changed, with 1 when something is, with 2 when called wrongly."
)
FORMATS: Mapping[str, Callable[[Report], str]] = {"text": as_text, "json": as_json, "sarif": as_sarif}


class UsageError(Exception):
    """Called wrongly; the message says how."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or a directory")
    parser.add_argument(
        "--within", type=_days, default=90, metavar="DAYS", help="how far ahead a switch-off matters (default: 90)"
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="of the report (default: text)")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write the report there, and the text for people to standard output"
    )
    parser.add_argument(
        "--allow", action="append", default=[], metavar="ID", help="accept this id; * stands for anything (repeatable)"
    )
    parser.add_argument(
        "--allow-from",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="accept the ids in FILE, one a line",
    )
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="GLOB", help="leave out paths such as tests/data (repeatable)"
    )
    parser.add_argument(
        "--level",
        action="append",
        default=[],
        type=_level,
        metavar="RULE=LEVEL",
        help=f"RULE: {', '.join(rule.name for rule in RULES)}; LEVEL: {', '.join(LEVELS)}. Notes and off do not fail",
    )
    parser.add_argument("--no-floating", action="store_true", help="the same as --level floating=off")
    parser.add_argument("--docs", action="store_true", help="read fenced code in Markdown, too")
    parser.add_argument("--recordings", action="store_true", help="read recorded HTTP answers (cassettes), too")
    parser.add_argument("--no-gitignore", action="store_true", help="read what .gitignore files leave out, too")
    parser.add_argument("--now", type=_moment, metavar="TIME", help="judge as of this ISO time (UTC) instead of today")


def check(options: Mapping[str, Any], catalog: Catalog, out: TextIO) -> int:
    """Scan, report, and tell the exit code. `options` is what `add_arguments` asked for."""
    for path in options["paths"]:
        if not path.exists():
            raise UsageError(f"{path} does not exist.")
    now: datetime = options["now"] or datetime.now(UTC)
    levels: dict[str, Level] = dict(options["level"])
    if options["no_floating"]:
        levels["floating"] = "off"
    judge = Judge(catalog, now=now, within=options["within"], levels=levels)
    allow = {*options["allow"], *(each for file in options["allow_from"] for each in allow_list(_read(file)))}
    tree = Tree(options["paths"], exclude=options["exclude"], gitignore=not options["no_gitignore"])
    scan = Scan(
        Matcher(catalog.ids), tree, allow=frozenset(allow), docs=options["docs"], recordings=options["recordings"]
    )
    uses = scan.uses()
    report = Report(
        findings=[Finding(use, verdict) for use in uses if (verdict := judge.verdict(use.model_id))],
        now=judge.now,
        within=judge.within,
        files=scan.read,
        uses=len(uses),
        accepted=scan.accepted,
        elsewhere=scan.elsewhere,
        skipped=tree.skipped,
        note=catalog.note,
    )
    _tell(report, options["format"], options["output"], out)
    return 1 if report.fails else 0


def _tell(report: Report, form: str, output: Path | None, out: TextIO) -> None:
    written = FORMATS[form](report)
    if output is None:
        out.write(written)
        return
    try:
        output.write_text(written, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}.") from error
    out.write(as_text(report))


def main(arguments: Sequence[str] | None = None) -> int:
    """The stand-alone form."""
    parser = argparse.ArgumentParser(prog="check_usage", description=DESCRIPTION)
    parser.add_argument(
        "--catalog", type=Path, required=True, metavar="FILE", help="what the dashboard's /models.json answered"
    )
    add_arguments(parser)
    options = vars(parser.parse_args(arguments))
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        return check(options, Catalog.from_export(_read_json(options["catalog"])), sys.stdout)
    except (UsageError, CatalogError) as error:
        parser.error(str(error))


def _read_json(path: Path) -> Any:
    try:
        return json.loads(_read(path))
    except ValueError as error:
        raise UsageError(f"{path} is no JSON: {error}.") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"“{text}” is no number of days")
    return int(text)


def _level(text: str) -> tuple[str, Level]:
    name, _, wanted = text.partition("=")
    for level in LEVELS:
        if level == wanted and any(rule.name == name for rule in RULES):
            return name, level
    raise argparse.ArgumentTypeError(f"“{text}” is not RULE=LEVEL, such as floating=note")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no ISO time, such as 2026-12-31 or 2026-12-31T12:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
