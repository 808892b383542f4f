"""What upstream changed by itself: told once, when it is confirmed, as sentences for people who build on it.

`Before` is taken of all rows before a run, `changes_since` compares it with the rows after. Since rows only ever take
in what is confirmed (see `mirroring.py`), a flap of two answers is no change here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from models_ui.labels import capability_label, short_tokens
from models_ui.models import CatalogChange, CatalogModel
from models_ui.services import FINE_TUNED

KINDS: Mapping[str, str | Promise] = {
    "model.added": gettext_lazy("New model"),
    "model.missing": gettext_lazy("Model no longer listed"),
    "model.returned": gettext_lazy("Model listed again"),
    "alias.repointed": gettext_lazy("Alias moved"),
    "deprecation.announced": gettext_lazy("Retirement announced"),
    "deprecation.moved": gettext_lazy("Retirement moved"),
    "deprecation.withdrawn": gettext_lazy("Retirement withdrawn"),
    "replacement.changed": gettext_lazy("Replacement changed"),
    "capability.added": gettext_lazy("Capability gained"),
    "capability.removed": gettext_lazy("Capability lost"),
    "context.changed": gettext_lazy("Context length changed"),
    "name.changed": gettext_lazy("Name changed elsewhere"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What was known of one row."""

    missing: bool
    name: str | None
    context: int | None
    capabilities: frozenset[str]
    deprecation: datetime | None
    replacement: str


@dataclass(frozen=True, slots=True)
class Before:
    """What was known of all rows before a run: by their key, and which row each id led to."""

    rows: Mapping[int, Known]
    ids: Mapping[str, tuple[int, str]]

    @classmethod
    def of(cls, rows: Iterable[CatalogModel]) -> "Before":
        rows = list(rows)
        return cls({row.pk: _known(row) for row in rows}, _meanings(rows))


def changes_since(before: Before, rows: Sequence[CatalogModel], at: datetime) -> list[CatalogChange]:
    """What is news at `at`. The very first run makes none: everything would be."""
    if not before.rows:
        return []
    changes: list[CatalogChange] = []
    for row in rows:
        changes.extend(_of_row(before.rows.get(row.pk), row, at))
    changes.extend(_of_ids(before.ids, rows, at))
    return changes


def _known(row: CatalogModel) -> Known:
    return Known(
        missing=row.missing_since is not None,
        name=row.name,
        context=row.max_context_length,
        capabilities=frozenset(key for key, has in row.capabilities.items() if has),
        deprecation=row.deprecation,
        replacement=row.replacement,
    )


def _meanings(rows: Iterable[CatalogModel]) -> dict[str, tuple[int, str]]:
    """The one model each id leads to, as its row's key and id. What is listed comes before what once was; an id that
    several listed models share leads to none."""
    listed: dict[str, set[tuple[int, str]]] = {}
    gone: dict[str, tuple[int, str]] = {}
    for row in rows:
        for each in filter(None, (row.model_id, *row.aliases)):
            if row.missing_since is None:
                listed.setdefault(each, set()).add((row.pk, row.model_id))
            else:
                gone.setdefault(each, (row.pk, row.model_id))
    return gone | {each: next(iter(models)) for each, models in listed.items() if len(models) == 1}


def _of_row(was: Known | None, row: CatalogModel, at: datetime) -> Iterator[CatalogChange]:
    def change(kind: str, before: Any = None, after: Any = None, subject: str = "") -> CatalogChange:
        label = row.name or "" if row.type == FINE_TUNED else ""
        return CatalogChange(
            at=at, kind=kind, model_id=row.model_id, label=label, subject=subject, before=before, after=after
        )

    now = _known(row)
    if was is None:
        yield change("model.added")
        return
    if was.missing != now.missing:
        yield change("model.missing" if now.missing else "model.returned")
    if was.deprecation != now.deprecation:
        kinds = {(True, False): "deprecation.announced", (False, True): "deprecation.withdrawn"}
        kind = kinds.get((was.deprecation is None, now.deprecation is None), "deprecation.moved")
        yield change(kind, _iso(was.deprecation), _iso(now.deprecation))
    if was.replacement != now.replacement and not (was.deprecation is None and now.deprecation is not None):
        yield change("replacement.changed", was.replacement, now.replacement)
    for key in sorted(now.capabilities - was.capabilities):
        yield change("capability.added", subject=key)
    for key in sorted(was.capabilities - now.capabilities):
        yield change("capability.removed", subject=key)
    if was.context != now.context:
        yield change("context.changed", was.context, now.context)
    if was.name != now.name and row.type == FINE_TUNED:
        yield change("name.changed", was.name, now.name)


def _of_ids(
    before: Mapping[str, tuple[int, str]], rows: Sequence[CatalogModel], at: datetime
) -> Iterator[CatalogChange]:
    after = _meanings(row for row in rows if row.missing_since is None)
    for each in sorted(before.keys() & after.keys()):
        (old, old_id), (new, new_id) = before[each], after[each]
        if old != new:
            yield CatalogChange(
                at=at, kind="alias.repointed", model_id=new_id, subject=each, before=old_id, after=new_id
            )


def _iso(when: datetime | None) -> str | None:
    return when.isoformat() if when else None


def kind_label(kind: str) -> str:
    return str(KINDS.get(kind, kind))


def sentence_of(change: CatalogChange) -> str:
    """What changed, as one sentence in the reader's language."""
    words = {
        "model": change.label or change.model_id,
        "subject": change.subject,
        "capability": capability_label(change.subject),
        "before": _words(change.kind, change.before),
        "after": _words(change.kind, change.after),
    }
    sentences = {
        "model.added": _("%(model)s is new."),
        "model.missing": _("%(model)s is no longer listed."),
        "model.returned": _("%(model)s is listed again."),
        "alias.repointed": _("%(subject)s now means %(after)s, before %(before)s."),
        "deprecation.announced": _("%(model)s stops working on %(after)s."),
        "deprecation.moved": _("%(model)s stops working on %(after)s, no longer on %(before)s."),
        "deprecation.withdrawn": _("%(model)s was to stop working on %(before)s; that date is withdrawn."),
        "replacement.changed": _("The replacement of %(model)s is now %(after)s, before %(before)s."),
        "capability.added": _("%(model)s gained %(capability)s."),
        "capability.removed": _("%(model)s lost %(capability)s."),
        "context.changed": _("The context length of %(model)s is now %(after)s, before %(before)s."),
        "name.changed": _(
            "The name of %(model)s was changed outside this dashboard: now %(after)s, before %(before)s."
        ),
    }
    return sentences.get(change.kind, change.kind) % words


def _words(kind: str, value: Any) -> str:
    if value is None or value == "":
        return _("none")
    if kind.startswith("deprecation."):
        when = parse_datetime(str(value))
        return date_format(when, "j M Y") if when else str(value)
    if kind == "context.changed":
        return short_tokens(value)
    return f"“{value}”" if kind == "name.changed" else str(value)
