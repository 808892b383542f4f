"""The sandbox's models: the list's entries, changed by the API and, behind a client's back, by tests."""

from __future__ import annotations

import copy
import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sandbox.past import changes_outside
from sandbox.sources import Source, SourceError, Start, explain_unreadable, is_fine_tune

Entry = dict[str, Any]
"""One entry of the list answer: a model under one of its ids."""


class Catalog:
    """The models, safe to use from several threads. What it hands out is a copy: change things through the methods.

    With a `state` file every change is written to it before anyone is told, and a later start goes on from there.
    """

    def __init__(self, source: Source | None = None, state: Path | None = None) -> None:
        self.source = source or Source()
        self.state = state
        self.anchor: date = datetime.now(UTC).date()  # the day that relative dates are counted from
        self._lock = threading.RLock()
        self._entries: list[Any] = []
        self._retired: set[str] = set()
        self._unlisted: set[str] = set()
        self._days_ago = 0  # how far back in its past the list is
        if state and state.exists():
            self._load(state)
        else:
            self.reset()

    # What a client sees

    def listed(self, now: float) -> list[Any]:
        """Return the list at the Unix time `now`, which every base model claims as its creation, as on the live API."""
        with self._lock:
            return [_renewed(entry, now) for entry in self._entries if _id(entry) not in self._unlisted]

    def find(self, model_id: str, now: float | None = None) -> Entry | None:
        """Return the first entry with this id."""
        with self._lock:
            found: Entry | None = next((entry for entry in self._entries if _id(entry) == model_id), None)
            return copy.deepcopy(found) if found is None or now is None else _renewed(found, now)

    def is_retired(self, model_id: str) -> bool:
        """Whether the id belonged to a model that was switched off."""
        with self._lock:
            return model_id in self._retired

    def entries(self) -> list[Any]:
        """Return every entry as it is kept, the unlisted ones included."""
        with self._lock:
            return copy.deepcopy(self._entries)

    def ids(self) -> list[str]:
        """Return every usable id in the list's order; an id can come twice."""
        with self._lock:
            return [model_id for entry in self._entries if (model_id := _id(entry)) is not None]

    def fine_tunes(self) -> list[str]:
        """Return the ids of the fine-tunes in the list's order."""
        with self._lock:
            return [entry["id"] for entry in self._entries if is_fine_tune(entry) and _id(entry) is not None]

    # Changes. KeyError for an id that is not there

    def update(self, model_id: str, **fields: Any) -> Entry:
        """Set fields of every entry with this id."""
        return self._set(lambda entry: _id(entry) == model_id, model_id, fields)

    def update_model(self, model_id: str, **fields: Any) -> Entry:
        """Set fields of every entry of one base model, found by any of its ids: a moved date, a new capability."""
        return self._set(self._same_model(model_id), model_id, fields)

    def rename(self, model_id: str, name: str | None) -> Entry:
        return self.update(model_id, name=name)

    def describe(self, model_id: str, description: str | None) -> Entry:
        return self.update(model_id, description=description)

    def archive(self, model_id: str) -> Entry:
        return self.update(model_id, archived=True)

    def unarchive(self, model_id: str) -> Entry:
        return self.update(model_id, archived=False)

    def add(self, *entries: Any, at: int | None = None) -> None:
        """Insert entries at a position of the list, by default at its end."""
        with self._changing():
            where = len(self._entries) if at is None else at
            self._entries[where:where] = copy.deepcopy(list(entries))

    def remove(self, model_id: str) -> None:
        """Drop every entry with this id; reading it then answers that it was not found."""
        with self._changing():
            self._drop(lambda entry: _id(entry) == model_id, model_id)

    def retire(self, model_id: str) -> None:
        """Switch a base model off: all its ids leave the list and answer that the model is deprecated."""
        with self._changing():
            self._retired |= self._drop(self._same_model(model_id), model_id)

    def unlist(self, model_id: str) -> None:
        """Hide an id from the list; reading it still works, as for models beyond an account's tier."""
        with self._changing():
            self._unlisted.add(model_id)

    def replace(self, entries: Iterable[Any]) -> None:
        """Replace the whole list, by any JSON values."""
        with self._changing():
            self._entries = copy.deepcopy(list(entries))

    def reset(self) -> None:
        """Return to the first contents. Relative dates still count from the first start."""
        start = self.source.start(self.anchor)
        with self._changing():
            self._begin(start, 0)

    def turn_to(self, days_ago: int) -> None:
        """Turn the list to what it was so many days before the first start.

        Backwards, all that clients did is forgotten. Forwards, the base models change and the fine-tunes stay, but for
        what others did to them meanwhile. Raise SourceError for a list or a day without a past.
        """
        past = self.source.past(self.anchor, days_ago)
        with self._changing():
            if days_ago > self._days_ago:
                self._begin(past, days_ago)
                return
            bases = [entry for entry in past.entries if not is_fine_tune(entry)]
            self._entries = bases + list(filter(is_fine_tune, self._entries))
            for change in changes_outside(self._days_ago, days_ago):
                for entry in self._entries:
                    if str(entry.get("job", "")).startswith(change.job):
                        entry.update(change.fields)
            self._days_ago = days_ago

    # Inside

    def _begin(self, start: Start, days_ago: int) -> None:
        self._entries, self._retired, self._unlisted = start.entries, set(start.retired), set(start.unlisted)
        self._days_ago = days_ago

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._lock:
            yield
            if self.state:
                self._save(self.state)

    def _set(self, chosen: Callable[[Any], bool], model_id: str, fields: Entry) -> Entry:
        with self._changing():
            hit = [entry for entry in self._entries if chosen(entry)]
            if not hit:
                raise KeyError(model_id)
            for entry in hit:
                entry.update(copy.deepcopy(fields))
            return copy.deepcopy(next(entry for entry in hit if _id(entry) == model_id))

    def _drop(self, chosen: Callable[[Any], bool], model_id: str) -> set[str]:
        dropped = {found for entry in self._entries if chosen(entry) and (found := _id(entry)) is not None}
        if not dropped:
            raise KeyError(model_id)
        self._entries = [entry for entry in self._entries if not chosen(entry)]
        return dropped

    def _same_model(self, model_id: str) -> Callable[[Any], bool]:
        """Return a test for the entries of the first model with this id: by their common name, else by the id."""
        found = self.find(model_id)
        name = found.get("name") if found and not is_fine_tune(found) else None
        return lambda entry: (
            _id(entry) == model_id if name is None else isinstance(entry, dict) and entry.get("name") == name
        )

    def _load(self, state: Path) -> None:
        try:
            saved = json.loads(state.read_text("utf-8"))
            self.anchor = date.fromisoformat(saved["anchor"])
            self._entries = list(saved["entries"])
            self._retired, self._unlisted = set(saved["retired"]), set(saved["unlisted"])
            source = saved["source"]
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise SourceError(
                f"The state {state} cannot be read: {explain_unreadable(error)}. Remove it to start afresh."
            ) from error
        if source != self.source.label:
            raise SourceError(
                f"The state {state} belongs to another catalog ({source}, not {self.source.label}); "
                "remove it or name another."
            )

    def _save(self, state: Path) -> None:
        """Replace the file as a whole: a reader or a crash meets the old state or the new one, never a half."""
        saved = {
            "source": self.source.label,
            "anchor": self.anchor.isoformat(),
            "retired": sorted(self._retired),
            "unlisted": sorted(self._unlisted),
            "entries": self._entries,
        }
        state.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=state.parent, prefix=f".{state.name}.")  # mkstemp's files are 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(saved, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            Path(unfinished).replace(state)
        except BaseException:
            Path(unfinished).unlink(missing_ok=True)
            raise


def _id(entry: Any) -> str | None:
    model_id = entry.get("id") if isinstance(entry, dict) else None
    return model_id if isinstance(model_id, str) else None


def _renewed(entry: Any, now: float) -> Any:
    """Return a copy in which a base model was created just now; a missing or odd `created` stays."""
    fresh = copy.deepcopy(entry)
    if isinstance(fresh, dict) and isinstance(fresh.get("created"), int) and not is_fine_tune(fresh):
        fresh["created"] = int(now)
    return fresh
