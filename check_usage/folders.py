"""Which folders of a tree hold nobody's own sources."""

import os
import re
from collections.abc import Sequence

_FOREIGN = frozenset(
    """
    node_modules bower_components vendor third_party site-packages __pycache__ .venv venv
    .tox .nox .eggs .mypy_cache .ruff_cache .pytest_cache .hypothesis .ipynb_checkpoints .next .nuxt .svelte-kit
    .terraform .gradle .idea .vs .cache
    """.split()  # noqa: SIM905 - one word a line would be longer and no clearer
)
VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".bzr"})
# What a build writes, unless it is a package called so: `cmd/build/main.go`, `packages/build/src`.
_OUTPUT = frozenset({"build", "dist"})
_MANIFEST = frozenset(
    """
    package.json pyproject.toml setup.py setup.cfg cargo.toml go.mod pom.xml build.gradle build.gradle.kts
    composer.json mix.exs gemfile cmakelists.txt makefile tsconfig.json
    """.split()  # noqa: SIM905
)
_SOURCE = re.compile(
    r"(?<!\.d)\.(?:py|go|ts|tsx|rs|java|kt|rb|php|cs|c|cc|cpp|h|swift|scala|ex|exs|sh|ps1|tf|vue|svelte|sql|ya?ml|toml)$"
    r"|^(?:dockerfile|makefile|package\.json|pyproject\.toml|go\.mod|cargo\.toml)",
    re.IGNORECASE,
)
# What builds write beside such files.
_WRITTEN = re.compile(
    r"^(?:lib|bdist\..*|classes|libs|tmp|cmakefiles|cmakecache\.txt|.*\.(?:whl|egg-info|tar\.gz|d\.ts|map|o|a|class))$",
    re.IGNORECASE,
)


def is_foreign(entry: "os.DirEntry[str]", neighbours: Sequence[str], *, is_top: bool) -> bool:
    """Whether a folder holds what somebody else wrote, or what a program did. `neighbours` stand beside it."""
    if entry.name in _FOREIGN or os.path.exists(f"{entry.path}/pyvenv.cfg"):  # noqa: PTH110 - trees have many
        return True
    if entry.name not in _OUTPUT:
        return False
    is_project = is_top or any(name.lower() in _MANIFEST for name in neighbours)
    return is_project and not _holds_sources(entry.path)


def _holds_sources(path: str) -> bool:
    """Whether a folder named for output holds sources right inside, and nothing that builds write."""
    try:
        names = os.listdir(path)  # noqa: PTH208
    except OSError:
        return False
    return any(map(_SOURCE.search, names)) and not any(map(_WRITTEN.match, names))
