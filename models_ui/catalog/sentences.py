"""What the catalog says in words: of its views and groups, and the few words that a cell of its table has room for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from models_ui.access.roles import Role
from models_ui.catalog.groups import Group
from models_ui.catalog.labels import value_label
from models_ui.catalog.replacements import Comparison
from models_ui.text.humanize import exact_number
from models_ui.text.isolation import fill
from models_ui.text.labels import capability_label
from models_ui.vocabulary import BASE, FINE_TUNED

_ROOM_FOR_ABILITIES: Final = 25  # letters that a cell shows in one line


# --- Views and groups


def view_label(types: Sequence[str]) -> str:
    """Return the name of the view of these types of models."""
    if tuple(types) == (FINE_TUNED,):
        return _("Our fine-tunes")
    return _("Mistral’s models") if tuple(types) == (BASE,) else pgettext("models", "All")


def group_label(group: Group) -> str:
    if group.kind == "status":
        return value_label("status", group.key)
    if group.kind == "keeper":
        return value_label("keeper", group.root)
    if group.kind == "type":
        return view_label((group.key,))
    if group.base is not None:
        return group.base.label
    return group.root or _("Base model not stated")


def group_count(group: Group, count: int) -> str:
    """Return how many models stand in a group."""
    if group.kind == "base" or group.key == FINE_TUNED:
        return ngettext("%(count)d fine-tune", "%(count)d fine-tunes", count) % {"count": count}
    return ngettext("%(count)d model", "%(count)d models", count) % {"count": count}


def grouping_label(grouping: str) -> str:
    labels = {"base": _("base model"), "type": _("type"), "status": _("status"), "keeper": _("who looks after")}
    return labels.get(grouping) or pgettext("no grouping", "none")


def total_words(total: int, size: int) -> str:
    """Return how many models of how many a view shows."""
    if total == size:
        return ngettext("%(total)d model", "%(total)d models", total) % {"total": total}
    words = {"total": total, "size": size}
    return ngettext("%(total)d of %(size)d model", "%(total)d of %(size)d models", size) % words


def more_values(count: int) -> str:
    """Return how many values of a facet are folded away."""
    return fill(ngettext("%(count)s more", "%(count)s more", count), {"count": count})


def unused_values(count: int, *, leaves_out: bool) -> str:
    """Return how many values of a facet leave no model; with `leaves_out` they are what no model may have."""
    if leaves_out:
        words = ngettext("%(count)s more that all here have", "%(count)s more that all here have", count)
    else:
        words = ngettext("%(count)s more that none here has", "%(count)s more that none here has", count)
    return fill(words, {"count": count})


def role_note(role: Role) -> str:
    """Return what another role could do to the models in a list, for those who cannot; empty for who can do it all."""
    if role >= Role.MANAGER:
        return ""
    if role >= Role.EDITOR:
        return _("Managers can protect and delete.")
    return _("Editors can rename and archive; Managers can delete.")


# --- The sentence above the list


@dataclass(frozen=True, slots=True)
class AtRisk:
    """The fine-tunes that answer today and whose base model ends, has ended or is gone."""

    count: int
    answering: int  # fine-tunes that answer today
    last_end: datetime | None  # the last of the ends that are ahead
    has_ended: bool  # whether some base model has ended already, or is gone
    unattended: int  # of `count`, those that nobody looks after


def risk_headline(risk: AtRisk) -> SafeString:
    """Return the sentence that says what needs somebody."""
    counted = ngettext(
        "%(count)s of our %(answering)s live fine-tune",
        "%(count)s of our %(answering)s live fine-tunes",
        risk.answering,
    )
    numbers = {"count": exact_number(risk.count), "answering": exact_number(risk.answering)}
    words = {"day": date_format(risk.last_end, "j F")} if risk.last_end else {}
    if risk.last_end and risk.has_ended:
        rest = ngettext(
            "has lost its base model or loses it by %(day)s.",
            "have lost their base model or lose it by %(day)s.",
            risk.count,
        )
    elif risk.last_end:
        rest = ngettext("loses its base model by %(day)s.", "lose their base model by %(day)s.", risk.count)
    else:
        rest = ngettext("has lost its base model.", "have lost their base model.", risk.count)
    sentence = format_html("<strong>{}</strong> {}", fill(counted, numbers), fill(rest, words))
    if not risk.unattended:
        return sentence
    if risk.unattended == risk.count:
        return format_html(
            "{} {}", sentence, ngettext("Nobody looks after it.", "Nobody looks after them.", risk.count)
        )
    some = ngettext("%(some)s of them", "%(some)s of them", risk.unattended)
    lacks = ngettext("has nobody who looks after it.", "have nobody who looks after them.", risk.unattended)
    return format_html(
        "{} <span><strong>{}</strong> {}</span>", sentence, fill(some, {"some": exact_number(risk.unattended)}), lacks
    )


# --- The words of a cell


@dataclass(frozen=True, slots=True)
class AbilityWords:
    """What a model can do, as far as one line has room; `rest` is how many abilities it leaves out."""

    first: str
    rest: int
    all: str


def ability_words(keys: Sequence[str]) -> AbilityWords:
    labels = [capability_label(key) for key in keys]
    shown = len(labels)
    while shown > 1 and len(_first_abilities(labels, shown)) > _ROOM_FOR_ABILITIES:
        shown -= 1
    return AbilityWords(", ".join(labels[:shown]), len(labels) - shown, ", ".join(labels))


def _first_abilities(labels: Sequence[str], shown: int) -> str:
    rest = f" +{len(labels) - shown}" if shown < len(labels) else ""
    return ", ".join(labels[:shown]) + rest


def comparison_words(comparison: Comparison) -> Iterator[str]:
    """Yield what a move to the replacement changes, in a few words each."""
    if comparison.gained:
        yield fill(_("gains %(abilities)s"), {"abilities": _join_abilities(comparison.gained)})
    if comparison.lost:
        yield fill(_("loses %(abilities)s"), {"abilities": _join_abilities(comparison.lost)})
    if comparison.context_change == "smaller":
        yield _("less context")
    if comparison.same_capabilities and comparison.context_change != "smaller":
        yield _("same abilities")


def _join_abilities(keys: Sequence[str]) -> str:
    return ", ".join(capability_label(key) for key in keys)
