"""Readers of the environment: each returns one variable's value as a type, or says what is wrong with it."""

import math
import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    """Return the variable's value without blanks at its ends. An empty variable counts as unset, here and below.

    It is not read through `environ.Env()`, which takes a value that starts with `$`, as a key may, for the name of
    another variable.
    """
    return os.environ.get(name, "").strip() or default


def secret(name: str) -> str:
    """Return the variable's value, or the first line of the file that the variable with _FILE behind its name names."""
    path = text(f"{name}_FILE")
    if not path:
        return text(name)
    if text(name):
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set. Leave one of them out.")
    try:
        return Path(path).read_text().partition("\n")[0].strip()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", "") or "it is no text"
        raise ImproperlyConfigured(f"{name}_FILE={path} cannot be read: {why}.") from None


def number(name: str, default: float) -> float:
    value = text(name, str(default))
    try:
        result = float(value)
    except ValueError:
        result = math.nan
    if not math.isfinite(result):
        raise ImproperlyConfigured(f"{name}={value} is no number.")
    return result


def whole(name: str, default: int, lowest: int, highest: int) -> int:
    value = text(name, str(default))
    # A number of thousands of digits is none that `int` would read.
    if not (value.isascii() and value.isdecimal() and len(value) < 10 and lowest <= int(value) <= highest):
        raise ImproperlyConfigured(f"{name}={value} must be a whole number from {lowest} to {highest}.")
    return int(value)


def flag(name: str, default: str = "off") -> bool:
    value = text(name, default).lower()
    if value not in ("on", "off", "true", "false", "yes", "no", "1", "0"):
        # To take what is not understood for "off" would be the unsafe guess for HTTPS.
        raise ImproperlyConfigured(f"{name}={value} is neither on nor off.")
    return value in ("on", "true", "yes", "1")


def listing(name: str) -> list[str]:
    return [item.strip() for item in text(name).split(",") if item.strip()]


def pairs(name: str) -> dict[str, str]:
    """Return what a list such as `a=b,c=d` says; the last `=` of an item counts. Raise ImproperlyConfigured."""
    found = {}
    for item in listing(name):
        key, sign, value = (part.strip() for part in item.rpartition("="))
        if not (key and sign and value):
            raise ImproperlyConfigured(f"{name} has {item}, which is not of the form name=value.")
        found[key] = value
    return found


ROLES = ("Viewer", "Editor", "Manager")


def roles(name: str) -> list[str]:
    """Return the names of roles in a list such as `Manager,Editor`, in lower case. Raise ImproperlyConfigured."""
    found = [item.lower() for item in listing(name)]
    if unknown := next((item for item in found if item.capitalize() not in ROLES), None):
        raise ImproperlyConfigured(f"{name} has {unknown}. Roles are {', '.join(ROLES)}.")
    return found
