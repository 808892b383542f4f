"""The kinds of changes upstream: one `ChangeKind` each, with everything that differs between kinds.

A new kind is an entry of CHANGE_KINDS and a finder in `mirror/detect_changes.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from models_ui.mirror.detect_changes import SEEN_ONCE, UNSAID
from models_ui.models import CatalogChange
from models_ui.text.humanize import exact_number, quote_text

SentenceBuilder = Callable[[CatalogChange], str]
ValueType = Literal["id", "date", "number", "flag", "name"]
DigestSection = Literal["announced", "moved", "repointed", "missing"]

ALIAS_REPOINTED: Final = "alias.repointed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeKind:
    """Everything that differs between kinds of changes.

    `build_sentence`  returns a translated sentence, which may contain the placeholders %(model)s, %(subject)s,
                      %(capability)s, %(before)s and %(after)s
    `value_type`      the type of `before` and `after`; an id is that of a model
    `own_filters`     catalog filters that this change can stop the model from matching; feeds ignore them for such
                      changes, or a change would be hidden by its own effect. Maps each filter to its default
    `note`            a word beside the sentence, where it lacks one
    `digest_section`  the section of the digest for it; None if digests leave it out
    """

    label: str | Promise
    build_sentence: SentenceBuilder
    value_type: ValueType = "id"
    note: str | Promise = ""
    own_filters: Mapping[str, Any] = field(default_factory=dict)
    digest_section: DigestSection | None = None

    def show_value(self, change: CatalogChange, value: Any) -> str:
        """Return `before` or `after` of a change in the reader's language."""
        if value is None or value == "":
            return _("none")
        if self.value_type == "date":
            return _show_date(change, value)
        if self.value_type == "number" and isinstance(value, int):
            return exact_number(value)
        return quote_text(value) if self.value_type == "name" else str(value)


def find_kind(name: str) -> ChangeKind:
    """Return the ChangeKind of this name. An unknown kind (written by a newer version) is shown by its name."""
    return CHANGE_KINDS.get(name) or _unheard_of_kind(name)


def change_label(kind: str) -> str:
    return str(find_kind(kind).label)


def _unheard_of_kind(name: str) -> ChangeKind:
    sentence = name.replace("%", "%%")  # the name may contain any character
    return ChangeKind(label=name, build_sentence=lambda _change: sentence, value_type="flag")


# --- Values


def _show_date(change: CatalogChange, value: Any) -> str:
    """Return the day, and also the time if a date moved within one day."""
    moment = parse_datetime(str(value))
    if moment is None:
        return str(value)
    is_same_day = change.kind == "deprecation.moved" and str(change.before)[:10] == str(change.after)[:10]
    return date_format(moment, "j M Y H:i" if is_same_day else "j M Y")


def _is_past(value: Any, at: datetime) -> bool:
    moment = parse_datetime(str(value)) if value else None
    return moment is not None and moment.tzinfo is not None and moment <= at


# --- Sentences


def _build_fixed_sentence(sentence: Promise) -> SentenceBuilder:
    """Return a builder that always returns this sentence."""
    return lambda _change: str(sentence)


def _repointed_sentence(change: CatalogChange) -> str:
    if change.before == change.subject != change.after:
        return _("%(subject)s now means %(after)s, before it was a model of its own.")
    if change.after == change.subject:
        return _("%(subject)s is now a model of its own, before it meant %(before)s.")
    return _("%(subject)s now means %(after)s, before %(before)s.")


def _announced_sentence(change: CatalogChange) -> str:
    is_past = _is_past(change.after, change.at)
    if change.subject == SEEN_ONCE and is_past:
        return _("%(model)s stopped working on %(after)s, by a date that was seen once and is not confirmed yet.")
    if change.subject == SEEN_ONCE:
        return _("%(model)s stops working on %(after)s: this was seen once and is not confirmed yet.")
    if is_past:
        return _("%(model)s stopped working on %(after)s, by the date that is given now.")
    return _("%(model)s stops working on %(after)s.")


def _moved_sentence(change: CatalogChange) -> str:
    if change.subject == SEEN_ONCE:
        return _(
            "%(model)s stops working on %(after)s, no longer on %(before)s: "
            "this was seen once and is not confirmed yet."
        )
    return _("%(model)s stops working on %(after)s, no longer on %(before)s.")


def _replacement_sentence(change: CatalogChange) -> str:
    if change.before and change.after:
        return _("The replacement of %(model)s is now %(after)s, before %(before)s.")
    if change.after:
        return _("The replacement of %(model)s is now %(after)s, before none was named.")
    return _("No replacement of %(model)s is named any more, before it was %(before)s.")


def _capability_added_sentence(change: CatalogChange) -> str:
    if change.before == UNSAID:
        return _("%(model)s is now listed with %(capability)s, which was not told before.")
    return _("%(model)s gained %(capability)s.")


def _capability_removed_sentence(change: CatalogChange) -> str:
    if change.after == UNSAID:
        return _("%(model)s is no longer listed with %(capability)s.")
    return _("%(model)s lost %(capability)s.")


def _context_sentence(change: CatalogChange) -> str:
    if change.before is None:
        return _("The context length of %(model)s is now known: %(after)s tokens.")
    if change.after is None:
        return _("The context length of %(model)s is no longer told, before it was %(before)s tokens.")
    return _("The context length of %(model)s is now %(after)s tokens, before %(before)s.")


def _name_sentence(change: CatalogChange) -> str:
    if not change.before:
        return _("%(model)s got its name outside this dashboard, before it had none.")
    if not change.after:
        return _("%(model)s lost its name %(before)s outside this dashboard.")
    return _("%(before)s was renamed outside this dashboard: it is now %(after)s.")


# --- The table

_STATE: Final = {"state": (), "status": ()}
_LIFECYCLE: Final = {"lifecycle": (), "status": ()}
_CAPABILITIES: Final = {"capability": (), "capability_any": (), "capability_not": ()}
_CONTEXT: Final = {"context_min": None, "context_max": None}
_WORDS: Final = {"q": ""}

CHANGE_KINDS: Final[Mapping[str, ChangeKind]] = {
    "model.added": ChangeKind(
        label=gettext_lazy("New model"),
        build_sentence=_build_fixed_sentence(gettext_lazy("%(model)s is new.")),
        own_filters=_STATE,
    ),
    "model.missing": ChangeKind(
        label=gettext_lazy("Gone from Mistral’s list"),
        build_sentence=_build_fixed_sentence(gettext_lazy("%(model)s is gone from Mistral’s list.")),
        own_filters=_STATE,
        digest_section="missing",
    ),
    "model.returned": ChangeKind(
        label=gettext_lazy("Model listed again"),
        build_sentence=_build_fixed_sentence(gettext_lazy("%(model)s is listed again.")),
        own_filters=_STATE,
    ),
    ALIAS_REPOINTED: ChangeKind(
        label=gettext_lazy("Alias moved"),
        build_sentence=_repointed_sentence,
        own_filters=_WORDS,
        digest_section="repointed",
    ),
    "deprecation.announced": ChangeKind(
        label=gettext_lazy("Retirement announced"),
        build_sentence=_announced_sentence,
        value_type="date",
        note=gettext_lazy("announced"),
        own_filters=_LIFECYCLE,
        digest_section="announced",
    ),
    "deprecation.moved": ChangeKind(
        label=gettext_lazy("Retirement moved"),
        build_sentence=_moved_sentence,
        value_type="date",
        own_filters=_LIFECYCLE,
        digest_section="moved",
    ),
    "deprecation.withdrawn": ChangeKind(
        label=gettext_lazy("Retirement withdrawn"),
        build_sentence=_build_fixed_sentence(
            gettext_lazy("%(model)s was to stop working on %(before)s; that date is withdrawn.")
        ),
        value_type="date",
        own_filters=_LIFECYCLE,
        digest_section="moved",
    ),
    "replacement.changed": ChangeKind(
        label=gettext_lazy("Replacement changed"),
        build_sentence=_replacement_sentence,
    ),
    "capability.added": ChangeKind(
        label=gettext_lazy("Capability gained"),
        build_sentence=_capability_added_sentence,
        value_type="flag",
        own_filters=_CAPABILITIES,
    ),
    "capability.removed": ChangeKind(
        label=gettext_lazy("Capability lost"),
        build_sentence=_capability_removed_sentence,
        value_type="flag",
        own_filters=_CAPABILITIES,
    ),
    "context.changed": ChangeKind(
        label=gettext_lazy("Context length changed"),
        build_sentence=_context_sentence,
        value_type="number",
        own_filters=_CONTEXT,
    ),
    "name.changed": ChangeKind(
        label=gettext_lazy("Name changed elsewhere"),
        build_sentence=_name_sentence,
        value_type="name",
        own_filters=_WORDS,
    ),
}
DIGEST_SECTIONS: Final[Mapping[str, DigestSection]] = {
    name: kind.digest_section for name, kind in CHANGE_KINDS.items() if kind.digest_section is not None
}
