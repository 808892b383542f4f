"""What one model's page shows: the model, its family, what replaces it, and its history."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from models_ui.access.people import active_usernames
from models_ui.access.policy import PolicyFacts, denial_reason
from models_ui.access.roles import Role
from models_ui.access.verbs import VERBS, Verb
from models_ui.actions.deletion_sentences import waiting_reason
from models_ui.actions.deletion_states import needs_second_person, next_due, open_deletion_of
from models_ui.actions.entries import ActionEntry, entries_of
from models_ui.alerts.watch_list import watches_of
from models_ui.audit.history import model_history
from models_ui.bulk.jobs import has_live_worker
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.lifecycle import days_until
from models_ui.catalog.links import Named, address_of, address_of_id, comparison_address, named_replacement
from models_ui.catalog.replacements import Comparison, Replacement
from models_ui.catalog.row import Row
from models_ui.catalog.rows import Button, RowView, buttons_of, offers_of, view_of
from models_ui.catalog.sentences import role_note
from models_ui.catalog.snippets import SDK_ADDRESS, curl_snippet, python_snippet
from models_ui.changes.page import ChangeLine, lines_of_model, repointed_aliases
from models_ui.mirror.state import mirror_state
from models_ui.models import CatalogModel, PlannedDeletion, Watch
from models_ui.retirements.families import Family, families_at
from models_ui.retirements.what_ends import FamilyLine, MemberLine, family_line, member_line
from models_ui.text.care import Keeper, plan_sentence
from models_ui.text.isolation import escape_controls
from models_ui.text.keepers import username_of
from models_ui.web.request import Request, role_of_request

MOST_LINES: Final = 15  # of the history; Activity and Changes have the others
MOST_RELATIVES: Final = 6
_MENU_VERBS: Final = frozenset({Verb.PROTECT, Verb.UNPROTECT, Verb.DELETE})
_ENDS_OF_BASES: Final = ("deprecation.", "model.", "replacement.")  # beginnings of kinds that matter to fine-tunes


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One line of a model's history: an action of ours, a change at Mistral, or a moment of which there is no event."""

    at: datetime
    entry: ActionEntry | None = None
    change: ChangeLine | None = None
    moment: str | Promise = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """A model that ends and what replaces it, side by side."""

    before: Row  # the model itself, or its base model
    before_address: str
    is_base: bool
    replacement: Replacement
    instead: Named | None

    @property
    def comparison(self) -> Comparison | None:
        return self.replacement.comparison

    @property
    def abilities_after(self) -> list[tuple[str, str]]:
        """Return what the replacement can do, and what it no longer can, each as gain, loss or same."""
        row, comparison = self.replacement.row, self.comparison
        if row is None or comparison is None:
            return []
        kept = [(key, "gain" if key in comparison.gained else "same") for key in row.capabilities]
        return [*kept, *((key, "loss") for key in comparison.lost)]


class ModelPage:
    def __init__(self, row: Row, index: CatalogIndex, person: User, role: Role, now: datetime) -> None:
        self.row = row
        self.person = person
        self.index = index
        self.role = role
        self.now = now

    @cached_property
    def view(self) -> RowView:
        return view_of(self.row, self.index, self.now)

    @property
    def is_headed_by_id(self) -> bool:
        """Whether the id is all that the model is called; nobody can name Mistral's own models."""
        return self.row.label == self.row.model_id and not (self.row.is_fine_tuned and self.row.model_id)

    # --- Actions

    @cached_property
    def buttons(self) -> list[Button]:
        return buttons_of(self.row, self.role)

    @property
    def head_buttons(self) -> list[Button]:
        return [button for button in self.buttons if button.verb not in _MENU_VERBS and not button.denial]

    @property
    def note(self) -> str:
        """Why something cannot be done: which role could, or else what stands in the way."""
        denied = [button for button in self.buttons if button.denial]
        if not denied:
            return ""
        may_all = all(self.role >= VERBS[button.verb].role for button in denied)
        return " · ".join(dict.fromkeys(button.denial for button in denied)) if may_all else role_note(self.role)

    @property
    def menu_buttons(self) -> list[Button]:
        return [button for button in self.buttons if button.verb in _MENU_VERBS and not button.denial]

    # --- Its deletion, where one is asked for or planned

    @cached_property
    def deletion(self) -> PlannedDeletion | None:
        return open_deletion_of(self.row.pk) if self.row.is_fine_tuned and not self.row.is_missing else None

    @property
    def deletion_days(self) -> int:
        """How many days are left until it is due, by the calendar in UTC."""
        assert self.deletion is not None and self.deletion.due_at is not None
        return days_until(self.deletion.due_at.astimezone(UTC), self.now.astimezone(UTC))

    @property
    def deletion_failure(self) -> str:
        return waiting_reason(self.deletion) if self.deletion else ""

    @property
    def may_decide_deletion(self) -> bool:
        needs_another = self.deletion is None or needs_second_person(self.deletion, self.person)
        return self.role >= Role.MANAGER and not needs_another

    @property
    def may_ask_for_deletion(self) -> bool:
        return "ask-deletion" in offers_of(self.row, PolicyFacts.of(self.row), self.role) and self.deletion is None

    @property
    def next_due(self) -> datetime:
        return next_due()

    @property
    def worker_is_away(self) -> bool:
        return not has_live_worker(self.now)

    # --- What is kept of it here

    @cached_property
    def keepers(self) -> list[Keeper]:
        """The people and teams that look after it."""
        names = [name for keeper in self.row.keepers if (name := username_of(keeper))]
        active = active_usernames(names) if names else frozenset()
        return [Keeper.of(keeper, active) for keeper in self.row.keepers]

    @property
    def plan(self) -> str:
        return plan_sentence(self.row.plan)

    @property
    def plan_address(self) -> str:
        """The address of the model that takes its place."""
        return address_of_id(self.row.plan.to) if self.row.plan.to else ""

    @property
    def may_care(self) -> bool:
        return self.row.routable and not denial_reason(self.role, self.row, Verb.ASSIGN)

    @property
    def may_take(self) -> bool:
        """Whether the reader may look after it at one click, since nobody does and it still needs somebody."""
        return self.may_care and not self.row.present_keepers and not self.row.is_deleted

    # --- Its family, and what replaces it or its base model

    @cached_property
    def family(self) -> Family | None:
        return families_at(self.index, self.now).by_row.get(self.row.pk)

    @cached_property
    def relatives(self) -> FamilyLine | None:
        return family_line(self.family, self.index, most=MOST_RELATIVES) if self.family else None

    @property
    def members(self) -> Iterator[MemberLine]:
        """The fine-tunes of the family that are shown; this one is always among them."""
        if self.relatives is None or self.family is None:
            return
        shown = [line.row.pk for line in self.relatives.members]
        if self.row.is_fine_tuned and self.row.pk not in shown:
            member = next(member for member in self.family.members if member.row.pk == self.row.pk)
            yield member_line(member, self.index)
        yield from self.relatives.members

    @cached_property
    def succession(self) -> Succession | None:
        """What replaces the model, or else its base model; None where neither ends."""
        if self.row.deprecation:
            return Succession(
                before=self.row,
                before_address=self.view.address,
                is_base=False,
                replacement=self.view.replacement,
                instead=self.view.instead,
            )
        family = self.family
        if family is None or family.base is None or family.fate == "goes_on" or not self.row.is_fine_tuned:
            return None
        return Succession(
            before=family.base,
            before_address=address_of(family.base, self.index),
            is_base=True,
            replacement=family.replacement,
            instead=named_replacement(family.replacement, self.index),
        )

    @property
    def comparison_address(self) -> str:
        instead = self.succession.replacement.row if self.succession else None
        return comparison_address(self.row, instead) if instead else ""

    # --- Its history

    @cached_property
    def history(self) -> list[HistoryLine]:
        """What we and Mistral did, the newest first, with the day on which it was seen first."""
        lines = [*self._actions(), *self._changes()]
        lines.sort(key=lambda line: line.at, reverse=True)
        return [*lines[:MOST_LINES], *self._beginnings()]

    def _actions(self) -> Iterator[HistoryLine]:
        if self.row.model_id:
            for entry in entries_of(model_history(self.row.model_id)[:MOST_LINES], self.role):
                yield HistoryLine(at=entry.event.at, entry=entry)

    def _changes(self) -> Iterator[HistoryLine]:
        """Yield the model's own changes, and of its base model those that bear on when it ends."""
        for line in lines_of_model(self.row, self.index):
            yield HistoryLine(at=line.at, change=line)
        base = self.family.base if self.family and self.row.is_fine_tuned else None
        if base is not None and base.pk != self.row.pk:
            for line in lines_of_model(base, self.index):
                if line.change.kind.startswith(_ENDS_OF_BASES):
                    yield HistoryLine(at=line.at, change=line)

    def _beginnings(self) -> Iterator[HistoryLine]:
        if self.row.first_seen_at:
            yield HistoryLine(at=self.row.first_seen_at, moment=gettext_lazy("First seen in Mistral’s list"))
        if self.row.is_fine_tuned and self.row.created_at:
            yield HistoryLine(at=self.row.created_at, moment=gettext_lazy("Trained"))

    # --- For programs

    @property
    def curl(self) -> str:
        return curl_snippet(self.row, _public_base_url())

    @property
    def python(self) -> str:
        return python_snippet(self.row, _public_base_url())

    @property
    def raw(self) -> str:
        """Mistral's answer as it came."""
        payload: Any = CatalogModel.objects.values_list("raw", flat=True).get(pk=self.row.pk)
        return escape_controls(json.dumps(payload, indent=2, ensure_ascii=False))


def _public_base_url() -> str:
    """Return the address for people's own calls: the sandbox answers only the dashboard."""
    return SDK_ADDRESS if settings.DEMO else str(settings.MODELS_API_BASE_URL)


def article_context(request: Request, row: Row, index: CatalogIndex, now: datetime) -> dict[str, Any]:
    """Return all that a model's page shows, for the page itself and for what an action puts in its place."""
    page = ModelPage(row, index, request.user, role_of_request(request), now)
    return {
        "page": page,
        "each": page.view,
        "watch": find_watch(request, row.model_id),
        "moved_aliases": repointed_aliases(row),
        "synced_at": mirror_state().last_synced_at,
        "now": now,
    }


def find_watch(request: Request, model_id: str) -> Watch | None:
    """Return the entry by which the person watches an id or alias."""
    return watches_of(request.user).filter(model_id=model_id).first() if model_id else None
