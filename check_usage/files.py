"""Which files of a tree are worth reading. Links are not followed, so no loop can catch the walk."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .folders import VERSION_CONTROL, is_foreign
from .gitignore import IgnoreFile, glob, ignore_file

LARGEST = 16 * 1024 * 1024
_GENERATED = re.compile(
    r"(?:\.(?:lock|map|snap|min\.(?:js|mjs|css)|bundle\.js)|(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json"
    r"|pnpm-lock\.yaml|go\.sum))$"
)


_EXAMPLES = 5


class Skipped(Counter[str]):
    """How much was left out, by reason, and a few names for each."""

    def __init__(self) -> None:
        super().__init__()
        self.examples: dict[str, list[str]] = {}

    def add(self, reason: str, name: str) -> None:
        self[reason] += 1
        examples = self.examples.setdefault(reason, [])
        if len(examples) < _EXAMPLES and name not in examples:
            examples.append(name)


@dataclass(slots=True)
class Tree:
    """The files below some paths. `skipped` tells what was left out, once the walk is done."""

    paths: Sequence[Path]
    exclude: Sequence[str] = ()
    gitignore: bool = True
    skipped: Skipped = field(default_factory=Skipped)
    _seen: set[str] = field(default_factory=set)

    def files(self) -> Iterator[tuple[Path, str]]:
        """Each file once, and what to call it: its path from here, with slashes, where that is possible."""
        excluded = re.compile("|".join(f"(?:.*/)?{glob(each.strip('/'))}(?:/.*)?$" for each in self.exclude) or "(?!)")
        for path in self.paths:
            name = _name(path)
            found = [(path, name)] if path.is_file() else self._below(path, "" if name == "." else f"{name}/")
            for file, shown in found:
                if shown in self._seen:
                    continue
                self._seen.add(shown)
                if excluded.match(shown):
                    self.skipped.add("excluded", shown)
                elif _GENERATED.search(shown):
                    self.skipped.add("generated", shown)
                else:
                    yield file, shown

    def _below(self, top: Path, prefix: str) -> Iterator[tuple[Path, str]]:
        """Depth first, in the order of names. Paths are strings here: trees have many."""
        rules = self._rules_above(top)
        waiting: list[tuple[str, str, tuple[IgnoreFile, ...]]] = [(str(top), "", rules)]
        while waiting:
            directory, inner, rules = waiting.pop()
            if self.gitignore and (own := ignore_file(Path(directory), strip=len(inner))):
                rules = (*rules, own)
            try:
                with os.scandir(directory) as listed:
                    entries = sorted(listed, key=lambda entry: entry.name)
            except OSError:
                self.skipped.add("unreadable", prefix + inner)
                continue
            names = [entry.name for entry in entries]
            below = []
            for entry in entries:
                path = inner + entry.name
                if reason := self._reason(entry, path, names, rules):
                    self.skipped.add(reason, prefix + path)
                elif entry.is_dir(follow_symlinks=False):
                    below.append((entry.path, f"{path}/", rules))
                elif entry.is_file(follow_symlinks=False):
                    yield Path(entry.path), prefix + path
            waiting.extend(reversed(below))

    def _reason(
        self, entry: "os.DirEntry[str]", path: str, neighbours: Sequence[str], rules: Sequence[IgnoreFile]
    ) -> str | None:
        """Why an entry is left out, if it is."""
        if entry.is_symlink():
            return "links"
        is_folder = entry.is_dir(follow_symlinks=False)
        if entry.name in VERSION_CONTROL:
            return "version control"
        if is_folder and is_foreign(entry, neighbours, is_top="/" not in path):
            return "vendored directories"
        return "ignored by git" if self._is_ignored(path + "/" * is_folder, rules) else None

    def _rules_above(self, top: Path) -> tuple[IgnoreFile, ...]:
        """The ignore files from the repository's root down to what is above `top`."""
        if not self.gitignore:
            return ()
        here = top.absolute()
        roots = [each for each in (here, *here.parents) if (each / ".git").exists()]
        if not roots or roots[0] == here:
            return ()
        above = reversed(here.parents[: here.parents.index(roots[0]) + 1])
        found = (ignore_file(each, lead=f"{here.relative_to(each).as_posix()}/") for each in above)
        return tuple(each for each in found if each)

    @staticmethod
    def _is_ignored(path: str, rules: Sequence[IgnoreFile]) -> bool:
        """The innermost file that says anything is right."""
        return next((said for each in reversed(rules) if (said := each.says(path)) is not None), False)


def _name(path: Path) -> str:
    absolute, here = Path(os.path.abspath(path)), Path.cwd()  # noqa: PTH100 - links in it are to stay
    return (absolute.relative_to(here) if absolute.is_relative_to(here) else absolute).as_posix()


def is_text(data: bytes) -> bool:
    return b"\0" not in data[:8192]


def is_minified(name: str, data: bytes) -> bool:
    return (
        name.endswith((".js", ".mjs", ".cjs", ".css")) and len(data) > 20_000 and data.count(b"\n") < len(data) / 1000
    )
