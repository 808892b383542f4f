"""The rules that decide whether a fact of an answer is shown and recorded now, or waits to be confirmed.

Uses no database and no clock. `settle_facts` returns the values to show and writes the waits into the given `Pending`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from models_ui.mirror.alias_owners import AliasOwners
from models_ui.mirror.pending import ANY, CONFIRM_AFTER, UNKNOWN, Confirmation, Pending, Wait, capability_fact
from models_ui.models.mirror import CatalogModel
from models_ui.vocabulary import BASE

# Dates nearer than this are told at once, though only one answer has given them.
URGENT: Final = timedelta(days=7)
# Of a base model, text and numbers that change (other than a growing context) wait as losses do: a flapping answer
# brought placeholder descriptions. Of a fine-tune they are somebody's edit.
TEXTS: Final = ("name", "description", "default_temperature")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, as far as a row that takes it in depends on it.

    `owners`              the models that ids lead to; None where the answer is about one model alone
    `unconfirmed_claims`  ids that the list gives to a model for less time than it takes to believe it
    `synced_at`           when the run before ended
    `is_start`            whether the story starts here, so that nothing is known of what was before
    """

    confirmation: Confirmation
    owners: AliasOwners | None = None
    unconfirmed_claims: frozenset[str] = frozenset()
    synced_at: datetime | None = None
    is_start: bool = False

    @property
    def at(self) -> datetime:
        return self.confirmation.at

    @property
    def is_list(self) -> bool:
        return self.owners is not None


def settle_facts(
    row: CatalogModel, said: Mapping[str, Any], unreadable: Collection[str], pending: Pending, answer: Answer
) -> dict[str, Any]:
    """Return the value to show of each fact, given what the answer says. One that cannot be read changes nothing."""
    rules = _FactRules(row, pending, answer)
    shown: dict[str, Any] = {}
    for name in (*TEXTS, "max_context_length", "deprecation", "replacement"):
        before = getattr(row, name)
        shown[name] = rules.keep(name, before) if name in unreadable else rules.settle(name, before, said[name])
    shown["capabilities"] = rules.settle_capabilities(row.capabilities, said["capabilities"], unreadable)
    if rules.is_date_told_early:
        pending.unannounced.pop("replacement", None)  # it comes with the date
    if pending.is_doubtful:
        is_settled = not answer.is_start and answer.confirmation.is_over(row.first_seen_at)
        pending.is_doubtful = not rules.is_contradicted and not is_settled
    return shown


class _FactRules:
    """The value to show of each fact of one row, and its waits."""

    def __init__(self, row: CatalogModel, pending: Pending, answer: Answer) -> None:
        self.is_mistrals = row.type == BASE
        self.pending = pending
        self.answer, self.confirmation = answer, answer.confirmation
        # Of a model that is not told as new, and of one that one odd answer described, nothing was told.
        self.has_told_nothing = answer.is_start or pending.new_since is not None or pending.is_doubtful
        self.is_contradicted = False
        self.is_date_told_early = False

    def settle_capabilities(
        self, shown: Mapping[str, bool], said: Mapping[str, bool], unreadable: Collection[str]
    ) -> dict[str, bool]:
        """Return the value to show of each capability that the row or the answer speaks of."""
        has_waits = self.pending.losses or self.pending.unannounced
        if said == shown and not unreadable and not has_waits:
            return dict(shown)
        settled = {}
        for key in {**said, **shown}:
            fact, value = capability_fact(key), shown.get(key)
            is_unreadable = fact in unreadable or "capabilities" in unreadable
            value = self.keep(fact, value) if is_unreadable else self.settle(fact, value, said.get(key))
            if value is not None:
                settled[key] = value
        return settled

    def settle(self, fact: str, shown: Any, said: Any) -> Any:
        """Return the value to show of a fact, and keep in `pending` what waits for being shown or told."""
        loss, unannounced = self.pending.losses.pop(fact, None), self.pending.unannounced.pop(fact, None)
        if loss is None and unannounced is None and said == shown:
            return shown
        told = self._told(fact, shown) if unannounced is None else self._told_last(unannounced, shown, loss)
        if said == told or _is_silent(fact, self.is_mistrals, told, said):
            return said
        self.is_contradicted = self.is_contradicted or said != shown
        since = self._since(said, shown, loss, unannounced)
        if self.confirmation.is_over(since):
            return said
        if self._is_urgent(fact, told, said):
            self.is_date_told_early = told is None
            return said
        return self._wait(fact, Wait(said, since), shown, told)

    def keep(self, fact: str, shown: Any) -> Any:
        """Return the value that is shown, where an answer does not name this fact.

        A loss that waits is dropped, and an addition that waits starts to wait anew.
        """
        self.pending.losses.pop(fact, None)
        if (wait := self.pending.unannounced.get(fact)) is not None:
            self.pending.unannounced[fact] = Wait(wait.value, None)
        return shown

    def _told(self, fact: str, shown: Any) -> Any:
        # A date that comes is news whatever was told of the model.
        is_new_date = fact == "deprecation" and shown is None and not self.answer.is_start
        has_told = is_new_date or not self.has_told_nothing
        return shown if has_told else UNKNOWN

    def _told_last(self, unannounced: Wait, shown: Any, loss: Wait | None) -> Any:
        """Return what was told last: what is shown, if no answer has contradicted it for long enough."""
        if unannounced.value is not UNKNOWN or loss is not None or unannounced.since is None:
            return unannounced.value
        return shown if self.confirmation.at - unannounced.since >= CONFIRM_AFTER else UNKNOWN

    def _since(self, said: Any, shown: Any, loss: Wait | None, unannounced: Wait | None) -> datetime:
        """Return when answers began to say this, without one between that said another thing."""
        if loss is not None:
            is_same, since = loss.value is ANY or loss.value == said, loss.since
        else:
            is_same, since = shown == said, None if unannounced is None else unannounced.since
        return self.confirmation.first_said(since if is_same else None)

    def _wait(self, fact: str, wait: Wait, shown: Any, told: Any) -> Any:
        reference = shown if told is UNKNOWN else told
        if wait.value == shown == reference or _is_gain(fact, self.is_mistrals, reference, wait.value):
            self.pending.unannounced[fact] = Wait(told, wait.since)
            return wait.value
        self.pending.losses[fact] = wait
        if told is UNKNOWN:
            self.pending.unannounced[fact] = Wait(UNKNOWN, wait.since)
        return reference

    def _is_urgent(self, fact: str, told: Any, said: Any) -> bool:
        if fact != "deprecation" or said is None or not self.answer.is_list:
            return False
        if said - self.confirmation.at >= URGENT:
            return False
        return told is None or told is UNKNOWN or said < told


def _is_gain(fact: str, is_mistrals: bool, old: Any, new: Any) -> bool:
    """Whether the value adds something to the old one, so that it is shown at once."""
    if fact == "max_context_length":
        return new is not None and (old is None or new > old)
    if fact in ("deprecation", "replacement"):
        return bool(new)
    if fact in TEXTS:
        return not is_mistrals or old is None
    return new is not None and (old is None or new > old)  # a capability


def _is_silent(fact: str, is_mistrals: bool, told: Any, said: Any) -> bool:
    """Whether the value is shown at once and is never news, so that it does not wait."""
    if fact in TEXTS:
        is_told = fact == "name" and not is_mistrals
        return not is_told and (not is_mistrals or told is None)
    return told is None and said is False  # "cannot", of what no answer spoke of
