"""Files in which an installation keeps what it makes for itself. Settings use it, so it imports no Django."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

FEWEST_CHARACTERS = 5  # different ones in a secret, as Django's own check of SECRET_KEY asks for


class BrokenFile(Exception):
    """A kept file cannot be used. The message names it and says what to do."""


def read_or_create_secret(path: Path, size: int) -> str:
    """Return the secret in a file that only its owner can read, made of `size` random bytes where there is none yet.

    Two processes at once get the same one: the file appears whole or not at all, and the first one stays. Raises
    BrokenFile for one that is empty, cut short, overwritten with zeros or no file; a secret that others could guess
    would be worse.
    """
    if not path.exists():
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp's files are 0600
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(size))
        with suppress(FileExistsError):
            path.hardlink_to(unfinished)
        Path(unfinished).unlink()
    try:
        secret = path.read_text().strip()
    except (IsADirectoryError, UnicodeDecodeError):
        secret = ""
    if len(secret) < size or not secret.isprintable() or len(set(secret)) < FEWEST_CHARACTERS:
        raise BrokenFile(f"{path} holds no whole secret: remove it, and the next start makes a new one.")
    return secret


def read_port(path: Path, default: int) -> int:
    """Return the port that a file holds, or the default where it holds none."""
    try:
        text = path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return default
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 and 0 < int(text) < 65536 else default


def check_readable(path: Path) -> None:
    """Raise BrokenFile for a file that exists and holds no readable text: its settings would silently not apply."""
    try:
        path.read_text()
    except FileNotFoundError:
        return
    except OSError as error:
        raise BrokenFile(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BrokenFile(f"{path} cannot be read: it is no UTF-8 text.") from None
