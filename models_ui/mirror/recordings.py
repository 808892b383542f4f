"""Recorded list answers, in date order, as sources that a sync can run on.

When an answer was recorded says its file's name (`list-2025-04-27.json`, `2025-09-21T14-53-49Z.json`, any ISO date with
or without a time, UTC unless it says otherwise). A name without a time is made exact, and one without a date replaced,
by what the base models claim as `created`: the server's clock at the request.

A change is believed when answers agree on it for a while, and recordings are days apart. What a recording says is
taken to have held for that while, so it confirms itself. Recordings at most an hour apart speak for each other
instead: of them a change is believed by the rule for live answers, so that what the next one takes back is no news.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Final

from models_ui.mirror.pending import CONFIRM_AFTER
from models_ui.services.answers import decode_json
from models_ui.services.cards import ModelCard, ModelList
from models_ui.services.errors import ModelGone
from models_ui.services.models_api import list_entries, parse_list
from models_ui.vocabulary import BASE

UPSTREAM: Final = "recordings"  # what the rows are bound to, so that they never mix with another's
TOGETHER: Final = timedelta(hours=1)
# Where a story starts, answers so close together tell one state, and what they disagree on is not known.
AT_THE_START: Final = timedelta(minutes=5)
_YEARS: Final = range(2015, 9000)
_MOMENT: Final = re.compile(
    r"(?<!\d)(\d{4})-?(\d\d)-?(\d\d)"
    r"(?:[T_ -]?(\d\d)[-:_.h]?(\d\d)(?:[-:_.m]?(\d\d)(?:[.,]\d{1,6}|-\d{3}(?!\d))?)?"
    r"\s?(?:(Z)|([+-]\d\d):?(\d\d))?)?(?!\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded answer. As a source, its clock stands still at the moment of the recording."""

    name: str
    at: datetime
    entries: list[Any]
    alone: bool = True  # whether no other one was recorded within the hour
    is_start: bool = False
    lists_archived: ClassVar[bool] = True  # as the live platform does, whose answers are recorded

    @property
    def confirm_after(self) -> timedelta:
        return timedelta(0) if self.alone else CONFIRM_AFTER

    @property
    def upstream(self) -> str:
        return UPSTREAM

    def now(self) -> datetime:
        return self.at

    def list(self) -> ModelList:
        return parse_list(self.entries, correlation_id="", fetched_at=self.at)

    def retrieve(self, model_id: str) -> ModelCard:
        """Raise: a recording has a list and nothing else."""
        raise ModelGone(model_id=model_id)


class NoRecording(Exception):
    """A file is no recording. The text says why."""


def read_recording(path: Path) -> Recording:
    """Read one file. Raise NoRecording if it is no list answer with a date, and OSError if it cannot be read."""
    try:
        entries = list_entries(decode_json(path.read_bytes()))
    except ValueError:
        entries = None
    if entries is None:
        raise NoRecording("It holds no list of models.")
    at = recorded_at(path.name, entries)
    if at is None:
        raise NoRecording("Neither its name nor its entries say when it was recorded.")
    return Recording(path.name, at, entries)


def recorded_at(name: str, entries: Iterable[Any]) -> datetime | None:
    clock = _common_creation(entries)
    for match in _MOMENT.finditer(name):
        moment = _moment_of_match(match)
        if moment is None or moment.year not in _YEARS:
            continue
        has_time = match[4] is not None
        return moment if has_time or clock is None or clock.date() != moment.date() else clock
    return clock


def _moment_of_match(match: re.Match[str]) -> datetime | None:
    """Return the moment in UTC that a match of _MOMENT names; None if the calendar has no such moment."""
    year, month, day, hour, minute, second, _z, hours, minutes = match.groups()
    try:
        moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), 0, UTC)
    except ValueError:
        return None
    if hours is None:
        return moment
    ahead = timedelta(hours=abs(int(hours)), minutes=int(minutes))
    return moment + ahead if hours.startswith("-") else moment - ahead


def _common_creation(entries: Iterable[Any]) -> datetime | None:
    """Return the creation that most base models claim, which is the time of the answer."""
    claims: Counter[int] = Counter()
    for entry in entries:
        if isinstance(entry, dict) and entry.get("type", BASE) == BASE and type(entry.get("created")) is int:
            claims[entry["created"]] += 1
    for seconds, _count in claims.most_common(1):
        try:
            moment = datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            return None
        return moment if moment.year in _YEARS else None
    return None


def sort_recordings(recordings: Iterable[Recording], after: datetime | None) -> Iterator[Recording]:
    """Yield the recordings after a moment, the oldest first. Without a moment, the first few are the start."""
    ordered = sorted(recordings, key=lambda recording: (recording.at, _natural_key(recording.name)))
    moments = [recording.at for recording in ordered]
    near = _moments_near_another(moments)
    for recording in ordered:
        if after is not None and recording.at <= after:
            continue
        is_near_mirror = after is not None and recording.at - after <= TOGETHER
        yield Recording(
            recording.name,
            recording.at,
            recording.entries,
            alone=recording.at not in near and not is_near_mirror,
            is_start=after is None and recording.at - moments[0] <= AT_THE_START,
        )


def _moments_near_another(moments: Sequence[datetime]) -> set[datetime]:
    return {moment for pair in pairwise(moments) if pair[1] - pair[0] <= TOGETHER for moment in pair}


def _natural_key(name: str) -> list[tuple[int, str]]:
    """Return a sort key by which 2 comes before 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", name)]
