"""What is wrong with using an id, as of one moment: the rules, their levels, and the sentence for each finding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cached_property
from typing import Literal

from .catalog import Catalog, Model
from .known_models import DOCUMENTATION_PAGES

Level = Literal["error", "warning", "note", "off"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note", "off")


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    level: Level  # unless the caller says otherwise
    title: str
    help: str

    @property
    def id(self) -> str:
        return f"model-{self.name}"


# From the worst to the mildest: an id that breaks several rules is reported under the first.
RULES = (
    Rule(
        "retired",
        "error",
        "The model has been switched off",
        "The Models API's switch-off date of this model has passed. Requests that name it fail, or will at any moment. "
        "Move to the replacement.",
    ),
    Rule(
        "missing",
        "error",
        "The Models API no longer lists the model",
        "The model was listed once, and half an hour of answers agreed that it is gone. Move to another model.",
    ),
    Rule(
        "unknown",
        "error",
        "No model has this id",
        "This looks like one of Mistral's model ids, and the catalog has never seen it: a slip of the pen, the name of "
        "a page of the documentation, or a model that this organisation cannot use.",
    ),
    Rule(
        "retiring",
        "warning",
        "The model will be switched off soon",
        "The Models API names the day on which this model is switched off; after it, requests fail. "
        "Move to the replacement before then.",
    ),
    Rule(
        "announced",
        "warning",
        "The documentation says that the model ends",
        "Mistral's documentation names the day of its end, and the Models API still lists the model without one. "
        "Move to the replacement before the API follows.",
    ),
    Rule(
        "unlisted",
        "warning",
        "This organisation's catalog does not list the model",
        "Mistral offers the model, and the catalog has never seen it: the catalog is older than the model, or this "
        "organisation may not use it, and then requests fail.",
    ),
    Rule(
        "floating",
        "warning",
        "The alias moves from model to model",
        "What `-latest` means changes without notice, and with it quality, context and price. Pin the dated id.",
    ),
)
_WORST = {rule.name: number for number, rule in enumerate(RULES)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is wrong with one id."""

    rule: Rule
    level: Level
    model_id: str  # as it was written
    message: str
    model: str = ""  # the model it leads to
    date: str = ""  # when that is switched off, YYYY-MM-DD in UTC
    days: int | None = None  # until then, by the calendar; negative once it is past
    replacement: str = ""


class Judge:
    """Tells what is wrong with ids at the time `now`. Answers are kept, since trees repeat themselves."""

    def __init__(
        self, catalog: Catalog, *, now: datetime, within: int = 90, levels: Mapping[str, Level] | None = None
    ) -> None:
        self.catalog = catalog
        self.now = now.astimezone(UTC)
        self.within = within
        self.levels: dict[str, Level] = {rule.name: rule.level for rule in RULES} | dict(levels or {})
        self._kept: dict[str, Verdict | None] = {}

    def verdict(self, model_id: str) -> Verdict | None:
        if model_id not in self._kept:
            models: Sequence[Model | None] = self.catalog.find(model_id) or [None]
            found = [self._verdict(model_id, model) for model in models]
            said = [each for each in found if each is not None and each.level != "off"]
            self._kept[model_id] = min(said, key=lambda each: (_WORST[each.rule.name], each.date), default=None)
        return self._kept[model_id]

    def _verdict(self, model_id: str, model: Model | None) -> Verdict | None:
        if model is None:
            return self._unknown(model_id)
        for name, message in self._faults(model_id, model):
            if self.levels[name] != "off":
                subject = self.catalog.documented_end(model) if name == "announced" else model
                return self._say(name, model_id, message, subject)
        return None

    def _unknown(self, model_id: str) -> Verdict:
        if meant := DOCUMENTATION_PAGES.get(model_id):
            ends = [f" {message}" for name, message in self._faults_of(meant) if name in ("retired", "missing")]
            message = f"{model_id} is the name of a page of Mistral's documentation, and no id. The id is {meant}."
            return self._say("unknown", model_id, "".join([message, *ends[:1]]))
        close = get_close_matches(model_id, self._usable, n=1, cutoff=0.8)
        hint = f" Did you mean {close[0]}?" if close else ""
        return self._say("unknown", model_id, f"{model_id} is no model the catalog knows.{hint}")

    def _faults_of(self, model_id: str) -> list[tuple[str, str]]:
        return [fault for model in self.catalog.find(model_id) for fault in self._faults(model_id, model)]

    def _faults(self, model_id: str, model: Model) -> list[tuple[str, str]]:
        """Return the name of each broken rule and its sentence, the worst first."""
        named = self._name_in_sentences(model_id, model)
        sentences = {
            "retired": self._retired(model),
            "missing": self._missing(model),
            "unlisted": self._unlisted(model),
            "retiring": self._retiring(model),
            "announced": self._announced(model),
            "floating": self._floating(model_id, model),
        }
        return [(name, f"{named} {sentence}") for name, sentence in sentences.items() if sentence]

    def _name_in_sentences(self, model_id: str, model: Model) -> str:
        if several := len(self.catalog.find(model_id)) - 1:
            return f"{model_id} (today {model.model_id} and {several} more)"
        if model_id == model.model_id:
            return model_id
        today = "today" if model.is_listed or model.deprecation is None else "which was"
        return f"{model_id} ({today} {model.model_id})"

    def _retired(self, model: Model) -> str:
        at = model.deprecation and model.deprecation.astimezone(UTC)
        return f"was switched off on {at:%Y-%m-%d}. {self._advice(model)}" if at and at <= self.now else ""

    def _missing(self, model: Model) -> str:
        if model.missing_since is None:
            return ""
        return f"is not listed any more since {model.missing_since.astimezone(UTC):%Y-%m-%d}. {self._advice(model)}"

    @staticmethod
    def _unlisted(model: Model) -> str:
        if model.is_listed or model.deprecation is not None:
            return ""
        advice = "Renew the catalog, or ask whether the organisation may use it."
        return f"is offered by Mistral, and this catalog has never seen it. {advice}"

    def _retiring(self, model: Model) -> str:
        at = model.deprecation and model.deprecation.astimezone(UTC)
        if not at or at <= self.now or self._days(at) > self.within:
            return ""
        return f"stops working on {at:%Y-%m-%d}, {_in_days(self._days(at))}. {self._advice(model)}"

    def _floating(self, model_id: str, model: Model) -> str:
        if not model_id.endswith("-latest"):
            return ""
        is_clear = len(self.catalog.find(model_id)) == 1 and model.model_id != model_id
        pin = f"Pin {model.model_id}." if is_clear else "Name the model you mean."
        return f"means another model whenever Mistral moves it. {pin}"

    def _announced(self, model: Model) -> str:
        """What the documentation alone says of its end, where that is near or past."""
        known = self.catalog.documented_end(model) if model.deprecation is None else None
        ends = known and known.deprecation
        if not known or not ends or self._days(ends) > self.within:
            return ""
        verb = "was switched off" if ends <= self.now else "stops working"
        said = f"is still listed, but Mistral's documentation says that it {verb} on {ends:%Y-%m-%d}."
        return f"{said} {self._advice(known)}"

    def _advice(self, model: Model) -> str:
        """The replacement, and what it means today; upstream often names a floating alias."""
        if not model.replacement:
            return "No replacement is named."
        found = self.catalog.find(model.replacement)
        if len(found) != 1:
            return f"Replacement: {model.replacement}."
        after, ends = found[0], found[0].deprecation
        means = "" if after.model_id == model.replacement else f" (today {after.model_id})"
        if ends is None:
            return f"Replacement: {model.replacement}{means}."
        ended = "itself switched off on" if ends <= self.now else "which itself stops working on"
        return f"Replacement: {model.replacement}{means}, {ended} {ends.astimezone(UTC):%Y-%m-%d}."

    def _say(self, name: str, model_id: str, message: str, model: Model | None = None) -> Verdict:
        rule = RULES[_WORST[name]]
        level = self.levels[name]
        if model is None:
            return Verdict(rule=rule, level=level, model_id=model_id, message=message)
        at = model.deprecation and model.deprecation.astimezone(UTC)
        return Verdict(
            rule=rule,
            level=level,
            model_id=model_id,
            message=message,
            model=model.model_id,
            date=f"{at:%Y-%m-%d}" if at else "",
            days=self._days(at) if at else None,
            replacement=model.model_id if name == "floating" else model.replacement,
        )

    def _days(self, at: datetime) -> int:
        return (at.date() - self.now.date()).days

    @cached_property
    def _usable(self) -> list[str]:
        """What may be proposed in place of an unknown id."""
        return sorted(
            each
            for each in self.catalog.ids
            if (models := self.catalog.find(each)) and all(map(self._is_usable, models))
        )

    def _is_usable(self, model: Model) -> bool:
        ends = model.deprecation
        return model.is_listed and model.missing_since is None and (ends is None or ends > self.now)


def _in_days(days: int) -> str:
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
