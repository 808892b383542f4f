"""Where a catalog comes from: the built-in facts or a recorded list answer, and how many invented models are added."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sandbox.company import fine_tune_entries
from sandbox.facts import RETIRED, UNLISTED, base_entries
from sandbox.past import LONGEST, bases_before, tunes_at_the_start
from sandbox.synthetic import synthetic_entries


class SourceError(Exception):
    """A catalog or state file that cannot be used; the text says why in one sentence."""


@dataclass(frozen=True)
class Start:
    """What a catalog holds before anything changed it. Recorded entries may be anything JSON can say."""

    entries: list[Any]
    retired: frozenset[str] = frozenset()
    unlisted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Source:
    """A catalog's origin; equal sources start alike on the same day."""

    file: Path | None = None
    models: int = 0
    seed: int = 0

    @property
    def label(self) -> str:
        """Tells the state files of different catalogs apart."""
        origin = self.file.name if self.file else "built-in"
        return f"{origin} and {self.models} synthetic models of seed {self.seed}" if self.models else origin

    def start(self, anchor: date) -> Start:
        """The first contents; dates relative to today are counted from `anchor`."""
        synthetic = list(synthetic_entries(self.models, seed=self.seed, anchor=anchor))
        if self.file:
            return Start(read_recording(self.file) + synthetic)
        return Start(_in_live_order([*base_entries(anchor), *fine_tune_entries(), *synthetic]), RETIRED, UNLISTED)

    def past(self, anchor: date, days_ago: int) -> Start:
        """Return what the list held so many days before `anchor`. Raise SourceError for a list that has no past."""
        if self.file or self.models:
            raise SourceError("Only the built-in catalogue has a past.")
        if not 0 <= days_ago <= LONGEST:
            raise SourceError(f"The past reaches back {LONGEST} days.")
        entries = [*bases_before(anchor, days_ago), *tunes_at_the_start()]
        return Start(_in_live_order(entries), RETIRED, UNLISTED)


def _in_live_order(entries: list[Any]) -> list[Any]:
    """Return base models first, then fine-tunes, the newest of them first."""
    tunes = sorted(filter(is_fine_tune, entries), key=lambda entry: -int(entry["created"]))
    return [entry for entry in entries if not is_fine_tune(entry)] + tunes


def read_recording(file: Path) -> list[Any]:
    """The entries of a recorded list answer: those in `data`, or the bare list."""
    try:
        answer = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SourceError(f"The catalog {file} cannot be read: {explain_unreadable(error)}.") from error
    entries = answer.get("data") if isinstance(answer, dict) else answer
    if not isinstance(entries, list):
        raise SourceError(f'The catalog {file} holds neither a list nor an object with a list named "data".')
    return entries


def explain_unreadable(error: Exception) -> str:
    """Return why a file could not be read, without what it holds: that may be garbage of any length."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, UnicodeDecodeError):
        return "it is no UTF-8 text"
    if isinstance(error, json.JSONDecodeError):
        return f"it is no JSON from line {error.lineno} on"
    return "it does not hold what it should"


def is_fine_tune(entry: Any) -> bool:
    """Whether an entry is a customer's own model. A recorded one may lack its type, but not the look of its id."""
    if not isinstance(entry, dict):
        return False
    kind = entry.get("type")
    return kind == "fine-tuned" if isinstance(kind, str) else str(entry.get("id")).startswith("ft:")
