"""Each change as a sentence in the reader's language, for people who build on the models."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from models_ui.mirror.detect_changes import SEEN_ONCE, UNSAID
from models_ui.models import CatalogChange
from models_ui.text.humanize import exact_number, quoted
from models_ui.text.isolation import fill
from models_ui.text.labels import capability_label

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
_SEEN_ONCE: Final = {
    "past": gettext_noop(
        "%(model)s stopped working on %(after)s, by a date that was seen once and is not confirmed yet."
    ),
    "deprecation.announced": gettext_noop(
        "%(model)s stops working on %(after)s: this was seen once and is not confirmed yet."
    ),
    "deprecation.moved": gettext_noop(
        "%(model)s stops working on %(after)s, no longer on %(before)s: this was seen once and is not confirmed yet."
    ),
}
_GAPS: Final = re.compile(r"%\((\w+)\)s")


def kind_label(kind: str) -> str:
    return str(KINDS.get(kind, kind))


class Told(NamedTuple):
    """A sentence with a gap for each of its words, so that a page can make links of some."""

    sentence: str  # with %(name)s
    words: Mapping[str, str]
    ids: Mapping[str, str]  # those of the words that name a model, with the id to find it by


def sentence_of(change: CatalogChange) -> str:
    """What changed, as one sentence in the reader's language."""
    told = told_of(change)
    return fill(told.sentence, told.words)


def told_of(change: CatalogChange) -> Told:
    sentence = _sentence(change)
    words = {
        "model": change.label or change.model_id,
        "subject": change.subject,
        "capability": capability_label(change.subject),
        "before": _words(change, change.before),
        "after": _words(change, change.after),
    }
    ids = {"model": change.model_id}
    if change.kind == "alias.repointed":
        ids["subject"] = change.subject
    if change.kind in ("alias.repointed", "replacement.changed"):
        ids |= {side: each for side in ("before", "after") if isinstance(each := getattr(change, side), str)}
    used = set(_GAPS.findall(sentence))
    return Told(sentence, words, {name: each for name, each in ids.items() if name in used and each})


def _sentence(change: CatalogChange) -> str:
    before, after = change.before, change.after
    if change.kind == "alias.repointed" and before == change.subject != after:
        return _("%(subject)s now means %(after)s, before it was a model of its own.")
    if change.kind == "alias.repointed" and after == change.subject:
        return _("%(subject)s is now a model of its own, before it meant %(before)s.")
    if change.subject == SEEN_ONCE and change.kind in _SEEN_ONCE:
        past = change.kind == "deprecation.announced" and _is_past(after, change.at)
        return _(_SEEN_ONCE["past" if past else change.kind])
    if change.kind == "deprecation.announced" and _is_past(after, change.at):
        return _("%(model)s stopped working on %(after)s, by the date that is given now.")
    if change.kind == "replacement.changed" and not (before and after):
        if after:
            return _("The replacement of %(model)s is now %(after)s, before none was named.")
        return _("No replacement of %(model)s is named any more, before it was %(before)s.")
    if change.kind == "capability.added" and before == UNSAID:
        return _("%(model)s is now listed with %(capability)s, which was not told before.")
    if change.kind == "capability.removed" and after == UNSAID:
        return _("%(model)s is no longer listed with %(capability)s.")
    if change.kind == "context.changed" and before is None:
        return _("The context length of %(model)s is now known: %(after)s tokens.")
    if change.kind == "context.changed" and after is None:
        return _("The context length of %(model)s is no longer told, before it was %(before)s tokens.")
    if change.kind == "name.changed" and not before:
        return _("%(model)s got its name outside this dashboard, before it had none.")
    if change.kind == "name.changed" and not after:
        return _("%(model)s lost its name %(before)s outside this dashboard.")
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
        "context.changed": _("The context length of %(model)s is now %(after)s tokens, before %(before)s."),
        "name.changed": _("%(before)s was renamed outside this dashboard: it is now %(after)s."),
    }
    # A kind of a later version. It may hold anything, a percent sign too.
    return sentences.get(change.kind, change.kind.replace("%", "%%"))


def _words(change: CatalogChange, value: Any) -> str:
    if value is None or value == "":
        return _("none")
    if change.kind.startswith("deprecation."):
        when = parse_datetime(str(value))
        if when is None:
            return str(value)
        days = {str(each)[:10] for each in (change.before, change.after)}
        same_day = change.kind == "deprecation.moved" and len(days) == 1
        return date_format(when, "j M Y H:i" if same_day else "j M Y")
    if change.kind == "context.changed" and isinstance(value, int):
        return exact_number(value)
    return quoted(value) if change.kind == "name.changed" else str(value)


def _is_past(value: Any, at: datetime) -> bool:
    when = parse_datetime(str(value)) if value else None
    return when is not None and when.tzinfo is not None and when <= at
