"""Who looks after a model, as the row keeps it: a person as @username, a team by its name. Pure: no Django."""

from collections.abc import Iterable
from typing import Final

NOBODY: Final = "nobody"  # in an address: models that nobody with access looks after
ME: Final = "me"  # in an address: whoever follows it
RESERVED: Final = (NOBODY, ME)
_PERSON: Final = "@"  # before a username; the name of a team never begins so


def keeper_of(username: str) -> str:
    """Return a person as they stand among those who look after a model."""
    return f"{_PERSON}{username}"


def username_of(keeper: str) -> str | None:
    """Return the username of a person; None for a team."""
    return keeper.removeprefix(_PERSON) if keeper.startswith(_PERSON) else None


def keeper_label(keeper: str) -> str:
    return username_of(keeper) or keeper


def rename_keeper(keepers: Iterable[str], before: str, after: str) -> list[str]:
    """Return the same people and teams once a person has another username, each once."""
    old, new = keeper_of(before), keeper_of(after)
    return list(dict.fromkeys(new if keeper == old else keeper for keeper in keepers))
