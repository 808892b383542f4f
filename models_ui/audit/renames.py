"""Renames of people, as the history knows them.

Events keep the name that a person had then; these lead from it to the present one.

Tables that name people were changed with each rename that was made in a terminal, whose event has no actor.
"""

from collections.abc import Iterable
from typing import Final

from models_ui.models import AuditEvent
from models_ui.text.keepers import keeper_of

RENAMED: Final = "person.renamed"


def present_keepers(keepers: Iterable[str], event: AuditEvent) -> list[str]:
    """Return who looked after a model by this event, by the names that they have today."""
    now = list(keepers)
    renames = AuditEvent.objects.filter(kind=RENAMED, actor="", pk__gt=event.pk).order_by("pk")
    for before, after in renames.values_list("before", "after"):
        old, new = keeper_of(before["username"]), keeper_of(after["username"])
        now = [new if keeper == old else keeper for keeper in now]
    return now


def names_of_person(username: str) -> tuple[str, ...]:
    """Return the name of a person and those that they had before."""
    names = [username]
    renames = AuditEvent.objects.filter(kind=RENAMED).order_by("-pk")
    for before, after in renames.values_list("before", "after"):
        if after.get("username") == names[-1] and before.get("username") not in names:
            names.append(before["username"])
    return tuple(names)
