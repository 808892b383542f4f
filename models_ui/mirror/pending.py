"""The column `pending` of a mirror's row: what upstream's answers say of the model that is not confirmed yet.

This is not about actions of unknown outcome, which `actions/settle.py` settles.

Upstream's answers flap, so one answer is not enough:

- a loss, such as a smaller context length, is shown and recorded once it is confirmed;
- an addition, such as a new capability, is shown at once and recorded once it is confirmed. Only a retirement date
  less than seven days ahead is recorded at once.

"Recorded" means stored as a `CatalogChange`, which people are told. An answer starts the wait of a value when it is the
first to give this value. The value is confirmed by the first answer that comes at least CONFIRM_AFTER later, if every
answer in between gave the same value. Until then the column keeps the time at which the wait began.

A fact is a column, or one capability by the name of `capability_fact`. `fact_rules.py` decides what is a loss. Rows of
earlier versions hold an older shape, which `from_json` reads as well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

CONFIRM_AFTER: Final = timedelta(minutes=30)
# Stands for the value told last where no value of the fact was ever confirmed: the first confirmed one is no news.
UNKNOWN: Final = object()
# Stands for the value of a loss in a row of an earlier version, which did not store the value.
ANY: Final = object()
_CAPABILITY: Final = "capabilities."
_DATE: Final = "deprecation"


def capability_fact(key: str) -> str:
    """Return the name of the fact for a capability. The value of this fact is None where answers do not name it."""
    return f"{_CAPABILITY}{key}"


def capability_of(fact: str) -> str:
    """Return the capability that a fact is about, or ""."""
    return fact.removeprefix(_CAPABILITY) if fact.startswith(_CAPABILITY) else ""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The time of an answer, and how long answers must agree to confirm a value."""

    at: datetime
    after: timedelta = CONFIRM_AFTER

    def first_said(self, since: datetime | None) -> datetime:
        """Return when a wait began: now if that is unknown, or lies ahead because the clock was set back."""
        return since if since is not None and since <= self.at else self.at

    def is_over(self, since: datetime | None) -> bool:
        return self.at - self.first_said(since) >= self.after


@dataclass(frozen=True, slots=True)
class Wait:
    """A value, and when the wait began; `since` is None where that is not known, so the next answer begins it."""

    value: Any
    since: datetime | None


@dataclass(slots=True)
class Pending:
    """The waits of one row.

    Example: a model has a context length of 131,072. An answer at 12:00 gives it 65,536 and the new capability ocr:

        losses = {"max_context_length": Wait(65_536, since=12:00)}  # the row still shows 131,072
        unannounced = {"capabilities.ocr": Wait(None, since=12:00)}  # the row shows ocr; the value told last is None

    If all answers up to the first one after 12:30 say the same, that one ends both waits: the row shows 65,536, and
    both changes are recorded. If an answer in between gives 131,072 again, the loss is forgotten.

    `losses`        by fact: the value that would take something away
    `unannounced`   by fact: the value that people were told last, while the row shows a newer one
    `own_id`        another id that answers give as the model's own; the row keeps the old one
    `dropped`       by alias that answers leave out: since when; the row keeps the alias
    `gained`        by alias that answers give to this model, while another model has it: since when; the row lacks it
    `split_off`     by dropped alias that the list shows as a model of its own: since when (example in `sync.py`)
    `absent_since`  when the first answer came without the model, while the model is not yet missing
    `new_since`     when the first answer came with the model, while its coming is not recorded
    `returned`      a missing model is listed again, while its return is not recorded; `value`: when it went missing
    `relisted`      a list names a model that was deleted here; the model stays deleted until that is confirmed
    `previous_ids`  ids that led to this model last, and now lead to no model or to several
    `is_doubtful`   whether only one answer described the model, and its facts looked like those of a fault
    `asked_at`      when upstream was last asked for the model by its id
    `is_left_out`   whether the last list left the model out because it is archived
    """

    losses: dict[str, Wait] = field(default_factory=dict)
    unannounced: dict[str, Wait] = field(default_factory=dict)
    own_id: Wait | None = None
    dropped: dict[str, datetime | None] = field(default_factory=dict)
    gained: dict[str, datetime | None] = field(default_factory=dict)
    split_off: dict[str, datetime | None] = field(default_factory=dict)
    absent_since: datetime | None = None
    new_since: datetime | None = None
    returned: Wait | None = None
    relisted: Wait | None = None
    previous_ids: tuple[str, ...] = ()
    is_doubtful: bool = False
    asked_at: datetime | None = None
    is_left_out: bool = False

    @property
    def is_announced(self) -> bool:
        """Whether the model's coming, and its return if there was one, are recorded."""
        return self.new_since is None and self.returned is None

    def told(self, fact: str, shown: Any) -> Any:
        """Return the value of a fact that people were told last; UNKNOWN where none was ever confirmed."""
        wait = self.unannounced.get(fact)
        return shown if wait is None else wait.value

    def since(self, fact: str) -> datetime | None:
        """Return since when answers give the value that is shown and not told yet; None if there is no such wait."""
        wait = self.unannounced.get(fact)
        return None if wait is None else wait.since

    def forget(self, fact: str) -> None:
        """Drop the waits of a fact that an action of the dashboard has changed, so that its new value is no news."""
        self.losses.pop(fact, None)
        self.unannounced.pop(fact, None)
        if fact == "archived":
            self.is_left_out = False

    def forget_absence(self, now: datetime) -> None:
        """End an absence that was not confirmed. If the model's coming still waits, this wait starts anew."""
        if self.absent_since is not None and self.new_since is not None:
            self.new_since = now
        self.absent_since = None

    def begin_return(self, missing_since: datetime, now: datetime, *, is_told: bool) -> None:
        """Note that a missing model is listed again. `is_told`: whether people were told that it was missing."""
        if is_told and self.new_since is None:
            self.returned = Wait(missing_since, now)
        elif self.new_since is not None:
            self.new_since = now

    def end_announcements(self, confirmation: Confirmation) -> None:
        """End the waits for the model's coming or return if they are over."""
        if self.new_since is not None and confirmation.is_over(self.new_since):
            self.new_since = None
        if self.returned is not None and confirmation.is_over(self.returned.since):
            self.returned = None

    def interrupt(self) -> None:
        """Start every wait anew because an answer does not list the model. Keep the values that people were told."""
        self.unannounced = {fact: Wait(wait.value, None) for fact, wait in self.unannounced.items()}
        self.losses, self.dropped, self.gained, self.split_off = {}, {}, {}, {}
        self.own_id, self.relisted = None, None

    def to_json(self) -> dict[str, Any]:
        """Return what the column holds, {} where nothing waits."""
        members = {
            "losses": _waits_to_json(self.losses),
            "unannounced": _waits_to_json(self.unannounced),
            "own_id": self.own_id and _wait_to_json(self.own_id),
            "dropped": _times_to_json(self.dropped),
            "gained": _times_to_json(self.gained),
            "split_off": _times_to_json(self.split_off),
            "absent_since": _moment_to_json(self.absent_since),
            "new_since": _moment_to_json(self.new_since),
            "returned": self.returned and _wait_to_json(self.returned),
            "relisted": self.relisted and _wait_to_json(self.relisted),
            "previous_ids": list(self.previous_ids),
            "is_doubtful": self.is_doubtful,
            "asked_at": _moment_to_json(self.asked_at),
            "is_left_out": self.is_left_out,
        }
        return {name: value for name, value in members.items() if value}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Pending":
        """Read the column. A wait of an earlier version, without a time, starts with the next answer."""
        if not stored:
            return cls()
        own_id, returned, relisted = stored.get("own_id"), stored.get("returned"), stored.get("relisted")
        pending = cls(
            losses={fact: _wait_from_json(fact, wait) for fact, wait in stored.get("losses", {}).items()},
            unannounced={fact: _wait_from_json(fact, wait) for fact, wait in stored.get("unannounced", {}).items()},
            own_id=_wait_from_json("", own_id) if own_id else None,
            dropped=_times_from_json(stored.get("dropped", {})),
            gained=_times_from_json(stored.get("gained", {})),
            split_off=_times_from_json(stored.get("split_off", {})),
            absent_since=_moment_from_json(stored.get("absent_since")),
            new_since=_moment_from_json(stored.get("new_since")),
            returned=_wait_from_json(_DATE, returned) if returned else None,
            relisted=_wait_from_json("", relisted) if relisted else None,
            previous_ids=tuple(stored.get("previous_ids", stored.get("meant", ()))),
            is_doubtful=bool(stored.get("is_doubtful", False)),
            asked_at=_moment_from_json(stored.get("asked_at")),
            is_left_out=bool(stored.get("is_left_out", False)),
        )
        _read_older_shape(pending, stored)
        return pending


# --- The shape of earlier versions: losses beside each other by column, without times

_OLDER_LOSSES: Final = (
    "name",
    "description",
    "max_context_length",
    "default_temperature",
    "deprecation",
    "replacement",
)
_OLDER_UNKNOWN: Final = "either"


def _read_older_shape(pending: Pending, stored: Mapping[str, Any]) -> None:
    for column in _OLDER_LOSSES:
        if column in stored:
            pending.losses[column] = Wait(_fact_from_json(column, stored[column]), None)
    for key in stored.get("capabilities", ()):
        pending.losses[capability_fact(key)] = Wait(ANY, None)
    if "model_id" in stored:
        pending.own_id = Wait(stored["model_id"], None)
    if "listed" in stored:
        pending.relisted = Wait(True, None)
    told = stored.get("untold", {})
    for key, value in told.get("capabilities", {}).items():
        pending.unannounced[capability_fact(key)] = Wait(UNKNOWN if value == _OLDER_UNKNOWN else value, None)
    if "context" in told:
        value = told["context"]
        pending.unannounced["max_context_length"] = Wait(UNKNOWN if value == _OLDER_UNKNOWN else value, None)


# --- JSON


def _wait_to_json(wait: Wait) -> dict[str, Any]:
    """Return the wait's members. For UNKNOWN and ANY, which no JSON value can stand for, there is no value."""
    since = {} if wait.since is None else {"since": _moment_to_json(wait.since)}
    if wait.value is UNKNOWN or wait.value is ANY:
        return {"unknown": wait.value is UNKNOWN} | since
    return {"value": _moment_to_json(wait.value) if isinstance(wait.value, datetime) else wait.value} | since


def _waits_to_json(waits: Mapping[str, Wait]) -> dict[str, Any]:
    return {fact: _wait_to_json(wait) for fact, wait in waits.items()}


def _wait_from_json(fact: str, stored: Mapping[str, Any]) -> Wait:
    since = _moment_from_json(stored.get("since"))
    if "value" in stored:
        return Wait(_fact_from_json(fact, stored["value"]), since)
    return Wait(UNKNOWN if stored.get("unknown") else ANY, since)


def _fact_from_json(fact: str, value: Any) -> Any:
    return _moment_from_json(value) if fact == _DATE else value


def _times_to_json(times: Mapping[str, datetime | None]) -> dict[str, str | None]:
    return {alias: _moment_to_json(since) for alias, since in times.items()}


def _times_from_json(stored: Mapping[str, str | None] | Iterable[str]) -> dict[str, datetime | None]:
    if isinstance(stored, Mapping):
        return {alias: _moment_from_json(since) for alias, since in stored.items()}
    return dict.fromkeys(stored)


def _moment_from_json(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _moment_to_json(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
