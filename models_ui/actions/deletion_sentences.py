"""What people read about a deletion: what was decided, why it waits, and what an action has done to it."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from models_ui.actions.deletion_states import State
from models_ui.audit.outcome_detail import detail_from_json
from models_ui.models import PlannedDeletion
from models_ui.text.humanize import long_day
from models_ui.text.isolation import fill


def decided_sentence(plan: PlannedDeletion, model: str) -> str:
    """Return what is so from now on."""
    sentences = {
        State.ASKED: _("The Managers are asked to delete %(model)s. Nothing happens to it until one of them decides."),
        State.PLANNED: _("%(model)s is archived, and is deleted on %(day)s. Until then it can be taken back."),
        State.DECLINED: _("%(model)s is not deleted."),
        State.TAKEN_BACK: _("%(model)s is kept: its deletion is taken back."),
    }
    return fill(sentences[State(plan.state)], {"model": model, "day": day_words(plan.due_at)})


def not_planned_sentence() -> str:
    return _("So its deletion is not planned.")


def waiting_reason(plan: PlannedDeletion) -> str:
    """Return why a deletion waits for a person."""
    return detail_from_json(plan.failure).sentence() or _("It is not known whether it was deleted.")


def notes_of_actions(action_ids: Iterable[str]) -> dict[str, str]:
    """Return what actions have done to the deletions of their models, by action id."""
    ids = [action_id for action_id in action_ids if action_id]
    ended = PlannedDeletion.objects.filter(ended_by_action__in=ids, state__in=(State.TAKEN_BACK, State.STOPPED))
    return {plan.ended_by_action: _end_sentence(plan) for plan in ended} if ids else {}


def _end_sentence(plan: PlannedDeletion) -> str:
    if plan.state == State.TAKEN_BACK:
        sentence = _("Its deletion, planned for %(day)s, is taken back.")
    else:
        sentence = _("Its deletion, planned for %(day)s, is stopped.")
    return fill(sentence, {"day": day_words(plan.due_at)})


def day_words(due_at: datetime | None) -> str:
    return long_day(due_at) if due_at else ""
