"""Which files of a tree are worth reading. Links are not followed, so no loop can catch the walk."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .gitignore import IgnoreFile, glob, ignore_file

LARGEST = 16 * 1024 * 1024
_VENDORED = frozenset(
    """
    .git .hg .svn .bzr node_modules bower_components vendor third_party dist build site-packages __pycache__ .venv venv
    .tox .nox .eggs .mypy_cache .ruff_cache .pytest_cache .hypothesis .ipynb_checkpoints .next .nuxt .svelte-kit
    .terraform .gradle .idea .vs .cache
    """.split()  # noqa: SIM905 - one word a line would be longer and no clearer
)
_GENERATED = re.compile(
    r"(?:\.(?:lock|map|snap|min\.(?:js|mjs|css)|bundle\.js)|(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json"
    r"|pnpm-lock\.yaml|go\.sum))$"
)


@dataclass(slots=True)
class Tree:
    """The files below some paths. `skipped` counts what was left out, by reason, once the walk is done."""

    paths: Sequence[Path]
    exclude: Sequence[str] = ()
    gitignore: bool = True
    skipped: Counter[str] = field(default_factory=Counter)
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
                    self.skipped["excluded"] += 1
                elif _GENERATED.search(shown):
                    self.skipped["generated"] += 1
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
                self.skipped["unreadable"] += 1
                continue
            below = []
            for entry in entries:
                path = inner + entry.name
                if entry.is_symlink():
                    self.skipped["links"] += 1
                elif entry.is_dir(follow_symlinks=False):
                    if entry.name in _VENDORED or Path(entry.path, "pyvenv.cfg").exists():
                        self.skipped["vendored directories"] += 1
                    elif self._is_ignored(f"{path}/", rules):
                        self.skipped["ignored by git"] += 1
                    else:
                        below.append((entry.path, f"{path}/", rules))
                elif self._is_ignored(path, rules):
                    self.skipped["ignored by git"] += 1
                elif entry.is_file(follow_symlinks=False):
                    yield Path(entry.path), prefix + path
            waiting.extend(reversed(below))

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
