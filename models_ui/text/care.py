"""What people keep of a model here: who looks after it, its tags, its note, and the plan for it.

The shapes, the limits and the words of these four, for forms, history and pages. `read_…` reads what a person typed,
and raises Unreadable with the sentence that tells them what to mend.

One more field that is kept here needs:

models/mirror.py, a migration     its column
vocabulary.py                     the column's name in KEPT_COLUMNS, so that history and index follow it
access/verbs.py                   its verb, and the word for the field in FIELD_WORDS
text/care.py                      its limit, and how a text becomes its value
actions/care_forms.py             its form
catalog/row.py                    its field in Row, in the text that a search looks at, and in the two dicts of values
templates/models_ui/model.html    where the model's page shows it, and catalog.html for the menu of a row

Addresses, views, conflicts, undo and the script work from the table of verbs.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Self

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from models_ui.text.folding import fold_for_search
from models_ui.text.isolation import fill, isolate
from models_ui.text.keepers import RESERVED, keeper_label, keeper_of, username_of
from models_ui.text.plain import plain_text
from models_ui.text.plan import Plan

MOST_NAMES: Final = 20  # tags of a model, and people and teams that look after it
LONGEST_TEAM: Final = 60
LONGEST_TAG: Final = 40
LONGEST_NOTE: Final = 4_000
LONGEST_WORDS: Final = 200
_SEPARATORS: Final = re.compile("[,;،、，\n]")
_LONGEST_READ: Final = 500  # letters of one name; more are only told to be too many


class Unreadable(ValueError):
    """What was typed cannot be kept. The text says why."""


# --- Who looks after it


def read_keepers(
    line: str, usernames: Iterable[str], kept: Iterable[str] = (), renamed: Mapping[str, str] = MappingProxyType({})
) -> list[str]:
    """Read people and teams with commas between. A name that is a username means the person.

    `kept` are those that look after the model now: they may stay, also where the account is gone. `renamed` are the
    present usernames of those who had another one when the line was shown, by that one.
    """
    people = {name.lower(): keeper_of(name) for name in usernames}
    people |= {name.lower(): keeper_of(name) for keeper in kept if (name := username_of(keeper))}
    people |= {former.lower(): keeper_of(name) for former, name in renamed.items()}
    keepers = [_read_keeper(name, people) for name in _split_line(line)]
    return _without_repeats(keepers, MOST_NAMES, _("At most %(most)d people and teams can look after a model."))


def _read_keeper(name: str, people: Mapping[str, str]) -> str:
    person = people.get(keeper_label(name).lower())
    if person is not None:
        return person
    if (username := username_of(name)) is not None:
        raise Unreadable(fill(_("Nobody here has the username %(name)s."), {"name": username}))
    if fold_for_search(name) in RESERVED:
        raise Unreadable(fill(_("A team cannot be called %(name)s."), {"name": name}))
    if len(name) > LONGEST_TEAM:
        raise Unreadable(_("The name of a team has at most %(most)d characters.") % {"most": LONGEST_TEAM})
    return name


def keepers_line(keepers: Iterable[str]) -> str:
    """Return people and teams as `read_keepers` reads them."""
    return ", ".join(keepers)


def keepers_words(keepers: Iterable[str]) -> str:
    return ", ".join(isolate(keeper_label(keeper)) for keeper in keepers)


@dataclass(frozen=True, slots=True)
class Keeper:
    """A person or team that looks after a model, as a page shows them."""

    label: str
    is_team: bool
    is_away: bool  # a person without access: the model counts as looked after by nobody

    @classmethod
    def of(cls, keeper: str, active: Collection[str]) -> Self:
        """Return a keeper; `active` are the usernames of those who have access."""
        username = username_of(keeper)
        return cls(keeper_label(keeper), username is None, username is not None and username not in active)


# --- Tags


def read_tags(line: str, in_use: Iterable[str] = ()) -> list[str]:
    """Read tags with commas between. A tag that is in use, but for case or accents, is written as it is there."""
    spellings: dict[str, str] = {}
    for tag in in_use:
        spellings.setdefault(fold_for_search(tag), tag)
    tags = []
    for tag in _split_line(line):
        if len(tag) > LONGEST_TAG:
            raise Unreadable(_("A tag has at most %(most)d characters.") % {"most": LONGEST_TAG})
        tags.append(spellings.get(fold_for_search(tag), tag))
    return _without_repeats(tags, MOST_NAMES, _("A model has at most %(most)d tags."))


def tags_words(tags: Iterable[str]) -> str:
    return ", ".join(isolate(tag) for tag in tags)


# --- The plan


PLAN_KINDS: Final[Mapping[str, str | Promise]] = {
    "undecided": gettext_lazy("Undecided"),
    "moves": gettext_lazy("Moves to another model"),
    "ends": gettext_lazy("May end"),
}


def plan_words(stored: Mapping[str, Any]) -> str:
    return plan_sentence(Plan.from_json(stored))


def plan_sentence(plan: Plan) -> str:
    """Return the plan in words; "" where there is none."""
    kind = str(PLAN_KINDS.get(plan.kind, plan.kind))
    if plan.kind == "moves":
        day = date_format(plan.by, "j M Y") if plan.by else ""
        gaps = _("Moves to %(model)s by %(day)s") if day else _("Moves to %(model)s")
        kind = fill(gaps, {"model": plan.to, "day": day} if day else {"model": plan.to})
    if not plan.words:
        return kind if plan.is_decided else ""
    return fill(_("%(plan)s: %(words)s"), {"plan": kind, "words": plan.words})


# --- Lines of names


def _split_line(line: str) -> list[str]:
    """Return the names of a line on which somebody could see something."""
    names = (plain_text(name, _LONGEST_READ) for name in _SEPARATORS.split(line))
    return [name for name in names if fold_for_search(name)]


def _without_repeats(names: Iterable[str], most: int, too_many: str) -> list[str]:
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(fold_for_search(name), name)
    if len(found) > most:
        raise Unreadable(too_many % {"most": most})
    return list(found.values())


def merge_names(current: Iterable[str], add: Iterable[str], remove: Iterable[str]) -> list[str]:
    """Return the names without those to remove and with those to add, in order, each once."""
    removed = {fold_for_search(name) for name in remove}
    kept = {fold_for_search(name): name for name in current if fold_for_search(name) not in removed}
    return list((kept | {fold_for_search(name): kept.get(fold_for_search(name), name) for name in add}).values())
