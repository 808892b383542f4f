"""Why an action or an item of a bulk job came out as it did: the typed value of the JSON column `failure`.

In the column the key `type` says which detail it is. Events of earlier versions lack it and are never rewritten, since
the hash chain covers them: `detail_from_json` reads their shapes as well.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, Final, Self

from django.utils.translation import gettext as _

from models_ui.services.errors import ModelsAPIError
from models_ui.services.stored_errors import error_class_of, error_facts, stored_error_sentence
from models_ui.text.isolation import fill

# A value of the changed field in the reader's words.
ValueWords = Callable[[Any], str]


class Unread(Enum):
    """The value that no reading has shown; None is a value."""

    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class OutcomeDetail:
    """Nothing to explain, as after a plain success. Every other detail is a subclass."""

    tag: ClassVar[str] = ""

    @property
    def error_facts(self) -> Mapping[str, Any]:
        """The stored facts of upstream's failure; empty where there was none."""
        return {}

    @property
    def error_class(self) -> type[ModelsAPIError]:
        return error_class_of(dict(self.error_facts))

    def to_json(self) -> dict[str, Any]:
        return {"type": self.tag, **self._fields()} if self.tag else {}

    def sentence(self, value_words: ValueWords = str) -> str:
        """Return it in the reader's language, as one or two sentences; "" where there is nothing to explain."""
        return ""

    def _fields(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True, slots=True)
class ErrorDetail(OutcomeDetail):
    """Upstream failed, or said no."""

    tag: ClassVar[str] = "error"
    facts: Mapping[str, Any]

    @classmethod
    def of(cls, error: ModelsAPIError) -> Self:
        return cls(error_facts(error))

    @property
    def error_facts(self) -> Mapping[str, Any]:
        return self.facts

    def sentence(self, value_words: ValueWords = str) -> str:
        return stored_error_sentence(dict(self.facts))

    def _fields(self) -> dict[str, Any]:
        return dict(self.facts)


@dataclass(frozen=True, slots=True)
class DenialDetail(OutcomeDetail):
    """Permission or policy said no. The reason and its words are English, and are translated for each reader."""

    tag: ClassVar[str] = "denied"
    reason: str
    words: Mapping[str, str] = field(default_factory=dict)

    def sentence(self, value_words: ValueWords = str) -> str:
        reason = _(self.reason) if self.reason else ""
        words = {name: _(word) if name == "role" else word for name, word in self.words.items()}
        return f"{fill(reason, words) if words else reason}."

    def _fields(self) -> dict[str, Any]:
        return {"reason": self.reason, **({"words": dict(self.words)} if self.words else {})}


@dataclass(frozen=True, slots=True)
class ConflictDetail(OutcomeDetail):
    """Somebody else had changed the value to `theirs`, so nothing was written."""

    tag: ClassVar[str] = "conflict"
    theirs: Any = None

    def sentence(self, value_words: ValueWords = str) -> str:
        words = {"value": value_words(self.theirs)}
        return fill(_("Somebody had changed it in the meantime (to: %(value)s), so nothing was written."), words)

    def _fields(self) -> dict[str, Any]:
        return {"theirs": self.theirs}


@dataclass(frozen=True, slots=True)
class UnconfirmedDetail(OutcomeDetail):
    """Upstream confirmed the write, and the read after it failed or showed `reads`."""

    tag: ClassVar[str] = "unconfirmed"
    reads: Any = Unread.UNREAD

    @property
    def reads_otherwise(self) -> bool:
        """Whether the read showed another value."""
        return self.reads is not Unread.UNREAD

    def sentence(self, value_words: ValueWords = str) -> str:
        if not self.reads_otherwise:
            return _("Mistral confirmed it, but the model could not be read again yet.")
        words = {"value": value_words(self.reads)}
        return fill(_("Mistral confirmed it, but reading the model again shows something else: %(value)s."), words)

    def _fields(self) -> dict[str, Any]:
        return {"reads": self.reads} if self.reads_otherwise else {}


@dataclass(frozen=True, slots=True)
class SettledDetail(OutcomeDetail):
    """Later records or another read showed what became of the write. `sentence` is used only for a failure."""

    tag: ClassVar[str] = "settled"
    facts: Mapping[str, Any] = field(default_factory=dict)  # of the error that had left it open, if it was one
    settled_by: str = ""  # who asked for the look, if it was not the action itself

    @property
    def error_facts(self) -> Mapping[str, Any]:
        return self.facts

    def sentence(self, value_words: ValueWords = str) -> str:
        return _("Reading the model again showed that the change had not been made.")

    def _fields(self) -> dict[str, Any]:
        return {**self.facts, **({"settled_by": self.settled_by} if self.settled_by else {})}


NO_DETAIL: Final = OutcomeDetail()


def detail_from_json(stored: Mapping[str, Any]) -> OutcomeDetail:
    """Read the column `failure`, of this version or an earlier one."""
    read = _READERS.get(stored.get("type") or _tag_of_older_shape(stored))
    return read(stored) if read else NO_DETAIL


def _tag_of_older_shape(stored: Mapping[str, Any]) -> str:
    """Return the tag of a shape of an earlier version, which only its keys tell."""
    return next((tag for key, tag in _OLDER_SHAPES.items() if key in stored), "")


# Key -> tag, in the order in which earlier versions looked at the keys.
_OLDER_SHAPES: Final = {
    "reads": UnconfirmedDetail.tag,
    "unconfirmed": UnconfirmedDetail.tag,
    "conflict": ConflictDetail.tag,
    "reason": DenialDetail.tag,
    "settled": SettledDetail.tag,
    "code": ErrorDetail.tag,
}
_NOT_OF_ERROR: Final = ("type", "settled", "settled_by")


def _error_facts_in(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in stored.items() if name not in _NOT_OF_ERROR}


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], OutcomeDetail]]] = {
    ErrorDetail.tag: lambda stored: ErrorDetail(_error_facts_in(stored)),
    DenialDetail.tag: lambda stored: DenialDetail(stored.get("reason", ""), stored.get("words", {})),
    ConflictDetail.tag: lambda stored: ConflictDetail(stored.get("theirs")),
    UnconfirmedDetail.tag: lambda stored: UnconfirmedDetail(stored.get("reads", Unread.UNREAD)),
    SettledDetail.tag: lambda stored: SettledDetail(_error_facts_in(stored), stored.get("settled_by", "")),
}
