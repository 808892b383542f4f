"""What upstream changed by itself: found when a run ends, and told once, when it is confirmed.

`Before` is taken of all rows before a run, `changes_since` compares it with the rows after. Rows take in a loss only
when a second run confirms it (see `mirroring.py`), so a loss that flaps is no change here. What a flap may add, an
ability or a longer context, is shown at once but told when the next run says the same: until then `untold`, in the
row's `pending`, keeps what was told last. So does `meant` for ids that several models share: the one they led to.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from models_ui.audit import latest_of_each
from models_ui.models import AuditEvent, CatalogChange, CatalogModel
from models_ui.services import FINE_TUNED

# The value before of an ability that upstream's answers did not speak of at all, which is not to say "cannot".
UNSAID: Final = "unsaid"
# In `untold`: where a story starts, answers that disagree leave open what was so before, so neither is news.
_EITHER: Final = "either"
# How long lists may lag behind an action of ours.
_LAG = timedelta(hours=1)
_LONGEST_SUBJECT: Final = CatalogChange._meta.get_field("subject").max_length or 300


@dataclass(frozen=True, slots=True)
class Known:
    """What was known of one row. `waiting` are losses that a run has seen and none has confirmed."""

    missing_since: datetime | None
    name: str | None
    context: int | None
    capabilities: Mapping[str, bool]
    deprecation: datetime | None
    replacement: str
    waiting: Mapping[str, Any]

    @classmethod
    def of(cls, row: CatalogModel) -> "Known":
        return cls(
            missing_since=row.missing_since,
            name=row.name,
            context=row.max_context_length,
            capabilities=row.capabilities,
            deprecation=row.deprecation,
            replacement=row.replacement,
            waiting=row.pending,
        )


class Meaning(NamedTuple):
    """The one model that an id leads to, or led to before several shared it."""

    key: int
    model_id: str


@dataclass(frozen=True, slots=True)
class Before:
    """What was known before a run: of all rows by their key, which model each id led to, when the last run ended."""

    rows: Mapping[int, Known]
    ids: Mapping[str, Meaning]
    synced_at: datetime | None

    @classmethod
    def of(cls, rows: Iterable[CatalogModel], synced_at: datetime | None) -> "Before":
        rows = list(rows)
        ids = _meanings(rows)
        for row in rows:
            ids |= dict.fromkeys(row.pending.get("meant", ()), Meaning(row.pk, row.model_id))
        return cls({row.pk: Known.of(row) for row in rows}, ids, synced_at)


def changes_since(
    before: Before, rows: Sequence[CatalogModel], at: datetime, *, is_start: bool = False
) -> list[CatalogChange]:
    """What is news at `at`. The very first run makes none: everything would be; nor does any where a story starts.

    Changes the `pending` of rows with something to tell later; `Before` remembers what it was.
    """
    if not before.rows:
        return []
    if is_start:
        for row in rows:
            _start_with(before.rows.get(row.pk), row)
        return []
    ids = _meanings(row for row in rows if row.missing_since is None)
    _keep_meant(before.ids, ids, rows)
    moved = list(_of_ids(before.ids, ids, at))
    told_by_a_move = _told_by_a_move(before.ids, ids)
    changes: list[CatalogChange] = []
    for row in rows:
        if row.model_id:  # an entry without an id is a fault of one answer
            found = _of_row(before.rows.get(row.pk), row, before.synced_at, at)
            changes.extend(each for each in found if (row.pk, each.kind) not in told_by_a_move)
    return _without_ours([*changes, *moved], at)


# --- One row


def _of_row(was: Known | None, row: CatalogModel, synced_at: datetime | None, at: datetime) -> Iterator[CatalogChange]:
    def change(kind: str, before: Any = None, after: Any = None, subject: str = "") -> CatalogChange:
        # Of most base models the name is just one of the ids; of two models with one id it tells them apart.
        ids = (row.model_id, *row.aliases, *row.pending.get("gained", ()))
        label = row.name if row.name and row.name not in ids else ""
        return CatalogChange(
            at=at, kind=kind, model_id=row.model_id, label=label, subject=subject, before=before, after=after
        )

    if was is None:
        yield change("model.added")
        return
    if row.missing_since is not None:
        if row.deleted_at is None and not _known_missing(was, synced_at):
            yield change("model.missing")
        return  # nothing that is listed says more of it
    if _known_missing(was, synced_at):
        yield change("model.returned")
    yield from _of_deprecation(was, row, change)
    if "absent_since" not in row.pending:
        yield from _of_flags(was, row, change)
    if was.name != row.name and row.type == FINE_TUNED:
        yield change("name.changed", was.name, row.name)


def _known_missing(was: Known, synced_at: datetime | None) -> bool:
    """Whether the last run knew it. What upstream told an action after that is for this run to tell, or to deny."""
    return was.missing_since is not None and (synced_at is None or was.missing_since <= synced_at)


def _of_deprecation(was: Known, row: CatalogModel, change: Callable[..., CatalogChange]) -> Iterator[CatalogChange]:
    before, after = was.deprecation, row.deprecation
    if before != after:
        kind = "announced" if before is None else "withdrawn" if after is None else "moved"
        yield change(f"deprecation.{kind}", _iso(before), _iso(after))
    if was.replacement != row.replacement and (before is None) == (after is None):
        # Otherwise it came with the date, or went with it.
        yield change("replacement.changed", was.replacement, row.replacement)


def _of_flags(was: Known, row: CatalogModel, change: Callable[..., CatalogChange]) -> Iterator[CatalogChange]:
    """Abilities and the context length, where additions flap as losses do: told when two runs in a row say so."""
    told: dict[str, Any] = was.waiting.get("untold", {})
    untold: dict[str, Any] = {}

    gained: dict[str, Any] = {}
    for key in sorted(was.capabilities.keys() | row.capabilities.keys()):
        old = told.get("capabilities", {}).get(key, was.capabilities.get(key))
        new = row.capabilities.get(key)
        if new and old is not True and not (was.capabilities.get(key) and not _flaps(key, was, row)):
            gained[key] = old
        elif new and not old:
            yield change("capability.added", False if old is False else UNSAID, True, subject=key)
        elif old is True and not new:
            yield change("capability.removed", True, False if new is False else UNSAID, subject=key)
    if gained:
        untold["capabilities"] = gained

    name = "max_context_length"
    old, new = told.get("context", was.context), row.max_context_length
    grows = new is not None and (old is None or old == _EITHER or new > old)
    if grows and (was.context != new or name in was.waiting or name in row.pending):
        untold["context"] = old
    elif old not in (new, _EITHER):
        yield change("context.changed", old, new)

    _keep_untold(row, untold)


def _start_with(was: Known | None, row: CatalogModel) -> None:
    """Of what answers disagree about nothing is known: whatever the next one says is no news."""
    if was is None or "absent_since" in row.pending:
        return
    flags = {key for key, has in row.capabilities.items() if has and not was.capabilities.get(key)}
    told: dict[str, Any] = was.waiting.get("untold", {})
    either: dict[str, Any] = {}
    if flags := flags | told.get("capabilities", {}).keys():
        either["capabilities"] = dict.fromkeys(sorted(flags), _EITHER)
    if "context" in told or was.context != row.max_context_length:
        either["context"] = _EITHER
    _keep_untold(row, either)


def _keep_untold(row: CatalogModel, untold: dict[str, Any]) -> None:
    pending = {name: value for name, value in row.pending.items() if name != "untold"}
    row.pending = pending | {"untold": untold} if untold else pending


def waits_to_be_told(row: CatalogModel) -> list[str]:
    """What one answer has said of a row that would be news if the next one says it too."""
    silent = ("untold", "meant", "description", "default_temperature", "listed")
    found = [name for name in row.pending if name not in silent]
    untold = row.pending.get("untold", {})
    found += [key for key, old in untold.get("capabilities", {}).items() if old != _EITHER]
    if untold.get("context", _EITHER) != _EITHER:
        found.append("max_context_length")
    return sorted(set(found))


def _flaps(key: str, was: Known, row: CatalogModel) -> bool:
    """Whether this run or the one before it did not list an ability that the row still has."""
    return key in was.waiting.get("capabilities", ()) or key in row.pending.get("capabilities", ())


# --- What ids mean


def _meanings(rows: Iterable[CatalogModel]) -> dict[str, Meaning]:
    """The one model each id leads to. What is listed comes before what once was, and whose own id it is before whom
    it is an alias of; an id that several models share all the same leads to none."""
    own: dict[str, set[Meaning]] = {}
    aliases: dict[str, set[Meaning]] = {}
    gone: dict[str, tuple[datetime, Meaning]] = {}
    for row in rows:
        here = Meaning(row.pk, row.model_id)
        for each in filter(None, (row.model_id, *row.aliases)):
            if row.missing_since is None:
                (own if each == row.model_id else aliases).setdefault(each, set()).add(here)
            elif each not in gone or gone[each][0] < row.missing_since:
                gone[each] = row.missing_since, here
    found = {each: meaning for each, (_since, meaning) in gone.items()}
    for each in aliases.keys() | own.keys():
        holders = own.get(each) or aliases[each]
        if len(holders) == 1:
            found[each] = next(iter(holders))
        else:
            found.pop(each, None)
    return found


def _keep_meant(before: Mapping[str, Meaning], after: Mapping[str, Meaning], rows: Sequence[CatalogModel]) -> None:
    """Of an id that several models have come to share, the row it led to keeps it as `meant` in its `pending`, until
    one model has it alone: only then is there something to tell."""
    listed = {each for row in rows if row.missing_since is None for each in (row.model_id, *row.aliases)}
    meant: dict[int, set[str]] = {}
    for each in (listed - after.keys()) & before.keys():
        meant.setdefault(before[each].key, set()).add(each)
    for row in rows:
        known = row.pending.get("meant", [])
        kept = sorted(meant.get(row.pk, set()).union(known) - after.keys())
        if kept != known:
            pending = {name: value for name, value in row.pending.items() if name != "meant"}
            row.pending = pending | {"meant": kept} if kept else pending


def _of_ids(before: Mapping[str, Meaning], after: Mapping[str, Meaning], at: datetime) -> Iterator[CatalogChange]:
    for each in _moved(before, after):
        yield CatalogChange(
            at=at,
            kind="alias.repointed",
            model_id=after[each].model_id,
            subject=each[:_LONGEST_SUBJECT],
            before=before[each].model_id,
            after=after[each].model_id,
        )


def _moved(before: Mapping[str, Meaning], after: Mapping[str, Meaning]) -> list[str]:
    """The ids that lead to another model. Of two models with one id, no sentence could say which is meant."""
    return [
        each
        for each in sorted(before.keys() & after.keys())
        if before[each].key != after[each].key and before[each].model_id != after[each].model_id
    ]


def _told_by_a_move(before: Mapping[str, Meaning], after: Mapping[str, Meaning]) -> set[tuple[int, str]]:
    """The rows and kinds that would be told amiss beside the move of an own id: a model whose id is now another's
    alias is listed under it all the same, and an alias that is now a model of its own has been known."""
    found: set[tuple[int, str]] = set()
    for each in _moved(before, after):
        old, new = before[each], after[each]
        if each == old.model_id:
            found.add((old.key, "model.missing"))
        if each == new.model_id:
            found |= {(new.key, "model.added"), (new.key, "model.returned")}
    return found


# --- What we did ourselves


def _without_ours(changes: Iterable[CatalogChange], at: datetime) -> list[CatalogChange]:
    """The changes that no action from here explains.

    Rows know of our actions before a run does, but for two: of a write of unknown outcome nobody knew, and a list
    that lags behind a rename says the old name once more.
    """
    changes = list(changes)
    asked = [each.model_id for each in changes if each.kind in ("name.changed", "model.missing")]
    if not asked:
        return changes
    kinds = ("model.renamed", "model.deleted")
    ours: dict[str, list[AuditEvent]] = {}
    for start in range(0, len(asked), 500):
        for event in latest_of_each().filter(model_id__in=asked[start : start + 500], kind__in=kinds):
            ours.setdefault(event.model_id, []).append(event)
    return [each for each in changes if not any(_explains(event, each, at) for event in ours.get(each.model_id, ()))]


def _explains(event: AuditEvent, change: CatalogChange, at: datetime) -> bool:
    outcome = AuditEvent.Outcome
    unknown = event.outcome in (outcome.UNKNOWN, outcome.ATTEMPTED)
    if change.kind == "model.missing":
        return event.kind == "model.deleted" and unknown
    if change.kind != "name.changed" or event.kind != "model.renamed":
        return False
    lagging = event.outcome == outcome.SUCCEEDED and abs(at - event.at) < _LAG
    names = (event.after.get("name"), event.before.get("name"))
    return (unknown and change.after == names[0]) or (lagging and change.after in names and change.before in names)


def _iso(when: datetime | None) -> str | None:
    return when.isoformat() if when else None
