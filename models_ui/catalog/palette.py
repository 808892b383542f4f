"""The choices of the palette for a few typed letters: actions on the model in sight, models, saved views and pages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from models_ui.access.policy import denial_reason
from models_ui.access.roles import Role
from models_ui.access.verbs import CARE_VERBS, VERBS
from models_ui.catalog.find_models import find_models
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.labels import value_label
from models_ui.catalog.links import address_of, catalog_address
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.row import Row
from models_ui.catalog.rows import buttons_of
from models_ui.catalog.saved_lists import lists_seen_by, query_of_list
from models_ui.text.folding import fold_for_search

MOST_MODELS: Final = 8
MOST_VIEWS: Final = 5
LONGEST_TEXT: Final = 200  # as in the search box of the catalog


@dataclass(frozen=True, slots=True)
class PageEntry:
    name: str  # of the address
    words: Promise
    keys: str = ""  # that lead there, one after the other
    role: Role = Role.VIEWER


PAGES: Final = (
    PageEntry("home", gettext_lazy("Overview"), "g o"),
    PageEntry("catalog", gettext_lazy("Models"), "g m"),
    PageEntry("retirements", gettext_lazy("Retirements"), "g r"),
    PageEntry("changes", gettext_lazy("Changes"), "g c"),
    PageEntry("activity", gettext_lazy("Activity"), "g a"),
    PageEntry("watching", gettext_lazy("Watch list")),
    PageEntry("saved_lists", gettext_lazy("Saved views")),
    PageEntry("feeds", gettext_lazy("Calendar and news")),
    PageEntry("people", gettext_lazy("People"), role=Role.MANAGER),
    PageEntry("profile", gettext_lazy("Profile")),
    PageEntry("keyboard", gettext_lazy("Keyboard"), "?"),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose. `text` is from outside, such as a model's name; `label` is ours."""

    address: str
    label: str = ""
    text: str = ""
    hint: str = ""
    keys: str = ""
    in_place: str = ""  # the id of the model in sight, where the form opens on the page that the person is on


@dataclass(frozen=True, slots=True)
class ChoiceGroup:
    title: str
    choices: Sequence[Choice]
    subject: str = ""  # the model that actions are on


@dataclass(frozen=True, slots=True)
class Palette:
    typed: str
    groups: Sequence[ChoiceGroup]
    words: tuple[str, ...] = ()  # folded, to be marked in texts

    @property
    def count(self) -> int:
        return sum(len(group.choices) for group in self.groups)


def palette_of(typed: str, model_id: str, index: CatalogIndex, user: User, role: Role) -> Palette:
    """Return the choices for what a person typed while a model was in sight; `model_id` is empty without one."""
    row = next(iter(index.find(model_id)), None) if model_id else None
    found, words = _find_models(typed, index)
    groups = (
        ChoiceGroup(_("Actions"), list(_matching(_actions_on(row, role), typed)), row.label) if row else None,
        found,
        ChoiceGroup(_("Saved views"), list(_matching(_views_of(user), typed))[:MOST_VIEWS]),
        ChoiceGroup(_("Pages"), list(_matching(_pages_for(role), typed))),
    )
    return Palette(typed, [group for group in groups if group and group.choices], words)


def _find_models(typed: str, index: CatalogIndex) -> tuple[ChoiceGroup | None, tuple[str, ...]]:
    if not typed.strip():
        return None, ()
    found = find_models(index, typed, MOST_MODELS)
    choices = [
        Choice(
            address_of(row, index), text=row.label or row.model_id, hint=value_label("status", index.status_of_row(row))
        )
        for row in found.rows
    ]
    if found.total > len(choices):
        label = ngettext("Show %(total)d model", "Show all %(total)d models", found.total) % {"total": found.total}
        choices.append(Choice(catalog_address(CatalogQuery(q=typed)), label))
    return ChoiceGroup(_("Models"), choices), found.words


def _actions_on(row: Row, role: Role) -> Iterator[Choice]:
    for button in buttons_of(row, role):
        if not button.denial:
            in_place = row.model_id if button.asks else ""
            yield Choice(button.address, str(VERBS[button.verb].label), in_place=in_place)
    for verb in CARE_VERBS if row.routable else ():
        if not denial_reason(role, row, verb):
            address = reverse("care", args=[row.model_id, verb])
            yield Choice(address, str(VERBS[verb].label), in_place=row.model_id)


def _views_of(user: User) -> Iterator[Choice]:
    for saved in lists_seen_by(user).order_by("name"):
        yield Choice(catalog_address(query_of_list(saved)), text=saved.name)


def _pages_for(role: Role) -> Iterator[Choice]:
    for page in PAGES:
        if role >= page.role:
            yield Choice(reverse(page.name), str(page.words), keys=page.keys)


def _matching(choices: Iterator[Choice], typed: str) -> Iterator[Choice]:
    """Yield the choices whose words hold all that was typed."""
    words = fold_for_search(typed).split()
    for choice in choices:
        folded = fold_for_search(choice.label or choice.text)
        if all(word in folded for word in words):
            yield choice
