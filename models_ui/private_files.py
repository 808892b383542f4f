"""Keep an installation's files for their owner alone: 700 for directories, 600 for files.

The settings use it before anything is opened, so it imports no Django.
"""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO
# SQLite keeps these beside a database, with the same content in them.
BESIDE_SQLITE = ("", "-wal", "-shm", "-journal")


def keep_private(var: Path) -> list[str]:
    """Close the directory, everything in it and whatever this process will write to others.

    Return a sentence about what could not be closed. Links are not followed: they may lead anywhere.
    """
    os.umask(OTHERS)
    # The directory first: behind it nobody else reaches what follows.
    refused = [path for path in (var.resolve(), *_walk_tree(var.resolve())) if not _close_to_others(path)]
    return [_refusal_sentence(refused)] if refused else []


def keep_database_private(name: str) -> list[str]:
    """Close an SQLite database to others, wherever it is. One in memory has no file to close."""
    refused = [path for ending in BESIDE_SQLITE if not _close_to_others(path := Path(f"{name}{ending}").resolve())]
    return [_refusal_sentence(refused)] if refused else []


def complain_of_open(path: Path) -> list[str]:
    """Return a sentence if others may read a file that a person wrote, which is not ours to change."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return []
    return [f"{path} holds secrets and others on this machine can read it: chmod 600 {path}"] if mode & OTHERS else []


def warn_once(sentences: list[str]) -> None:
    """Write the sentences to standard error, once for a process and those it starts. Logging is not set up yet."""
    warned = os.environ.get("_DASHBOARD_TOLD", "")
    for sentence in sentences:
        if sentence not in warned:
            sys.stderr.write(f"Warning: {sentence}\n")
    if sentences:
        os.environ["_DASHBOARD_TOLD"] = "\n".join([warned, *sentences])


def _walk_tree(directory: Path) -> Iterator[Path]:
    """Yield everything below a directory, without links.

    A directory that cannot be listed is yielded itself, and closed or complained about.
    """
    for folder, folders, files in os.walk(directory):
        yield from (path for name in (*folders, *files) if not (path := Path(folder, name)).is_symlink())


def _close_to_others(path: Path) -> bool:
    """Close a file or directory to others. Return whether they cannot use it now, also because it is gone."""
    try:
        mode = path.stat(follow_symlinks=False).st_mode
        if mode & OTHERS:
            path.chmod(stat.S_IMODE(mode) & ~OTHERS)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _refusal_sentence(refused: list[Path]) -> str:
    rest = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
    return (
        f"others on this machine may read {refused[0]}{rest}, and that cannot be changed from here (does it belong "
        "to another user?): give it to the user who runs the dashboard, then chmod -R go= it."
    )
