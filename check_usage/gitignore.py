"""Git's ignore rules, as far as one `.gitignore` states them: `*`, `?`, `[…]`, `**`, `/` at either end, and `!`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class IgnoreFile:
    """The rules of one directory's file, for paths below the top of the walk.

    They become relative to that directory by taking `strip` characters off, or by putting `lead` in front.
    """

    strip: int
    lead: str
    rules: tuple[tuple[re.Pattern[str], bool], ...]  # (a path, ending in / if a directory's; whether it ignores)
    any_rule: re.Pattern[str]

    def says(self, path: str) -> bool | None:
        """Whether the path is ignored; None when no rule is about it. A directory's path ends in /."""
        path = self.lead + path[self.strip :]
        if not self.any_rule.match(path):
            return None
        return next(ignores for pattern, ignores in reversed(self.rules) if pattern.match(path))


def ignore_file(directory: Path, *, strip: int = 0, lead: str = "") -> IgnoreFile | None:
    """The directory's `.gitignore`, if it has one that says anything."""
    try:
        text = (directory / ".gitignore").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    rules = tuple(_rules(text))
    if not rules:
        return None
    return IgnoreFile(strip, lead, rules, re.compile("|".join(pattern.pattern for pattern, _ in rules)))


def _rules(text: str) -> Iterator[tuple[re.Pattern[str], bool]]:
    for line in text.splitlines():
        line = line.rstrip()
        if not line or line.startswith("#"):
            continue
        ignores = not line.startswith("!")
        line = line.removeprefix("!").removeprefix("\\")
        only_directories = line.endswith("/")
        line = line.rstrip("/")
        anchor = "" if "/" in line else "(?:.*/)?"
        try:
            yield re.compile(f"{anchor}{glob(line.lstrip('/'))}{'/' if only_directories else '/?'}$"), ignores
        except re.error:
            continue


_GLOB = re.compile(
    r"(?P<deep>\*\*/)|(?P<rest>/\*\*$)|(?P<star>\*+)|(?P<any>\?)|(?P<set>\[!?[^\]/]+\])|(?P<plain>.)", re.S
)


def glob(pattern: str) -> str:
    """A path pattern as a regular expression: `*` and `?` stop at a slash, `**` does not."""
    parts = []
    for found in _GLOB.finditer(pattern):
        match found.lastgroup:
            case "deep":
                parts.append("(?:.*/)?")
            case "rest":
                parts.append("/.+")
            case "star":
                parts.append("[^/]*")
            case "any":
                parts.append("[^/]")
            case "set":
                parts.append(found[0].replace("[!", "[^").replace("\\", "\\\\"))
            case _:
                parts.append(re.escape(found[0]))
    return "".join(parts)
