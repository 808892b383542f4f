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
from collections.abc import Iterable, Iterator
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
    """One recorded answer. As a source its clock stands still at the moment it was recorded."""

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
        """Recordings are of lists alone."""
        raise ModelGone(model_id=model_id)


class NoRecording(Exception):
    """Why a file is none."""


def read(path: Path) -> Recording:
    """Raises NoRecording for what is no list answer with a date, and OSError for what cannot be read."""
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
    clock = _clock(entries)
    for match in _MOMENT.finditer(name):
        year, month, day, hour, minute, second, _z, hours, minutes = match.groups()
        try:
            moment = datetime(
                int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), 0, UTC
            )
        except ValueError:
            continue
        if moment.year not in _YEARS:
            continue
        if hour is None:
            return clock if clock is not None and clock.date() == moment.date() else moment
        if hours is not None:
            ahead = timedelta(hours=abs(int(hours)), minutes=int(minutes))
            moment += ahead if hours.startswith("-") else -ahead
        return moment
    return clock


def _clock(entries: Iterable[Any]) -> datetime | None:
    """What most base models claim as their creation."""
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


def in_order(recordings: Iterable[Recording], after: datetime | None) -> Iterator[Recording]:
    """Those recorded after a moment, the oldest first; without one the story starts with the first few."""
    ordered = sorted(recordings, key=lambda recording: (recording.at, _natural(recording.name)))
    near = [later.at - earlier.at <= TOGETHER for earlier, later in pairwise(ordered)]
    for number, recording in enumerate(ordered):
        if after is not None and recording.at <= after:
            continue
        with_earlier = number > 0 and near[number - 1]
        with_later = number < len(near) and near[number]
        with_mirror = after is not None and recording.at - after <= TOGETHER
        yield Recording(
            recording.name,
            recording.at,
            recording.entries,
            alone=not (with_earlier or with_later or with_mirror),
            is_start=after is None and recording.at - ordered[0].at <= AT_THE_START,
        )


def _natural(name: str) -> list[tuple[int, str]]:
    """Names as people number them: 2 comes before 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", name)]
