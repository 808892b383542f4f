"""Secrets that an installation makes for itself at its first start. Settings use it, so it imports no Django."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path


def kept_secret(path: Path, size: int) -> str:
    """The secret in a file that only its owner can read, made of `size` random bytes where there is none yet.

    Two processes at once get the same one: the file appears whole or not at all, and the first one stays.
    """
    if not path.exists():
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp's files are 0600
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(size))
        with suppress(FileExistsError):
            path.hardlink_to(unfinished)
        Path(unfinished).unlink()
    return path.read_text().strip()
