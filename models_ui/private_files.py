"""What an installation keeps is for its owner alone: 700 for directories, 600 for files.

Settings use it before anything is opened, so it imports no Django.
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
    """Close the directory and all in it to others, and whatever this process will write.

    Returns a sentence for what could not be closed. Links are not followed: they may lead anywhere.
    """
    os.umask(OTHERS)
    # The directory first: behind it nobody else reaches what follows.
    refused = [path for path in (var.resolve(), *_tree(var.resolve())) if not _close(path)]
    return [_complaint(refused)] if refused else []


def keep_database_private(name: str) -> list[str]:
    """The same for an SQLite database, wherever it is. In memory there is nothing to close."""
    refused = [path for ending in BESIDE_SQLITE if not _close(path := Path(f"{name}{ending}").resolve())]
    return [_complaint(refused)] if refused else []


def complain_of_open(path: Path) -> list[str]:
    """A sentence when others may read a file that a person wrote, which is not ours to change."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return []
    return [f"{path} holds secrets and others on this machine can read it: chmod 600 {path}"] if mode & OTHERS else []


def tell(sentences: list[str]) -> None:
    """On standard error, since logging is not set up yet; once for a process and those that it starts."""
    told = os.environ.get("_DASHBOARD_TOLD", "")
    for sentence in sentences:
        if sentence not in told:
            sys.stderr.write(f"Warning: {sentence}\n")
    if sentences:
        os.environ["_DASHBOARD_TOLD"] = "\n".join([told, *sentences])


def _tree(directory: Path) -> Iterator[Path]:
    """All below a directory, links left out. What cannot be listed is closed or complained of by itself."""
    for folder, folders, files in os.walk(directory):
        yield from (path for name in (*folders, *files) if not (path := Path(folder, name)).is_symlink())


def _close(path: Path) -> bool:
    """Whether others cannot use the file or directory, be it that they never could or that it is gone."""
    try:
        mode = path.stat(follow_symlinks=False).st_mode
        if mode & OTHERS:
            path.chmod(stat.S_IMODE(mode) & ~OTHERS)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _complaint(refused: list[Path]) -> str:
    rest = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
    return (
        f"others on this machine may read {refused[0]}{rest}, and that cannot be changed from here (does it belong "
        "to another user?): give it to the user who runs the dashboard, then chmod -R go= it."
    )
