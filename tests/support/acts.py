"""Every action as a person sends it, and what it changes."""

from dataclasses import dataclass, field
from typing import Any

import pytest


@dataclass(frozen=True)
class Act:
    """One action: what it does to which field of which model, and as what it is sent."""

    verb: str
    call: str  # the verb that upstream is asked
    field: str
    wanted: Any
    starts_archived: bool = False
    needs: str = "Editor"
    form: dict[str, str] = field(default_factory=dict)

    @property
    def before(self) -> Any:
        return {"name": "Support triage", "description": "Sorts incoming", "archived": self.starts_archived}[self.field]


RENAME = Act("rename", "update", "name", "New name", form={"value": "New name"})
DESCRIBE = Act("describe", "update", "description", "New words", form={"value": "New words"})
ARCHIVE = Act("archive", "archive", "archived", True)
UNARCHIVE = Act("unarchive", "unarchive", "archived", False, starts_archived=True)
DELETE = Act("delete", "delete", "", None, needs="Manager")
PROTECT = Act("protect", "", "protected", True, needs="Manager")
UNPROTECT = Act("unprotect", "", "protected", False, needs="Manager")
UPSTREAM = (RENAME, DESCRIBE, ARCHIVE, UNARCHIVE, DELETE)
ALL = (*UPSTREAM, PROTECT, UNPROTECT)
EACH = pytest.mark.parametrize("act", UPSTREAM, ids=lambda act: act.verb)
