"""The plan for a model: what becomes of it when it ends. Pure: no Django."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Self


@dataclass(frozen=True, slots=True)
class Plan:
    """A kind (undecided, moves, ends) and what belongs to it. Undecided without words is no plan."""

    kind: str = "undecided"
    to: str = ""  # the model that takes its place
    by: date | None = None
    words: str = ""

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        by = stored.get("by")
        day = date.fromisoformat(by) if by else None
        return cls(stored.get("kind", "undecided"), stored.get("to", ""), day, stored.get("words", ""))

    def to_json(self) -> dict[str, str]:
        said = {"to": self.to, "by": self.by.isoformat() if self.by else "", "words": self.words}
        stored = {name: value for name, value in said.items() if value}
        return {"kind": self.kind, **stored} if stored or self.is_decided else {}

    @property
    def is_decided(self) -> bool:
        return self.kind != "undecided"


NO_PLAN: Final = Plan()
