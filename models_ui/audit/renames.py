"""Renames of people (not of models), read from the history.

An event keeps the username that a person had at that time. The functions here find the present username from it.

A rename in a terminal also changes other tables (see `people/rename.py`); its event has no actor. Renames with an actor
were made by earlier versions and changed no other table, so `_renames` leaves them out.
"""

from collections.abc import Iterable
from typing import Final

from django.db.models import QuerySet

from models_ui.models import AuditEvent
from models_ui.text.keepers import keeper_of

RENAMED: Final = "person.renamed"


def latest_event_number() -> int:
    """Return the number of the last event in the history; 0 before the first one."""
    return AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def names_since(number: int) -> dict[str, str]:
    """Return the present names of those who were renamed after this event, by the names that they had at it."""
    names: dict[str, str] = {}
    for before, after in _renames().filter(pk__gt=number).order_by("pk").values_list("before", "after"):
        old, new = before["username"], after["username"]
        names = {first: new if name == old else name for first, name in names.items()}
        names.setdefault(old, new)
    return names


def name_of_former(username: str) -> str:
    """Return the present name of the last person who had this name and has another one; else the name itself."""
    for number, before in _renames().order_by("-pk").values_list("pk", "before"):
        if before["username"] == username:
            return names_since(number - 1)[username]
    return username


def present_keepers(keepers: Iterable[str], number: int) -> list[str]:
    """Return who looked after a model at this event, by the names that they have today."""
    names = {keeper_of(before): keeper_of(after) for before, after in names_since(number).items()}
    return list(dict.fromkeys(names.get(keeper, keeper) for keeper in keepers))


def _renames() -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(kind=RENAMED, actor="")


def names_of_person(username: str) -> tuple[str, ...]:
    """Return the name of a person and those that they had before."""
    names = [username]
    renames = AuditEvent.objects.filter(kind=RENAMED).order_by("-pk")
    for before, after in renames.values_list("before", "after"):
        if after.get("username") == names[-1] and before.get("username") not in names:
            names.append(before["username"])
    return tuple(names)
