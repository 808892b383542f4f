"""Where a catalog comes from: the built-in facts or a recorded list answer, and how many invented models are added."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sandbox.company import fine_tune_entries
from sandbox.facts import RETIRED, UNLISTED, base_entries
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
        mixed = [*base_entries(anchor), *fine_tune_entries(), *synthetic]
        # The live order: base models first, then fine-tunes, the newest of them first.
        tunes = sorted(filter(is_fine_tune, mixed), key=lambda entry: -int(entry["created"]))
        return Start([entry for entry in mixed if not is_fine_tune(entry)] + tunes, RETIRED, UNLISTED)


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
