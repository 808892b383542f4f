"""The forms of actions, and the limits that they state beforehand."""

import secrets
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from django import forms
from django.core import signing
from django.utils.functional import lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from models_ui.actions.model_row import can_clear_names
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.row import Row
from models_ui.text.fields import Line, Lines, PlainForm

# Upstream declares no limits. These keep a table readable; the longest description seen in the wild has 103 characters.
LONGEST_NAME = 100
LONGEST_DESCRIPTION = 1_000
LONGEST_REASON = 500


def _read_signed(value: str) -> Any:
    try:
        return signing.loads(value)
    except signing.BadSignature:
        raise forms.ValidationError(_("The form is incomplete. Load the page again.")) from None


def _is_visible(letter: str) -> bool:
    """Not a blank, a control or format character, nor one of the letters that are blank by their very purpose."""
    return unicodedata.category(letter)[0] not in "CZ" and letter not in "\u115f\u1160\u2800\u3164\uffa0"


class ActionForm(PlainForm):
    dialog = ""  # the partial that asks over a row or the model's page; without one a form stands in their place
    page = ""  # the partial that asks on a page of its own, where that is more than the form
    keeps_text = False  # whether a form that failed is shown again over a row or page, with what was typed

    @property
    def takes_focus(self) -> bool:
        """Whether a field that must be mended has the focus, and not the button that changes nothing."""
        return False

    def again(self) -> Self:
        """Return the form to be sent once more after a failure: as another attempt, not the same one twice."""
        self.data = {**self.data.dict(), "action_id": secrets.token_hex(16)}  # type: ignore[attr-defined]
        return self


class TextForm(ActionForm):
    """A new name or description.

    `seen` carries the value that the person saw, signed, so that it comes back as it was sent: browsers rewrite line
    ends. `action_id` lets a form that is sent twice act once.
    """

    value: forms.Field
    suggested: Sequence[Row] = ()  # models for the field that names a list
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    action_id = forms.CharField(max_length=64, widget=forms.HiddenInput)

    keeps_text = True
    is_labelled = False  # whether a row names the model and the fields; without, the field stands for the name
    submit = _("Save")

    @classmethod
    def on(cls, current: str | None) -> "TextForm":
        """Return the form as a person first sees it."""
        return cls(initial={"value": current or "", "seen": signing.dumps(current), "action_id": secrets.token_hex(16)})

    @classmethod
    def over(cls, theirs: str | None, mine: str | None) -> "TextForm":
        """Return the form after a conflict: sending it again puts `mine` over `theirs`."""
        return cls(initial={"value": mine or "", "seen": signing.dumps(theirs), "action_id": secrets.token_hex(16)})

    def give_ids(self, pattern: str) -> None:
        """Set the pattern of the ids, in the lists of errors too, which took theirs when the form was checked."""
        self.auto_id = pattern
        for name, errors in self.errors.items():
            if name in self.fields:
                errors.field_id = self[name].auto_id  # type: ignore[attr-defined]  # its stubs do not know it

    def offer(self, row: Row, index: CatalogIndex, now: datetime) -> None:
        """Add what may be chosen for this row. The form has its final `auto_id`."""

    def clean_value(self) -> Any:
        value = self.cleaned_data["value"]
        if value and not any(_is_visible(letter) for letter in value):
            raise forms.ValidationError(_("Nothing of this can be seen. Write something, or leave the field empty."))
        return value or None

    def clean_seen(self) -> str | None:
        seen: str | None = _read_signed(self.cleaned_data["seen"])
        return seen

    def clean(self) -> dict[str, Any]:
        """Keep upstream's line ends and spaces where the value looks unchanged in a browser."""
        seen = self.cleaned_data.get("seen")
        if seen and self.fields["value"].to_python(seen) == self.cleaned_data.get("value", ""):
            self.cleaned_data["value"] = seen
        return self.cleaned_data


def _help_for_names() -> str:
    if not can_clear_names():
        return gettext("Up to %(most)d characters. This API cannot take a name away again. The id stays as it is.") % {
            "most": LONGEST_NAME
        }
    words = ngettext(
        "Up to %d character. Empty takes the name away. The id stays as it is.",
        "Up to %d characters. Empty takes the name away. The id stays as it is.",
        LONGEST_NAME,
    )
    return words % LONGEST_NAME


def _help_for_descriptions() -> str:
    words = ngettext(
        "Up to %d character. Empty takes the description away.",
        "Up to %d characters. Empty takes the description away.",
        LONGEST_DESCRIPTION,
    )
    return words % LONGEST_DESCRIPTION


class RenameForm(TextForm):
    value = Line(
        label=_("Name"),
        required=False,
        max_length=LONGEST_NAME,
        help_text=lazy(_help_for_names, str)(),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


class DescribeForm(TextForm):
    value = Lines(
        label=_("Description"),
        required=False,
        max_length=LONGEST_DESCRIPTION,
        help_text=lazy(_help_for_descriptions, str)(),
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
    )


class ReasonForm(ActionForm):
    """The form of verbs that need no value: an optional reason, and the id that lets the action happen once."""

    reason = forms.CharField(label=_("Reason (optional)"), required=False, max_length=LONGEST_REASON)
    action_id = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    @classmethod
    def new(cls, **options: Any) -> Self:
        return cls(initial={"action_id": secrets.token_hex(16)}, **options)


class ArchiveForm(ReasonForm):
    """The question before a model stops answering."""

    dialog = "models_ui/action.html#archive_dialog"


class UndoForm(ReasonForm):
    """After a conflict the form carries the value that the person has been shown and wants to replace."""

    insist = forms.BooleanField(required=False, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    @classmethod
    def over(cls, theirs: Any) -> "UndoForm":
        return cls(initial={"insist": True, "seen": signing.dumps(theirs), "action_id": secrets.token_hex(16)})

    def clean_seen(self) -> Any:
        return _read_signed(self.cleaned_data["seen"]) if self.cleaned_data.get("insist") else None


class DeleteForm(ReasonForm):
    """The id has to be typed to delete a model: the one action that can never be put right."""

    dialog, page, keeps_text = "models_ui/deletion.html#delete_dialog", "models_ui/deletion.html#delete_page", True
    typed_id = forms.CharField(
        label=_("Type the id to confirm"),
        max_length=400,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("typed_id", "reason", "action_id")

    def __init__(self, *args: Any, model_id: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.model_id = model_id

    @classmethod
    def new(cls, **options: Any) -> "DeleteForm":
        return cls(initial={"action_id": secrets.token_hex(16)}, **options)

    @property
    def takes_focus(self) -> bool:
        return "typed_id" in self.errors

    def clean_typed_id(self) -> str:
        typed = str(self.cleaned_data["typed_id"]).strip()
        if typed != self.model_id:
            raise forms.ValidationError(_("That is not the id of this model, so nothing was deleted."))
        return typed

    def clean(self) -> dict[str, Any]:
        """Give the focus to a refused id; without one, the button that keeps the model has it."""
        if self.takes_focus:
            self.fields["typed_id"].widget.attrs["autofocus"] = True
        return self.cleaned_data


class PlanDeletionForm(ReasonForm):
    """The question before a model is archived and its deletion is planned."""

    dialog, page, keeps_text = "models_ui/deletion.html#plan_dialog", "models_ui/deletion.html#plan_page", True


class AskDeletionForm(ReasonForm):
    """What an Editor says to the Managers who decide."""

    dialog, page, keeps_text = "models_ui/deletion.html#ask_dialog", "models_ui/deletion.html#ask_page", True
    reason = forms.CharField(label=_("Why it may be deleted"), max_length=LONGEST_REASON)

    @property
    def takes_focus(self) -> bool:
        return "reason" in self.errors

    def clean(self) -> dict[str, Any]:
        """Give the focus to the reason where it must be mended."""
        if self.takes_focus:
            self.fields["reason"].widget.attrs["autofocus"] = True
        return self.cleaned_data


class DecideDeletionForm(ActionForm):
    """A Manager's answer to somebody who asks for a deletion. Whoever declines says why."""

    decision = forms.ChoiceField(label=_("Decision"), choices=[("accept", _("Accept")), ("decline", _("Decline"))])
    words = forms.CharField(label=_("A word to it"), required=False, max_length=LONGEST_REASON)

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("decision") == "decline" and not self.cleaned_data.get("words"):
            self.add_error("words", _("Say in a word why not: whoever asked for it reads that."))
        return self.cleaned_data
